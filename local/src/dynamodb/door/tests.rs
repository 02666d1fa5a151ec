#![allow(clippy::unwrap_used)]

//! What the door lets in.

use super::*;
use crate::dynamodb::tests::{call, engine, item};
use crate::iam::fixture;

/// The door, where `Login` may put anywhere, query one index and read one table in batches.
async fn open(engine: &Engine) -> String {
    let table = |name: &str| resource::table(name, None);
    let policies = json!([{ "Statement": [
        { "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table("*") },
        { "Effect": "Allow", "Action": "dynamodb:Query", "Resource": table("items/index/open") },
        { "Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": table("items") },
    ]}]);
    let iam = Iam::of(&fixture::stack([("Login", policies)])).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (iam, ended) = (Arc::new(iam), std::future::pending());
    let serving = serve(listener, engine.clone(), Faults::default(), iam, ended);
    tokio::spawn(serving);
    url
}

async fn ask(url: &str, key: &str, operation: &str, body: &Value) -> (u16, Value) {
    let scope = format!("{key}/20260101/us-east-1/dynamodb/aws4_request");
    let response = reqwest::Client::new()
        .post(url)
        .header("x-amz-target", format!("{TARGET}{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=a"),
        )
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

fn query(index: Option<&str>, key: &str) -> Value {
    let mut query = json!({
        "TableName": "items",
        "KeyConditionExpression": format!("{key} = :v"),
        "ExpressionAttributeValues": { ":v": { "S": "x" } },
    });
    if let Some(index) = index {
        query["IndexName"] = json!(index);
    }
    query
}

#[tokio::test]
async fn what_policies_allow_is_let_in() {
    let engine = engine();
    let url = open(&engine).await;
    let keys = json!({ "Keys": [item("a", "1")] });
    let put = json!({ "TableName": "outbox", "Item": item("a", "1") });
    for (operation, body) in [
        ("PutItem", put.clone()),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Put": put }] }),
        ),
        ("Query", query(Some("open"), "gpk")),
        ("BatchGetItem", json!({ "RequestItems": { "items": keys } })),
    ] {
        let (status, answer) = ask(&url, "LOCALLogin", operation, &body).await;
        assert_eq!(status, 200, "{operation}: {answer}");
    }
}

#[tokio::test]
async fn what_they_do_not_is_not_and_changes_nothing() {
    let engine = engine();
    let url = open(&engine).await;
    let keys = json!({ "Keys": [item("a", "1")] });
    let put = json!({ "Put": { "TableName": "items", "Item": item("a", "1") } });
    let delete = json!({ "TableName": "items", "Key": item("b", "1") });
    for (operation, body, action, table) in [
        ("Query", query(None, "pk"), "Query", "items"),
        ("DeleteItem", delete.clone(), "DeleteItem", "items"),
        (
            "BatchGetItem",
            json!({ "RequestItems": { "items": keys, "outbox": keys } }),
            "BatchGetItem",
            "outbox",
        ),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [put, { "Delete": delete }] }),
            "DeleteItem",
            "items",
        ),
    ] {
        let (status, answer) = ask(&url, "LOCALLogin", operation, &body).await;
        assert_eq!(status, 400);
        let kind = "com.amazon.coral.service#AccessDeniedException";
        assert_eq!(answer["__type"], kind, "{operation}");
        let said = answer["message"].as_str().unwrap();
        let table = resource::table(table, None);
        let expected = format!("perform: dynamodb:{action} on resource: {table} because");
        assert!(said.contains(&expected), "{said}");
    }
    let read = json!({ "TableName": "items", "Key": item("a", "1"), "ConsistentRead": true });
    assert_eq!(call(&engine, "GetItem", read).await, Ok(json!({})));
}

#[tokio::test]
async fn a_key_of_no_function_is_not_recognized() {
    let url = open(&engine()).await;
    let put = json!({ "TableName": "outbox", "Item": item("b", "1") });
    for key in ["LOCALLogout", "AKIAIOSFODNN7EXAMPLE"] {
        let (status, answer) = ask(&url, key, "PutItem", &put).await;
        assert_eq!(status, 400);
        let kind = "com.amazon.coral.service#UnrecognizedClientException";
        assert_eq!(answer["__type"], kind);
    }
}
