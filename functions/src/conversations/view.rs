//! A message as its parties read it.

use std::collections::HashMap;

use callout_domain::conversation::{ChatMessage, Marks, chat_message};
use callout_domain::ids::AccountId;
use serde_json::{Value, json};

use crate::http::Linked;

/// A message that has just been said.
pub(super) fn fresh(message: &ChatMessage) -> Linked {
    with_status(message, "sent")
}

/// A message of a history, by how far each party has come.
pub(super) fn marked(message: &ChatMessage, marks: &HashMap<AccountId, Marks>) -> Linked {
    let others = marks.iter().filter(|(party, _)| **party != message.sender);
    with_status(message, message.status(others.map(|(_, marks)| marks)))
}

fn with_status(message: &ChatMessage, status: &str) -> Linked {
    let told = chat_message(message);
    let mut seen = Linked::new(Value::Object(told.fields)).with("status", json!(status));
    for (field, media) in told.links {
        seen = seen.with_link(&field, Some(media));
    }
    seen
}

/// As [`fresh`] and [`marked`] show it.
#[cfg(test)]
pub(crate) fn message_seen() -> crate::api::Object {
    use crate::api::one_of_texts;
    crate::api::chat_fields().with("status", one_of_texts(["sent", "delivered", "read"]))
}

/// One of these.
#[cfg(test)]
pub(crate) fn message_example() -> Value {
    let mut example = crate::api::chat_example();
    example["status"] = json!("sent");
    example
}
