//! Everybody at once, under every fault: see `callout_tests::campaign` for what is done, and
//! `docs/testing.md` for how to make it larger and how to play a failing one again.

use std::time::Instant;

use callout_local::faults::FaultPlan;
use callout_tests::Stage;
use callout_tests::campaign::history::{Ask, Said};
use callout_tests::campaign::{self, Size, checker};
use futures::StreamExt as _;
use futures::stream;

/// One call in ten meets a fault at its door, and one invocation in ten; three batches in ten come again.
const FAULTS: &str = "\
dynamodb.throttled 2%; dynamodb.conflict 5%; dynamodb.error 2%; dynamodb.lost 2%; \
dynamodb.slow(20ms) 3%; \
sockets.gone 3%; sockets.busy 4%; sockets.slow(20ms) 3%; \
ses.throttled 4%; ses.error 3%; ses.slow(20ms) 3%; \
sns.throttled 4%; sns.error 3%; sns.slow(20ms) 3%; \
function.killed-before 3%; function.killed-during 4%; function.killed-after 3%; \
stream.twice 15%; stream.from-middle 15%";

const PART: Size = Size {
    customers: 10,
    pharmacies: 25,
    rounds: 4,
};

/// Parts at once: while one waits for what was slowed down, the other goes on.
const AT_ONCE: usize = 2;

/// How many accepts contend in all; a run of many is done in parts, each on a fresh cloud.
fn accepts() -> usize {
    number("CALLOUT_CAMPAIGN").unwrap_or(300)
}

fn seed() -> u64 {
    number("CALLOUT_FAULT_SEED").unwrap_or(1)
}

fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_every_fault_one_wins_and_everybody_is_told_once() {
    let began = Instant::now();
    let parts = accepts().div_ceil(PART.accepts()).max(1);
    let mut playing = stream::iter((seed()..).take(parts))
        .map(part)
        .buffer_unordered(AT_ONCE);
    let mut hits = vec![0; plan(seed()).rules.len()];
    let mut accepted = 0;
    while let Some(played) = playing.next().await {
        println!("{}", played.summary);
        accepted += played.accepts;
        for (hits, more) in hits.iter_mut().zip(played.hits) {
            *hits += more;
        }
    }

    let seconds = began.elapsed().as_secs_f64();
    println!("{accepted} contested accepts in {seconds:.1} s");
    assert!(accepted >= accepts());
    for (rule, hit) in plan(seed()).rules.iter().zip(hits) {
        println!("{rule}: hit {hit} times");
        assert!(hit > 0, "{rule} was never met");
    }
}

fn plan(seed: u64) -> FaultPlan {
    format!("seed {seed}: {FAULTS}").parse().unwrap()
}

/// What there is to tell of a part in which all was well.
struct Played {
    summary: String,
    accepts: usize,
    /// How often each rule hit.
    hits: Vec<u64>,
}

/// Plays one part and judges it.
async fn part(seed: u64) -> Played {
    let plan = plan(seed);
    // Who waits for a throttled service keeps its process.
    let stage = Stage::set_with(|options| options.max_instances = 32).await;
    let evidence = campaign::run(&stage, PART, plan.clone()).await;

    let mut findings = checker::check(&evidence);
    findings.extend(checker::order(&evidence));
    let letters = stage.cloud.dead_letters().list();
    let again = format!(
        "play it again: CALLOUT_FAULT_SEED={seed} CALLOUT_CAMPAIGN={}\n{plan}",
        PART.accepts()
    );
    assert!(findings.is_empty(), "{again}\n{}", findings.join("\n"));
    assert!(letters.is_empty(), "{again}\n{letters:?}");

    // A campaign in which nothing happened would prove nothing.
    let calls = &evidence.calls;
    let retried = calls.iter().filter(|call| call.failures > 0).count();
    let won = calls
        .iter()
        .filter(|call| call.ask == Ask::Accept && call.said == Said::Done)
        .count();
    let summary = format!(
        "seed {seed}: {} calls, {retried} retried, {won} won, {} codes, {} events, {} inbox entries, {} sockets",
        calls.len(),
        evidence.codes.len(),
        evidence.committed.len(),
        evidence.inboxes.len(),
        evidence.hearings.len(),
    );
    assert!(retried > 0 && won > 0, "{again}");
    assert_eq!(
        calls.iter().filter(|call| call.ask == Ask::Create).count(),
        PART.customers * PART.rounds
    );
    let hits = stage.cloud.faults().hits();
    stage.cloud.shutdown().await;
    let accepts = calls.iter().filter(|call| call.ask == Ask::Accept).count();
    Played {
        summary,
        accepts,
        hits,
    }
}
