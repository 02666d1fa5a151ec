//! What goes over sockets, by `type`: what is told to clients, and what they may say.

mod blood;
mod consultations;
mod conversations;
mod medicine;
mod socket;
mod work;

use serde_json::Value;

use super::schema::{Object, Schema, any_of, constant};
use super::types::{text, ulid};

pub(crate) use blood::blood_donor;
pub(crate) use conversations::{chat_draft, chat_example, chat_fields, presence_fields};

/// A message of one type.
pub(super) struct Frame {
    pub(super) kind: &'static str,
    pub(super) summary: &'static str,
    /// Its fields, besides those that every message has.
    pub(super) fields: Vec<Object>,
    pub(super) example: Value,
}

fn frame(
    kind: &'static str,
    summary: &'static str,
    fields: impl IntoIterator<Item = Object>,
    example: Value,
) -> Frame {
    Frame {
        kind,
        summary,
        fields: fields.into_iter().collect(),
        example,
    }
}

/// What clients are told.
pub(super) fn told() -> Vec<Frame> {
    let all = [
        socket::told(),
        medicine::told(),
        blood::told(),
        work::told(),
        consultations::told(),
        conversations::told(),
    ];
    all.into_iter().flatten().collect()
}

/// What clients may say.
pub(super) fn said() -> Vec<Frame> {
    let all = [
        socket::said(),
        medicine::said(),
        work::said(),
        conversations::said(),
    ];
    all.into_iter().flatten().collect()
}

impl Frame {
    /// The schema of one that clients are told.
    pub(super) fn as_told(&self) -> Schema {
        self.with(|fields| {
            fields
                .with("event_id", ulid())
                .with("type", constant(self.kind))
                .may(
                    "replayed",
                    constant(true).about("It happened while no socket was open."),
                )
                .may(
                    "trace_id",
                    text().about(
                        "The `x-request-id` of the request that it came of. What is replayed has none.",
                    ),
                )
        })
    }

    /// The schema of one that clients say.
    pub(super) fn as_said(&self) -> Schema {
        self.with(|fields| {
            fields
                .with("type", constant(self.kind))
                .may("action", constant("message"))
        })
    }

    fn with(&self, more: impl Fn(Object) -> Object) -> Schema {
        match self.fields.as_slice() {
            [one] => more(one.clone()).into(),
            [one, other] => any_of([more(one.clone()).into(), more(other.clone()).into()]),
            _ => panic!("{} has one form, or two", self.kind),
        }
    }
}
