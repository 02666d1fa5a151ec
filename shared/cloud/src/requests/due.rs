//! What ends by itself: for every request that waits, when its time is over, found oldest first.
//!
//! The item `DUE` stands in the index `open` by `DUE#<shard>`, `<time>#<id>`; the time has a fixed width, so
//! that its text sorts as it does. A request is due once its time is over and nobody has ended it. That is only
//! where to look: what is found is read again, and its kind decides.

#[cfg(test)]
mod tests;

use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::requests::erase::unless_gone;
use crate::requests::kept::ends;
use crate::requests::open::INDEX;
use crate::requests::{Requests, partition};
use crate::stored::{self, Item, key, s};

/// Under which key of a request its time is.
pub(super) const DUE: &str = "DUE";

/// Over how many partitions those that wait are spread. Who is where follows from this number.
const SHARDS: u8 = 4;

/// A kind of request that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Medicine that no pharmacy has accepted.
    Medicine,
    /// Blood that nobody has closed.
    Blood,
    /// Work that its provider has not answered.
    Work,
}

/// A request and when its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub request: RequestId,
    /// Of which kind.
    pub kind: Kind,
    /// From when on.
    pub at: Moment,
}

#[derive(Serialize, Deserialize)]
struct StoredDue {
    request_id: RequestId,
    kind: Kind,
    due_at: Moment,
    gpk: String,
    gsk: String,
    expires_at: i64,
}

impl Due {
    /// A new request that waits for so long.
    pub(super) fn after(request: &Header, kind: Kind, lifetime: Duration) -> Self {
        Self {
            request: request.id,
            kind,
            at: request.created_at.plus(lifetime),
        }
    }

    /// The item that says so; it ends with the request at the latest.
    pub(super) fn item(self, request: &Header) -> Result<Item, CloudError> {
        let body = StoredDue {
            request_id: self.request,
            kind: self.kind,
            due_at: self.at,
            gpk: shard(shard_of(self.request)),
            gsk: place(self.at, self.request),
            expires_at: ends(request),
        };
        stored::item(partition(self.request), DUE.to_owned(), &body)
    }
}

impl Requests {
    /// At most so many requests that are due at `now`, oldest first. Some of them may have ended meanwhile:
    /// the index follows the table.
    ///
    /// An item that does not read is logged, and hides none of the others.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn due(&self, now: Moment, most: usize) -> Result<Vec<Due>, CloudError> {
        let shards = (0..SHARDS).map(|shard| self.due_in(shard, now, most));
        let found: Vec<Vec<Due>> = stream::iter(shards)
            .buffered(SHARDS.into())
            .try_collect()
            .await?;
        let mut due = found.concat();
        due.sort_by_key(|due| (due.at, due.request));
        due.truncate(most);
        Ok(due)
    }

    /// Has a request be due later, or, if it cannot be ended now, after the others that are due. Nothing
    /// happens if it waits no more.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn put_off(&self, due: Due, until: Moment) -> Result<(), CloudError> {
        let table = &self.table;
        let change = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(due_key(due.request)))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET due_at = :until, gsk = :place")
            .expression_attribute_values(":until", s(until))
            .expression_attribute_values(":place", s(place(until, due.request)));
        unless_gone(change).await
    }

    /// Forgets when the time of a request is over that has ended otherwise. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn strike(&self, due: Due) -> Result<(), CloudError> {
        let table = &self.table;
        table
            .client
            .delete_item()
            .table_name(&table.name)
            .set_key(Some(due_key(due.request)))
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?;
        Ok(())
    }

    /// The oldest of one partition, page by page until there are enough.
    async fn due_in(&self, number: u8, now: Moment, most: usize) -> Result<Vec<Due>, CloudError> {
        let mut items = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(INDEX)
            .key_condition_expression("gpk = :shard AND gsk < :end")
            .expression_attribute_values(":shard", s(shard(number)))
            // After every id.
            .expression_attribute_values(":end", s(format!("{now}#~")))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while found.len() < most
            && let Some(item) = items.next().await
        {
            let item = item.map_err(CloudError::call("Query"))?;
            found.extend(readable(item));
        }
        Ok(found)
    }
}

fn due_key(request: RequestId) -> Item {
    key(partition(request), DUE)
}

fn shard(number: u8) -> String {
    format!("{DUE}#{number}")
}

/// The end of an id is drawn by chance.
fn shard_of(request: RequestId) -> u8 {
    let id = request.to_string();
    id.bytes().last().unwrap_or_default() % SHARDS
}

fn place(at: Moment, request: RequestId) -> String {
    format!("{at}#{request}")
}

fn readable(item: Item) -> Option<Due> {
    match stored::read::<StoredDue>("when a request is due", item) {
        Ok(stored) => Some(Due {
            request: stored.request_id,
            kind: stored.kind,
            at: stored.due_at,
        }),
        Err(error) => {
            tracing::error!(error = error.chain(), "an item does not read");
            None
        }
    }
}
