//! A message as an item, attribute by attribute.

use callout_domain::conversation::{ChatMessage, Content, ConversationId, MessageKey};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde::{Deserialize, Serialize};

use super::{message_sk, partition, sender_pk};
use crate::failure::CloudError;
use crate::stored::{self, Item};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredMessage {
    request_id: RequestId,
    responder: AccountId,
    sequence: u64,
    key: MessageKey,
    event: EventId,
    sender: AccountId,
    /// Whom it was told, so that it can be taken back without asking the request.
    told: Vec<AccountId>,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    sent_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mine_pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mine_sk: Option<EventId>,
    expires_at: i64,
}

/// The item of a message that these were told, which ends then.
pub(super) fn message(
    message: &ChatMessage,
    told: &[AccountId],
    expires_at: i64,
) -> Result<Item, CloudError> {
    let body = StoredMessage {
        request_id: message.conversation.request,
        responder: message.conversation.responder,
        sequence: message.sequence,
        key: message.key.clone(),
        event: message.event,
        sender: message.sender,
        told: told.to_vec(),
        role: message.role,
        content: message.content.clone(),
        sent_at: message.sent_at,
        mine_pk: Some(sender_pk(message.sender)),
        mine_sk: Some(message.event),
        expires_at,
    };
    let sk = message_sk(message.sequence);
    stored::item(partition(message.conversation), sk, &body)
}

/// The message of an item.
pub(super) fn read(item: Item) -> Result<ChatMessage, CloudError> {
    read_told(item).map(|(message, _)| message)
}

/// The message of an item, and who was told it.
pub(super) fn read_told(item: Item) -> Result<(ChatMessage, Vec<AccountId>), CloudError> {
    let stored: StoredMessage = stored::read("a message", item)?;
    let message = ChatMessage {
        conversation: ConversationId {
            request: stored.request_id,
            responder: stored.responder,
        },
        sequence: stored.sequence,
        key: stored.key,
        event: stored.event,
        sender: stored.sender,
        role: stored.role,
        content: stored.content,
        sent_at: stored.sent_at,
    };
    Ok((message, stored.told))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::conversation::{
        Attached, ChatMessage, ChatText, Content, ConversationId, MessageKey, Shape,
    };
    use callout_domain::ids::{AccountId, EventId, MediaId, RequestId};
    use callout_domain::role::Role;
    use ulid::Ulid;

    use crate::stored::{n, s};

    #[test]
    fn a_message_reads_back_and_is_found_by_its_number_and_its_sender() {
        let said = ChatMessage {
            conversation: ConversationId {
                request: RequestId::new(Ulid::from(1)),
                responder: AccountId::new(Ulid::from(3)),
            },
            sequence: 42,
            key: MessageKey::parse("m#1").unwrap(),
            event: EventId::new(Ulid::from(9)),
            sender: AccountId::new(Ulid::from(7)),
            role: Role::Donor,
            content: Some(Content {
                text: ChatText::parse(" नमस्ते \u{202e}🙏🏽").ok(),
                attached: Some(Attached {
                    media: MediaId::new(Ulid::from(8)),
                    shape: Shape::Audio,
                }),
            }),
            sent_at: "2026-02-24T10:30:00Z".parse().unwrap(),
        };
        let item = super::message(&said, &[said.sender], 77).unwrap();
        assert_eq!(item["sk"], s("MESSAGE#000000000042"));
        assert_eq!(
            item["mine_pk"],
            s(format!("SENDER#{}", AccountId::new(Ulid::from(7))))
        );
        assert_eq!(item["expires_at"], n(77));
        let told = vec![said.sender];
        assert_eq!(super::read_told(item).unwrap(), (said, told));
    }
}
