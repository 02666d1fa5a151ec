//! An HTTP request as the event that API Gateway hands to a function, payload format 2.0.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::routes::{Found, decode};
use crate::gateway::{ACCOUNT_ID, API_ID, epoch_millis, request_time};
use crate::identifiers;

/// Headers of the connection and not of the request: no gateway passes them on.
pub(super) const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The event, as JSON.
pub(super) fn build(
    parts: &Parts,
    body: &Bytes,
    found: &Found<'_>,
    source_ip: &str,
    request_id: &str,
) -> Bytes {
    let now = OffsetDateTime::now_utc();
    let path = decode(parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let host = text(&parts.headers, &HOST);
    let mut event = json!({
        "version": "2.0",
        "routeKey": found.route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, source_ip),
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.split(['.', ':']).next().unwrap_or_default(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": text(&parts.headers, &USER_AGENT),
            },
            "requestId": request_id,
            "routeKey": found.route.key,
            "stage": "$default",
            "time": request_time(now),
            "timeEpoch": epoch_millis(now),
        },
        "isBase64Encoded": false,
    });
    let Value::Object(fields) = &mut event else {
        return Bytes::new();
    };
    add_optional(fields, parts, query, found);
    add_body(fields, &parts.headers, body);
    Bytes::from(event.to_string())
}

/// What the event leaves out when the request has none of it.
fn add_optional(fields: &mut Map<String, Value>, parts: &Parts, query: &str, found: &Found<'_>) {
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        fields.insert("cookies".to_owned(), json!(cookies));
    }
    let parameters = query_parameters(query);
    if !parameters.is_empty() {
        fields.insert("queryStringParameters".to_owned(), json!(parameters));
    }
    if !found.parameters.is_empty() {
        fields.insert("pathParameters".to_owned(), json!(found.parameters));
    }
}

fn add_body(fields: &mut Map<String, Value>, headers: &HeaderMap, body: &Bytes) {
    if body.is_empty() {
        return;
    }
    let plain = is_text(&text(headers, &CONTENT_TYPE))
        .then(|| std::str::from_utf8(body).ok())
        .flatten();
    let encoded = plain.is_none();
    let body = plain.map_or_else(|| STANDARD.encode(body), str::to_owned);
    fields.insert("body".to_owned(), Value::String(body));
    fields.insert("isBase64Encoded".to_owned(), Value::Bool(encoded));
}

/// Whether a body of that type reaches the function as text. Observed on AWS: these and no others;
/// forms, `+json` types and bodies without a type come as base64.
fn is_text(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(
            essence.as_str(),
            "application/json" | "application/xml" | "application/javascript"
        )
}

/// Lower-case names, repeated headers joined by commas, cookies apart, and what AWS adds.
fn headers(headers: &HeaderMap, source_ip: &str) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if *name == COOKIE || HOP_BY_HOP.contains(&name.as_str()) {
            continue;
        }
        add(
            &mut joined,
            name.as_str(),
            &String::from_utf8_lossy(value.as_bytes()),
        );
    }
    add(&mut joined, "x-forwarded-for", source_ip);
    joined
        .entry("x-forwarded-proto".to_owned())
        .or_insert_with(|| "http".to_owned());
    joined
        .entry("x-amzn-trace-id".to_owned())
        .or_insert_with(identifiers::trace_root);
    joined
}

fn add(joined: &mut BTreeMap<String, String>, name: &str, value: &str) {
    joined
        .entry(name.to_owned())
        .and_modify(|values| {
            values.push(',');
            values.push_str(value);
        })
        .or_insert_with(|| value.to_owned());
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .split(';')
                .map(|cookie| cookie.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        add(&mut parameters, &name, &value);
    }
    parameters
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}
