//! Delivery: what comes twice is said once, what cannot be read holds nobody up, and what a socket
//! may say and an account may open.

use std::time::{Duration, SystemTime};

use callout_tests::{Person, Stage};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// A batch of the outbox's stream: partition key and event of each record, numbered from 1.
fn batch(records: &[(&str, &str)]) -> String {
    let records: Vec<Value> = (1..)
        .zip(records)
        .map(|(sequence, (key, event))| {
            let keys = json!({"pk": {"S": key}, "sk": {"S": sequence.to_string()}});
            json!({
                "eventID": sequence.to_string(), "eventName": "INSERT", "eventVersion": "1.1",
                "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1_771_929_000,
                    "Keys": keys,
                    "NewImage": {"pk": keys["pk"], "sk": keys["sk"], "event": {"S": event}},
                    "SequenceNumber": sequence.to_string(),
                    "SizeBytes": 100,
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Outbox/stream/1",
            })
        })
        .collect();
    json!({"Records": records}).to_string()
}

/// An event that tells one account of a message without fields.
fn telling(event: &str, kind: &str, account: &str) -> String {
    json!({
        "id": event,
        "subject": {"account": account},
        "at": "2026-02-24T10:30:00.000Z",
        "errand": {"tell": {
            "message": {"type": kind, "fields": {}},
            "to": {"listed": [{"account": account}]},
        }},
    })
    .to_string()
}

/// The items of an account in a table.
async fn items(stage: &Stage, table: &str, account: &str) -> Vec<Value> {
    let condition = json!({
        "KeyConditionExpression": "pk = :account",
        "ExpressionAttributeValues": {":account": {"S": format!("ACCOUNT#{account}")}},
        "ConsistentRead": true,
    });
    let found = stage.table(table, "Query", condition).await;
    found["Items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_cannot_be_read_is_reported_and_holds_nobody_up() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let mut socket = pharmacy.socket().await;
    let key = format!("ACCOUNT#{}", pharmacy.id);
    let first = telling("01KJ7E4Q0G0000000000000001", "test_first", &pharmacy.id);
    let second = telling("01KJ7E4Q0G0000000000000002", "test_second", &pharmacy.id);
    let records = [
        (key.as_str(), first.as_str()),
        (key.as_str(), "{\"errand\": \"unknown\"}"),
        (key.as_str(), second.as_str()),
        ("REQUEST#1", "no JSON"),
    ];
    let answer = stage.invoke("delivery", &batch(&records)).await;
    let mut failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["2", "4"]);
    socket.expect("test_first").await;
    socket.expect("test_second").await;
}

#[tokio::test]
async fn what_comes_again_is_not_said_again() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let mut socket = pharmacy.socket().await;
    let tell = telling("01KJ7E4Q0G0000000000000001", "test_news", &pharmacy.id);
    let outbox = items(&stage, "Outbox", &pharmacy.id).await;
    let greet = outbox[0]["event"]["S"].as_str().unwrap();
    assert!(greet.contains("greet"), "{greet}");
    until_ready(&stage, &pharmacy).await;
    let key = format!("ACCOUNT#{}", pharmacy.id);
    let records = [(key.as_str(), greet), (key.as_str(), tell.as_str())];
    for _ in 0..3 {
        let answer = stage.invoke("delivery", &batch(&records)).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
    }
    socket.expect("test_news").await;
    socket
        .send(json!({"type": "ack", "event_id": "01KJ7E4Q0G0000000000000001"}))
        .await;
    socket.ping().await;
    assert_eq!(socket.all("test_news").len(), 1);
    assert_eq!(socket.all("connection").len(), 1);
    assert_eq!(stage.inbox(&pharmacy.id).await.len(), 1);
}

/// Waits until an account's only socket has been greeted to the end; nothing tells when that is.
async fn until_ready(stage: &Stage, who: &Person) {
    let ready =
        async { while only_socket(stage, who).await.1["ready"] != json!({"BOOL": true}) {} };
    tokio::time::timeout(Duration::from_secs(30), ready)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_socket_past_its_expiry_is_forgotten_when_the_next_one_is_greeted() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let _first = customer.socket().await;
    let (id, mut expired) = only_socket(&stage, &customer).await;
    expired["expires_at"] = json!({"N": "1771929000"});
    let change = json!({
        "Key": {"pk": {"S": format!("ACCOUNT#{}", customer.id)}, "sk": {"S": "SOCKETS"}},
        "UpdateExpression": "SET #expired = :expired",
        "ExpressionAttributeNames": {"#expired": "socket#expired"},
        "ExpressionAttributeValues": {":expired": {"M": expired}},
    });
    stage.table("Connections", "UpdateItem", change).await;

    let _second = customer.socket().await;
    let forgotten = async {
        loop {
            let found = items(&stage, "Connections", &customer.id).await;
            assert!(found[0].get(format!("socket#{id}")).is_some(), "{found:?}");
            if found[0].get("socket#expired").is_none() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), forgotten)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_device_of_an_account_hears_what_happens() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut phone = pharmacy.socket().await;
    let mut tablet = pharmacy.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let heard = phone.expect("new_request").await;
    assert_eq!(heard["request_id"], request.as_str());
    assert_eq!(
        tablet.expect("new_request").await["event_id"],
        heard["event_id"]
    );
}

#[tokio::test]
async fn one_socket_too_many_closes_the_oldest() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut oldest = customer.socket().await;
    let mut others = Vec::new();
    for _ in 0..20 {
        others.push(customer.socket().await);
    }
    assert_eq!(oldest.expect("error").await["code"], "too_many_sockets");
    oldest.closed().await;
    for socket in &mut others {
        socket.ping().await;
    }
}

/// Has an account's only socket spoken last as many seconds ago as `seconds` says, newest first.
async fn spoke_last(stage: &Stage, who: &Person, seconds: &[u64]) {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let recent: Vec<Value> = seconds
        .iter()
        .map(|ago| now.saturating_sub(Duration::from_secs(*ago)))
        .map(|then| json!({"N": then.as_millis().to_string()}))
        .collect();
    let change = json!({
        "Key": owner_key(stage, who).await,
        "UpdateExpression": "SET recent = :recent",
        "ExpressionAttributeValues": {":recent": {"L": recent}},
    });
    stage.table("Connections", "UpdateItem", change).await;
}

/// How often an account's only socket is remembered to have spoken.
async fn remembered(stage: &Stage, who: &Person) -> usize {
    let key = json!({"Key": owner_key(stage, who).await, "ConsistentRead": true});
    let found = stage.table("Connections", "GetItem", key).await;
    found["Item"]["recent"]["L"].as_array().unwrap().len()
}

async fn owner_key(stage: &Stage, who: &Person) -> Value {
    let (id, _) = only_socket(stage, who).await;
    json!({"pk": {"S": format!("CONNECTION#{id}")}, "sk": {"S": "CONNECTION"}})
}

/// The id of an account's only socket, and what is stored of it.
async fn only_socket(stage: &Stage, who: &Person) -> (String, Value) {
    let found = items(stage, "Connections", &who.id).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let mut sockets = found[0]
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, socket)| Some((name.strip_prefix("socket#")?, &socket["M"])));
    let (id, socket) = sockets.next().unwrap();
    assert!(sockets.next().is_none(), "{found:?}");
    (id.to_owned(), socket.clone())
}

#[tokio::test]
async fn twenty_messages_are_heard_in_any_ten_seconds() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    // Nineteen just now, and many long before.
    let mut seconds = vec![0; 19];
    seconds.extend([30; 40]);
    spoke_last(&stage, &customer, &seconds).await;
    socket.ping().await;
    assert_eq!(
        remembered(&stage, &customer).await,
        20,
        "what no longer counts is forgotten"
    );
    socket.send(json!({"type": "ping"})).await;
    assert_eq!(socket.expect("error").await["code"], "too_many_messages");
    assert_eq!(
        remembered(&stage, &customer).await,
        20,
        "what was not heard does not count"
    );
    spoke_last(&stage, &customer, &[11; 20]).await;
    socket.ping().await;
}

#[tokio::test]
async fn who_leaves_is_in_nobodys_inbox() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("LifeCare Pharmacy", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let witness = stage.customer("Jane Doe").await;
    let kept = witness.requests_medicine(LAT, LNG, 5.0).await;
    let mut listening = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    assert_eq!(pharmacy.answers(&request, "REJECTED").await.status, 201);
    listening.expect("pharmacy_response").await;
    assert!(says(&stage, &pharmacy, "John Doe").await);
    assert!(says(&stage, &customer, "LifeCare Pharmacy").await);

    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    until_forgotten(&stage, &pharmacy, "John Doe").await;
    until_forgotten(&stage, &customer, "LifeCare Pharmacy").await;
    assert!(says(&stage, &pharmacy, "Jane Doe").await);
    assert!(says(&stage, &pharmacy, &kept).await);
}

/// Whether an account's inbox says something.
async fn says(stage: &Stage, who: &Person, what: &str) -> bool {
    json!(stage.inbox(&who.id).await).to_string().contains(what)
}

/// Waits until an account's inbox says something no more; nothing tells when that is.
async fn until_forgotten(stage: &Stage, who: &Person, what: &str) {
    let forgotten = async { while says(stage, who, what).await {} };
    tokio::time::timeout(Duration::from_secs(30), forgotten)
        .await
        .unwrap();
}
