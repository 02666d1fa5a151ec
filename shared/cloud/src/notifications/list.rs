//! An inbox as its owner reads it.

use std::collections::BTreeMap;

use callout_domain::delivery::Attempt;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;

use super::stored::{Kept, Route};
use super::{BEHIND_ALL, Notification, Notifications, inbox_key};
use crate::failure::CloudError;
use crate::paging::{Page, Paging};
use crate::stored::{self, PK, s};

/// How many are read at once when all of an inbox are asked for.
const PAGE: usize = 100;

/// Which part of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is not archived.
    Current,
    /// What has not been read either.
    Unread,
    /// What is archived.
    Archived,
}

/// A notification as it stands in an inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The notification.
    pub notification: Notification,
    /// When its recipient read it.
    pub read_at: Option<Moment>,
    /// When its request closed.
    pub archived_at: Option<Moment>,
    /// When a client acknowledged it.
    pub acked_at: Option<Moment>,
    /// The attempts to make it heard.
    pub attempts: BTreeMap<Route, Attempt>,
}

impl Notifications {
    /// A part of an inbox, newest first. A consistent read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list(
        &self,
        recipient: AccountId,
        which: Which,
        paging: Paging<EventId>,
        now: Moment,
    ) -> Result<Page<Listed, EventId>, CloudError> {
        let (index, key, filter) = match which {
            Which::Current => (Some("current"), "current", None),
            Which::Unread => (Some("current"), "current", Some("attribute_exists(unread)")),
            Which::Archived => (None, stored::SK, Some("attribute_exists(archived_at)")),
        };
        let before = paging
            .before
            .map_or_else(|| BEHIND_ALL.to_owned(), |id| id.to_string());
        // One more than asked for tells whether there is more.
        let most = match filter {
            None => paging.limit + 1,
            Some(_) => PAGE.max(paging.limit + 1),
        };
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("#pk = :inbox AND #key < :before")
            .set_filter_expression(filter.map(str::to_owned))
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":inbox", s(inbox_key(recipient)))
            .expression_attribute_values(":before", s(before))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while items.len() <= paging.limit
            && let Some(item) = pages.next().await
        {
            let item = item.map_err(CloudError::call("Query of notifications"))?;
            let kept: Kept = stored::read("a notification", item)?;
            if kept.body.is_kept(now) {
                items.push(Listed::of(kept)?);
            }
        }
        let more = items.len() > paging.limit;
        items.truncate(paging.limit);
        let next = items
            .last()
            .filter(|_| more)
            .map(|listed| listed.notification.event);
        Ok(Page { items, next })
    }

    /// Marks all as read that are in the inbox when this begins.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn mark_all_read(&self, recipient: AccountId, now: Moment) -> Result<(), CloudError> {
        let mut before = None;
        loop {
            let paging = Paging {
                limit: PAGE,
                before,
            };
            // What arrives meanwhile is newer than where the next part begins.
            let page = self.list(recipient, Which::Unread, paging, now).await?;
            let events: Vec<EventId> = page
                .items
                .iter()
                .map(|listed| listed.notification.event)
                .collect();
            self.mark_read(recipient, &events, now).await?;
            before = page.next;
            if before.is_none() {
                return Ok(());
            }
        }
    }
}

impl Listed {
    pub(super) fn of(mut kept: Kept) -> Result<Self, CloudError> {
        Ok(Self {
            read_at: kept.body.read_at,
            archived_at: kept.body.archived_at,
            acked_at: kept.body.acked_at,
            attempts: std::mem::take(&mut kept.body.deliveries),
            notification: kept.try_into()?,
        })
    }
}
