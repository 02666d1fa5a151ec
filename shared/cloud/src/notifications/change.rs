//! What a recipient, or the end of a request, does to notifications: read, archive, remove. Each changes
//! the badge in the same transaction, and each notification only as it was read.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem, Update};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use futures::{StreamExt as _, TryStreamExt as _};

use super::badge::Changes;
use super::replay::number;
use super::stored::{Kept, Stored};
use super::{BEHIND_ALL, Notifications, inbox_key, lowest_id};
use crate::commit::{Commit, CommitError, Guard, MOST_ITEMS};
use crate::contention;
use crate::failure::CloudError;
use crate::stored::{self, s};

/// How many are changed in one transaction, of 100 items with the badge.
const AT_ONCE: usize = 90;

/// How many transactions are made at once where inboxes are changed together.
const GROUPS_AT_ONCE: usize = 8;

/// What is done to a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Its recipient has read it.
    Read,
    /// Its request has closed.
    Archive,
    /// It is taken out of the inbox.
    Remove,
}

impl Change {
    fn applies_to(self, stored: &Stored) -> bool {
        match self {
            Self::Read => stored.unread.is_some(),
            Self::Archive => stored.current.is_some(),
            Self::Remove => true,
        }
    }
}

impl Notifications {
    /// Marks these as read; those that are not in the inbox, or were read before, are left.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn mark_read(
        &self,
        recipient: AccountId,
        events: &[EventId],
        now: Moment,
    ) -> Result<(), CloudError> {
        self.change_all(recipient, events, Change::Read, now).await
    }

    /// Archives all that an inbox has about a request which was made at `since`, of what was committed
    /// before the record of the outbox's stream with that sequence number: so that doing it again leaves alone
    /// what has been told after it.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn archive(
        &self,
        recipient: AccountId,
        request: RequestId,
        (since, before): (Moment, &str),
        now: Moment,
    ) -> Result<(), CloudError> {
        let about: Vec<EventId> = self
            .about(recipient, request, lowest_id(since))
            .await?
            .into_iter()
            .filter(|kept| number(&kept.body.sequence) < number(before))
            .map(|kept| kept.sk)
            .collect();
        self.change_all(recipient, &about, Change::Archive, now)
            .await
    }

    /// Archives what these were told by any of these events, where it is in their inboxes.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn archive_for(
        &self,
        recipients: &[AccountId],
        events: &[EventId],
        now: Moment,
    ) -> Result<(), CloudError> {
        for events in events.chunks(AT_ONCE) {
            // Each inbox has its badge in the transaction too.
            let groups: Vec<Vec<_>> = recipients
                .chunks(MOST_ITEMS / (events.len() + 1))
                .map(|group| places(group, events))
                .collect();
            futures::stream::iter(groups)
                .map(|group| async move { self.change_few(&group, Change::Archive, now).await })
                .buffer_unordered(GROUPS_AT_ONCE)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    pub(super) async fn change_all(
        &self,
        recipient: AccountId,
        events: &[EventId],
        change: Change,
        now: Moment,
    ) -> Result<(), CloudError> {
        for events in events.chunks(AT_ONCE) {
            let places = places(&[recipient], events);
            self.change_few(&places, change, now).await?;
        }
        Ok(())
    }

    async fn change_few(
        &self,
        places: &[(AccountId, EventId)],
        change: Change,
        now: Moment,
    ) -> Result<(), CloudError> {
        for tries in 0..contention::TRIES {
            let found = self.read_notifications(places).await?;
            let mut commit = self.commit();
            let mut badges: BTreeMap<AccountId, Changes> = BTreeMap::new();
            for ((recipient, event), stored) in &found {
                if change.applies_to(stored) {
                    self.change(&mut commit, *recipient, *event, stored, change, now)?;
                    let badge = badges.entry(*recipient).or_default();
                    stored
                        .counted_on()
                        .into_iter()
                        .for_each(|day| badge.fewer(day));
                }
            }
            if commit.is_empty() {
                return Ok(());
            }
            for (recipient, badge) in &badges {
                self.change_badge(&mut commit, *recipient, badge, now)?;
            }
            match commit.run().await {
                Ok(()) => return Ok(()),
                Err(CommitError::Refused(_)) => contention::wait(tries).await,
                Err(CommitError::Cloud(error)) => return Err(error),
            }
        }
        Err(CloudError::Contended)
    }

    /// Adds the change of one notification, which happens only as it was read.
    pub(super) fn change(
        &self,
        commit: &mut Commit,
        recipient: AccountId,
        event: EventId,
        stored: &Stored,
        change: Change,
        now: Moment,
    ) -> Result<(), CloudError> {
        let key = stored::key(inbox_key(recipient), event.to_string());
        // Whether the badge counts it is all that must not have changed.
        let condition = match stored.unread {
            Some(_) => "attribute_exists(#pk) AND attribute_exists(#unread)",
            None => "attribute_exists(#pk) AND attribute_not_exists(#unread)",
        };
        let expression = match change {
            Change::Read => "SET read_at = :now REMOVE #unread",
            Change::Archive => "SET archived_at = :now REMOVE #unread, #current",
            Change::Remove => {
                let delete = Delete::builder()
                    .table_name(&self.table.name)
                    .set_key(Some(key))
                    .condition_expression(condition)
                    .expression_attribute_names("#pk", stored::PK)
                    .expression_attribute_names("#unread", "unread")
                    .build()
                    .map_err(CloudError::call("a notification's removal"))?;
                commit.push(
                    Guard::NotificationUnchanged,
                    TransactWriteItem::builder().delete(delete).build(),
                );
                return Ok(());
            }
        };
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .update_expression(expression)
            .condition_expression(condition)
            .expression_attribute_names("#pk", stored::PK)
            .expression_attribute_names("#unread", "unread")
            .expression_attribute_values(":now", s(now.to_string()));
        if change == Change::Archive {
            update = update.expression_attribute_names("#current", "current");
        }
        let update = update
            .build()
            .map_err(CloudError::call("a change of a notification"))?;
        commit.push(
            Guard::NotificationUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    /// These notifications, as they are now, by recipient and event.
    pub(super) async fn read_notifications(
        &self,
        places: &[(AccountId, EventId)],
    ) -> Result<HashMap<(AccountId, EventId), Stored>, CloudError> {
        let mut recipients = HashMap::new();
        let mut keys = Vec::new();
        for (recipient, event) in places {
            keys.push((inbox_key(*recipient), event.to_string()));
            recipients.insert(inbox_key(*recipient), *recipient);
        }
        let mut found = HashMap::new();
        for item in self.table.read_many(keys).await? {
            let kept: Kept = stored::read("a notification", item)?;
            if let Some(recipient) = recipients.get(&kept.pk) {
                found.insert((*recipient, kept.sk), kept.body);
            }
        }
        Ok(found)
    }

    /// What an inbox has about a request, of events from that id on.
    pub(super) async fn about(
        &self,
        recipient: AccountId,
        request: RequestId,
        from: EventId,
    ) -> Result<Vec<Kept>, CloudError> {
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :inbox AND #sk BETWEEN :from AND :end")
            .filter_expression("request_id = :request")
            .expression_attribute_names("#pk", stored::PK)
            .expression_attribute_names("#sk", stored::SK)
            .expression_attribute_values(":inbox", s(inbox_key(recipient)))
            .expression_attribute_values(":from", s(from.to_string()))
            .expression_attribute_values(":end", s(BEHIND_ALL))
            .expression_attribute_values(":request", s(request.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut about = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(CloudError::call("Query of notifications"))?;
            about.push(stored::read("a notification", item)?);
        }
        Ok(about)
    }
}

/// Each event in each inbox.
fn places(recipients: &[AccountId], events: &[EventId]) -> Vec<(AccountId, EventId)> {
    let mut places = Vec::with_capacity(recipients.len() * events.len());
    for recipient in recipients {
        places.extend(events.iter().map(|event| (*recipient, *event)));
    }
    places
}
