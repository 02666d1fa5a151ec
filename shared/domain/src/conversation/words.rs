//! What the parties of a conversation are told.

use serde_json::{Value, json};

use super::{ChatMessage, Content, Conversation, Mark, Marks, Shape};
use crate::event::Message;
use crate::ids::AccountId;
use crate::moment::Moment;
use crate::notice::{Notice, Topic, Urgency};

/// A message, to everybody who takes part; whoever sent it has it shown on no locked screen.
pub fn chat_message(said: &ChatMessage) -> Message {
    let content = said.content.as_ref();
    let shape = content.map_or(Shape::Text, Content::shape);
    let text = content.and_then(|content| content.text.as_ref());
    let media = |shape| content.and_then(|content| content.attached?.of_shape(shape));
    Message::new(
        "chat_message",
        json!({
            "conversation_id": said.conversation.to_string(),
            "request_id": said.conversation.request,
            "message_id": said.key,
            "sequence": said.sequence,
            "sender_id": said.sender,
            "sender_type": said.role,
            "message_type": shape.as_str(),
            "text": text,
            "message": text,
            "is_erased": content.is_none(),
            "sent_at": said.sent_at,
            "timestamp": said.sent_at,
        }),
    )
    .with_link("audio_url", media(Shape::Audio))
    .with_link("image_url", media(Shape::Image))
    .with_notice(notice(shape))
}

fn notice(shape: Shape) -> Notice {
    let body = match shape {
        Shape::Text => "You have a new message. Tap to read it",
        Shape::Audio => "You have a new voice message. Tap to listen",
        Shape::Image => "You have a new picture. Tap to see it",
    };
    Notice {
        topic: Topic::Conversation,
        title: "New Message".to_owned(),
        body: body.to_owned(),
        urgency: Urgency::Urgent,
    }
}

/// That a party has come so far, to those who wait for it.
pub fn marked(
    conversation: &Conversation,
    account: AccountId,
    mark: Mark,
    (sequence, marks): (u64, Marks),
    now: Moment,
) -> Message {
    Message::new(
        mark.as_str(),
        json!({
            "conversation_id": conversation.id.to_string(),
            "request_id": conversation.id.request,
            "account": account,
            "sequence": sequence,
            "delivered": marks.delivered,
            "read": marks.read,
            "timestamp": now,
        }),
    )
}

/// That a party types, or has stopped.
pub fn typing(
    conversation: &Conversation,
    account: AccountId,
    is_typing: bool,
    now: Moment,
) -> Message {
    let fields: Value = json!({
        "conversation_id": conversation.id.to_string(),
        "request_id": conversation.id.request,
        "sender_id": account,
        "is_typing": is_typing,
        "timestamp": now,
    });
    Message::new("typing_indicator", fields)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::chat_message;
    use crate::conversation::message::tests::message;
    use crate::conversation::{Attached, ChatMessage, Content, Shape};
    use crate::ids::MediaId;

    #[test]
    fn a_text_is_told_in_both_spellings_with_its_place() {
        let told = chat_message(&message());
        assert_eq!(told.kind, "chat_message");
        for (name, value) in [
            ("sequence", json!(5)),
            ("message_id", json!("m-1")),
            ("sender_type", json!("CUSTOMER")),
            ("text", json!("Is it ready?")),
            ("message", json!("Is it ready?")),
            ("message_type", json!("text")),
            ("audio_url", Value::Null),
            ("image_url", Value::Null),
            ("sent_at", json!("2026-02-24T10:30:00.000Z")),
            ("timestamp", json!("2026-02-24T10:30:00.000Z")),
        ] {
            assert_eq!(told.fields[name], value, "{name}");
        }
    }

    #[test]
    fn a_file_becomes_a_link_of_its_shape_alone() {
        let media = MediaId::new(Ulid::from(8));
        for (shape, field, other) in [
            (Shape::Audio, "audio_url", "image_url"),
            (Shape::Image, "image_url", "audio_url"),
        ] {
            let told = chat_message(&ChatMessage {
                content: Some(Content {
                    text: None,
                    attached: Some(Attached { media, shape }),
                }),
                ..message()
            });
            assert_eq!(told.links[field], media);
            assert_eq!(told.fields[other], Value::Null);
            assert_eq!(told.fields["message_type"], shape.as_str());
            assert_eq!(told.fields["text"], Value::Null);
        }
    }

    #[test]
    fn a_locked_screen_shows_nothing_of_what_was_said() {
        let told = chat_message(&message());
        let notice = told.notice.unwrap();
        assert!(!format!("{} {}", notice.title, notice.body).contains("ready"));
    }

    #[test]
    fn what_was_erased_keeps_its_place_and_says_nothing() {
        let told = chat_message(&ChatMessage {
            content: None,
            ..message()
        });
        assert_eq!(told.fields["is_erased"], true);
        assert_eq!(told.fields["text"], Value::Null);
        assert!(told.links.is_empty());
    }
}
