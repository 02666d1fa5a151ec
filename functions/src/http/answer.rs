//! What a function answers.

use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_http::{Body, Response};
use serde_json::Value;

/// By this name the logs know the request, and the frames that came of it (`trace_id`).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An HTTP answer with a JSON body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// Any status with a body.
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with another body.
    #[must_use]
    pub(crate) fn map_body(mut self, change: impl FnOnce(Value) -> Value) -> Self {
        self.body = change(self.body);
        self
    }

    /// The body as it stands.
    pub(crate) const fn body(&self) -> &Value {
        &self.body
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body alone, where something else than HTTP carries it.
    pub(crate) fn into_body(self) -> Value {
        self.body
    }

    /// The response to the request of that id, which it bears for whoever has a question about it.
    pub(crate) fn into_response(self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::Text(self.body.to_string()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Answers are about persons: no cache on the way may keep them.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        response
    }
}
