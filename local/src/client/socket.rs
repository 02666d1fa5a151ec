//! The socket: collects what comes, and awaits what should.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::ClientError;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The close code; `None` when the connection just broke.
    pub code: Option<u16>,
    /// The reason given.
    pub reason: String,
}

impl fmt::Display for Closed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(formatter, "{code} {}", self.reason),
            None => write!(formatter, "no close frame {}", self.reason),
        }
    }
}

/// A message and the moment it came.
#[derive(Debug, Clone)]
struct Received {
    message: Value,
    at: Instant,
}

#[derive(Debug, Default)]
struct Inbox {
    unread: VecDeque<Received>,
    all: Vec<Value>,
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Shared {
    inbox: Mutex<Inbox>,
    changed: watch::Sender<()>,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open socket. A task of its own reads it, so that nothing is missed and pings are answered
/// while nobody awaits anything.
#[derive(Debug)]
pub struct Socket {
    sink: SplitSink<Stream, Message>,
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Socket {
    /// Connects with an access token in the query.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the status and body of a refusal, [`ClientError::Socket`] otherwise.
    pub async fn connect(url: &str, token: &str) -> Result<Self, ClientError> {
        let separator = if url.contains('?') { '&' } else { '?' };
        Self::open(format!("{url}{separator}token={token}")).await
    }

    /// Connects with any request: a URL, or one with headers of its own.
    ///
    /// # Errors
    /// As [`Socket::connect`].
    pub async fn open(request: impl IntoClientRequest + Unpin) -> Result<Self, ClientError> {
        let (stream, _) = tokio_tungstenite::connect_async(request)
            .await
            .map_err(refused)?;
        let (sink, incoming) = stream.split();
        let shared = Arc::new(Shared {
            inbox: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        let reader = tokio::spawn(read(incoming, Arc::clone(&shared)));
        Ok(Self {
            sink,
            shared,
            reader,
        })
    }

    /// The next unread message, whatever it is.
    ///
    /// # Errors
    /// When none comes within `within`, or the socket closes.
    pub async fn next(&mut self, within: Duration) -> Result<Value, ClientError> {
        self.take("a message", within, |_| true)
            .await
            .map(|received| received.message)
    }

    /// The first unread message of that `type`; others stay unread.
    ///
    /// # Errors
    /// When none comes within `within`, or the socket closes.
    pub async fn expect(&mut self, kind: &str, within: Duration) -> Result<Value, ClientError> {
        self.expect_where(kind, within, |message| message["type"] == kind)
            .await
    }

    /// The first unread message that `fits`; others stay unread. `awaited` names it in errors.
    ///
    /// # Errors
    /// When none comes within `within`, or the socket closes.
    pub async fn expect_where(
        &mut self,
        awaited: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, ClientError> {
        self.take(awaited, within, fits)
            .await
            .map(|received| received.message)
    }

    /// As [`Socket::expect_where`], with the moment at which the message came.
    ///
    /// # Errors
    /// When none comes within `within`, or the socket closes.
    pub async fn expect_timed(
        &mut self,
        awaited: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<(Value, Instant), ClientError> {
        let received = self.take(awaited, within, fits).await?;
        Ok((received.message, received.at))
    }

    async fn take(
        &mut self,
        awaited: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Received, ClientError> {
        let mut changed = self.shared.changed.subscribe();
        let search = async {
            loop {
                changed.borrow_and_update();
                if let Some(result) = self.look(awaited, &fits) {
                    return result;
                }
                // The sender lives in `self`, so it cannot be gone while we wait.
                let _ = changed.changed().await;
            }
        };
        match tokio::time::timeout(within, search).await {
            Ok(result) => result,
            Err(_) => Err(ClientError::Late {
                awaited: awaited.to_owned(),
                seconds: within.as_secs_f64(),
                unread: self.unread_types(),
            }),
        }
    }

    /// What is there now: the message, or that none can come any more.
    fn look(
        &self,
        awaited: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Option<Result<Received, ClientError>> {
        let mut inbox = self.shared.inbox();
        let place = inbox
            .unread
            .iter()
            .position(|received| fits(&received.message));
        if let Some(received) = place.and_then(|place| inbox.unread.remove(place)) {
            return Some(Ok(received));
        }
        inbox.closed.clone().map(|closed| {
            Err(ClientError::ClosedEarly {
                awaited: awaited.to_owned(),
                closed,
            })
        })
    }

    fn unread_types(&self) -> String {
        let inbox = self.shared.inbox();
        let types: Vec<String> = inbox
            .unread
            .iter()
            .map(|received| received.message["type"].to_string())
            .collect();
        types.join(", ")
    }

    /// Takes what came and was not read, oldest first.
    pub fn take_unread(&mut self) -> Vec<Value> {
        self.shared
            .inbox()
            .unread
            .drain(..)
            .map(|received| received.message)
            .collect()
    }

    /// Every message so far, read or not, oldest first.
    pub fn received(&self) -> Vec<Value> {
        self.shared.inbox().all.clone()
    }

    /// Waits for the other side to close.
    ///
    /// # Errors
    /// [`ClientError::Late`] when it stays open.
    pub async fn closed(&mut self, within: Duration) -> Result<Closed, ClientError> {
        match self.take("the end", within, |_| false).await {
            Err(ClientError::ClosedEarly { closed, .. }) => Ok(closed),
            Err(other) => Err(other),
            Ok(received) => Err(ClientError::Socket(received.message.to_string())),
        }
    }

    /// Sends a JSON message.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send(&mut self, message: &Value) -> Result<(), ClientError> {
        self.send_raw(Message::text(message.to_string())).await
    }

    /// Sends any frame: text that is no JSON, binary, a ping.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send_raw(&mut self, message: Message) -> Result<(), ClientError> {
        self.sink.send(message).await.map_err(failed)
    }

    /// Closes it and waits until the other side agrees, or 5 seconds.
    pub async fn close(mut self) {
        if self.sink.close().await.is_ok() {
            // A server that does not answer a close is as closed as one that does.
            let _ = self.closed(Duration::from_secs(5)).await;
        }
    }
}

async fn read(mut incoming: SplitStream<Stream>, shared: Arc<Shared>) {
    let mut closed = Closed {
        code: None,
        reason: String::new(),
    };
    while let Some(frame) = incoming.next().await {
        match frame {
            Ok(Message::Text(text)) => keep(&shared, as_json(text.as_bytes())),
            Ok(Message::Binary(bytes)) => keep(&shared, as_json(&bytes)),
            Ok(Message::Close(frame)) => {
                if let Some(frame) = frame {
                    closed = Closed {
                        code: Some(frame.code.into()),
                        reason: frame.reason.to_string(),
                    };
                }
            }
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => {
                if closed.code.is_none() {
                    closed.reason = error.to_string();
                }
                break;
            }
        }
    }
    shared.inbox().closed = Some(closed);
    shared.changed.send_replace(());
}

fn keep(shared: &Shared, message: Value) {
    let mut inbox = shared.inbox();
    inbox.all.push(message.clone());
    inbox.unread.push_back(Received {
        message,
        at: Instant::now(),
    });
    drop(inbox);
    shared.changed.send_replace(());
}

fn as_json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes).into_owned()))
}

fn refused(error: Error) -> ClientError {
    if let Error::Http(answer) = error {
        return ClientError::Refused {
            status: answer.status().as_u16(),
            body: answer.body().as_deref().map_or(Value::Null, as_json),
        };
    }
    failed(error)
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn failed(error: Error) -> ClientError {
    ClientError::Socket(error.to_string())
}

#[cfg(test)]
mod tests;
