//! Saying something, each a part of one commit with the event that tells it.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use callout_domain::blood;
use callout_domain::conversation::ChatMessage;
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::medicine;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use serde::Serialize;
use time::Duration;

use super::{Conversations, STATE, client_sk, partition, stored};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::requests::blood::Blood;
use crate::requests::kept::ends;
use crate::requests::medicine::Medicine;
use crate::requests::{Requests, request_key};
use crate::stored::{self as items, Item, key, n, s};

#[derive(Serialize)]
struct StoredClient<'a> {
    sequence: u64,
    fingerprint: &'a str,
    expires_at: i64,
}

impl Conversations<'_> {
    /// Adds a message to these parties, next after the one before it, and what its client calls it.
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
        request: &Header,
        message: &ChatMessage,
        parties: &[AccountId],
        fingerprint: &str,
    ) -> Result<(), CloudError> {
        let expires_at = ends(request);
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

impl Medicine<'_> {
    /// Requires that a request is with the pharmacy that accepted it: its conversation is open. Refused by
    /// [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_accepted(self, commit: &mut Commit, id: RequestId) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .condition_expression("#state = :accepted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(medicine::State::Accepted.as_str()));
        self.requests.must_be(commit, id, check)
    }
}

impl Blood<'_> {
    /// Requires that a request is active and a donor has promised a unit, or given it: their conversation
    /// is open. Refused by [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_promised(
        self,
        commit: &mut Commit,
        id: RequestId,
        donor: AccountId,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .condition_expression(
                "#state = :active AND created_at > :oldest AND contains(givers, :donor)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":active", s(blood::State::Active.as_str()))
            .expression_attribute_values(":oldest", s(now.plus(-lifetime)))
            .expression_attribute_values(":donor", s(donor));
        self.requests.must_be(commit, id, check)
    }
}

impl Requests {
    /// Requires something of a request, to be given its condition.
    fn must_be(
        &self,
        commit: &mut Commit,
        id: RequestId,
        check: aws_sdk_dynamodb::types::builders::ConditionCheckBuilder,
    ) -> Result<(), CloudError> {
        let check = check
            .table_name(&self.table.name)
            .set_key(Some(request_key(id)))
            .build()
            .map_err(CloudError::call("a check of a request"))?;
        commit.push(
            Guard::RequestUnchanged,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }
}
