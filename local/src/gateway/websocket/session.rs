//! One open connection: a reader, a writer, and the messages between them and the functions.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::registry::{Connection, End, Outgoing};
use super::{SocketGateway, event, route};
use crate::identifiers;

/// The WebSocket over an upgraded connection.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Messages of one client that may wait for their functions before it is read no further.
const UNPROCESSED: usize = 64;

/// How long the writer tries to say goodbye, and the reader waits for the client to.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves it until it ends, and says how it ended.
pub(super) async fn serve(
    gateway: &Arc<SocketGateway>,
    connection: &Arc<Connection>,
    socket: Socket,
    outgoing: mpsc::Receiver<Outgoing>,
) -> End {
    let (sink, mut stream) = socket.split();
    let (messages, queue) = mpsc::channel(UNPROCESSED);
    let processing = tokio::spawn(process(Arc::clone(gateway), Arc::clone(connection), queue));
    let writing = tokio::spawn(write(sink, outgoing, Arc::clone(connection)));
    let end = read(gateway, connection, &mut stream, messages).await;
    gateway.connections().remove(&connection.id);
    connection.end_now(end.clone());
    let oversized = end.code == 1009;
    tokio::spawn(async move {
        if let Ok(sink) = writing.await {
            say_goodbye(sink, stream, oversized).await;
        }
    });
    // What it said before it left still counts.
    let _ = processing.await;
    end
}

/// Reads until there is a reason to end.
async fn read(
    gateway: &SocketGateway,
    connection: &Connection,
    stream: &mut SplitStream<Socket>,
    messages: mpsc::Sender<Utf8Bytes>,
) -> End {
    let limits = gateway.limits();
    let lifetime = tokio::time::sleep(limits.lifetime);
    tokio::pin!(lifetime);
    let mut told = connection.end.subscribe();
    loop {
        let idle = tokio::time::sleep_until(connection.last_active() + limits.idle);
        let frame = tokio::select! {
            frame = stream.next() => frame,
            end = ended(&mut told) => return end,
            () = &mut lifetime => return End::new(1001, "Going away"),
            () = idle => {
                // A post may have come since the timer was set.
                if connection.last_active() + limits.idle <= Instant::now() {
                    return End::new(1001, "Going away");
                }
                continue;
            }
        };
        let text = match frame {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                connection.touch();
                continue;
            }
            Some(Ok(Message::Binary(_))) => {
                return End::new(1003, "Binary frames are not supported");
            }
            Some(Ok(Message::Close(frame))) => return closed_by_client(frame),
            Some(Err(error)) => return broken(&error),
            None => return abnormal(),
        };
        connection.touch();
        tokio::select! {
            sent = messages.send(text) => {
                if sent.is_err() {
                    return End::new(1011, "Internal server error");
                }
            }
            end = ended(&mut told) => return end,
            () = &mut lifetime => return End::new(1001, "Going away"),
        }
    }
}

/// Waits until somebody ends the connection.
async fn ended(told: &mut watch::Receiver<Option<End>>) -> End {
    match told.wait_for(Option::is_some).await {
        Ok(end) => end.clone().unwrap_or_else(abnormal),
        Err(_) => abnormal(),
    }
}

fn abnormal() -> End {
    End::new(1006, "Connection Closed Abnormally")
}

fn closed_by_client(frame: Option<CloseFrame>) -> End {
    match frame {
        Some(frame) => End::new(frame.code.into(), &frame.reason),
        None => End::new(1005, "Client-side close frame status not set"),
    }
}

fn broken(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::new(1009, "Message too big"),
        Error::Utf8(_) => End::new(1007, "Invalid frame payload data"),
        // It went away without a word.
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_) => abnormal(),
        Error::Protocol(_) => End::new(1002, "Protocol error"),
        Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => End::new(1011, "Internal server error"),
    }
}

/// Writes what is posted, in order, until told to close.
async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut outgoing: mpsc::Receiver<Outgoing>,
    connection: Arc<Connection>,
) -> SplitSink<Socket, Message> {
    let mut told = connection.end.subscribe();
    let end = loop {
        let next = tokio::select! {
            biased;
            end = ended(&mut told) => break end,
            next = outgoing.recv() => next,
        };
        match next {
            Some(Outgoing::Data(message)) => {
                let sent = tokio::select! {
                    sent = sink.send(message) => sent,
                    // A client that does not read must not keep the connection from ending.
                    end = ended(&mut told) => break end,
                };
                if sent.is_err() {
                    return sink;
                }
            }
            Some(Outgoing::Close(end)) => break end,
            None => return sink,
        }
    };
    // 1005 and 1006 are words for what was not said, and must not be.
    if !matches!(end.code, 1005 | 1006) {
        let close = Message::Close(Some(CloseFrame {
            code: end.code.into(),
            reason: end.reason.clone().into(),
        }));
        let _ = tokio::time::timeout(GOODBYE, sink.send(close)).await;
    }
    connection.end_now(end);
    sink
}

/// Lets the client read the close frame: a socket that is closed with something unread resets the
/// connection, and the client would see the reset instead.
async fn say_goodbye(
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    oversized: bool,
) {
    let Ok(mut socket) = sink.reunite(stream) else {
        return;
    };
    let _ = tokio::time::timeout(GOODBYE, async {
        if oversized {
            // The rest of a frame that is too large is no frame: read past it as bytes.
            let mut void = vec![0; 64 * 1024];
            while matches!(socket.get_mut().read(&mut void).await, Ok(1..)) {}
        } else {
            let _ = socket.flush().await;
            while matches!(socket.next().await, Some(Ok(_))) {}
        }
    })
    .await;
}

/// Starts the functions for the messages, one after the other.
async fn process(
    gateway: Arc<SocketGateway>,
    connection: Arc<Connection>,
    mut queue: mpsc::Receiver<Utf8Bytes>,
) {
    while let Some(body) = queue.recv().await {
        let request_id = identifiers::gateway_request_id();
        let Some(problem) = handle(&gateway, &connection, &request_id, &body).await else {
            continue;
        };
        let answer = json!({
            "message": problem,
            "connectionId": connection.id,
            "requestId": request_id,
        });
        // A client that is gone needs no answer.
        let _ = connection
            .post(Message::text(answer.to_string()), gateway.limits().patience)
            .await;
    }
}

/// Handles one message; what API Gateway tells the client when it could not be.
async fn handle(
    gateway: &SocketGateway,
    connection: &Connection,
    request_id: &str,
    body: &str,
) -> Option<&'static str> {
    let api = gateway.api();
    let Some(key) = route::select(api, body) else {
        return Some("Forbidden");
    };
    let event = event::message(api, connection, request_id, key, body);
    match gateway.integrate(key, event).await {
        Ok(_) => None,
        Err(_) => Some("Internal server error"),
    }
}
