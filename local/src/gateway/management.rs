//! `@connections`: how functions post to a client, ask about it and close it.
//!
//! It is a listener of its own, because in AWS it is an API of its own: callers are functions with
//! credentials, and no client ever reaches it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::middleware::{self, Next};
use axum::routing::post;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;

use super::json_answer;
use super::websocket::{ConnectionError, SocketGateway};
use crate::caller::Caller;
use crate::faults::{Faults, Occasion, SocketFault};
use crate::iam::{Iam, Refused, resource};

/// Where the SDK reads the kind of an error.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// The one action of this API.
const MANAGE: &str = "execute-api:ManageConnections";

/// Serves `@connections` of `gateway` until `shutdown`, with the faults that are made on purpose.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<SocketGateway>,
    iam: Arc<Iam>,
    faults: Faults,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(gateway, iam, faults))
        .with_graceful_shutdown(shutdown)
        .await
}

fn router(gateway: Arc<SocketGateway>, iam: Arc<Iam>, faults: Faults) -> Router {
    Router::new()
        .route(
            "/{stage}/@connections/{id}",
            post(send).get(tell).delete(disconnect),
        )
        // Inside `authorize`: what is refused meets no fault.
        .layer(middleware::from_fn_with_state(
            (Arc::clone(&gateway), faults),
            befall,
        ))
        .fallback(|| async { refuse(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden") })
        .layer(middleware::from_fn_with_state(
            (Arc::clone(&gateway), iam),
            authorize,
        ))
        // The limit is the API's and not the HTTP library's: it has its own error.
        .layer(DefaultBodyLimit::disable())
        .with_state(gateway)
}

/// Who may call what: functions, what their policies allow.
async fn authorize(
    State((gateway, iam)): State<(Arc<SocketGateway>, Arc<Iam>)>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(caller) = Caller::of(request.headers()) else {
        return refuse(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    };
    let path = request.uri().path().trim_start_matches('/');
    let (stage, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(id) = rest.strip_prefix("@connections/") else {
        return refuse(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden");
    };
    if stage != gateway.stage() {
        return refuse(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden");
    }
    let id = percent_decode_str(id).decode_utf8_lossy();
    let method = request.method().as_str();
    let connection = resource::connection(gateway.api_id(), stage, method, &id);
    if let Err(refused) = iam.admit(&caller, [(MANAGE, connection)]) {
        let kind = match refused {
            Refused::Unknown => "UnrecognizedClientException",
            Refused::Denied(_) => "AccessDeniedException",
        };
        return refuse(StatusCode::FORBIDDEN, kind, &refused.message());
    }
    next.run(request).await
}

/// The faults that are made on purpose.
async fn befall(
    State((gateway, faults)): State<(Arc<SocketGateway>, Faults)>,
    Path((_, id)): Path<(String, String)>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let caller = Caller::of(request.headers());
    let occasion = Occasion {
        function: caller.as_ref().and_then(Caller::function),
        instance: None,
        action: request.method().as_str(),
        targets: &[&id],
    };
    match faults.socket(occasion).await {
        Some(SocketFault::Gone) => {
            // It has to be true: one that stayed open would never hear anything again. What was
            // posted before still goes out; one that is pending is as gone as it always is.
            let _ = gateway.connections().disconnect(&id).await;
            failure(ConnectionError::Gone)
        }
        Some(SocketFault::Busy) => refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "LimitExceededException",
            "Rate exceeded",
        ),
        Some(SocketFault::Slow(_)) | None => next.run(request).await,
    }
}

async fn send(
    State(gateway): State<Arc<SocketGateway>>,
    Path((_, id)): Path<(String, String)>,
    data: Bytes,
) -> Response<Body> {
    if data.len() > gateway.message_limit() {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeException",
            "Request Entity Too Large",
        );
    }
    match gateway.connections().post(&id, &data).await {
        Ok(()) => empty(StatusCode::OK),
        Err(error) => failure(error),
    }
}

async fn tell(
    State(gateway): State<Arc<SocketGateway>>,
    Path((_, id)): Path<(String, String)>,
) -> Response<Body> {
    match gateway.connections().info(&id) {
        Ok(info) => json_answer(
            StatusCode::OK,
            &json!({
                "connectedAt": timestamp(info.connected_at),
                "lastActiveAt": timestamp(info.last_active_at),
                "identity": {
                    "sourceIp": info.source_ip,
                    "userAgent": info.user_agent,
                },
            }),
        ),
        Err(error) => failure(error),
    }
}

async fn disconnect(
    State(gateway): State<Arc<SocketGateway>>,
    Path((_, id)): Path<(String, String)>,
) -> Response<Body> {
    match gateway.connections().disconnect(&id).await {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        Err(error) => failure(error),
    }
}

fn failure(error: ConnectionError) -> Response<Body> {
    match error {
        ConnectionError::Gone => refuse(StatusCode::GONE, "GoneException", "Gone"),
        ConnectionError::Slow => refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "LimitExceededException",
            "The client reads too slowly",
        ),
    }
}

fn refuse(status: StatusCode, kind: &'static str, message: &str) -> Response<Body> {
    let mut response = json_answer(status, &json!({"message": message}));
    response
        .headers_mut()
        .insert(ERROR_TYPE, HeaderValue::from_static(kind));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn timestamp(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}
