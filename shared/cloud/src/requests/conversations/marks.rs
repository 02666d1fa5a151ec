//! How far each party has come. Neither mark ever goes back.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use callout_domain::conversation::{ConversationId, Mark, Marks};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde::Deserialize;

use super::{Conversations, marks_sk, partition};
use crate::failure::CloudError;
use crate::stored::{self, SK, key, n};

#[derive(Deserialize)]
struct StoredMarks {
    #[serde(default)]
    delivered: u64,
    #[serde(default)]
    read: u64,
}

impl Conversations<'_> {
    /// How far these parties have come.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn marks(
        self,
        id: ConversationId,
        parties: &[AccountId],
    ) -> Result<HashMap<AccountId, Marks>, CloudError> {
        let keys = parties
            .iter()
            .map(|party| (partition(id), marks_sk(*party)));
        let items = self.requests.table.read_many(keys.collect()).await?;
        let mut found: HashMap<AccountId, Marks> = parties
            .iter()
            .map(|party| (*party, Marks::default()))
            .collect();
        for item in items {
            let sk = item.get(SK).and_then(|sk| sk.as_s().ok()).cloned();
            let party = sk.and_then(|sk| sk.strip_prefix("MARKS#")?.parse().ok());
            let StoredMarks { delivered, read } = stored::read("marks", item)?;
            if let Some(marks) = party.and_then(|party| found.get_mut(&party)) {
                *marks = Marks { delivered, read };
            }
        }
        Ok(found)
    }

    /// Notes that a party has come as far as a message, and keeps that until then. False if they had come as far before.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn mark(
        self,
        id: ConversationId,
        party: AccountId,
        mark: Mark,
        sequence: u64,
        kept_until: Moment,
    ) -> Result<bool, CloudError> {
        let moved = match mark {
            Mark::Delivered => false,
            Mark::Read => {
                let read = ("read", sequence);
                self.move_on(id, party, read, kept_until).await?
            }
        };
        // What was read was delivered.
        let delivered = self.move_on(id, party, ("delivered", sequence), kept_until);
        Ok(delivered.await? || moved)
    }

    async fn move_on(
        self,
        id: ConversationId,
        party: AccountId,
        (mark, sequence): (&str, u64),
        kept_until: Moment,
    ) -> Result<bool, CloudError> {
        let table = &self.requests.table;
        let outcome = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(key(partition(id), marks_sk(party))))
            .update_expression("SET #mark = :this, expires_at = :end")
            .condition_expression("attribute_not_exists(#mark) OR #mark < :this")
            .expression_attribute_names("#mark", mark)
            .expression_attribute_values(":this", n(i64::try_from(sequence).unwrap_or(i64::MAX)))
            .expression_attribute_values(":end", n(kept_until.unix_seconds()))
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(true);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(CloudError::call("UpdateItem of marks")(error)),
        }
    }
}
