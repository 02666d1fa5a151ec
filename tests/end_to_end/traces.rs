//! One name leads from an HTTP answer to the frame on a socket, through the logs of every function on
//! the way.

use callout_tests::Stage;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// The lines of a function's log that bear that name in that field.
fn lines(stage: &Stage, function: &str, field: &str, name: &str) -> Vec<Value> {
    let logs = stage.cloud.lambdas().logs(function);
    let lines = logs
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["fields"][field] == name)
        .collect()
}

#[tokio::test]
async fn a_request_is_followed_from_its_answer_to_the_sockets_of_those_who_were_told() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut told = pharmacy.socket().await;
    let mut asker = customer.socket().await;
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    let made = customer.post("/medicine/request/", body).await;
    let trace = made.request_id.clone().unwrap();
    let heard = told.expect("new_request").await;
    assert_eq!(heard["trace_id"], trace);

    let body = json!({"request_id": made.body["request_id"], "response_type": "ACCEPTED"});
    let accepted = pharmacy.post("/medicine/response/", body).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let other = accepted.request_id.clone().unwrap();
    assert_ne!(other, trace);
    let heard = asker.expect("pharmacy_response").await;
    assert_eq!(
        heard["trace_id"], other,
        "of the answer, not of the request"
    );

    stage.settled().await;
    let function = "CreateMedicineRequestFunction";
    assert!(!lines(&stage, function, "request_id", &trace).is_empty());
    assert!(!lines(&stage, "DeliveryFunction", "trace", &trace).is_empty());
    let outbox = stage.table("Outbox", "Scan", json!({})).await;
    let traced = outbox["Items"].as_array().unwrap().iter();
    assert!(traced.clone().all(|item| item["trace"]["S"].is_string()));
    assert!(traced.clone().any(|item| item["trace"]["S"] == trace));
}

#[tokio::test]
async fn a_reply_bears_what_asked_for_it_and_a_replay_nothing() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    let mut socket = pharmacy.socket().await;
    let missed = socket.expect("new_request").await;
    assert_eq!(missed["replayed"], true);
    assert_eq!(
        missed["trace_id"],
        Value::Null,
        "the opening did not bring it about"
    );
    socket.send(json!({"type": "ping"})).await;
    let pong = socket.expect("pong").await;
    let trace = pong["trace_id"].as_str().unwrap();
    // It is logged when the pong has left.
    let logged =
        async |stage: &Stage| !lines(stage, "MessageFunction", "request_id", trace).is_empty();
    stage.until("the line of the pong", logged).await;
}

#[tokio::test]
async fn what_delivery_did_is_counted_in_its_log() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    customer.requests_medicine(LAT, LNG, 5.0).await;
    socket.expect("new_request").await;
    stage.settled().await;
    let logs = stage.cloud.lambdas().logs("DeliveryFunction");
    let metrics: Vec<Value> = logs
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["_aws"].is_object())
        .collect();
    let attempts: u64 = metrics
        .iter()
        .filter_map(|line| line["SocketAttempts"].as_u64())
        .sum();
    assert_eq!(attempts, 1, "{metrics:?}");
}
