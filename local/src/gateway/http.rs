//! The HTTP API: finds the route, builds the event, starts the function, makes its answer a response.
//!
//! Limits and failures are API Gateway's: a request over 10 MB is a 413, and so is one whose event
//! passes Lambda's 6 MB; a function error is a 500, a function that takes longer than the integration
//! may take or that has no instance free is a 503, an unknown route is a 404, each with API Gateway's
//! own `{"message": …}`.

mod answer;
mod cors;
mod event;
mod routes;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::header::{CONTENT_LENGTH, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use self::routes::{Found, RouteTable};
use super::{EVENT_LIMIT, message};
use crate::identifiers;
use crate::lambda::{Invoke, InvokeError};
use crate::template::model::{Cors, Stack};

pub(crate) use self::answer::status;

/// What API Gateway allows an HTTP API.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// How long a function may take to answer.
    pub integration_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: 10 * 1024 * 1024,
            integration_timeout: Duration::from_secs(30),
        }
    }
}

/// The HTTP API of a stack.
pub struct HttpGateway {
    routes: RouteTable,
    cors: Option<Cors>,
    functions: Arc<dyn Invoke>,
    limits: HttpLimits,
}

impl HttpGateway {
    /// The routes of `stack`, answered by `functions`.
    pub fn new(stack: &Stack, functions: Arc<dyn Invoke>, limits: HttpLimits) -> Self {
        Self {
            routes: RouteTable::new(stack),
            cors: stack.http_api.as_ref().and_then(|api| api.cors.clone()),
            functions,
            limits,
        }
    }

    /// Answers one request that came from `source`.
    pub async fn handle(&self, request: Request<Body>, source: SocketAddr) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let request_id = identifiers::gateway_request_id();
        let origin = parts.headers.get(ORIGIN).cloned();
        let mut response = match &self.cors {
            Some(cors) if cors::is_preflight(&parts.method, &parts.headers) => {
                cors::preflight(cors, origin.as_ref())
            }
            Some(cors) => {
                let mut response = self.route(&parts, body, source, &request_id).await;
                cors::decorate(cors, origin.as_ref(), response.headers_mut());
                response
            }
            None => self.route(&parts, body, source, &request_id).await,
        };
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        response
    }

    async fn route(
        &self,
        parts: &Parts,
        body: Body,
        source: SocketAddr,
        request_id: &str,
    ) -> Response<Body> {
        let Some(found) = self.routes.find(parts.method.as_str(), parts.uri.path()) else {
            return if parts.method == Method::OPTIONS && self.cors.is_some() {
                empty(StatusCode::NO_CONTENT)
            } else {
                message(StatusCode::NOT_FOUND, "Not Found")
            };
        };
        let Some(body) = read(parts, body, self.limits.body_bytes).await else {
            return too_large();
        };
        let source_ip = source.ip().to_string();
        let event = event::build(parts, &body, &found, &source_ip, request_id);
        if event.len() > EVENT_LIMIT {
            return too_large();
        }
        self.integrate(&found, event).await
    }

    async fn integrate(&self, found: &Found<'_>, event: Bytes) -> Response<Body> {
        let function = found.route.function.as_str();
        let invocation = self.functions.invoke(function, event);
        let answer = tokio::time::timeout(self.limits.integration_timeout, invocation).await;
        match answer {
            Ok(Ok(answer)) => answer::parse(&answer).unwrap_or_else(|error| {
                tracing::warn!(function, %error, "an answer cannot be understood");
                internal_error()
            }),
            Ok(Err(InvokeError::Throttled | InvokeError::Stopping)) | Err(_) => {
                message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
            }
            Ok(Err(
                InvokeError::Unknown(_)
                | InvokeError::TimedOut
                | InvokeError::Crashed(_)
                | InvokeError::Function(_),
            )) => internal_error(),
        }
    }
}

/// The whole body, or `None` if it is too large. What is too large is read to its end all the same
/// (within reason), or a client that is still sending would never see the answer.
async fn read(parts: &Parts, body: Body, limit: usize) -> Option<Bytes> {
    let announced = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut stream = body.into_data_stream();
    if announced.is_some_and(|length| length > limit) {
        discard(stream, limit * 4).await;
        return None;
    }
    let mut whole = BytesMut::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = stream.next().await {
        // A client that breaks off gets no answer anyway.
        let chunk = chunk.ok()?;
        if whole.len() + chunk.len() > limit {
            discard(stream, limit * 4).await;
            return None;
        }
        whole.extend_from_slice(&chunk);
    }
    Some(whole.freeze())
}

async fn discard(mut stream: BodyDataStream, mut patience: usize) {
    while let Some(Ok(chunk)) = stream.next().await {
        if chunk.len() > patience {
            return;
        }
        patience -= chunk.len();
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn too_large() -> Response<Body> {
    message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

fn internal_error() -> Response<Body> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}
