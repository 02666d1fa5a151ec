//! How many: counters that many change at once.
//!
//! Two transactions that meet on one item conflict, so a counter is several items, of which each change
//! takes one at random, and a reader adds them up.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html>

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use callout_domain::ids::EventId;
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use rand::RngExt as _;
use serde::Deserialize;
use time::{Date, Duration, Time};

use super::{Notification, Notifications};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self, PK, n, s};

/// Of how many items a counter is.
const SHARDS: u32 = 8;
const KEPT: Duration = Duration::days(400);

/// How many attempts came how far. One of the items that a counter is may be below zero by itself: what
/// was counted in one is taken back in another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Were begun.
    pub attempted: i64,
    /// Were handed over.
    pub sent: i64,
    /// Were acknowledged by the client.
    pub delivered: i64,
    /// Were not handed over.
    pub failed: i64,
}

#[derive(Deserialize)]
struct Shard {
    sk: String,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Deserialize)]
struct HeardShard {
    heard: u64,
}

impl Notifications {
    /// The tallies of the events of a day in UTC, by kind and channel.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn deliveries_of(
        &self,
        day: Date,
    ) -> Result<BTreeMap<(String, String), Tally>, CloudError> {
        let mut tallies: BTreeMap<(String, String), Tally> = BTreeMap::new();
        let mut shards = self.shards(day_key(day)).into_paginator().items().send();
        while let Some(item) = shards.next().await {
            let item = item.map_err(CloudError::call("Query of tallies"))?;
            let shard: Shard = stored::read("a tally", item)?;
            let mut parts = shard.sk.split('#').map(str::to_owned);
            if let (Some(kind), Some(channel)) = (parts.next(), parts.next()) {
                tallies.entry((kind, channel)).or_default().add(shard.tally);
            }
        }
        Ok(tallies)
    }

    /// How many have acknowledged an event.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn heard(&self, event: EventId) -> Result<u64, CloudError> {
        let mut heard = 0;
        let mut shards = self
            .shards(event_key(event))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = shards.next().await {
            let item = item.map_err(CloudError::call("Query of tallies"))?;
            let shard: HeardShard = stored::read("a tally", item)?;
            heard += shard.heard;
        }
        Ok(heard)
    }

    fn shards(&self, partition: String) -> QueryFluentBuilder {
        self.table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("#pk = :counter")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":counter", s(partition))
    }

    /// Adds to a commit what it does to the tallies of a notification's kind.
    pub(super) fn tally(
        &self,
        commit: &mut Commit,
        notification: &Notification,
        channels: &BTreeMap<Channel, Tally>,
    ) -> Result<(), CloudError> {
        for (channel, tally) in channels {
            let (kind, at) = (&notification.message.kind, notification.created_at);
            self.tally_one(commit, kind, at, *channel, *tally)?;
        }
        Ok(())
    }

    pub(super) fn tally_one(
        &self,
        commit: &mut Commit,
        kind: &str,
        at: Moment,
        channel: Channel,
        tally: Tally,
    ) -> Result<(), CloudError> {
        let day = at.get().date();
        let shard = rand::rng().random_range(0..SHARDS);
        let key = stored::key(day_key(day), format!("{kind}#{}#{shard}", channel.as_str()));
        let counts = [
            ("attempted", tally.attempted),
            ("sent", tally.sent),
            ("delivered", tally.delivered),
            ("failed", tally.failed),
        ];
        self.add(commit, key, &counts, at)
    }

    pub(super) fn tally_heard(
        &self,
        commit: &mut Commit,
        event: EventId,
        at: Moment,
    ) -> Result<(), CloudError> {
        let shard = rand::rng().random_range(0..SHARDS);
        let key = stored::key(event_key(event), format!("HEARD#{shard}"));
        self.add(commit, key, &[("heard", 1)], at)
    }

    fn add(
        &self,
        commit: &mut Commit,
        key: stored::Item,
        counts: &[(&str, i64)],
        at: Moment,
    ) -> Result<(), CloudError> {
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":expires", n(ends_at(at)));
        let mut additions = Vec::new();
        for (name, count) in counts.iter().filter(|(_, count)| *count != 0) {
            additions.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), *name)
                .expression_attribute_values(format!(":{name}"), n(*count));
        }
        if additions.is_empty() {
            return Ok(());
        }
        let update = update
            .update_expression(format!(
                "ADD {} SET #expires = :expires",
                additions.join(", ")
            ))
            .build()
            .map_err(CloudError::call("a tally"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.attempted += other.attempted;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.failed += other.failed;
    }
}

fn day_key(day: Date) -> String {
    format!("DELIVERIES#{day}")
}

fn event_key(event: EventId) -> String {
    format!("EVENT#{event}")
}

fn ends_at(at: Moment) -> i64 {
    let last = at.get().date().saturating_add(KEPT);
    last.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp()
}
