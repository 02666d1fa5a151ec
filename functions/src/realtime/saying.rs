//! Reading what a client says: a JSON object with a `type`, and perhaps the `action` by which API
//! Gateway routes it.

use callout_domain::conversation::Mark;
use callout_domain::socket::LARGEST_MESSAGE_BYTES;
use lambda_http::http::StatusCode;
use serde_json::{Map, Value};

use crate::http::Refused;

/// Something that a client may say.
#[derive(Debug, PartialEq)]
pub(super) enum Saying {
    /// It is still there.
    Ping,
    /// It has a message.
    Ack(Map<String, Value>),
    /// Its pharmacy answers a request for medicine.
    Response(Map<String, Value>),
    /// Its provider answers a work order.
    WorkResponse(Map<String, Value>),
    /// Its provider is somewhere.
    Location(Map<String, Value>),
    /// Somebody says something in a conversation.
    Chat(Map<String, Value>),
    /// Somebody types, or has stopped.
    Typing(Map<String, Value>),
    /// A message of a conversation was delivered, or read.
    Mark(Mark, Map<String, Value>),
    /// Somebody wants to read what was said.
    History(Map<String, Value>),
}

/// What a message says; `None` is a binary one.
pub(super) fn read(text: Option<&str>) -> Result<Saying, Refused> {
    let text = text.ok_or_else(malformed)?;
    if text.len() > LARGEST_MESSAGE_BYTES {
        return Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "A message may hold at most 32 KB",
        ));
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return Err(malformed());
    };
    if fields
        .get("action")
        .is_some_and(|action| action != "message")
    {
        return Err(unknown());
    }
    match fields.get("type").and_then(Value::as_str) {
        Some("ping") => Ok(Saying::Ping),
        Some("ack") => Ok(Saying::Ack(fields)),
        Some("response") => Ok(Saying::Response(fields)),
        Some("work_response") => Ok(Saying::WorkResponse(fields)),
        Some("location_update") => Ok(Saying::Location(fields)),
        Some("chat_message") => Ok(Saying::Chat(fields)),
        Some("typing_indicator") => Ok(Saying::Typing(fields)),
        Some("message_delivered") => Ok(Saying::Mark(Mark::Delivered, fields)),
        Some("message_read") => Ok(Saying::Mark(Mark::Read, fields)),
        Some("request_chat_history") => Ok(Saying::History(fields)),
        Some(_) => Err(unknown()),
        None => Err(refused("malformed_message", "The message has no type")),
    }
}

fn malformed() -> Refused {
    refused("malformed_message", "The message is not a JSON object")
}

fn unknown() -> Refused {
    refused("unknown_type", "There are no messages of this type")
}

fn refused(code: &'static str, sentence: &str) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, code, sentence)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::socket::LARGEST_MESSAGE_BYTES;

    use super::{Saying, read};

    fn code(text: &str) -> &'static str {
        read(Some(text)).unwrap_err().code
    }

    #[test]
    fn what_makes_sense_is_read_with_and_without_its_action() {
        assert_eq!(read(Some(r#"{"type": "ping"}"#)), Ok(Saying::Ping));
        assert_eq!(
            read(Some(r#"{"action": "message", "type": "ping"}"#)),
            Ok(Saying::Ping)
        );
        let ack = read(Some(r#"{"type": "ack", "event_id": 7}"#)).unwrap();
        assert!(matches!(ack, Saying::Ack(fields) if fields["event_id"] == 7));
    }

    #[test]
    fn what_makes_none_is_refused_by_a_code() {
        for text in [
            "",
            "hello",
            "{",
            "[]",
            "null",
            "7",
            "\"ping\"",
            "{\"type\": 1}",
            "{\"type\": null}",
            "{}",
            "\u{0}",
            "{\"type\": \"ping\"} {\"type\": \"ping\"}",
        ] {
            assert_eq!(code(text), "malformed_message", "{text:?}");
        }
        for text in [
            r#"{"type": "BANANA"}"#,
            r#"{"type": "PING"}"#,
            r#"{"type": "pong"}"#,
            r#"{"type": "ping", "action": "$connect"}"#,
            r#"{"type": "ping", "action": null}"#,
        ] {
            assert_eq!(code(text), "unknown_type", "{text:?}");
        }
        assert_eq!(read(None).unwrap_err().code, "malformed_message");
    }

    #[test]
    fn a_message_may_hold_32_kilobytes_and_not_one_byte_more() {
        let frame = r#"{"type": "ping", "x": ""}"#;
        let room = LARGEST_MESSAGE_BYTES - frame.len();
        let largest = frame.replace("\"\"", &format!("\"{}\"", "a".repeat(room)));
        assert_eq!(largest.len(), LARGEST_MESSAGE_BYTES);
        assert_eq!(read(Some(&largest)), Ok(Saying::Ping));
        assert_eq!(code(&format!("{largest} ")), "too_large");
    }

    #[test]
    fn depth_without_end_is_refused_and_not_followed() {
        assert_eq!(
            code(&"[".repeat(LARGEST_MESSAGE_BYTES)),
            "malformed_message"
        );
    }
}
