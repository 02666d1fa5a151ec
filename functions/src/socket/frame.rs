//! What goes over a socket to a client: `event_id`, by which the client knows what it has had
//! before, `type`, the fields of that type, and in `trace_id` the request that it came of, by which
//! the logs know it.

use std::collections::BTreeMap;

use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock, trace};
use callout_domain::event::Message;
use callout_domain::ids::EventId;
use serde_json::{Map, Value, json};

use crate::http::Failure;

/// What an account hears that is no longer welcome.
pub(crate) const UNWELCOME: u16 = 4001;

/// The request that a frame came of.
const TRACE_ID: &str = "trace_id";

/// A message about an event, with the links that [`links`] made for it.
pub(crate) fn of(event: EventId, message: &Message, links: &BTreeMap<String, String>) -> Value {
    let mut frame = message.fields.clone();
    for (field, link) in links {
        frame.insert(field.clone(), Value::from(link.as_str()));
    }
    finish(event, &message.kind, frame)
}

/// The same, for one that the client missed when it happened.
pub(crate) fn replay_of(
    event: EventId,
    message: &Message,
    links: &BTreeMap<String, String>,
) -> Value {
    let mut frame = of(event, message, links);
    frame["replayed"] = Value::Bool(true);
    // It came of another request than the one that opened this socket.
    if let Value::Object(frame) = &mut frame {
        frame.remove(TRACE_ID);
    }
    frame
}

/// An answer to what the client itself said just now.
pub(crate) fn reply(kind: &str, fields: Map<String, Value>) -> Value {
    finish(EventId::new(clock::fresh_ulid()), kind, fields)
}

/// An error of a code.
pub(crate) fn error(code: impl Into<Value>, sentence: &str) -> Value {
    let fields = [
        ("code".to_owned(), code.into()),
        ("error".to_owned(), Value::from(sentence)),
    ];
    reply("error", fields.into_iter().collect())
}

/// An error that says what the failure's HTTP answer would say; what is our fault is logged there.
pub(crate) fn failure(failure: Failure, request_id: &str) -> Value {
    match failure.answer(request_id).into_body() {
        Value::Object(fields) => reply("error", fields),
        other => reply("error", Map::from_iter([("error".to_owned(), other)])),
    }
}

/// What an account hears before its socket is closed, because its session is over.
pub(crate) fn unwelcome() -> Value {
    error(UNWELCOME, "You are no longer signed in")
}

/// Short-lived links to the media of a message, by the names of their fields.
pub(crate) async fn links(
    cloud: &Cloud,
    message: &Message,
) -> Result<BTreeMap<String, String>, CloudError> {
    let mut links = BTreeMap::new();
    if message.links.is_empty() {
        return Ok(links);
    }
    let media = cloud.media().await?;
    for (field, id) in &message.links {
        links.insert(field.clone(), media.link(*id).await?);
    }
    Ok(links)
}

fn finish(event: EventId, kind: &str, mut frame: Map<String, Value>) -> Value {
    frame.insert("event_id".to_owned(), json!(event));
    frame.insert("type".to_owned(), Value::from(kind));
    if let Some(id) = trace::current() {
        frame.insert(TRACE_ID.to_owned(), Value::from(id));
    }
    Value::Object(frame)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_domain::event::Message;
    use callout_domain::ids::EventId;
    use lambda_http::http::StatusCode;
    use serde_json::{Value, json};

    use super::{error, failure, of, replay_of, unwelcome};
    use crate::http::{Failure, Refused};

    fn event() -> EventId {
        "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
    }

    /// The frame but for its id, which must be one.
    fn but_for_its_id(mut frame: Value) -> Value {
        let id = frame.as_object_mut().unwrap().remove("event_id").unwrap();
        assert!(id.as_str().unwrap().parse::<EventId>().is_ok(), "{id}");
        frame
    }

    #[test]
    fn a_message_carries_its_event_its_type_its_fields_and_links_in_place_of_media() {
        let image = "01ARZ3NDEKTSV4RRFFQ69G5FAX".parse().unwrap();
        let message = Message::new("new_request", json!({"quantity": 10, "distance_km": 2.5}))
            .with_link("image_url", Some(image));
        let links = BTreeMap::from([("image_url".to_owned(), "https://a/b".to_owned())]);
        let live = json!({
            "event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "type": "new_request",
            "quantity": 10,
            "distance_km": 2.5,
            "image_url": "https://a/b",
        });
        assert_eq!(of(event(), &message, &links), live);
        let mut replayed = live;
        replayed["replayed"] = json!(true);
        assert_eq!(replay_of(event(), &message, &links), replayed);
    }

    #[test]
    fn no_field_of_a_message_passes_for_its_type_or_id() {
        let message = Message::new("a", json!({"type": "b", "event_id": "c", "x": 1}));
        assert_eq!(
            of(event(), &message, &BTreeMap::new()),
            json!({"type": "a", "event_id": event(), "x": 1})
        );
    }

    #[test]
    fn errors_say_what_the_http_answer_would_say() {
        let refused = Refused::new(StatusCode::BAD_REQUEST, "already_assigned", "Too late");
        assert_eq!(
            but_for_its_id(failure(refused.into(), "r")),
            json!({"type": "error", "code": "already_assigned", "error": "Too late"})
        );
        let invalid = Failure::field("event_id", "is not an id");
        assert_eq!(
            but_for_its_id(failure(invalid, "r"))["fields"],
            json!({"event_id": "is not an id"})
        );
        assert_eq!(
            but_for_its_id(error("unsupported", "Not yet")),
            json!({"type": "error", "code": "unsupported", "error": "Not yet"})
        );
        assert_eq!(but_for_its_id(unwelcome())["code"], json!(4001));
    }
}
