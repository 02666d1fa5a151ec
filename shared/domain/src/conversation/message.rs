//! A message of a conversation, and how far each party has come with them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ChatText, ConversationId};
use crate::ids::{AccountId, EventId, MediaId};
use crate::moment::Moment;
use crate::role::Role;

/// A message, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Its number, from 1 without a gap.
    pub sequence: u64,
    /// What its sender's client called it.
    pub key: MessageKey,
    /// The event by which it is told.
    pub event: EventId,
    /// Who said it.
    pub sender: AccountId,
    /// What they are.
    pub role: Role,
    /// What was said; nothing, once its sender has left.
    pub content: Option<Content>,
    /// When it was taken.
    pub sent_at: Moment,
}

/// What a message says: a text, a recording or a picture, or one of these with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<ChatText>,
    /// What goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached: Option<Attached>,
}

/// A file of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Which.
    pub media: MediaId,
    /// What it is.
    pub shape: Shape,
}

/// What a message is at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Nothing but text.
    Text,
    /// A recording.
    Audio,
    /// A picture.
    Image,
}

/// What a client calls a message of its own, so that sending it again is not saying it again: 1 to 64
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageKey(String);

/// What is wrong with a text that should have been a message's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} characters", MessageKey::MOST_CHARACTERS)]
pub struct NotAKey;

/// How far a party has come, each the number of the last such message; neither ever goes back, and
/// what was read was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The last that has reached one of their devices.
    pub delivered: u64,
    /// The last that they have read.
    pub read: u64,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It reached a device.
    Delivered,
    /// It was read.
    Read,
}

impl ChatMessage {
    /// How far it has come, by the marks of those who did not send it: `sent`, `delivered` to all of
    /// them, or `read` by all.
    pub fn status<'a>(&self, others: impl IntoIterator<Item = &'a Marks>) -> &'static str {
        let (mut delivered, mut read) = (u64::MAX, u64::MAX);
        let mut anybody = false;
        for marks in others {
            anybody = true;
            delivered = delivered.min(marks.delivered);
            read = read.min(marks.read);
        }
        if anybody && read >= self.sequence {
            "read"
        } else if anybody && delivered >= self.sequence {
            "delivered"
        } else {
            "sent"
        }
    }
}

impl Content {
    /// What it is at first sight.
    pub fn shape(&self) -> Shape {
        self.attached.map_or(Shape::Text, |attached| attached.shape)
    }
}

impl Attached {
    /// Its media, if it is of that shape.
    pub fn of_shape(self, shape: Shape) -> Option<MediaId> {
        (self.shape == shape).then_some(self.media)
    }
}

impl Shape {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Audio => "audio",
            Self::Image => "image",
        }
    }
}

impl Mark {
    /// The type of the message that says so, in both directions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "message_delivered",
            Self::Read => "message_read",
        }
    }
}

impl MessageKey {
    const MOST_CHARACTERS: usize = 64;

    /// What a client calls its message.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        if (1..=Self::MOST_CHARACTERS).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAKey)
        }
    }

    /// As the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        Self::parse(&text)
    }
}

impl From<MessageKey> for String {
    fn from(key: MessageKey) -> Self {
        key.0
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use ulid::Ulid;

    use super::{ChatMessage, Content, Marks, MessageKey, NotAKey};
    use crate::conversation::{ChatText, ConversationId};
    use crate::ids::{AccountId, EventId, RequestId};
    use crate::role::Role;

    pub(in crate::conversation) fn message() -> ChatMessage {
        ChatMessage {
            conversation: ConversationId {
                request: RequestId::new(Ulid::from(1)),
                responder: AccountId::new(Ulid::from(3)),
            },
            sequence: 5,
            key: MessageKey::parse("m-1").unwrap(),
            event: EventId::new(Ulid::from(9)),
            sender: AccountId::new(Ulid::from(7)),
            role: Role::Customer,
            content: Some(Content {
                text: ChatText::parse("Is it ready?").ok(),
                attached: None,
            }),
            sent_at: "2026-02-24T10:30:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_message_is_as_far_as_the_last_of_those_whom_it_is_for() {
        let marks = |delivered, read| Marks { delivered, read };
        let message = message();
        assert_eq!(message.status(&[]), "sent");
        assert_eq!(message.status(&[marks(4, 4)]), "sent");
        assert_eq!(message.status(&[marks(5, 4)]), "delivered");
        assert_eq!(message.status(&[marks(9, 5)]), "read");
        assert_eq!(message.status(&[marks(9, 5), marks(5, 0)]), "delivered");
        assert_eq!(message.status(&[marks(9, 5), marks(4, 4)]), "sent");
    }

    #[test]
    fn a_client_names_its_message_by_1_to_64_characters() {
        for name in ["1", "नाम", &"x".repeat(64)] {
            assert_eq!(MessageKey::parse(name).unwrap().as_str(), name);
        }
        for wrong in ["", &"x".repeat(65)] {
            assert_eq!(MessageKey::parse(wrong), Err(NotAKey));
        }
    }
}
