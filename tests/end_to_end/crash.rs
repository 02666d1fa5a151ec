//! Processes die at the worst moment: after the commit and before the answer, and in the middle of a
//! batch. Nobody misses anything, and no inbox holds anything twice.

use std::collections::BTreeSet;

use callout_tests::{Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

fn events_of(inbox: &[Value]) -> Vec<&str> {
    inbox
        .iter()
        .map(|item| item["sk"]["S"].as_str().unwrap())
        .collect()
}

async fn hears_once(stage: &Stage, pharmacy: &Person, request: &str) {
    let mut socket = pharmacy.socket().await;
    let heard = socket.expect("new_request").await;
    assert_eq!(heard["request_id"], request);
    let inbox = stage.inbox(&pharmacy.id).await;
    assert_eq!(events_of(&inbox), [heard["event_id"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_request_whose_function_died_before_it_answered_is_made_and_told_once() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let crash =
        stage
            .cloud
            .faults()
            .crash_after("CreateMedicineRequestFunction", "TransactWriteItems", 1);
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    let lost = customer
        .post_once("/medicine/request/", "key", body.clone())
        .await;
    assert!(lost.status >= 500, "{}", lost.body);
    crash.happens().await;

    let again = customer.post_once("/medicine/request/", "key", body).await;
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(again.body["pharmacies_notified"], 1);
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 1);
    hears_once(&stage, &pharmacy, &again.text("request_id")).await;
}

#[tokio::test]
async fn an_accept_whose_function_died_before_it_answered_stands() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let rival = stage.pharmacy("Rival", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let crash = stage.cloud.faults().crash_after(
        "RespondToMedicineRequestFunction",
        "TransactWriteItems",
        1,
    );
    let body = json!({"request_id": request, "response_type": "ACCEPTED"});
    let lost = pharmacy
        .post_once("/medicine/response/", "key", body.clone())
        .await;
    assert!(lost.status >= 500, "{}", lost.body);
    crash.happens().await;

    assert_eq!(rival.answers(&request, "ACCEPTED").await.status, 400);
    let again = pharmacy.post_once("/medicine/response/", "key", body).await;
    assert_eq!(again.status, 201, "{}", again.body);
    let told = socket.expect("pharmacy_response").await;
    assert_eq!(told["pharmacy_id"], pharmacy.id);
    socket.ping().await;
    assert_eq!(socket.others(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_delivery_that_dies_in_the_middle_of_a_batch_reaches_everybody_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacies =
        join_all((0..12).map(|n| stage.pharmacy_owned(format!("Pharmacy {n}"), LAT, LNG))).await;
    let mut listening = join_all(pharmacies.iter().take(6).map(Person::socket)).await;

    // Three times over: after the inboxes were written, after the sockets were read, and after it was
    // noted who heard.
    let crashes = [
        ("TransactWriteItems", 1),
        ("BatchGetItem", 1),
        ("TransactWriteItems", 2),
    ]
    .map(|(operation, nth)| {
        let faults = stage.cloud.faults();
        faults.crash_after("DeliveryFunction", operation, nth)
    });
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    for crash in crashes {
        crash.happens().await;
    }
    let mut events = BTreeSet::new();
    for socket in &mut listening {
        let heard = socket.expect("new_request").await;
        assert_eq!(heard["request_id"], request.as_str());
        events.insert(heard["event_id"].as_str().unwrap().to_owned());
    }
    for pharmacy in &pharmacies[6..] {
        hears_once(&stage, pharmacy, &request).await;
    }
    assert_eq!(events.len(), 1, "one event, whoever hears it");
    for pharmacy in &pharmacies {
        let inbox = stage.inbox(&pharmacy.id).await;
        assert_eq!(events_of(&inbox).len(), 1);
        assert!(events.contains(events_of(&inbox)[0]));
    }
    assert_eq!(stage.cloud.dead_letters().list(), Vec::<Value>::new());
}
