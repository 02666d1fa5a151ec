//! The AWS Query protocol, which SES (v1) and SNS speak: a form comes in, XML goes out.

mod door;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::caller::Caller;
use crate::faults::{Occasion, ServiceFault};
use crate::iam::Refused;
pub(crate) use door::{Service, serve};

/// One call of a client, its form taken apart.
#[derive(Debug)]
pub(crate) struct Call {
    /// `Action`: the operation.
    pub(crate) action: String,
    /// Who calls, by the credential scope of the signature.
    pub(crate) caller: Caller,
    fields: BTreeMap<String, String>,
}

impl Call {
    /// Reads a call. Signatures are not verified here, but their scope tells who calls.
    ///
    /// # Errors
    /// As AWS: a call without credentials, or without an `Action`.
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Fault> {
        let caller = Caller::of(headers).ok_or_else(|| {
            Fault::new(
                StatusCode::FORBIDDEN,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            )
        })?;
        let mut fields: BTreeMap<String, String> =
            form_urlencoded::parse(body).into_owned().collect();
        let action = fields.remove("Action").ok_or_else(|| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                "MissingAction",
                "Action is missing",
            )
        })?;
        Ok(Self {
            action,
            caller,
            fields,
        })
    }

    /// The call as a fault may befall it.
    fn occasion(&self) -> Occasion<'_> {
        Occasion {
            function: self.caller.function(),
            instance: None,
            action: &self.action,
            targets: &[],
        }
    }

    /// A field, if it was sent.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field that must have been sent.
    ///
    /// # Errors
    /// The validation error that AWS gives.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.field(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                "ValidationError",
                format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must not be null"),
            )
        })
    }

    /// A list: `prefix.member.1`, `prefix.member.2` …
    pub(crate) fn list(&self, prefix: &str) -> Vec<String> {
        (1..)
            .map_while(|number| self.field(&format!("{prefix}.member.{number}")))
            .map(str::to_owned)
            .collect()
    }

    /// A map: `prefix.entry.1.<key>` to `prefix.entry.1.<value>` …
    pub(crate) fn map(&self, prefix: &str, key: &str, value: &str) -> BTreeMap<String, String> {
        (1..)
            .map_while(|number| {
                let name = self.field(&format!("{prefix}.entry.{number}.{key}"))?;
                let content = self.field(&format!("{prefix}.entry.{number}.{value}"))?;
                Some((name.to_owned(), content.to_owned()))
            })
            .collect()
    }
}

/// An error as the Query protocol writes it.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Fault {
    /// An error of that status, code and message.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A fault that is made on purpose.
    fn on_purpose(fault: ServiceFault) -> Self {
        match fault {
            ServiceFault::Throttled => {
                Self::new(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded")
            }
            ServiceFault::Error | ServiceFault::Slow(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "The request processing has failed because of an unknown error",
            ),
        }
    }

    /// An operation that this door does not know.
    pub(crate) fn unknown_action(action: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            format!("Could not find operation {action}"),
        )
    }

    /// A call that is not let in; `denied` is the service's own code for what policies forbid.
    fn refused(refused: &Refused, denied: &'static str) -> Self {
        let code = match refused {
            Refused::Unknown => "InvalidClientTokenId",
            Refused::Denied(_) => denied,
        };
        Self::new(StatusCode::FORBIDDEN, code, refused.message())
    }

    /// The fault as XML, in the namespace of its service.
    fn into_response(self, namespace: &str) -> Response {
        let side = if self.status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        let body = format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{side}</Type><Code>{}</Code>\
             <Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            self.code,
            escape(&self.message),
            ulid::Ulid::generate(),
        );
        xml(self.status, body)
    }
}

/// The answer of an operation; `result` is what stands inside `<ActionResult>`.
fn answer(namespace: &str, action: &str, result: &str) -> Response {
    let body = format!(
        "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{action}Response>",
        ulid::Ulid::generate(),
    );
    xml(StatusCode::OK, body)
}

fn xml(status: StatusCode, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/xml")],
        Body::from(body),
    )
        .into_response()
}

/// Text made safe for XML.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(safe, "&#{};", u32::from(character));
            }
            other if other.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn signed() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::AUTHORIZATION,
            "AWS4-HMAC-SHA256 Credential=LOCALSendOtp/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=00"
                .parse()
                .unwrap(),
        );
        headers
    }

    #[test]
    fn takes_a_call_apart() {
        let body = Bytes::from_static(
            b"Action=Publish&To.member.1=a%40b.c&To.member.2=d&A.entry.1.key=Enabled&A.entry.1.value=true",
        );
        let call = Call::read(&signed(), &body).unwrap();
        assert_eq!(call.action, "Publish");
        assert_eq!(call.caller.access_key, "LOCALSendOtp");
        assert_eq!(call.list("To"), ["a@b.c", "d"]);
        assert_eq!(call.map("A", "key", "value")["Enabled"], "true");
        assert_eq!(
            call.required("Missing").unwrap_err().code,
            "ValidationError"
        );
    }

    #[test]
    fn refuses_a_call_without_credentials() {
        let fault = Call::read(&HeaderMap::new(), &Bytes::from_static(b"Action=X")).unwrap_err();
        assert_eq!(fault.status, StatusCode::FORBIDDEN);
    }

    #[test]
    fn escapes_what_xml_cannot_carry() {
        assert_eq!(
            escape("a<b>&\"c\"\n\u{0}"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}"
        );
    }
}
