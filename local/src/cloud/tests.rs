#![allow(clippy::unwrap_used, clippy::panic)]

//! A small stack, the whole way: a socket's message is written to a table, the table's stream starts
//! a function, and that function posts to the socket.

use std::path::Path;

use futures::{SinkExt as _, StreamExt as _};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::lambda::fixture;

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
  TokenPublicKeys: { Type: String }
Globals:
  Function:
    Runtime: provided.al2023
    CodeUri: .
    Timeout: 20
    Environment:
      Variables:
        TABLE: !Ref Outbox
        PUBLIC_KEYS: !Ref TokenPublicKeys
Resources:
  Api: { Type: AWS::Serverless::HttpApi }
  SocketApi:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: !Ref Stage
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Connect.Arn }
        $default: { FunctionArn: !GetAtt Write.Arn }
  TokenSigningKey:
    Type: AWS::SecretsManager::Secret
    Properties: { Name: token-signing-key }
  Outbox:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  Show:
    Type: AWS::Serverless::Function
    Properties:
      Handler: show
      Events:
        Get: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /show } }
  Connect:
    Type: AWS::Serverless::Function
    Properties: { Handler: connect }
  Write:
    Type: AWS::Serverless::Function
    Properties:
      Handler: write
      Policies:
        - Statement: { Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Outbox.Arn }
  Deliver:
    Type: AWS::Serverless::Function
    Properties:
      Handler: deliver
      Policies:
        - Statement:
            Effect: Allow
            Action: execute-api:ManageConnections
            Resource: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}/${Stage}/POST/*"
      Environment:
        Variables:
          AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: !Sub "https://${SocketApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
      Events:
        Stream:
          Type: DynamoDB
          Properties: { Stream: !GetAtt Outbox.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 10 }
"#;

/// Not a test: the functions of [`TEMPLATE`].
#[test]
#[ignore = "the process that the other tests start"]
fn function_process() {
    if let Some(outcome) = fixture::run(handle) {
        assert!(outcome.is_ok(), "the runtime ended: {outcome:?}");
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    let event = event.payload;
    match std::env::var("_HANDLER")?.as_str() {
        "write" => {
            let connection = &event["requestContext"]["connectionId"];
            let item = json!({"pk": {"S": connection}, "body": {"S": event["body"]}});
            put(&json!({"TableName": std::env::var("TABLE")?, "Item": item})).await?;
        }
        "deliver" => {
            let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
            let sockets = aws_sdk_apigatewaymanagement::Client::new(&config);
            for record in event["Records"].as_array().into_iter().flatten() {
                let item = &record["dynamodb"]["NewImage"];
                let body = item["body"]["S"].as_str().unwrap_or_default();
                sockets
                    .post_to_connection()
                    .connection_id(item["pk"]["S"].as_str().unwrap_or_default())
                    .data(aws_sdk_apigatewaymanagement::primitives::Blob::new(body))
                    .send()
                    .await?;
            }
        }
        "show" => {
            return Ok(json!({
                "pid": std::process::id(),
                "keys": std::env::var("PUBLIC_KEYS")?,
                "table": std::env::var("TABLE")?,
            }));
        }
        _ => {}
    }
    Ok(json!({"statusCode": 200}))
}

/// One `PutItem`, in the protocol's own words.
async fn put(call: &Value) -> Result<(), lambda_runtime::Error> {
    let key = std::env::var("AWS_ACCESS_KEY_ID")?;
    let scope = format!("{key}/20260101/us-east-1/dynamodb/aws4_request");
    let answer = reqwest::Client::new()
        .post(std::env::var("AWS_ENDPOINT_URL_DYNAMODB")?)
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        .body(call.to_string())
        .send()
        .await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(answer.text().await?.into())
}

fn options(state: &State) -> Options {
    let folder = state.path();
    let template = folder.join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let artifact = fixture::bootstrap(folder, "cloud::tests::function_process");
    Options::new(template, artifact, state.clone())
}

async fn get(url: &str) -> Value {
    let body = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&body).unwrap()
}

fn is_alive(pid: &Value) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn a_message_travels_through_a_table_and_its_stream_back_to_the_socket() {
    let cloud = LocalCloud::start(options(&State::temporary().unwrap()))
        .await
        .unwrap();
    let url = cloud.socket_url();
    assert!(url.ends_with("/dev"), "{url}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket.send(Message::text("there and back")).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(30), socket.next()).await;
    let answer = answer.unwrap().unwrap().unwrap().into_text().unwrap();
    let logs = [
        cloud.lambdas().logs("Write"),
        cloud.lambdas().logs("Deliver"),
    ];
    assert_eq!(answer, "there and back", "{logs:?}");
    let functions = get(&format!("{}/_local/functions", cloud.http_url())).await;
    let deliver = functions.to_string();
    assert!(deliver.contains(r#""function":"Deliver""#), "{deliver}");
    assert!(cloud.dead_letters().list().is_empty());
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_dropped_cloud_is_gone_with_its_functions() {
    let state = State::temporary().unwrap();
    let cloud = LocalCloud::start(options(&state)).await.unwrap();
    get(&format!("{}/show", cloud.http_url())).await;
    let functions = cloud.lambdas().downgrade();
    drop(cloud);
    let gone = async {
        while functions.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), gone).await;
    assert!(waited.is_ok(), "somebody holds them");
}

#[tokio::test]
async fn shutdown_leaves_no_process_and_a_restart_keeps_the_token_key() {
    let state = State::temporary().unwrap();
    let cloud = LocalCloud::start(options(&state)).await.unwrap();
    let first = get(&format!("{}/show", cloud.http_url())).await;
    let key = first["keys"].as_str().unwrap();
    assert_eq!(key.split_once(':').unwrap().0.len(), 8);
    assert!(is_alive(&first["pid"]));
    cloud.shutdown().await;
    assert!(!is_alive(&first["pid"]));

    let cloud = LocalCloud::start(options(&state)).await.unwrap();
    let second = get(&format!("{}/show", cloud.http_url())).await;
    assert_eq!(second["keys"], key);
    cloud.shutdown().await;
}

#[tokio::test]
async fn a_cloud_that_is_dropped_with_a_socket_open_leaves_no_process() {
    let cloud = LocalCloud::start(options(&State::temporary().unwrap()))
        .await
        .unwrap();
    let (_socket, _) = tokio_tungstenite::connect_async(cloud.socket_url())
        .await
        .unwrap();
    let shown = get(&format!("{}/show", cloud.http_url())).await;
    drop(cloud);
    let start = std::time::Instant::now();
    while is_alive(&shown["pid"]) {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the process lives on"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_a_sentence() {
    let state = State::temporary().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut on_a_taken_port = options(&state);
    on_a_taken_port.http_port = taken.local_addr().unwrap().port();
    let said = LocalCloud::start(on_a_taken_port)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("cannot listen on 127.0.0.1:") && said.contains("--port"),
        "{said}"
    );

    let mut unbuilt = options(&state);
    unbuilt.artifact = "/nowhere/bootstrap".into();
    let said = LocalCloud::start(unbuilt).await.unwrap_err().to_string();
    assert_eq!(said, "there is no artifact /nowhere/bootstrap");

    let broken = options(&state);
    std::fs::write(
        &broken.template,
        "Resources: { F: { Type: AWS::Serverless::Function } }",
    )
    .unwrap();
    let said = LocalCloud::start(broken).await.unwrap_err().to_string();
    assert!(said.contains("template.yaml"), "{said}");

    let mut stranger = options(&state);
    stranger
        .parameters
        .insert("Nobody".to_owned(), "x".to_owned());
    let said = LocalCloud::start(stranger).await.unwrap_err().to_string();
    assert!(said.contains("Nobody"), "{said}");
}
