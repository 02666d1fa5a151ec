//! What a function answers, as an HTTP response: payload format 2.0, given in full or inferred.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use super::event::HOP_BY_HOP;

/// An answer that is not one: the gateway answers 500 for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed Lambda proxy response: {0}")]
pub(super) struct Malformed(&'static str);

/// The response that a function's answer stands for.
///
/// # Errors
/// [`Malformed`] when it is not JSON or not of the format.
pub(super) fn parse(answer: &[u8]) -> Result<Response<Body>, Malformed> {
    let value: Value = serde_json::from_slice(answer).map_err(|_| Malformed("not JSON"))?;
    match value {
        Value::Object(fields) if fields.contains_key("statusCode") => full(&fields),
        Value::String(body) => inferred(body),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            inferred(value.to_string())
        }
    }
}

/// Without a `statusCode` the answer is the body: 200, JSON.
fn inferred(body: String) -> Result<Response<Body>, Malformed> {
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|_| Malformed("body"))
}

fn full(fields: &Map<String, Value>) -> Result<Response<Body>, Malformed> {
    let mut response = Response::new(body(fields)?);
    *response.status_mut() = status(&fields["statusCode"]).ok_or(Malformed("statusCode"))?;
    let headers = response.headers_mut();
    add_headers(headers, fields.get("headers"))?;
    add_headers(headers, fields.get("multiValueHeaders"))?;
    add_cookies(headers, fields.get("cookies"))?;
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain;charset=UTF-8"));
    Ok(response)
}

/// A number, or a number in a string.
pub(crate) fn status(value: &Value) -> Option<StatusCode> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number
        .and_then(|number| StatusCode::from_u16(number).ok())
        // 1xx is the connection's business, not an answer.
        .filter(|status| status.as_u16() >= 200)
}

fn body(fields: &Map<String, Value>) -> Result<Body, Malformed> {
    let encoded = fields.get("isBase64Encoded") == Some(&Value::Bool(true));
    match fields.get("body") {
        None | Some(Value::Null) => Ok(Body::empty()),
        Some(Value::String(text)) if encoded => STANDARD
            .decode(text)
            .map(Body::from)
            .map_err(|_| Malformed("body is not base64")),
        Some(Value::String(text)) => Ok(Body::from(text.clone())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Malformed("body is not a string"))
        }
    }
}

/// `headers` and `multiValueHeaders`; the latter takes the place of the former where both name one.
fn add_headers(headers: &mut HeaderMap, given: Option<&Value>) -> Result<(), Malformed> {
    let Some(Value::Object(given)) = given else {
        return Ok(());
    };
    for (name, value) in given {
        let name =
            HeaderName::try_from(name.as_str()).map_err(|_| Malformed("name of a header"))?;
        // The length is counted here, and the connection belongs to the gateway.
        if name == CONTENT_LENGTH || HOP_BY_HOP.contains(&name.as_str()) {
            continue;
        }
        let values = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        headers.remove(&name);
        for value in values {
            headers.append(&name, header_value(value)?);
        }
    }
    Ok(())
}

fn header_value(value: &Value) -> Result<HeaderValue, Malformed> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(Malformed("value of a header"));
        }
    };
    HeaderValue::try_from(text).map_err(|_| Malformed("value of a header"))
}

fn add_cookies(headers: &mut HeaderMap, given: Option<&Value>) -> Result<(), Malformed> {
    let Some(Value::Array(cookies)) = given else {
        return Ok(());
    };
    for cookie in cookies {
        headers.append(SET_COOKIE, header_value(cookie)?);
    }
    Ok(())
}
