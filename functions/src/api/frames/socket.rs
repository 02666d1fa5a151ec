//! What goes over every socket.

use serde_json::json;

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{any_of, closed, constant, open};
use crate::api::types::{person_name, place, text, ulid};

pub(super) fn told() -> Vec<Frame> {
    let pharmacy = closed()
        .with("message", text())
        .with("pharmacy_id", ulid())
        .with("pharmacy_name", person_name())
        .with("location", place().or_null());
    let other = closed()
        .with("message", text())
        .with("user_id", ulid())
        .with("user_name", person_name());
    let code = any_of([text(), constant(4001)]);
    let error = closed()
        .with(
            "code",
            code.about("As over HTTP; 4001 for who is no longer signed in."),
        )
        .with("error", text())
        .may("fields", open())
        .may("request_id", text());
    vec![
        frame(
            "connection",
            "The first message; what was missed follows, oldest first.",
            [pharmacy, other],
            json!({"message": "Connected to pharmacy channel", "pharmacy_id": id('P'),
                   "pharmacy_name": "City Pharmacy", "location": {"lat": 27.7, "lng": 85.32}}),
        ),
        frame("pong", "The answer to `ping`.", [closed()], json!({})),
        frame(
            "error",
            "What was said changed nothing; before the socket is closed, why.",
            [error],
            json!({"code": "unknown_type", "error": "There are no messages of this type"}),
        ),
    ]
}

pub(super) fn said() -> Vec<Frame> {
    vec![
        frame("ping", "Is still there; gets `pong`.", [open()], json!({})),
        frame(
            "ack",
            "Has a message, and need not hear it again; gets no answer.",
            [open().with("event_id", ulid())],
            json!({"event_id": id('E')}),
        ),
    ]
}
