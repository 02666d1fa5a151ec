//! Everybody at once, under every fault: see `callout_tests::campaign` for what is done, and
//! `docs/testing.md` for how to make it larger and how to play a failing one again.

use callout_local::faults::FaultPlan;
use callout_tests::Stage;
use callout_tests::campaign::history::{Ask, Said};
use callout_tests::campaign::{self, Size, checker};

/// One call in ten meets a fault at its door, and one invocation and one batch in ten.
const FAULTS: &str = "\
dynamodb.throttled 2%; dynamodb.conflict 5%; dynamodb.error 2%; dynamodb.lost 2%; \
dynamodb.slow(20ms) 3%; \
sockets.gone 3%; sockets.busy 4%; sockets.slow(20ms) 3%; \
ses.throttled 4%; ses.error 3%; ses.slow(20ms) 3%; \
sns.throttled 4%; sns.error 3%; sns.slow(20ms) 3%; \
function.killed-before 3%; function.killed-during 4%; function.killed-after 3%; \
stream.twice 5%; stream.from-middle 5%";

const PART: Size = Size {
    customers: 4,
    pharmacies: 25,
    rounds: 3,
};

/// How many answers contend in all; a run of many is done in parts, each on a fresh cloud.
fn contested() -> usize {
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
    let parts = contested().div_ceil(PART.contested()).max(1);
    for seed in (seed()..).take(parts) {
        let plan: FaultPlan = format!("seed {seed}: {FAULTS}").parse().unwrap();
        // Who waits for a throttled service keeps its process.
        let stage = Stage::set_with(|options| options.max_instances = 32).await;
        let evidence = campaign::run(&stage, PART, plan.clone()).await;

        let mut findings = checker::check(&evidence);
        findings.extend(checker::order(&evidence));
        let letters = stage.cloud.dead_letters().list();
        let again = format!(
            "play it again: CALLOUT_FAULT_SEED={seed} CALLOUT_CAMPAIGN={}\n{plan}",
            PART.contested()
        );
        assert!(findings.is_empty(), "{again}\n{}", findings.join("\n"));
        assert!(letters.is_empty(), "{again}\n{letters:?}");

        // A campaign in which nothing happened would prove nothing.
        let hits = stage.cloud.faults().hits();
        let calls = &evidence.calls;
        let retried = calls.iter().filter(|call| call.failures > 0).count();
        let won = calls
            .iter()
            .filter(|call| call.ask == Ask::Accept && call.said == Said::Done)
            .count();
        println!(
            "seed {seed}: {} calls, {retried} retried, {won} won, {} events, {} inbox entries, {} sockets; faults {hits:?}",
            calls.len(),
            evidence.committed.len(),
            evidence.inboxes.len(),
            evidence.hearings.len(),
        );
        assert!(retried > 0 && won > 0, "{again}");
        assert_eq!(
            calls.iter().filter(|call| call.ask == Ask::Create).count(),
            PART.customers * PART.rounds
        );
        stage.cloud.shutdown().await;
    }
}
