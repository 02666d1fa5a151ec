//! Which providers are near a place just now.

use std::collections::BTreeSet;

use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::work::Live;
use serde::Deserialize;
use time::Duration;

use super::{INDEX, LivePositions, PROVIDER};
use crate::failure::CloudError;
use crate::radius_search::{Located, RadiusIndex};

/// A provider who is active, and near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Who.
    pub provider: AccountId,
    /// Where.
    pub live: Live,
    /// How far that is.
    pub distance: DistanceKm,
}

/// What a search reads of a place.
#[derive(Deserialize)]
struct Seen {
    account_id: AccountId,
    position: GeoPoint,
}

impl Located for Seen {
    fn position(&self) -> GeoPoint {
        self.position
    }
}

impl LivePositions {
    /// The providers within a radius, its rim included, who have said within `most_age` where they
    /// are: each once, by where they are now, nearest first.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn near(
        &self,
        center: GeoPoint,
        radius: RadiusKm,
        most_age: Duration,
        now: Moment,
    ) -> Result<Vec<Near>, CloudError> {
        let index = RadiusIndex {
            client: &self.table.client,
            table: &self.table.name,
            index: INDEX,
        };
        let found = index.within::<Seen>(PROVIDER, center, radius).await?;
        tracing::debug!(cost = ?found.cost, "searched a radius");
        let seen: BTreeSet<AccountId> = found
            .hits
            .into_iter()
            .map(|(seen, _)| seen.account_id)
            .collect();
        let seen: Vec<AccountId> = seen.into_iter().collect();
        let mut near: Vec<Near> = self
            .read_many(&seen, now)
            .await?
            .into_iter()
            .filter(|(_, live)| live.is_fresh(most_age, now))
            .map(|(provider, live)| Near {
                provider,
                live,
                distance: center.distance_to(live.position),
            })
            .filter(|near| radius.reaches(near.distance))
            .collect();
        near.sort_unstable_by_key(|near| (near.distance, near.provider));
        Ok(near)
    }
}
