//! A socket as a test listens to it: what is awaited comes, or the test fails and says what came.

use std::collections::HashSet;
use std::time::Duration;

use callout_local::client::{ClientError, Socket};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::described;

/// How long anything may take before a test calls it missing; generous, for machines are shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A greeting may share its lane of the stream with much that was said before.
const GREETING: Duration = Duration::from_mins(4);

/// The status and body of a refused handshake.
pub type Refusal = (u16, Value);

/// An open socket that was greeted.
#[derive(Debug)]
pub struct Heard {
    socket: Socket,
    seen: HashSet<String>,
    /// The first message.
    pub greeting: Value,
}

impl Heard {
    pub(crate) async fn open(request: impl IntoClientRequest + Unpin) -> Result<Self, Refusal> {
        match Socket::open(request).await {
            Ok(mut socket) => {
                let greeting = socket.next(GREETING).await.unwrap();
                described::check_message(&greeting);
                assert_eq!(greeting["type"], "connection", "the first message");
                let seen = event_of(&greeting).into_iter().collect();
                Ok(Self {
                    socket,
                    seen,
                    greeting,
                })
            }
            Err(ClientError::Refused { status, body }) => {
                described::check_refusal(status, &body);
                Err((status, body))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// The next unread message of a type that was not read before: delivery is at least once, and a
    /// client knows a message again by its `event_id`.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_within(PATIENCE, kind).await
    }

    /// The same, for what may take longer than others have patience.
    pub async fn expect_within(&mut self, patience: Duration, kind: &str) -> Value {
        loop {
            let message = self.socket.expect(kind, patience).await.unwrap();
            let is_new = self.is_new(&message);
            // The cloud runs on the same thread: much that is there to be read must not keep it waiting.
            tokio::task::yield_now().await;
            if is_new {
                return message;
            }
        }
    }

    fn is_new(&mut self, message: &Value) -> bool {
        described::check_message(message);
        event_of(message).is_none_or(|event| self.seen.insert(event))
    }

    /// Every message of a type so far, also those that came again.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let mut all = self.socket.received();
        all.iter().for_each(described::check_message);
        all.retain(|message| message["type"] == kind);
        all
    }

    /// All unread messages until the first of a type, which is taken too.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut before = Vec::new();
        loop {
            let message = self.socket.next(PATIENCE).await.unwrap();
            if !self.is_new(&message) {
                continue;
            }
            if message["type"] == kind {
                return before;
            }
            before.push(message);
        }
    }

    /// Says something.
    pub async fn send(&mut self, message: Value) {
        self.socket.send(&message).await.unwrap();
    }

    /// Says a text that need not be JSON.
    pub async fn send_text(&mut self, text: &str) {
        self.socket.send_raw(Message::text(text)).await.unwrap();
    }

    /// Says bytes.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.socket
            .send_raw(Message::binary(bytes.to_vec()))
            .await
            .unwrap();
    }

    /// Proves that the socket lives.
    pub async fn ping(&mut self) {
        self.send(json!({"type": "ping"})).await;
        self.expect("pong").await;
    }

    /// What came and was not awaited, so far.
    pub fn others(&mut self) -> Vec<Value> {
        let mut others = self.socket.take_unread();
        others.retain(|message| self.is_new(message));
        others
    }

    /// Says a text in two frames.
    pub async fn send_in_frames(&mut self, text: &str) {
        let (first, second) = text.split_at(text.len() / 2);
        for (part, kind, is_last) in [(first, Data::Text, false), (second, Data::Continue, true)] {
            let frame = Frame::message(part.to_owned(), OpCode::Data(kind), is_last);
            self.socket.send_raw(Message::Frame(frame)).await.unwrap();
        }
    }

    /// Waits until the server has closed it; the close code, if there was one.
    pub async fn closed(&mut self) -> Option<u16> {
        self.socket.closed(PATIENCE).await.unwrap().code
    }
}

fn event_of(message: &Value) -> Option<String> {
    message["event_id"].as_str().map(str::to_owned)
}
