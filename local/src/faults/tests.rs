#![allow(clippy::unwrap_used)]

use super::*;

fn calls_of<'a>(function: &'a str, action: &'a str) -> Occasion<'a> {
    Occasion {
        function: Some(function),
        instance: None,
        action,
        targets: &["requests"],
    }
}

fn faults(plan: &str) -> Faults {
    let faults = Faults::default();
    faults.set(plan.parse().unwrap());
    faults
}

async fn mishaps(faults: &Faults, occasion: Occasion<'_>, count: usize) -> Vec<Option<TableFault>> {
    let mut mishaps = Vec::new();
    for _ in 0..count {
        mishaps.push(faults.table(occasion).await.map(|mishap| mishap.fault));
    }
    mishaps
}

#[tokio::test]
async fn one_seed_decides_the_same_again_and_another_one_otherwise() {
    let put = calls_of("A", "PutItem");
    let first = faults("seed 7: dynamodb.throttled 10%; dynamodb.lost 10%");
    let played = mishaps(&first, put, 200).await;
    let counted = played.iter().flatten().count();
    assert!((20..60).contains(&counted), "{counted}");
    assert!(played.contains(&Some(TableFault::Throttled)));
    assert!(played.contains(&Some(TableFault::Lost)));
    let printed = first.plan().to_string();
    assert_eq!(mishaps(&faults(&printed), put, 200).await, played);
    first.set(first.plan());
    assert_eq!(
        mishaps(&first, put, 200).await,
        played,
        "set again, counted again"
    );
    let other = faults(&printed.replace("seed 7", "seed 8"));
    assert_ne!(mishaps(&other, put, 200).await, played);
}

#[tokio::test]
async fn a_rule_hits_only_what_it_is_limited_to_and_counts_only_that() {
    let limited = "seed 7: dynamodb.error 100% function=A action=PutItem target=requests";
    let faults = faults(limited);
    let hit = |occasion| {
        let faults = faults.clone();
        async move { faults.table(occasion).await.is_some() }
    };
    assert!(hit(calls_of("A", "PutItem")).await);
    assert!(!hit(calls_of("B", "PutItem")).await);
    assert!(!hit(calls_of("A", "UpdateItem")).await);
    let mut other = calls_of("A", "PutItem");
    other.targets = &["accounts", "outbox"];
    assert!(!hit(other).await);
    other.function = None;
    assert!(!hit(other).await);
    assert_eq!(faults.hits(), [1]);
    assert_eq!(faults.socket(calls_of("A", "PutItem")).await, None);
    faults.clear();
    assert!(!hit(calls_of("A", "PutItem")).await);
    assert_eq!(faults.hits(), [1], "what happened can still be read");
}

#[tokio::test]
async fn only_what_writes_or_is_a_transaction_meets_a_transaction() {
    let faults = faults("seed 7: dynamodb.conflict 100%");
    for operation in ["PutItem", "TransactWriteItems", "UpdateItem"] {
        assert!(faults.table(calls_of("A", operation)).await.is_some());
    }
    for operation in ["Query", "GetItem", "DescribeTable"] {
        assert!(faults.table(calls_of("A", operation)).await.is_none());
    }
}

#[tokio::test]
async fn who_is_to_die_in_the_middle_dies_at_a_call_of_its_own() {
    let faults = faults("seed 7: function.killed-during 100%");
    let killed = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&killed);
    faults.kill_by(Arc::new(move |function, instance| {
        note.lock().unwrap().push((function, instance));
        Box::pin(async {})
    }));
    assert_eq!(faults.invocation("A", 4), Some(Death::During));
    let mut own = calls_of("A", "GetItem");
    own.instance = Some(4);
    let mut another = own;
    another.instance = Some(5);
    for _ in 0..20 {
        faults.table(another).await;
        faults.done(another).await;
    }
    assert!(killed.lock().unwrap().is_empty(), "not its calls");
    for _ in 0..20 {
        faults.table(own).await;
        faults.done(own).await;
    }
    assert_eq!(*killed.lock().unwrap(), [("A".to_owned(), Some(4))], "once");
    assert_eq!(faults.invocation("A", 4), Some(Death::During));
    faults.invoked(4);
    for _ in 0..20 {
        faults.table(own).await;
    }
    assert_eq!(killed.lock().unwrap().len(), 1, "it had ended before");
}

#[test]
fn a_batch_comes_again_whole_or_from_its_middle() {
    assert_eq!(
        faults("seed 1: stream.twice 100%").batch("A", "Outbox", 5),
        Some(0)
    );
    let from_middle = faults("seed 1: stream.from-middle 100% target=Outbox");
    assert_eq!(from_middle.batch("A", "Outbox", 5), Some(2));
    assert_eq!(from_middle.batch("A", "Requests", 5), None);
}
