//! Work orders that nobody answers end by themselves, once, and both parties are told.

use callout_tests::{Person, Stage};
use serde_json::{Value, json};

const SWEEP: &str = "ExpireRequestsFunction";
/// The template's minutes.
const MINUTES: i64 = 30;

/// What a run says that ended so many orders and found nothing else.
fn ended(count: usize) -> Value {
    json!({"ended": count, "over": 0, "waiting": 0, "failed": 0})
}

async fn kinds(person: &Person) -> Vec<String> {
    let inbox = person.inbox("").await;
    let kinds = inbox.iter().map(|one| one["type"].as_str().unwrap());
    kinds.map(str::to_owned).collect()
}

/// What the order's item says, past the functions.
async fn stored(stage: &Stage, order: &str) -> Value {
    let key = json!({"pk": {"S": format!("REQUEST#{order}")}, "sk": {"S": "REQUEST"}});
    let found = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    found["Item"]["state"]["S"].clone()
}

#[tokio::test]
async fn both_are_told_once_and_all_else_is_over() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    provider.registers_device("phone").await;
    let (mut ours, mut theirs) = (seeker.socket().await, provider.socket().await);
    let order = seeker.assigns(&provider).await;
    stage
        .age_order(&order, &seeker, &provider, MINUTES - 1)
        .await;
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    stage.age_order(&order, &seeker, &provider, 1).await;
    // Between its end and the sweep the next may be made, and is none of the sweep's business.
    let next = seeker.assigns(&provider).await;
    let runs = futures::join!(stage.fire(SWEEP), stage.fire(SWEEP));
    let count = |run: &Value| run["ended"].as_u64().unwrap();
    assert_eq!(count(&runs.0) + count(&runs.1), 1, "{runs:?}");
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    for socket in [&mut ours, &mut theirs] {
        let told = socket.expect("work_expired").await;
        assert_eq!(told["work_id"], order.as_str());
        assert_eq!(
            (&told["status"], &told["expired"]),
            (&json!("cancelled"), &json!(true))
        );
    }
    stage.settled().await;
    assert_eq!(stored(&stage, &order).await, "expired");
    assert_eq!(kinds(&seeker).await, ["work_expired"]);
    let mut told = kinds(&provider).await;
    told.sort();
    // That of the next, and that this one is over.
    assert_eq!(told, ["work_assigned", "work_expired"]);
    let pushed = stage.pushed("phone");
    let last = pushed.last().unwrap()["notification"]["title"].clone();
    assert_eq!(last, "Work Order Expired");
    for late in [
        provider.responds(&order, true).await,
        seeker.cancels(&order).await,
    ] {
        assert_eq!((late.status, &late.body["code"]), (400, &json!("expired")));
    }
    let again = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(again.body["code"], "already_pending");
    provider.accepts(&next).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_and_a_run_at_once_agree_on_what_happened() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    stage.fire(SWEEP).await;
    // From a little before its end to a little after.
    for remaining in [400, 60, 30, 10, 0] {
        let order = seeker.assigns(&provider).await;
        let age = time::Duration::minutes(MINUTES) - time::Duration::milliseconds(remaining);
        stage.ages(&order, age).await;
        let (answer, _) = futures::join!(provider.responds(&order, true), stage.fire(SWEEP));
        if answer.status == 200 {
            // Nothing that comes later takes it away.
            stage.ages(&order, time::Duration::minutes(MINUTES)).await;
            assert_eq!(stage.fire(SWEEP).await, ended(0));
            assert_eq!(stored(&stage, &order).await, "accepted");
            assert_eq!(provider.completes(&order).await.status, 200);
        } else {
            assert_eq!(answer.body["code"], "expired", "{}", answer.body);
            stage.fire(SWEEP).await;
            assert_eq!(stored(&stage, &order).await, "expired");
            // The pair's guard counts by its own time, which was not moved.
            assert_eq!(seeker.finds(5, "").await[0]["busy"], false);
            stage.forget_pending(&seeker, &provider).await;
        }
    }
}

#[tokio::test]
async fn what_has_been_answered_or_withdrawn_does_not_expire() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let rejected = seeker.assigns(&provider).await;
    assert_eq!(provider.responds(&rejected, false).await.status, 200);
    let cancelled = seeker.assigns(&provider).await;
    assert_eq!(seeker.cancels(&cancelled).await.status, 200);
    let accepted = seeker.assigns(&provider).await;
    provider.accepts(&accepted).await;
    for (order, state) in [
        (&rejected, "rejected"),
        (&cancelled, "cancelled"),
        (&accepted, "accepted"),
    ] {
        stage.ages(order, time::Duration::hours(2)).await;
        assert_eq!(stage.fire(SWEEP).await, ended(0));
        assert_eq!(stored(&stage, order).await, state);
    }
    assert_eq!(provider.completes(&accepted).await.status, 200);
}
