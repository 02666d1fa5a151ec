//! The events of a WebSocket API: `CONNECT`, `MESSAGE`, `DISCONNECT`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::registry::{Connection, End};
use crate::gateway::{API_ID, epoch_millis, request_time};
use crate::identifiers;
use crate::template::model::SocketApi;

/// The event of `$connect`.
pub(super) fn connect(
    api: &SocketApi,
    connection: &Connection,
    request_id: &str,
    parts: &Parts,
) -> Bytes {
    let mut event = json!({
        "requestContext": context(api, connection, request_id, "$connect", "CONNECT"),
        "isBase64Encoded": false,
    });
    let names = headers(&parts.headers, &connection.source_ip);
    put(&mut event, "headers", last_of_each(&names));
    put(&mut event, "multiValueHeaders", json!(names));
    let query = query(parts.uri.query().unwrap_or_default());
    if !query.is_empty() {
        put(&mut event, "queryStringParameters", last_of_each(&query));
        put(&mut event, "multiValueQueryStringParameters", json!(query));
    }
    Bytes::from(event.to_string())
}

/// The event of a message.
pub(super) fn message(
    api: &SocketApi,
    connection: &Connection,
    request_id: &str,
    route_key: &str,
    body: &str,
) -> Bytes {
    let mut context = context(api, connection, request_id, route_key, "MESSAGE");
    context.insert("messageId".to_owned(), json!(identifiers::connection_id()));
    let event = json!({
        "requestContext": context,
        "body": body,
        "isBase64Encoded": false,
    });
    Bytes::from(event.to_string())
}

/// The event of `$disconnect`.
pub(super) fn disconnect(
    api: &SocketApi,
    connection: &Connection,
    request_id: &str,
    end: &End,
) -> Bytes {
    let mut context = context(api, connection, request_id, "$disconnect", "DISCONNECT");
    context.insert("disconnectStatusCode".to_owned(), json!(end.code));
    context.insert("disconnectReason".to_owned(), json!(end.reason));
    let headers: BTreeMap<String, Vec<String>> = [
        ("Host".to_owned(), vec![connection.host.clone()]),
        ("x-api-key".to_owned(), vec![String::new()]),
        (
            "X-Forwarded-For".to_owned(),
            vec![connection.source_ip.clone()],
        ),
    ]
    .into();
    let event = json!({
        "requestContext": context,
        "headers": last_of_each(&headers),
        "multiValueHeaders": headers,
        "isBase64Encoded": false,
    });
    Bytes::from(event.to_string())
}

fn context(
    api: &SocketApi,
    connection: &Connection,
    request_id: &str,
    route_key: &str,
    event_type: &str,
) -> Map<String, Value> {
    let now = OffsetDateTime::now_utc();
    let context = json!({
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now),
        "messageDirection": "IN",
        "stage": api.stage,
        "connectedAt": epoch_millis(connection.connected_at),
        "requestTimeEpoch": epoch_millis(now),
        "identity": {
            "sourceIp": connection.source_ip,
            "userAgent": connection.user_agent,
        },
        "requestId": request_id,
        "domainName": connection.host,
        "connectionId": connection.id,
        "apiId": API_ID,
    });
    match context {
        Value::Object(context) => context,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// The headers of the handshake. API Gateway passes them in the writing of the client, which HTTP
/// libraries forget; the usual writing is the best guess, and no function may depend on it.
fn headers(headers: &HeaderMap, source_ip: &str) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        if matches!(name.as_str(), "connection" | "upgrade") {
            continue;
        }
        names
            .entry(usual_writing(name.as_str()))
            .or_default()
            .push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    names
        .entry("X-Forwarded-For".to_owned())
        .or_default()
        .push(source_ip.to_owned());
    names
        .entry("X-Amzn-Trace-Id".to_owned())
        .or_insert_with(|| vec![identifiers::trace_root()]);
    names
}

fn usual_writing(name: &str) -> String {
    name.split('-')
        .map(|part| match part {
            "websocket" => "WebSocket".to_owned(),
            part => {
                let mut letters = part.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                    .unwrap_or_default()
            }
        })
        .collect::<Vec<_>>()
        .join("-")
}

fn query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .or_default()
            .push(value.into_owned());
    }
    parameters
}

/// Where only one value fits, API Gateway keeps the last.
fn last_of_each(values: &BTreeMap<String, Vec<String>>) -> Value {
    values
        .iter()
        .map(|(name, values)| (name.clone(), json!(values.last())))
        .collect::<Map<_, _>>()
        .into()
}

fn put(event: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = event {
        fields.insert(name.to_owned(), value);
    }
}
