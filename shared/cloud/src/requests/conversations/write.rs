//! Saying something, each a part of one commit with the event that tells it.

use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use callout_domain::conversation::ChatMessage;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde::Serialize;

use super::{Conversations, STATE, client_sk, partition, stored};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self as items, Item, key, n};

#[derive(Serialize)]
struct StoredClient<'a> {
    sequence: u64,
    fingerprint: &'a str,
    expires_at: i64,
}

impl Conversations<'_> {
    /// Adds a message to these parties, next after the one before it, and what its client calls it, all of
    /// it kept until then.
    ///
    /// Refused by [`Guard::NewMessage`] if its client has sent it before, and by [`Guard::NextInLine`] if
    /// another message has its number; which is the newest then,
    /// [`last_of`](Conversations::last_of) tells.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn say(
        self,
        commit: &mut Commit,
        message: &ChatMessage,
        parties: &[AccountId],
        fingerprint: &str,
        kept_until: Moment,
    ) -> Result<(), CloudError> {
        let expires_at = kept_until.unix_seconds();
        let client = StoredClient {
            sequence: message.sequence,
            fingerprint,
            expires_at,
        };
        let pk = partition(message.conversation);
        let sk = client_sk(message.sender, &message.key);
        // First, because of all that refuse at once the first is the one that is reported.
        self.put_new(commit, items::item(pk, sk, &client)?)?;
        self.count(commit, message, expires_at)?;
        self.requests
            .put(commit, stored::message(message, parties, expires_at)?)
    }

    fn put_new(self, commit: &mut Commit, item: Item) -> Result<(), CloudError> {
        let put = Put::builder()
            .table_name(&self.requests.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(CloudError::call("a client's id of a message"))?;
        commit.push(
            Guard::NewMessage,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    fn count(
        self,
        commit: &mut Commit,
        message: &ChatMessage,
        expires_at: i64,
    ) -> Result<(), CloudError> {
        let number = |sequence| n(i64::try_from(sequence).unwrap_or(i64::MAX));
        let update = Update::builder()
            .table_name(&self.requests.table.name)
            .set_key(Some(key(partition(message.conversation), STATE)))
            .update_expression("SET #last = :this, expires_at = :end")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":this", number(message.sequence))
            .expression_attribute_values(":end", n(expires_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match message.sequence - 1 {
            0 => update.condition_expression("attribute_not_exists(#last)"),
            before => update
                .condition_expression("#last = :before")
                .expression_attribute_values(":before", number(before)),
        };
        let update = update
            .build()
            .map_err(CloudError::call("the state of a conversation"))?;
        commit.push(
            Guard::NextInLine,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}
