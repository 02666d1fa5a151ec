//! API Gateway: the HTTP API, the WebSocket API with its `@connections`, and the edge in front of both.

pub mod edge;
#[cfg(test)]
pub(crate) mod fake;
pub mod http;
pub mod management;
pub mod websocket;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderValue, Response, StatusCode};
use axum::body::Body;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

/// The ids that a stack's APIs would have; they are the same in every local cloud.
pub(crate) const API_ID: &str = "local";
/// The account that everything local belongs to.
pub(crate) const ACCOUNT_ID: &str = "000000000000";

/// Lambda's limit for a synchronous event: 6 MB.
pub(crate) const EVENT_LIMIT: usize = 6 * 1024 * 1024;

/// `12/Mar/2020:19:03:58 +0000`, as both gateways write the time of a request.
pub(crate) fn request_time(now: OffsetDateTime) -> String {
    now.format(format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000"
    ))
    .unwrap_or_default()
}

/// Milliseconds since 1970.
pub(crate) fn epoch_millis(now: OffsetDateTime) -> i64 {
    i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// An answer that the gateway itself makes, `{"message": …}`.
pub(crate) fn message(status: StatusCode, text: &str) -> Response<Body> {
    json_answer(status, &json!({"message": text}))
}

pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
