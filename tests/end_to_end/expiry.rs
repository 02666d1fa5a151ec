//! Requests for medicine whose time is over end by themselves, once, and who asked is told.

use callout_tests::{Person, Stage};
use serde_json::{Value, json};
use time::Duration;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const SWEEP: &str = "ExpireRequestsFunction";

/// What a run says that ended so many requests and found nothing else.
fn ended(count: usize) -> Value {
    json!({"ended": count, "over": 0, "waiting": 0, "failed": 0})
}

async fn status(customer: &Person, request: &str) -> Value {
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body["status"].clone()
}

/// What the request's item says, past the functions.
async fn stored(stage: &Stage, request: &str) -> Value {
    let key = json!({"pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": "REQUEST"}});
    let found = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    found["Item"]["state"]["S"].clone()
}

fn kinds(notifications: &[Value]) -> Vec<&str> {
    let kinds = notifications.iter().map(|one| one["type"].as_str());
    kinds.map(Option::unwrap).collect()
}

#[tokio::test]
async fn who_asked_is_told_once_and_for_everybody_else_it_is_gone() {
    let stage = Stage::set().await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let unwilling = stage.pharmacy("Unwilling", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    customer.registers_device("phone").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    assert_eq!(unwilling.answers(&request, "REJECTED").await.status, 201);
    stage.settled().await;
    assert_eq!((near.badge().await, customer.badge().await), (1, 1));
    assert_eq!(stage.fire(SWEEP).await, ended(0));

    stage.ages(&request, Duration::DAY).await;
    let runs = [stage.fire(SWEEP).await, stage.fire(SWEEP).await];
    assert_eq!(runs, [ended(1), ended(0)]);
    let told = socket.expect("request_expired").await;
    assert_eq!(told["request_id"], request.as_str());
    stage.settled().await;

    assert_eq!(stored(&stage, &request).await, "EXPIRED");
    assert_eq!(status(&customer, &request).await, "EXPIRED");
    assert_eq!(socket.all("request_expired").len(), 1);
    assert_eq!(kinds(&customer.inbox("").await), ["request_expired"]);
    assert_eq!(customer.badge().await, 1);
    let pushed = stage.pushed("phone");
    let last = pushed.last().unwrap()["notification"]["title"].clone();
    assert_eq!(last, "Medicine Request Expired");
    for pharmacy in [&near, &unwilling] {
        assert_eq!(kinds(&pharmacy.inbox("").await), [""; 0]);
        assert_eq!(pharmacy.badge().await, 0);
        let listed = pharmacy.get("/medicine/request/").await;
        assert_eq!(listed.body["count"], 0, "{}", listed.body);
    }

    let cancel = format!("/medicine/request/{request}/cancel/");
    for late in [
        near.answers(&request, "ACCEPTED").await,
        near.answers(&request, "REJECTED").await,
        customer.post(&cancel, json!({})).await,
    ] {
        assert_eq!((late.status, &late.body["code"]), (400, &json!("expired")));
    }
}

#[tokio::test]
async fn runs_at_once_end_each_request_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for _ in 0..12 {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        stage.ages(&request, Duration::DAY).await;
    }
    let runs = futures::future::join_all((0..4).map(|_| stage.fire(SWEEP))).await;
    let ended: u64 = runs.iter().map(|run| run["ended"].as_u64().unwrap()).sum();
    assert_eq!(ended, 12, "{runs:?}");
    assert!(runs.iter().all(|run| run["failed"] == 0), "{runs:?}");
    stage.settled().await;
    assert_eq!(kinds(&customer.inbox("").await), ["request_expired"; 12]);
    assert_eq!(stage.fire(SWEEP).await, self::ended(0));
}

#[tokio::test]
async fn an_accept_and_a_run_at_once_agree_on_what_happened() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    stage.fire(SWEEP).await;
    pharmacy.get("/medicine/request/").await;
    let mut expired = 0;
    // From a little before its end to a little after.
    for remaining in [400, 60, 40, 20, 10, 5, 0] {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let age = Duration::DAY - Duration::milliseconds(remaining);
        stage.ages(&request, age).await;
        let (accepted, _) =
            futures::join!(pharmacy.answers(&request, "ACCEPTED"), stage.fire(SWEEP));
        if accepted.status == 201 {
            // Nothing that comes later takes it away.
            stage.ages(&request, Duration::DAY).await;
            assert_eq!(stage.fire(SWEEP).await, ended(0));
            assert_eq!(stored(&stage, &request).await, "ACCEPTED");
        } else {
            assert_eq!(accepted.body["code"], "expired", "{}", accepted.body);
            stage.fire(SWEEP).await;
            assert_eq!(stored(&stage, &request).await, "EXPIRED");
            expired += 1;
        }
    }
    stage.settled().await;
    let inbox = customer.inbox("").await;
    let told = kinds(&inbox);
    let of = |kind| told.iter().filter(|one| **one == kind).count();
    assert_eq!(of("request_expired"), expired, "{told:?}");
    assert_eq!(of("pharmacy_response"), 7 - expired, "{told:?}");
}

#[tokio::test]
async fn what_has_ended_otherwise_is_not_looked_at() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let accepted = customer.requests_medicine(LAT, LNG, 5.0).await;
    assert_eq!(pharmacy.answers(&accepted, "ACCEPTED").await.status, 201);
    let cancelled = customer.requests_medicine(LAT, LNG, 5.0).await;
    let cancel = format!("/medicine/request/{cancelled}/cancel/");
    assert_eq!(customer.post(&cancel, json!({})).await.status, 200);
    for request in [&accepted, &cancelled] {
        stage.ages(request, Duration::DAY).await;
    }
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    assert_eq!(status(&customer, &accepted).await, "ACCEPTED");
    assert_eq!(status(&customer, &cancelled).await, "CANCELLED");
}

#[tokio::test]
async fn one_that_cannot_be_ended_keeps_no_other_waiting() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let broken = customer.requests_medicine(LAT, LNG, 5.0).await;
    let whole = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.ages(&broken, Duration::days(2)).await;
    stage.ages(&whole, Duration::DAY).await;
    let key = json!({"pk": {"S": format!("REQUEST#{broken}")}, "sk": {"S": "REQUEST"}});
    let break_it = json!({"Key": key, "UpdateExpression": "REMOVE quantity"});
    stage.table("Requests", "UpdateItem", break_it).await;
    let run = stage.fire(SWEEP).await;
    assert_eq!((&run["ended"], &run["failed"]), (&json!(1), &json!(1)));
    assert_eq!(stored(&stage, &whole).await, "EXPIRED");
    // It is tried again, and once it can be, it is ended.
    assert_eq!(stage.fire(SWEEP).await["failed"], 1);
    let mend = json!({
        "Key": key,
        "UpdateExpression": "SET quantity = :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    });
    stage.table("Requests", "UpdateItem", mend).await;
    assert_eq!(stage.fire(SWEEP).await, ended(1));
}

#[tokio::test]
async fn a_run_that_died_after_its_commit_has_told_who_asked_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.ages(&request, Duration::DAY).await;
    let crash = stage
        .cloud
        .faults()
        .crash_after(SWEEP, "TransactWriteItems", 1);
    assert_eq!(stage.tries_to_fire(SWEEP).await.status, 500);
    crash.happens().await;
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    stage.settled().await;
    assert_eq!(stored(&stage, &request).await, "EXPIRED");
    assert_eq!(kinds(&customer.inbox("").await), ["request_expired"]);
}

#[tokio::test]
async fn a_delivery_that_died_has_not_put_aside_what_it_told_last() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    // Nobody is told, so that the first transaction is the one that tells who asked.
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    stage.ages(&request, Duration::DAY).await;
    let crash = stage
        .cloud
        .faults()
        .crash_after("DeliveryFunction", "TransactWriteItems", 1);
    assert_eq!(stage.fire(SWEEP).await, ended(1));
    crash.happens().await;
    stage.settled().await;
    assert_eq!(kinds(&customer.inbox("").await), ["request_expired"]);
    assert_eq!(customer.badge().await, 1);
}

#[tokio::test]
async fn who_asked_a_pharmacy_that_left_is_told_when_the_time_is_over() {
    let stage = Stage::set().await;
    let chosen = stage.pharmacy("Chosen", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let directed = json!({"pharmacy": chosen.id, "quantity": 1});
    let request = customer.post("/medicine/request/", directed).await;
    let request = request.text("request_id");
    assert_eq!(chosen.delete("/pharmacy/profile/").await.status, 200);
    stage.settled().await;
    assert_eq!(status(&customer, &request).await, "PENDING");
    stage.ages(&request, Duration::DAY).await;
    assert_eq!(stage.fire(SWEEP).await, ended(1));
    stage.settled().await;
    assert_eq!(kinds(&customer.inbox("").await), ["request_expired"]);
}

#[tokio::test]
async fn a_customer_who_left_after_the_time_was_over_is_told_nothing() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    stage.ages(&request, Duration::DAY).await;
    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    stage.settled().await;
    assert_eq!(stage.fire(SWEEP).await, ended(1));
    stage.settled().await;
    assert_eq!(stage.inbox(&customer.id).await, Vec::<Value>::new());
    assert_eq!(kinds(&pharmacy.inbox("").await), [""; 0]);
    assert_eq!(stage.fire(SWEEP).await, ended(0));
}

#[tokio::test]
async fn only_what_has_a_schedule_can_be_fired() {
    let stage = Stage::set().await;
    for function in ["DeliveryFunction", "Nobody"] {
        assert_eq!(stage.tries_to_fire(function).await.status, 404);
    }
}
