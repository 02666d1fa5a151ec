//! What a function behind the WebSocket API answers: to a handshake it is the client's HTTP answer,
//! to anything else nobody sees it.

use std::collections::BTreeMap;

use lambda_http::http::StatusCode;
use lambda_http::http::header::SEC_WEBSOCKET_PROTOCOL;
use serde::Serialize;
use serde_json::Value;

use crate::http::Answer;

/// An answer to an event of the WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SocketAnswer {
    status: u16,
    protocol: Option<&'static str>,
    body: Option<Value>,
}

/// The answer as API Gateway reads it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl SocketAnswer {
    /// Admitted, or done.
    pub(crate) fn ok() -> Self {
        Self {
            status: StatusCode::OK.as_u16(),
            protocol: None,
            body: None,
        }
    }

    /// A handshake that is not admitted.
    pub(crate) fn refused(status: StatusCode, body: Value) -> Self {
        Self {
            status: status.as_u16(),
            protocol: None,
            body: Some(body),
        }
    }

    /// What a failure says over HTTP.
    pub(crate) fn failed(answer: Answer) -> Self {
        Self {
            status: answer.status(),
            protocol: None,
            body: Some(answer.into_body()),
        }
    }

    /// Chooses one of the subprotocols that the client offered.
    #[must_use]
    pub(crate) fn with_protocol(mut self, protocol: Option<&'static str>) -> Self {
        self.protocol = protocol;
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn into_response(self) -> Response {
        let protocol = self
            .protocol
            .map(|protocol| (SEC_WEBSOCKET_PROTOCOL.as_str(), protocol));
        let json = self
            .body
            .is_some()
            .then_some(("content-type", "application/json"));
        Response {
            status_code: self.status,
            headers: protocol.into_iter().chain(json).collect(),
            body: self.body.map(|body| body.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::http::StatusCode;
    use serde_json::json;

    use super::SocketAnswer;

    #[test]
    fn it_is_written_as_api_gateway_reads_it() {
        let admitted = SocketAnswer::ok().with_protocol(Some("bearer"));
        assert_eq!(
            json!(admitted.into_response()),
            json!({"statusCode": 200, "headers": {"sec-websocket-protocol": "bearer"}})
        );
        let refused = SocketAnswer::refused(StatusCode::FORBIDDEN, json!({"code": 4003}));
        assert_eq!(
            json!(refused.into_response()),
            json!({
                "statusCode": 403,
                "headers": {"content-type": "application/json"},
                "body": "{\"code\":4003}",
            })
        );
    }
}
