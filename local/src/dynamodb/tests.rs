//! The engine and its door, with the features that functions rely on.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::calls::Operation;
use super::{Engine, serve, upkeep};
use crate::faults::Faults;
use crate::iam::fixture;
use crate::state::State;
use crate::template::model::Stack;
use crate::template::parse;

/// Tables as a deployment has them: a stream, a global index, a local index, an expiry.
pub(super) const TABLES: &str = r"
Resources:
  Outbox:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: outbox
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      SSESpecification: { SSEEnabled: true }
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
      StreamSpecification: { StreamViewType: NEW_IMAGE }
      Tags: [{ Key: app, Value: callout }]
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: items
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: pk, AttributeType: S }
        - { AttributeName: sk, AttributeType: S }
        - { AttributeName: gpk, AttributeType: S }
        - { AttributeName: gsk, AttributeType: S }
        - { AttributeName: unheard, AttributeType: S }
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
      GlobalSecondaryIndexes:
        - IndexName: open
          KeySchema: [{ AttributeName: gpk, KeyType: HASH }, { AttributeName: gsk, KeyType: RANGE }]
          Projection: { ProjectionType: ALL }
      LocalSecondaryIndexes:
        - IndexName: unheard
          KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: unheard, KeyType: RANGE }]
          Projection: { ProjectionType: ALL }
";

pub(super) fn stack(template: &str) -> Stack {
    parse(template, &BTreeMap::new()).unwrap()
}

pub(super) fn engine() -> Engine {
    Engine::open(&State::temporary().unwrap(), &stack(TABLES)).unwrap()
}

/// Calls the operation of that name; an error is the body that a client would see.
pub(super) async fn call(engine: &Engine, name: &str, body: Value) -> Result<Value, Value> {
    let operation = Operation::named(name).unwrap();
    let body = body.to_string();
    let touches = operation.touches(&body);
    match engine.call(operation, touches, body).await {
        Ok(answer) => Ok(serde_json::from_str(&answer).unwrap()),
        Err(error) => Err(serde_json::from_str(&error.to_json()).unwrap()),
    }
}

pub(super) fn item(pk: &str, sk: &str) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "S": sk } })
}

fn with(mut item: Value, name: &str, value: Value) -> Value {
    item[name] = value;
    item
}

async fn put(engine: &Engine, item: Value) {
    call(
        engine,
        "PutItem",
        json!({ "TableName": "items", "Item": item }),
    )
    .await
    .unwrap();
}

fn sort_keys(answer: &Value) -> Vec<&str> {
    answer["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["sk"]["S"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn kept_tables_are_found_again_and_a_changed_one_names_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::Kept(folder.path().join("state"));
    let engine = Engine::open(&state, &stack(TABLES)).unwrap();
    put(&engine, item("a", "1")).await;
    drop(engine);

    let engine = Engine::open(&state, &stack(TABLES)).unwrap();
    let found = call(
        &engine,
        "GetItem",
        json!({ "TableName": "items", "Key": item("a", "1") }),
    )
    .await;
    assert_eq!(found.unwrap()["Item"], item("a", "1"));
    drop(engine);

    let changed = [
        (
            "IndexName: open",
            "IndexName: ajar",
            "set of global indexes",
        ),
        (
            "IndexName: unheard",
            "IndexName: unseen",
            "set of local indexes",
        ),
        (
            "      StreamSpecification: { StreamViewType: NEW_IMAGE }\n",
            "",
            "stream setting",
        ),
    ];
    for (from, to, part) in changed {
        let error = Engine::open(&state, &stack(&TABLES.replace(from, to)))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(part) && error.contains("--reset"), "{error}");
    }
}

#[test]
fn the_deployed_tables_are_made_and_found_again() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let keys = BTreeMap::from([("TokenPublicKeys".to_owned(), "k:v".to_owned())]);
    let deployed = crate::template::load(path.as_ref(), &keys).unwrap();
    let state = State::temporary().unwrap();
    for _ in 0..2 {
        let engine = Engine::open(&state, &deployed).unwrap();
        let streamed = deployed.tables.values().filter(|table| table.has_stream);
        assert_eq!(engine.streamed_tables().len(), streamed.count());
    }
}

#[tokio::test]
async fn a_sparse_local_index_is_read_consistently() {
    let engine = engine();
    put(
        &engine,
        with(item("a", "1"), "unheard", json!({ "S": "1" })),
    )
    .await;
    put(
        &engine,
        with(item("a", "2"), "unheard", json!({ "S": "2" })),
    )
    .await;
    put(&engine, item("a", "3")).await;
    let query = json!({
        "TableName": "items", "IndexName": "unheard", "ConsistentRead": true,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": "a" } },
    });
    let answer = call(&engine, "Query", query.clone()).await.unwrap();
    assert_eq!(sort_keys(&answer), ["1", "2"]);

    let heard = json!({
        "TableName": "items", "Key": item("a", "1"), "UpdateExpression": "REMOVE unheard",
    });
    call(&engine, "UpdateItem", heard).await.unwrap();
    let answer = call(&engine, "Query", query).await.unwrap();
    assert_eq!(sort_keys(&answer), ["2"]);
}

#[tokio::test]
async fn a_global_index_is_read_by_range_and_refuses_consistency() {
    let engine = engine();
    for (sk, cell) in [("1", "ttnfv"), ("2", "ttnfw"), ("3", "ttnu0")] {
        let placed = with(item("a", sk), "gpk", json!({ "S": "MEDICINE#ttn" }));
        put(&engine, with(placed, "gsk", json!({ "S": cell }))).await;
    }
    let mut query = json!({
        "TableName": "items", "IndexName": "open",
        "KeyConditionExpression": "gpk = :p AND gsk BETWEEN :from AND :to",
        "ExpressionAttributeValues": {
            ":p": { "S": "MEDICINE#ttn" }, ":from": { "S": "ttnf" }, ":to": { "S": "ttnf~" },
        },
    });
    let answer = call(&engine, "Query", query.clone()).await.unwrap();
    assert_eq!(sort_keys(&answer), ["1", "2"]);
    query["ConsistentRead"] = json!(true);
    let refused = call(&engine, "Query", query).await.unwrap_err();
    assert!(
        refused["__type"]
            .as_str()
            .unwrap()
            .ends_with("ValidationException"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_cancelled_transaction_says_why_and_shows_the_item_that_stood_in_its_way() {
    let engine = engine();
    put(
        &engine,
        with(item("a", "1"), "state", json!({ "S": "accepted" })),
    )
    .await;
    let transaction = json!({ "TransactItems": [
        { "Put": { "TableName": "outbox", "Item": item("b", "1") } },
        { "ConditionCheck": {
            "TableName": "items", "Key": item("z", "1"),
            "ConditionExpression": "attribute_not_exists(pk)",
        } },
        { "Update": {
            "TableName": "items", "Key": item("a", "1"),
            "UpdateExpression": "SET #s = :accepted", "ConditionExpression": "#s = :open",
            "ExpressionAttributeNames": { "#s": "state" },
            "ExpressionAttributeValues": { ":open": { "S": "open" }, ":accepted": { "S": "accepted" } },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        } },
    ] });
    let cancelled = call(&engine, "TransactWriteItems", transaction)
        .await
        .unwrap_err();
    assert_eq!(
        cancelled["__type"],
        "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    );
    let reasons = cancelled["CancellationReasons"].as_array().unwrap();
    let codes: Vec<_> = reasons
        .iter()
        .map(|reason| reason["Code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["None", "None", "ConditionalCheckFailed"]);
    assert_eq!(reasons[2]["Item"]["state"], json!({ "S": "accepted" }));
    let written = call(
        &engine,
        "GetItem",
        json!({ "TableName": "outbox", "Key": item("b", "1") }),
    )
    .await;
    assert_eq!(written.unwrap().get("Item"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contested_transactions_have_one_winner() {
    let engine = engine();
    put(
        &engine,
        with(item("a", "1"), "state", json!({ "S": "open" })),
    )
    .await;
    let mut contest = tokio::task::JoinSet::new();
    for contender in 0..50 {
        let engine = engine.clone();
        contest.spawn(async move {
            let accept = json!({ "TransactItems": [
                { "Update": {
                    "TableName": "items", "Key": item("a", "1"),
                    "UpdateExpression": "SET #s = :accepted, winner = :me", "ConditionExpression": "#s = :open",
                    "ExpressionAttributeNames": { "#s": "state" },
                    "ExpressionAttributeValues": {
                        ":open": { "S": "open" }, ":accepted": { "S": "accepted" },
                        ":me": { "N": contender.to_string() },
                    },
                } },
                { "Put": { "TableName": "outbox", "Item": item("a", &contender.to_string()) } },
            ] });
            call(&engine, "TransactWriteItems", accept).await.is_ok().then_some(contender)
        });
    }
    let winners: Vec<i32> = contest.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let events = call(&engine, "Scan", json!({ "TableName": "outbox" }))
        .await
        .unwrap();
    assert_eq!(sort_keys(&events), [winners[0].to_string()]);
}

#[tokio::test]
async fn counters_and_batches_work() {
    let engine = engine();
    let count = json!({
        "TableName": "items", "Key": item("a", "stats"),
        "UpdateExpression": "SET seen_first = if_not_exists(seen_first, :now) ADD answered :one",
        "ExpressionAttributeValues": { ":now": { "S": "t" }, ":one": { "N": "1" } },
        "ReturnValues": "ALL_NEW",
    });
    call(&engine, "UpdateItem", count.clone()).await.unwrap();
    let counted = call(&engine, "UpdateItem", count).await.unwrap();
    assert_eq!(counted["Attributes"]["answered"], json!({ "N": "2" }));

    let puts: Vec<_> = (0..25)
        .map(|n| json!({ "PutRequest": { "Item": item("b", &n.to_string()) } }))
        .collect();
    let written = call(
        &engine,
        "BatchWriteItem",
        json!({ "RequestItems": { "items": puts } }),
    )
    .await;
    assert_eq!(written.unwrap()["UnprocessedItems"], json!({}));
    let keys: Vec<_> = (0..25).map(|n| item("b", &n.to_string())).collect();
    let read = json!({ "RequestItems": { "items": { "Keys": keys, "ConsistentRead": true } } });
    let read = call(&engine, "BatchGetItem", read).await.unwrap();
    assert_eq!(read["Responses"]["items"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn what_has_expired_is_swept_and_leaves_a_record_of_the_service() {
    let engine = engine();
    for (sk, expires_at) in [("old", "1000"), ("new", "99999999999")] {
        let item = with(item("a", sk), "expires_at", json!({ "N": expires_at }));
        call(
            &engine,
            "PutItem",
            json!({ "TableName": "outbox", "Item": item }),
        )
        .await
        .unwrap();
    }
    let mut writes = engine.writes("outbox").unwrap();
    writes.borrow_and_update();
    assert_eq!(upkeep::sweep(&engine).await.unwrap(), 1);
    assert!(writes.has_changed().unwrap());
    let left = call(&engine, "Scan", json!({ "TableName": "outbox" }))
        .await
        .unwrap();
    assert_eq!(sort_keys(&left), ["new"]);
    let records = engine.records_after("outbox", 0, 10).await.unwrap();
    let removal = records.last().unwrap();
    assert_eq!(removal.event_name, "REMOVE");
    assert_eq!(
        removal.user_identity.as_ref().unwrap().principal_id,
        "dynamodb.amazonaws.com"
    );
}

#[tokio::test]
async fn trimming_keeps_the_newest_record_and_the_order_of_those_to_come() {
    let engine = engine();
    for sk in ["1", "2", "3"] {
        call(
            &engine,
            "PutItem",
            json!({ "TableName": "outbox", "Item": item("a", sk) }),
        )
        .await
        .unwrap();
    }
    let newest = engine.newest_position("outbox").unwrap();
    assert_eq!(engine.trim("outbox", newest).unwrap(), 2);
    assert_eq!(
        engine.records_after("outbox", 0, 10).await.unwrap().len(),
        1
    );
    call(
        &engine,
        "PutItem",
        json!({ "TableName": "outbox", "Item": item("a", "4") }),
    )
    .await
    .unwrap();
    assert!(engine.newest_position("outbox").unwrap() > newest);
}

#[test]
fn the_engine_finds_the_newest_record_by_index() {
    let state = State::temporary().unwrap();
    let _engine = Engine::open(&state, &stack(TABLES)).unwrap();
    let connection = rusqlite::Connection::open(state.path().join("dynamodb.sqlite")).unwrap();
    // The engine's own statements, at every write and at every read of a stream.
    let statements = [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1",
        "SELECT event_name FROM _stream_records WHERE table_name = ?1 AND shard_id = ?2 \
         AND CAST(sequence_number AS INTEGER) > ?3 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4",
    ];
    for statement in statements {
        let explained = format!("EXPLAIN QUERY PLAN {statement}");
        let mut prepared = connection.prepare(&explained).unwrap();
        let parameters = vec![rusqlite::types::Null; prepared.parameter_count()];
        let plan: String = prepared
            .query_row(rusqlite::params_from_iter(parameters), |row| {
                row.get("detail")
            })
            .unwrap();
        assert!(plan.contains("callout_stream_order"), "{plan}");
    }
}

#[tokio::test]
async fn the_door_speaks_the_protocol() {
    let engine = engine();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let iam = fixture::allowing("Login", &["dynamodb:*"]);
    let served = tokio::spawn(serve(
        listener,
        engine.clone(),
        Faults::default(),
        iam,
        async {
            stopped.await.ok();
        },
    ));
    let ask = async |target: &str, signed: bool, body: Value| {
        let mut request = reqwest::Client::new()
            .post(&url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header("x-amz-date", "20260101T000000Z")
            .body(body.to_string());
        if signed {
            request = request.header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=LOCALLogin/20260101/us-east-1/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=abc",
            );
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap())
    };
    let mut writes = engine.writes("outbox").unwrap();
    writes.borrow_and_update();
    let put = json!({
        "TableName": "outbox", "Item": item("a", "1"), "ConditionExpression": "attribute_not_exists(pk)",
    });
    assert_eq!(
        ask("DynamoDB_20120810.PutItem", true, put.clone()).await,
        (200, json!({}))
    );
    assert!(writes.has_changed().unwrap(), "a write wakes the pollers");

    let (status, body) = ask("DynamoDB_20120810.PutItem", true, put.clone()).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["__type"],
        "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    );
    let (status, body) = ask("DynamoDB_20120810.PutItem", false, put).await;
    assert_eq!(status, 400);
    let kind = body["__type"].as_str().unwrap();
    assert!(
        kind.ends_with("#MissingAuthenticationTokenException"),
        "{kind}"
    );

    let table = json!({ "TableName": "outbox" });
    let (_, body) = ask("DynamoDB_20120810.DescribeTable", true, table.clone()).await;
    assert_eq!(
        body["Table"]["TableArn"],
        "arn:aws:dynamodb:us-east-1:000000000000:table/outbox"
    );
    assert_eq!(
        body["Table"]["StreamSpecification"]["StreamViewType"],
        "NEW_IMAGE"
    );
    let (status, body) = ask("DynamoDB_20120810.DeleteTable", true, table).await;
    assert_eq!(status, 400);
    assert!(
        body["__type"]
            .as_str()
            .unwrap()
            .ends_with("#UnknownOperationException")
    );
    let (status, body) = ask("DynamoDB_20120810.GetItem", true, json!({ "TableName": 5 })).await;
    assert_eq!(status, 400);
    assert!(
        body["__type"]
            .as_str()
            .unwrap()
            .ends_with("#SerializationException"),
        "{body}"
    );

    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}
