//! What is said in conversations, and about them.

use callout_domain::conversation::ChatText;
use serde_json::{Value, json};

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{Object, closed, one_of_texts, open};
use crate::api::types::{
    count, flag, given_count, link, moment, role, text, ulid, upload_id, words,
};

/// A message of a conversation, as its parties are told of it.
pub(crate) fn chat_fields() -> Object {
    closed()
        .with("conversation_id", text())
        .with("request_id", ulid())
        .with("message_id", text())
        .with("sequence", count())
        .with("sender_id", ulid())
        .with("sender_type", role())
        .with("message_type", one_of_texts(["text", "audio", "image"]))
        .with("text", text().or_null())
        .with("message", text().or_null())
        .with("is_erased", flag())
        .with("sent_at", moment())
        .with("timestamp", moment())
        .with("audio_url", link())
        .with("image_url", link())
}

/// One of these.
pub(crate) fn chat_example() -> Value {
    json!({
        "conversation_id": format!("{}.{}", id('R'), id('P')), "request_id": id('R'),
        "message_id": "m-1", "sequence": 1, "sender_id": id('C'), "sender_type": "CUSTOMER",
        "message_type": "text", "text": "I am on my way", "message": "I am on my way",
        "is_erased": false, "sent_at": "2026-02-24T10:40:00.000Z",
        "timestamp": "2026-02-24T10:40:00.000Z", "audio_url": null, "image_url": null,
    })
}

/// What somebody says: text, a file, or both.
pub(crate) fn chat_draft() -> Object {
    open()
        .may("text", words(ChatText::MOST_CHARACTERS).or_null())
        .may("message", words(ChatText::MOST_CHARACTERS).or_null())
        .may("message_id", words(64).or_null())
        .may("media_id", upload_id())
        .may("image_id", upload_id())
        .may("audio_id", upload_id())
        .may("with", ulid().or_null())
}

/// Whether a party is there.
pub(crate) fn presence_fields() -> Object {
    closed()
        .with("conversation_id", text())
        .with("request_id", ulid())
        .with("account", ulid())
        .with("status", one_of_texts(["online", "offline"]))
        .with("last_seen_at", moment().or_null())
}

pub(super) fn told() -> Vec<Frame> {
    let mark = || {
        closed()
            .with("conversation_id", text())
            .with("request_id", ulid())
            .with("account", ulid())
            .with("sequence", count())
            .with("delivered", count())
            .with("read", count())
            .with("timestamp", moment())
    };
    let conversation = || format!("{}.{}", id('R'), id('P'));
    let marked = json!({
        "conversation_id": conversation(), "request_id": id('R'), "account": id('P'),
        "sequence": 1, "delivered": 1, "read": 1, "timestamp": "2026-02-24T10:41:00.000Z",
    });
    let typing = closed()
        .with("conversation_id", text())
        .with("request_id", ulid())
        .with("sender_id", ulid())
        .with("is_typing", flag())
        .with("timestamp", moment());
    vec![
        frame(
            "chat_message",
            "To the parties: somebody said something; `audio_url` and `image_url` end soon.",
            [chat_fields()],
            chat_example(),
        ),
        frame(
            "message_sent",
            "To who said it: the `chat_message` is said.",
            [crate::conversations::message_seen()],
            crate::conversations::message_example(),
        ),
        frame(
            "chat_history",
            "The answer to `request_chat_history`.",
            [crate::conversations::history_seen()],
            crate::conversations::history_example(),
        ),
        frame(
            "message_delivered",
            "To the other parties, in no inbox: so far it has reached a device.",
            [mark()],
            marked.clone(),
        ),
        frame(
            "message_read",
            "To the other parties, in no inbox: so far it was read.",
            [mark()],
            marked,
        ),
        frame(
            "typing_indicator",
            "To the other parties, in no inbox: somebody types, or has stopped.",
            [typing],
            json!({"conversation_id": conversation(), "request_id": id('R'), "sender_id": id('P'),
                   "is_typing": true, "timestamp": "2026-02-24T10:40:30.000Z"}),
        ),
        frame(
            "presence",
            "To who has read a history, in no inbox: somebody has come, or gone.",
            [presence_fields()],
            json!({"conversation_id": conversation(), "request_id": id('R'), "account": id('P'),
                   "status": "offline", "last_seen_at": "2026-02-24T10:45:00.000Z"}),
        ),
    ]
}

pub(super) fn said() -> Vec<Frame> {
    let of = || {
        open()
            .either("request_id", "requestId", ulid())
            .may("with", ulid().or_null())
    };
    let mark = || {
        of().may("sequence", given_count().or_null())
            .may("message_id", words(64).or_null())
    };
    vec![
        frame(
            "chat_message",
            "Says something, as POST /requests/{id}/messages has it; gets `message_sent`.",
            [chat_draft().and(of())],
            json!({"request_id": id('R'), "text": "I am on my way", "message_id": "m-1"}),
        ),
        frame(
            "message_delivered",
            "So far it has reached a device: by `sequence`, or the `message_id` of its sender; gets no answer.",
            [mark()],
            json!({"request_id": id('R'), "sequence": 1}),
        ),
        frame(
            "message_read",
            "So far it was read; gets no answer.",
            [mark()],
            json!({"request_id": id('R'), "sequence": 1}),
        ),
        frame(
            "typing_indicator",
            "Types, or has stopped; gets no answer.",
            [of().with("is_typing", flag())],
            json!({"request_id": id('R'), "is_typing": true}),
        ),
        frame(
            "request_chat_history",
            "Wants to read what was said; gets `chat_history`.",
            [of()
                .may("limit", given_count().or_null())
                .may("cursor", text().or_null())
                .may("before", given_count().or_null())
                .may("after", given_count().or_null())],
            json!({"request_id": id('R'), "limit": 20}),
        ),
    ]
}
