//! Batches that come again on purpose, and waiting until nothing is left.

use super::*;
use crate::dynamodb::streams::Reached;

/// Starts a function on a bench under a plan of faults, and gives how far it is.
fn start(bench: &Bench, function: &Arc<Fake>, plan: &str) -> (Run, Following) {
    let following = Following::default();
    following.faults.set(plan.parse().unwrap());
    let run = bench.start_following(function, following.clone());
    (run, following)
}

async fn idle(reached: &Reached, bench: &Bench, engine: &Engine) {
    let stack = stack(&bench.template);
    tokio::time::timeout(DEADLINE, reached.idle(engine, &stack))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_comes_again_from_its_middle_and_then_what_follows_it() {
    let bench = Bench::new(RELIABLE);
    let engine = bench.open();
    for n in 0..6 {
        write(&engine, "key", &n.to_string()).await;
    }
    drop(engine);
    let function = Fake::new(done);
    // Of this seed's first two draws the first hits and the second does not.
    let (run, following) = start(&bench, &function, "seed 4: stream.from-middle 50%");
    idle(&following.reached, &bench, &run.engine).await;
    let batches = function.batches();
    let hits = following.faults.hits()[0];
    assert!(hits > 0, "the seed hits nothing: {batches:?}");
    assert_eq!(
        u64::try_from(batches.len()).unwrap(),
        2 + hits,
        "{batches:?}"
    );
    let mut again = 0;
    for pair in batches.windows(2) {
        let [before, after] = pair else { continue };
        if after.first() <= before.last() {
            again += 1;
            assert_eq!(after[..], before[before.len() / 2..], "{batches:?}");
        }
    }
    assert_eq!(again, hits);
    run.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_idle_when_the_function_is_done_and_not_before() {
    let bench = Bench::new(RELIABLE);
    let gate = Arc::new(Notify::new());
    let open = Arc::clone(&gate);
    let function = Fake::waiting(move |_| {
        let open = Arc::clone(&open);
        Box::pin(async move {
            open.notified().await;
            Ok(Value::Null)
        })
    });
    let (run, following) = start(&bench, &function, "seed 1:");
    idle(&following.reached, &bench, &run.engine).await;
    write(&run.engine, "key", "1").await;
    let stack = stack(&bench.template);
    let engine = run.engine.clone();
    let waiting = following.reached.idle(&engine, &stack);
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    gate.notify_one();
    tokio::time::timeout(DEADLINE, waiting)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(function.batches(), [["1"]]);
    run.stop().await;
}
