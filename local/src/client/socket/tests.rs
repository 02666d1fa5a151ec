//! The socket against a small server.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::extract::Query;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse;
use axum::routing::any;
use serde_json::json;

use super::*;

const SOON: Duration = Duration::from_secs(10);

/// Sends two messages, echoes one, and closes with 4001.
async fn speak(mut socket: WebSocket) {
    for kind in ["connection", "new_request"] {
        let text = json!({ "type": kind }).to_string();
        socket.send(Frame::Text(text.into())).await.unwrap();
    }
    if let Some(Ok(frame)) = socket.recv().await {
        socket.send(frame).await.unwrap();
    }
    let frame = CloseFrame {
        code: 4001,
        reason: "no longer welcome".into(),
    };
    socket.send(Frame::Close(Some(frame))).await.unwrap();
}

#[derive(serde::Deserialize)]
struct Asked {
    token: String,
}

async fn server() -> String {
    let answer = |Query(asked): Query<Asked>, upgrade: WebSocketUpgrade| async move {
        if asked.token == "good" {
            upgrade.on_upgrade(speak)
        } else {
            (
                http::StatusCode::UNAUTHORIZED,
                json!({ "code": 4001 }).to_string(),
            )
                .into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/ws", any(answer))).into_future());
    url
}

#[tokio::test]
async fn awaits_by_type_and_keeps_the_rest() {
    let mut socket = Socket::connect(&server().await, "good").await.unwrap();
    assert_eq!(
        socket.expect("new_request", SOON).await.unwrap()["type"],
        "new_request"
    );
    let unread = socket.take_unread();
    assert_eq!(unread, [json!({ "type": "connection" })]);
    assert!(socket.take_unread().is_empty());
    socket.send(&json!({ "type": "echo" })).await.unwrap();
    assert_eq!(
        socket.expect("echo", SOON).await.unwrap(),
        json!({ "type": "echo" })
    );
    assert_eq!(socket.received().len(), 3);
    let closed = socket.closed(SOON).await.unwrap();
    assert_eq!(
        closed,
        Closed {
            code: Some(4001),
            reason: "no longer welcome".to_owned()
        }
    );
    let late = socket.expect("more", SOON).await.unwrap_err();
    assert!(matches!(late, ClientError::ClosedEarly { .. }), "{late}");
}

#[tokio::test]
async fn a_message_that_does_not_come_is_an_error_that_says_what_did() {
    let mut socket = Socket::connect(&server().await, "good").await.unwrap();
    socket.expect("new_request", SOON).await.unwrap();
    let late = socket
        .expect("pong", Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(late.to_string().contains("\"connection\""), "{late}");
}

#[tokio::test]
async fn a_refusal_has_its_status_and_body() {
    let refused = Socket::connect(&server().await, "bad").await.unwrap_err();
    let ClientError::Refused { status, body } = refused else {
        unreachable!("{refused}");
    };
    assert_eq!((status, body), (401, json!({ "code": 4001 })));
}
