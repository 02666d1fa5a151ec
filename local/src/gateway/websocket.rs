//! The WebSocket API: the handshake through `$connect`, messages by route, `$disconnect` at the end.
//!
//! As in API Gateway: a `$connect` that does not answer 2xx refuses the upgrade with its status and
//! body, and nothing can be posted to a connection before its upgrade is done; binary frames end the
//! connection with 1003, frames over 32 KB and messages over 128 KB with 1009; ten minutes of silence
//! and two hours of anything end it with 1001; a function that fails on a message makes the gateway
//! itself tell the client.
//!
//! Not as in API Gateway: the messages of one connection are handled one after the other, in their
//! order. API Gateway starts a function for each at once and promises no order, so no function may
//! rely on this; it only makes what happens here the same every time.

mod event;
mod registry;
mod route;
mod session;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use self::registry::{Connection, End, Outgoing};
pub use self::registry::{ConnectionError, ConnectionInfo, Connections};
use super::{json_answer, message};
use crate::identifiers;
use crate::lambda::{Invoke, InvokeError};
use crate::template::model::SocketApi;

/// What API Gateway allows a WebSocket API; shorter in tests.
#[derive(Debug, Clone, Copy)]
pub struct SocketLimits {
    /// Silence after which a connection is closed.
    pub idle: Duration,
    /// How long a connection may live.
    pub lifetime: Duration,
    /// The largest frame, in bytes.
    pub frame_bytes: usize,
    /// The largest message, in bytes.
    pub message_bytes: usize,
    /// How long a function may take.
    pub integration_timeout: Duration,
    /// Messages that may wait for a client that reads slowly.
    pub queue: usize,
    /// How long a post waits for room among them.
    pub patience: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(10),
            lifetime: Duration::from_hours(2),
            frame_bytes: 32 * 1024,
            message_bytes: 128 * 1024,
            integration_timeout: Duration::from_secs(29),
            queue: 64,
            patience: Duration::from_secs(1),
        }
    }
}

/// The WebSocket API of a stack.
pub struct SocketGateway {
    api: SocketApi,
    functions: Arc<dyn Invoke>,
    limits: SocketLimits,
    connections: Connections,
    /// Connections whose `$disconnect` is still to come.
    unfinished: watch::Sender<usize>,
}

impl SocketGateway {
    /// The routes of `api`, answered by `functions`.
    pub fn new(api: SocketApi, functions: Arc<dyn Invoke>, limits: SocketLimits) -> Arc<Self> {
        Arc::new(Self {
            api,
            functions,
            limits,
            connections: Connections::new(limits.patience),
            unfinished: watch::Sender::new(0),
        })
    }

    /// The API's id, as ARNs have it.
    pub fn api_id(&self) -> &str {
        &self.api.logical_id
    }

    /// The name of the stage, which is the path of the socket.
    pub fn stage(&self) -> &str {
        &self.api.stage
    }

    /// The connections, for `@connections`.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The largest message, in bytes, either way.
    pub fn message_limit(&self) -> usize {
        self.limits.message_bytes
    }

    fn api(&self) -> &SocketApi {
        &self.api
    }

    fn limits(&self) -> &SocketLimits {
        &self.limits
    }

    /// Answers a handshake: 101, or the refusal of `$connect`.
    pub async fn upgrade(
        self: &Arc<Self>,
        request: Request<Body>,
        source: SocketAddr,
    ) -> Response<Body> {
        let (mut parts, _) = request.into_parts();
        let Some(accept) = accept_key(&parts) else {
            return message(StatusCode::UPGRADE_REQUIRED, "Upgrade Required");
        };
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            return message(StatusCode::UPGRADE_REQUIRED, "Upgrade Required");
        };
        let (answer, answered) = oneshot::channel();
        // On its own task: a client that leaves in the middle of $connect must still be cleaned up.
        self.unfinished.send_modify(|unfinished| *unfinished += 1);
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            gateway.open(parts, accept, upgrade, source, answer).await;
            gateway
                .unfinished
                .send_modify(|unfinished| *unfinished -= 1);
        });
        answered
            .await
            .unwrap_or_else(|_| message(StatusCode::BAD_GATEWAY, "Internal server error"))
    }

    async fn open(
        self: &Arc<Self>,
        parts: Parts,
        accept: HeaderValue,
        upgrade: OnUpgrade,
        source: SocketAddr,
        answer: oneshot::Sender<Response<Body>>,
    ) {
        let (connection, outgoing) = Connection::new(
            identifiers::connection_id(),
            source.ip().to_string(),
            header(&parts, &USER_AGENT),
            header(&parts, &HOST),
            self.limits.queue,
        );
        self.connections.add(&connection);
        let protocol = match self.connect(&parts, &connection).await {
            Ok(protocol) => protocol,
            Err(refusal) => {
                self.connections.remove(&connection.id);
                let _ = answer.send(*refusal);
                return;
            }
        };
        let end = match answer.send(switching_protocols(accept, protocol)) {
            Ok(()) => self.run(&connection, upgrade, outgoing).await,
            Err(_) => None,
        };
        self.connections.remove(&connection.id);
        let end = end.unwrap_or_else(|| End::new(1006, "Connection Closed Abnormally"));
        self.disconnect(&connection, &end).await;
    }

    /// Serves the connection once it is upgraded; `None` if the client left before.
    async fn run(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        upgrade: OnUpgrade,
        outgoing: mpsc::Receiver<Outgoing>,
    ) -> Option<End> {
        let io = TokioIo::new(upgrade.await.ok()?);
        let config = WebSocketConfig::default()
            .max_frame_size(Some(self.limits.frame_bytes))
            .max_message_size(Some(self.limits.message_bytes));
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        connection.opened();
        Some(session::serve(self, connection, socket, outgoing).await)
    }

    /// Asks `$connect`: the subprotocol it chose, or the response that refuses.
    async fn connect(
        &self,
        parts: &Parts,
        connection: &Connection,
    ) -> Result<Option<HeaderValue>, Box<Response<Body>>> {
        if !self.api.routes.contains_key("$connect") {
            return Ok(None);
        }
        let request_id = identifiers::gateway_request_id();
        let failure = |status| {
            let body = json!({
                "message": "Internal server error",
                "connectionId": connection.id,
                "requestId": request_id,
            });
            Box::new(json_answer(status, &body))
        };
        let event = event::connect(&self.api, connection, &request_id, parts);
        let answer = self.integrate("$connect", event).await;
        let answer = answer.map_err(|error| {
            failure(match error {
                InvokeError::Unknown(_) | InvokeError::Throttled | InvokeError::Stopping => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                InvokeError::TimedOut | InvokeError::Crashed(_) | InvokeError::Function(_) => {
                    StatusCode::BAD_GATEWAY
                }
            })
        })?;
        let answer: Value =
            serde_json::from_slice(&answer).map_err(|_| failure(StatusCode::BAD_GATEWAY))?;
        let status = super::http::status(&answer["statusCode"])
            .ok_or_else(|| failure(StatusCode::BAD_GATEWAY))?;
        if status.is_success() {
            Ok(subprotocol(&answer))
        } else {
            Err(Box::new(refusal(status, &answer)))
        }
    }

    /// Tells `$disconnect`, best effort.
    async fn disconnect(&self, connection: &Connection, end: &End) {
        if !self.api.routes.contains_key("$disconnect") {
            return;
        }
        let request_id = identifiers::gateway_request_id();
        let event = event::disconnect(&self.api, connection, &request_id, end);
        // The reason is logged where it arose; there is nobody left to tell.
        let _ = self.integrate("$disconnect", event).await;
    }

    /// Starts the function of a route.
    async fn integrate(&self, route_key: &str, event: Bytes) -> Result<Bytes, InvokeError> {
        let function = self
            .api
            .routes
            .get(route_key)
            .ok_or_else(|| InvokeError::Unknown(route_key.to_owned()))?;
        let invocation = self.functions.invoke(function, event);
        let answer = tokio::time::timeout(self.limits.integration_timeout, invocation)
            .await
            .unwrap_or(Err(InvokeError::TimedOut));
        if let Err(error) = &answer {
            tracing::warn!(function, route_key, %error, "a socket's function failed");
        }
        answer
    }

    /// Closes every connection and waits, for a moment, until `$disconnect` knows of each.
    pub async fn shutdown(&self) {
        for connection in self.connections.all() {
            connection.end_now(End::new(1001, "Going away"));
        }
        let mut unfinished = self.unfinished.subscribe();
        let done = unfinished.wait_for(|unfinished| *unfinished == 0);
        let _ = tokio::time::timeout(Duration::from_secs(3), done).await;
    }
}

/// The answer to the client's key, if this is a handshake at all.
fn accept_key(parts: &Parts) -> Option<HeaderValue> {
    let has = |name: &HeaderName, token: &str| {
        parts.headers.get_all(name).iter().any(|value| {
            value.to_str().is_ok_and(|text| {
                text.split(',')
                    .any(|it| it.trim().eq_ignore_ascii_case(token))
            })
        })
    };
    let handshake = parts.method == Method::GET
        && has(&CONNECTION, "upgrade")
        && has(&UPGRADE, "websocket")
        && has(&SEC_WEBSOCKET_VERSION, "13");
    let key = parts.headers.get(SEC_WEBSOCKET_KEY)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes()))
        .ok()
        .filter(|_| handshake)
}

fn switching_protocols(accept: HeaderValue, protocol: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The `Sec-WebSocket-Protocol` of `$connect`'s answer, however it is written.
fn subprotocol(answer: &Value) -> Option<HeaderValue> {
    answer["headers"]
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(SEC_WEBSOCKET_PROTOCOL.as_str()))
        .and_then(|(_, value)| HeaderValue::from_str(value.as_str()?).ok())
}

/// The refusal of `$connect`, with its own words.
fn refusal(status: StatusCode, answer: &Value) -> Response<Body> {
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    let content_type = if serde_json::from_str::<Value>(&body).is_ok() {
        "application/json"
    } else {
        "text/plain;charset=UTF-8"
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn header(parts: &Parts, name: &HeaderName) -> String {
    parts
        .headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}
