//! The requests that are open to a pharmacy.

use std::cmp::Reverse;

use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::medicine::State;
use callout_domain::moment::Moment;

use crate::failure::CloudError;
use crate::radius_search::RadiusIndex;
use crate::requests::Requests;
use crate::requests::stored::{MEDICINE, OpenAround, StoredOpen, directed_to};
use crate::stored::{self, s};

const INDEX: &str = "open";
/// The widest radius that a request may have: further away none can cover anybody.
const WIDEST_KM: f64 = 50.0;

/// A request that a pharmacy may answer, as far as the index knows; what it says must be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenRequest {
    /// Which.
    pub id: RequestId,
    /// How far away it is, where it has a place.
    pub distance: Option<DistanceKm>,
}

impl Requests {
    /// The open requests that reach a pharmacy at `position` or ask it by name, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn open_to(
        &self,
        pharmacy: AccountId,
        position: Option<GeoPoint>,
        now: Moment,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let (mut open, directed) = futures::try_join!(
            self.open_around(position, now),
            self.open_by_name(pharmacy, now)
        )?;
        open.extend(directed);
        open.sort_by_key(|open| Reverse(open.id));
        Ok(open)
    }

    async fn open_around(
        &self,
        position: Option<GeoPoint>,
        now: Moment,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let Some(position) = position else {
            return Ok(Vec::new());
        };
        let widest = RadiusKm::new(WIDEST_KM).map_err(CloudError::call("a search"))?;
        let index = RadiusIndex {
            client: &self.table.client,
            table: &self.table.name,
            index: INDEX,
        };
        let near = index
            .within::<OpenAround>(MEDICINE, position, widest)
            .await?;
        let reaching = near
            .hits
            .into_iter()
            .filter(|(open, distance)| {
                open.radius_km.reaches(*distance) && is_open(open.created_at, now)
            })
            .map(|(open, distance)| OpenRequest {
                id: open.request_id,
                distance: Some(distance),
            });
        Ok(reaching.collect())
    }

    async fn open_by_name(
        &self,
        pharmacy: AccountId,
        now: Moment,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(INDEX)
            .key_condition_expression("gpk = :asked")
            .expression_attribute_values(":asked", s(directed_to(pharmacy)))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                let open: StoredOpen = stored::read("an open request", item)?;
                if is_open(open.created_at, now) {
                    found.push(OpenRequest {
                        id: open.request_id,
                        distance: None,
                    });
                }
            }
        }
        Ok(found)
    }
}

/// TTL deletes late: what nobody answered in time may still be in the index.
fn is_open(created_at: Moment, now: Moment) -> bool {
    State::Pending.at(created_at, now) == State::Pending
}
