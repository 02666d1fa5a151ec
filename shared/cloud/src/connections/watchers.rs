//! Who is to be told whether an account is there: those who look at a conversation with it.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use callout_domain::conversation::ConversationId;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::presence::{Presence, THERE_FOR};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::{Connections, account_key};
use crate::failure::CloudError;
use crate::stored::{self, Item, s};

const WATCHER: &str = "WATCHER#";
const INDEX: &str = "live";
/// Over so many partitions those who are to be asked again are spread.
pub(super) const SHARDS: u8 = 4;
/// As long as a socket can be open; who looks again, watches again.
const KEPT: Duration = Duration::minutes(130);

/// Somebody who is to be told whether an account is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    /// Of whom.
    pub watched: AccountId,
    /// Who.
    pub watcher: AccountId,
    /// Because of which conversation.
    pub conversation: ConversationId,
    /// Whether they were told last that the account is there.
    pub told_online: bool,
    shard: u8,
    /// While they were told so: when it is to be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<Moment>,
    expires_at: i64,
}

impl Watcher {
    /// Somebody who has just been told this of somebody else.
    pub fn told(
        whom: AccountId,
        of: AccountId,
        conversation: ConversationId,
        presence: Presence,
        now: Moment,
    ) -> Self {
        Self {
            watched: of,
            watcher: whom,
            conversation,
            told_online: presence.online,
            shard: rand::rng().random_range(0..SHARDS),
            due: due(presence),
            expires_at: now.plus(KEPT).unix_seconds(),
        }
    }

    /// Whether it is time to ask again.
    pub fn is_due(&self, now: Moment) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    fn sk(&self) -> String {
        let ConversationId { request, responder } = self.conversation;
        format!("{WATCHER}{}#{request}#{responder}", self.watcher)
    }

    fn key(&self) -> Item {
        stored::key(account_key(self.watched), self.sk())
    }

    fn gsk(&self, due: Moment) -> String {
        format!("{due}#{}#{}", self.watched, self.watcher)
    }
}

/// When somebody who is there has been silent for too long, if they say nothing meanwhile.
fn due(presence: Presence) -> Option<Moment> {
    let heard = presence.last_seen_at.filter(|_| presence.online)?;
    Some(heard.plus(THERE_FOR))
}

impl Connections {
    /// Has somebody told from now on.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn watch(&self, watcher: &Watcher) -> Result<(), CloudError> {
        let (pk, sk) = (account_key(watcher.watched), watcher.sk());
        let mut item = stored::item(pk, sk, watcher)?;
        if let Some(due) = watcher.due {
            item.insert("gpk".to_owned(), s(partition(watcher.shard)));
            item.insert("gsk".to_owned(), s(watcher.gsk(due)));
        }
        self.table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .send()
            .await
            .map(drop)
            .map_err(CloudError::call("PutItem of a watcher"))
    }

    /// Who is to be told whether an account is there.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn watchers(
        &self,
        watched: AccountId,
        now: Moment,
    ) -> Result<Vec<Watcher>, CloudError> {
        let query = self
            .query()
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :watcher)")
            .expression_attribute_values(":pk", s(account_key(watched)))
            .expression_attribute_values(":watcher", s(WATCHER));
        read(query, now).await
    }

    /// At most so many who were told that somebody is there who has been silent since, of one of
    /// [`shards`](Connections::shards).
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn silent(
        &self,
        shard: u8,
        most: i32,
        now: Moment,
    ) -> Result<Vec<Watcher>, CloudError> {
        let query = self
            .query()
            .index_name(INDEX)
            .key_condition_expression("gpk = :shard AND gsk < :now")
            .expression_attribute_values(":shard", s(partition(shard)))
            .expression_attribute_values(":now", s(now))
            .limit(most);
        let page = query.send().await;
        let page = page.map_err(CloudError::call("Query of the silent"))?;
        page.items
            .unwrap_or_default()
            .into_iter()
            .map(|item| stored::read("a watcher", item))
            .collect()
    }

    /// The numbers of all shards.
    pub fn shards() -> std::ops::Range<u8> {
        0..SHARDS
    }

    /// Notes what a watcher is told now, or that it is to be asked again later. False if that has been
    /// done meanwhile: two who find the same do not both tell it.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn retell(&self, watcher: &Watcher, presence: Presence) -> Result<bool, CloudError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(watcher.key()))
            .condition_expression("told_online = :before")
            .expression_attribute_values(":before", bool(watcher.told_online))
            .expression_attribute_values(":now", bool(presence.online));
        let update = match due(presence) {
            Some(due) => update
                .update_expression("SET told_online = :now, due = :due, gpk = :gpk, gsk = :gsk")
                .expression_attribute_values(":due", s(due))
                .expression_attribute_values(":gpk", s(partition(watcher.shard)))
                .expression_attribute_values(":gsk", s(watcher.gsk(due))),
            None => update.update_expression("SET told_online = :now REMOVE due, gpk, gsk"),
        };
        let Err(error) = update.send().await else {
            return Ok(true);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(CloudError::call("UpdateItem of a watcher")(error)),
        }
    }

    fn query(&self) -> QueryFluentBuilder {
        self.table.client.query().table_name(&self.table.name)
    }
}

async fn read(query: QueryFluentBuilder, now: Moment) -> Result<Vec<Watcher>, CloudError> {
    let mut items = query.into_paginator().items().send();
    let mut watchers: Vec<Watcher> = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(CloudError::call("Query of watchers"))?;
        watchers.push(stored::read("a watcher", item)?);
    }
    // TTL deletes late.
    watchers.retain(|watcher| watcher.expires_at > now.unix_seconds());
    Ok(watchers)
}

fn partition(shard: u8) -> String {
    format!("SILENT#{shard}")
}

fn bool(value: bool) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::Bool(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::conversation::ConversationId;
    use callout_domain::moment::Moment;
    use callout_domain::presence::{Presence, THERE_FOR};

    use super::Watcher;

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn whoever_was_told_that_somebody_is_there_is_asked_about_when_they_have_been_silent() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let told = |online| {
            let conversation = ConversationId {
                request: ID.parse().unwrap(),
                responder: ID.parse().unwrap(),
            };
            let presence = Presence {
                online,
                last_seen_at: Some(now),
            };
            Watcher::told(
                ID.parse().unwrap(),
                ID.parse().unwrap(),
                conversation,
                presence,
                now,
            )
        };
        assert!(!told(true).is_due(now));
        assert!(told(true).is_due(now.plus(THERE_FOR)));
        assert!(!told(false).is_due(now.plus(THERE_FOR)), "nothing can end");
    }
}
