//! Taking out of inboxes what must not stay there.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;
use futures::{StreamExt as _, TryStreamExt as _};

use super::change::Change;
use super::{BEHIND_ALL, Notifications, inbox_key};
use crate::failure::CloudError;
use crate::stored::{Item, PK, SK, s};

/// How many items are deleted at once.
const DELETED_AT_ONCE: usize = 16;

impl Notifications {
    /// Closes an inbox and empties it: what is told at the same time is there before, or never. That it
    /// is closed stays for as long as what was told could have.
    ///
    /// # Errors
    /// When the table cannot be read or written; what is left then can be erased again.
    pub async fn erase(&self, recipient: AccountId, now: Moment) -> Result<(), CloudError> {
        self.close(recipient, now).await?;
        let mut pages = self.keys(recipient).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query of notifications"))?;
            futures::stream::iter(page.items.unwrap_or_default())
                .map(|key| self.delete(key))
                .buffer_unordered(DELETED_AT_ONCE)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    /// Takes what was said by an event out of an inbox again.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn retract(
        &self,
        recipient: AccountId,
        event: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.change_all(recipient, &[event], Change::Remove, now)
            .await
    }

    /// A consistent query for the keys of all notifications of an inbox.
    fn keys(&self, recipient: AccountId) -> QueryFluentBuilder {
        self.table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :inbox AND #sk < :end")
            .projection_expression("#pk, #sk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":inbox", s(inbox_key(recipient)))
            .expression_attribute_values(":end", s(BEHIND_ALL))
    }

    async fn delete(&self, key: Item) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .send()
            .await
            .map(drop)
            .map_err(CloudError::call("DeleteItem of a notification"))
    }
}
