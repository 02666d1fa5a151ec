//! An event of the WebSocket API: which socket, and what it says.
//!
//! Read by our own structure: the published one refuses a whole event for one header outside ASCII,
//! and a client may send any.

use std::collections::BTreeMap;

use callout_cloud::{Cloud, clock};
use callout_domain::ids::ConnectionId;
use callout_domain::moment::Moment;
use serde::Deserialize;

use crate::door::CLOUD;

/// `$connect`, `$disconnect` or a message, as API Gateway sends it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocketEvent {
    request_context: Context,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    connection_id: String,
}

/// One event of one socket.
pub(crate) struct SocketCall {
    event: SocketEvent,
    request_id: String,
    /// Which socket.
    pub(crate) connection: ConnectionId,
    /// When it came in; the one "now" of the function's rules.
    pub(crate) now: Moment,
    /// The outside world.
    pub(crate) cloud: &'static Cloud,
}

impl SocketCall {
    pub(crate) fn new(event: SocketEvent, request_id: String) -> Self {
        Self {
            connection: ConnectionId::new(event.request_context.connection_id.clone()),
            event,
            request_id,
            now: clock::now(),
            cloud: &CLOUD,
        }
    }

    /// The name of this invocation in the logs.
    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// A header of the handshake, in whatever case the client wrote its name; several of one name
    /// are one list.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let all = self.event.multi_value_headers.as_ref();
        let all = all.and_then(|headers| of_any_case(headers, name));
        let one = self.event.headers.as_ref();
        all.map(|values| values.join(", "))
            .or_else(|| one.and_then(|headers| of_any_case(headers, name)).cloned())
    }

    /// A variable of the handshake's query; an empty one counts as none.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.event
            .query_string_parameters
            .as_ref()?
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The text of a message; `None` for a binary one.
    pub(crate) fn text(&self) -> Option<&str> {
        if self.event.is_base64_encoded == Some(true) {
            return None;
        }
        Some(self.event.body.as_deref().unwrap_or_default())
    }
}

fn of_any_case<'a, T>(headers: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    headers
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::SocketCall;

    /// A call as API Gateway would make it of these parts of an event.
    pub(crate) fn call(parts: &Value) -> SocketCall {
        let mut event = json!({"requestContext": {"connectionId": "LqS9xdnSoAMCJqQ="}});
        let parts = parts.as_object().unwrap().clone();
        event.as_object_mut().unwrap().extend(parts);
        SocketCall::new(serde_json::from_value(event).unwrap(), "r".to_owned())
    }

    #[test]
    fn headers_are_found_in_any_case_and_several_are_one_list() {
        let one = call(&json!({"headers": {"Sec-WebSocket-Protocol": "bearer, t"}}));
        assert_eq!(one.header("sec-websocket-protocol").unwrap(), "bearer, t");
        let several = call(&json!({
            "headers": {"sec-websocket-protocol": "t"},
            "multiValueHeaders": {"sec-websocket-protocol": ["bearer", "t"]},
        }));
        assert_eq!(
            several.header("Sec-WebSocket-Protocol").unwrap(),
            "bearer, t"
        );
        assert_eq!(several.header("origin"), None);
    }

    #[test]
    fn an_event_with_nulls_and_letters_of_any_script_reads() {
        let call = call(&json!({
            "headers": {"User-Agent": "कुरा"},
            "multiValueHeaders": null,
            "queryStringParameters": null,
            "body": null,
            "isBase64Encoded": null,
        }));
        assert_eq!(call.header("user-agent").unwrap(), "कुरा");
        assert_eq!(call.query("token"), None);
        assert_eq!(call.text(), Some(""));
    }

    #[test]
    fn what_is_empty_or_binary_says_nothing() {
        let call = call(&json!({
            "queryStringParameters": {"token": "", "id": "7"},
            "body": "AAEC",
            "isBase64Encoded": true,
        }));
        assert_eq!(call.query("token"), None);
        assert_eq!(call.query("id"), Some("7"));
        assert_eq!(call.text(), None);
    }
}
