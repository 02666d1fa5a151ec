//! What remains of what somebody said who left: that they said something, and when.

use callout_domain::conversation::ConversationId;
use callout_domain::ids::{AccountId, EventId, MediaId};

use super::{Conversations, message_sk, partition, sender_pk, stored};
use crate::failure::CloudError;
use crate::requests::erase::unless_gone;
use crate::stored::{key, s};

/// How many are found at once.
const AT_ONCE: i32 = 50;

/// Something that somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its number there.
    pub sequence: u64,
    /// By which event it was told.
    pub event: EventId,
    /// Whom.
    pub told: Vec<AccountId>,
    /// What went with it, if it was their own.
    pub media: Option<MediaId>,
}

impl Conversations<'_> {
    /// Some of what an account said and was not [forgotten](Conversations::forget), after an event; nothing
    /// when there is no more. By an index, which follows the table.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn spoken(
        self,
        sender: AccountId,
        after: Option<EventId>,
    ) -> Result<Vec<Spoken>, CloudError> {
        let table = &self.requests.table;
        let query = table
            .client
            .query()
            .table_name(&table.name)
            .index_name("mine")
            .limit(AT_ONCE)
            .expression_attribute_values(":sender", s(sender_pk(sender)));
        let query = match after {
            None => query.key_condition_expression("mine_pk = :sender"),
            Some(after) => query
                .key_condition_expression("mine_pk = :sender AND mine_sk > :after")
                .expression_attribute_values(":after", s(after)),
        };
        let page = query.send().await.map_err(CloudError::call("Query"))?;
        let read = |item| {
            let (message, told) = stored::read_told(item)?;
            let attached = message.content.and_then(|content| content.attached);
            Ok(Spoken {
                conversation: message.conversation,
                sequence: message.sequence,
                event: message.event,
                told,
                media: attached.map(|attached| attached.media),
            })
        };
        page.items
            .unwrap_or_default()
            .into_iter()
            .map(read)
            .collect()
    }

    /// Takes from a message what it says. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget(self, spoken: &Spoken) -> Result<(), CloudError> {
        let message = key(partition(spoken.conversation), message_sk(spoken.sequence));
        let change = self
            .requests
            .forget(message)
            .update_expression("REMOVE content, mine_pk, mine_sk");
        unless_gone(change).await
    }
}
