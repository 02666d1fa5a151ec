//! What was said.

use callout_domain::conversation::{ChatMessage, ConversationId, MessageKey};
use callout_domain::ids::AccountId;
use serde::Deserialize;

use super::{Conversations, STATE, client_sk, message_sk, partition, stored};
use crate::commit::{Guard, Refusal};
use crate::failure::CloudError;
use crate::stored::{self as items, Item, key, s};

/// A message that its sender's client has sent before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sent {
    /// Its number.
    pub sequence: u64,
    /// A hash of what it said.
    pub fingerprint: String,
}

#[derive(Deserialize)]
struct State {
    last: u64,
}

impl Conversations<'_> {
    /// The number of the newest message; 0 before there is one.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn last(self, id: ConversationId) -> Result<u64, CloudError> {
        last(self.requests.item(key(partition(id), STATE)).await?)
    }

    /// What a refusal says that the number of the newest message is, if it was refused by
    /// [`Guard::NextInLine`].
    ///
    /// # Errors
    /// When that does not read.
    pub fn last_of(self, refusal: &Refusal) -> Result<u64, CloudError> {
        let refused = refusal.all.iter();
        let mut states = refused.filter(|refused| refused.guard == Guard::NextInLine);
        last(states.find_map(|refused| refused.found.clone()))
    }

    /// What a sender's client has sent under this id before, if it has.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn sent(
        self,
        id: ConversationId,
        sender: AccountId,
        message: &MessageKey,
    ) -> Result<Option<Sent>, CloudError> {
        let key = key(partition(id), client_sk(sender, message));
        let found = self.requests.item(key).await?;
        found
            .map(|item| items::read("what a client has sent", item))
            .transpose()
    }

    /// The message of a number, if there is one.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn message(
        self,
        id: ConversationId,
        sequence: u64,
    ) -> Result<Option<ChatMessage>, CloudError> {
        let key = key(partition(id), message_sk(sequence));
        self.requests.item(key).await?.map(stored::read).transpose()
    }

    /// The messages from one number to another, both among them, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn messages(
        self,
        id: ConversationId,
        (first, last): (u64, u64),
    ) -> Result<Vec<ChatMessage>, CloudError> {
        let table = &self.requests.table;
        let mut items = table
            .client
            .query()
            .table_name(&table.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(partition(id)))
            .expression_attribute_values(":first", s(message_sk(first)))
            .expression_attribute_values(":last", s(message_sk(last)))
            .into_paginator()
            .items()
            .send();
        let mut messages = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(CloudError::call("Query of messages"))?;
            messages.push(stored::read(item)?);
        }
        Ok(messages)
    }
}

fn last(state: Option<Item>) -> Result<u64, CloudError> {
    let Some(item) = state.filter(|item| !item.is_empty()) else {
        return Ok(0);
    };
    let state: State = items::read("the state of a conversation", item)?;
    Ok(state.last)
}
