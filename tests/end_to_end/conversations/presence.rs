//! Whether the other is there: told when it changes, and true also when a socket dies without a word.

use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// What one party reads of whether the other is there.
async fn presence(person: &Person, request: &str) -> Value {
    let history = person.history(request, "").await;
    let [presence] = history["presence"].as_array().unwrap().as_slice() else {
        panic!("one other party: {history}");
    };
    presence.clone()
}

/// Has all that an account's sockets said be so long ago.
async fn falls_silent(stage: &Stage, account: &str) {
    let key = json!({"pk": {"S": format!("ACCOUNT#{account}")}, "sk": {"S": "SOCKETS"}});
    let found = stage
        .table("Connections", "GetItem", json!({"Key": key}))
        .await;
    let long_ago = "2026-01-01T00:00:00.000Z";
    for name in found["Item"].as_object().unwrap().keys() {
        let Some(id) = name.strip_prefix("socket#") else {
            continue;
        };
        let opened = json!({
            "Key": key,
            "UpdateExpression": "SET #socket.opened_at = :then",
            "ExpressionAttributeNames": {"#socket": name},
            "ExpressionAttributeValues": {":then": {"S": long_ago}},
        });
        stage.table("Connections", "UpdateItem", opened).await;
        let spoke = json!({
            "Key": {"pk": {"S": format!("CONNECTION#{id}")}, "sk": {"S": "CONNECTION"}},
            "UpdateExpression": "SET recent = :then",
            "ExpressionAttributeValues": {":then": {"L": [{"N": "1767225600000"}]}},
        });
        stage.table("Connections", "UpdateItem", spoke).await;
    }
}

/// Has it be time to ask after all who are watched.
async fn is_time_to_ask(stage: &Stage, watched: &str) {
    let found = stage
        .table(
            "Connections",
            "Query",
            json!({
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
                "ExpressionAttributeValues": {
                    ":pk": {"S": format!("ACCOUNT#{watched}")}, ":sk": {"S": "WATCHER#"},
                },
            }),
        )
        .await;
    for item in found["Items"].as_array().unwrap() {
        let due = json!({
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "UpdateExpression": "SET due = :then, gsk = :then",
            "ConditionExpression": "attribute_exists(gsk)",
            "ExpressionAttributeValues": {":then": {"S": "2026-01-01T00:00:00.000Z"}},
        });
        stage.table("Connections", "UpdateItem", due).await;
    }
}

#[tokio::test]
async fn who_looks_at_a_conversation_is_told_when_the_other_comes_and_goes() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    let never = presence(&customer, &request).await;
    assert_eq!(never["status"], "offline");
    assert_eq!(never["last_seen_at"], Value::Null);
    assert_eq!(never["account"], json!(pharmacy.id));

    let mut counter = pharmacy.socket().await;
    let told = phone.expect("presence").await;
    assert_eq!(
        (&told["status"], &told["account"]),
        (&json!("online"), &json!(pharmacy.id))
    );
    assert_eq!(told["request_id"], json!(request));
    counter.ping().await;
    assert_eq!(presence(&customer, &request).await["status"], "online");
    assert_eq!(presence(&pharmacy, &request).await["status"], "online");

    let second = pharmacy.socket().await;
    drop(second);
    counter.ping().await;
    drop(counter);
    let told = phone.expect("presence").await;
    assert_eq!(told["status"], "offline", "once the last socket has closed");
    assert!(told["last_seen_at"].is_string());
    let read = presence(&customer, &request).await;
    assert_eq!(
        (&read["status"], &read["last_seen_at"]),
        (&told["status"], &told["last_seen_at"])
    );
}

#[tokio::test]
async fn a_socket_that_dies_without_a_word_is_found_silent_and_heard_again() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    let mut counter = pharmacy.socket().await;
    counter.ping().await;
    assert_eq!(presence(&customer, &request).await["status"], "online");

    falls_silent(&stage, &pharmacy.id).await;
    is_time_to_ask(&stage, &pharmacy.id).await;
    let swept = stage.fire("PresenceSweepFunction").await;
    assert_eq!(swept["asked"], 1);
    assert_eq!(phone.expect("presence").await["status"], "offline");
    assert_eq!(presence(&customer, &request).await["status"], "offline");

    // The network is back: the first thing that it says tells.
    counter.ping().await;
    assert_eq!(phone.expect("presence").await["status"], "online");
}

#[tokio::test]
async fn whoever_has_no_open_conversation_learns_nothing() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    presence(&customer, &request).await;
    customer
        .post(&format!("/medicine/request/{request}/complete/"), json!({}))
        .await;
    let mut counter = pharmacy.socket().await;
    counter.ping().await;
    drop(counter);
    let mut again = pharmacy.socket().await;
    again.ping().await;
    phone.ping().await;
    assert_eq!(phone.all("presence"), [] as [Value; 0]);
    assert_eq!(customer.history(&request, "").await["presence"], json!([]));
}
