//! Who and what is within a radius, by the geohash index that the tables share.
//!
//! An index of places has the partition key `gpk` = `<kind>#<geohash, 3 characters>` and the sort
//! key `gsk` = `<geohash, 12 characters>#<id>`. A search costs what is near, whatever the size of
//! the country: [`cover()`] turns the disc into a few ranges of the index (at most 12 for any radius
//! between 80 S and 80 N), each one Query, all at once, and the haversine distance drops what lies
//! in the ranges but not in the disc.

#[cfg(test)]
mod tests;

use std::fmt;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use callout_domain::geo::{CellRange, DistanceKm, GeoPoint, MAX_RANGES, RadiusKm, cover, nearest};
use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use crate::failure::CloudError;
use crate::stored::{self, Item, s};

/// What has a place, and so may be in an index of places.
pub(crate) trait Located {
    /// Where it is: what its keys in the index were made of.
    fn position(&self) -> GeoPoint;
}

/// The keys `gpk` and `gsk` that put an item of a kind into an index of places.
pub(crate) fn keys(kind: &str, position: GeoPoint, id: impl fmt::Display) -> (String, String) {
    let geohash = position.geohash();
    (
        partition(kind, geohash.partition()),
        format!("{geohash}#{id}"),
    )
}

fn partition(kind: &str, geohash: &str) -> String {
    format!("{kind}#{geohash}")
}

/// An index of places in a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RadiusIndex<'a> {
    /// Who asks.
    pub(crate) client: &'a aws_sdk_dynamodb::Client,
    /// The table's real name.
    pub(crate) table: &'a str,
    /// The index's name.
    pub(crate) index: &'static str,
}

/// What a search found and what it cost.
#[derive(Debug)]
pub(crate) struct RadiusHits<T> {
    /// Within the radius, its rim included, nearest first.
    pub(crate) hits: Vec<(T, DistanceKm)>,
    /// What finding them took.
    pub(crate) cost: SearchCost,
}

/// What a search took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct SearchCost {
    /// Ranges of the index asked for: one Query each, if each fits a page.
    pub(crate) ranges: usize,
    /// Queries sent, further pages included.
    pub(crate) queries: usize,
    /// Items that came back.
    pub(crate) items_read: usize,
    /// Of these, items that did not read as what they should be, and were passed over.
    pub(crate) unreadable: usize,
    /// Read capacity units, as DynamoDB counts them.
    pub(crate) capacity_units: f64,
}

impl RadiusIndex<'_> {
    /// The items of a kind within `radius` of `center`, as far as the index knows of them: it
    /// follows its table by some milliseconds, so what is decided by must be read again.
    ///
    /// An item that does not read is logged and counted, and hides none of the others.
    ///
    /// # Errors
    /// When any Query fails: a search that cannot see everywhere has not been made.
    pub(crate) async fn within<T>(
        &self,
        kind: &str,
        center: GeoPoint,
        radius: RadiusKm,
    ) -> Result<RadiusHits<T>, CloudError>
    where
        T: DeserializeOwned + Located,
    {
        let ranges = cover(center, radius).into_ranges();
        let mut cost = SearchCost {
            ranges: ranges.len(),
            ..SearchCost::default()
        };
        let queries: Vec<_> = ranges
            .into_iter()
            .map(|range| self.range(kind, range))
            .collect();
        // In the order of the ranges, so that a tie falls the same way each time.
        let answers: Vec<Answer> = stream::iter(queries)
            .buffered(MAX_RANGES)
            .try_collect()
            .await?;

        let mut candidates = Vec::new();
        for answer in answers {
            cost.queries += answer.queries;
            cost.capacity_units += answer.capacity_units;
            cost.items_read += answer.items.len();
            candidates.extend(answer.items.into_iter().filter_map(readable::<T>));
        }
        cost.unreadable = cost.items_read - candidates.len();
        Ok(RadiusHits {
            hits: nearest(center, radius, candidates),
            cost,
        })
    }

    /// All of one range, page by page.
    async fn range(&self, kind: &str, range: CellRange) -> Result<Answer, CloudError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.table)
            .index_name(self.index)
            .key_condition_expression("gpk = :partition AND gsk BETWEEN :from AND :to")
            .expression_attribute_values(":partition", s(partition(kind, &range.partition)))
            .expression_attribute_values(":from", s(range.from))
            .expression_attribute_values(":to", s(range.to))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .into_paginator()
            .send();
        let mut answer = Answer::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query"))?;
            let consumed = page
                .consumed_capacity
                .and_then(|consumed| consumed.capacity_units);
            answer.queries += 1;
            answer.capacity_units += consumed.unwrap_or(0.0);
            answer.items.extend(page.items.unwrap_or_default());
        }
        Ok(answer)
    }
}

/// What came back for one range.
#[derive(Default)]
struct Answer {
    items: Vec<Item>,
    queries: usize,
    capacity_units: f64,
}

fn readable<T: DeserializeOwned + Located>(item: Item) -> Option<(T, GeoPoint)> {
    let Ok(found) = stored::read::<T>("an item of an index of places", item) else {
        // Neither the item nor serde's words, which quote it: they may hold a person's data.
        tracing::error!(
            stored_as = std::any::type_name::<T>(),
            "an item does not read"
        );
        return None;
    };
    let position = found.position();
    Some((found, position))
}
