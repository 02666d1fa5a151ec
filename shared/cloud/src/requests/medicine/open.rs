//! The requests that are open to a pharmacy.

use std::cmp::Reverse;

use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::AccountId;
use callout_domain::medicine::State;
use callout_domain::moment::Moment;

use crate::failure::CloudError;
use crate::requests::OpenRequest;
use crate::requests::medicine::stored::directed_to;
use crate::requests::medicine::{MEDICINE, Medicine};

/// The widest radius that a request may have: further away none can cover anybody.
const WIDEST_KM: f64 = 50.0;

impl Medicine<'_> {
    /// The open requests that reach a pharmacy at `position` or ask it by name, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn open_to(
        self,
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
        self,
        position: Option<GeoPoint>,
        now: Moment,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let Some(position) = position else {
            return Ok(Vec::new());
        };
        let widest = RadiusKm::new(WIDEST_KM).map_err(CloudError::call("a search"))?;
        let near = self.requests.open_around(MEDICINE, position, widest);
        let reaching = near
            .await?
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
        self,
        pharmacy: AccountId,
        now: Moment,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let asked = self.requests.open_in(directed_to(pharmacy)).await?;
        let open = asked
            .into_iter()
            .filter(|open| is_open(open.created_at, now))
            .map(|open| OpenRequest {
                id: open.request_id,
                distance: None,
            });
        Ok(open.collect())
    }
}

/// TTL deletes late: what nobody answered in time may still be in the index.
fn is_open(created_at: Moment, now: Moment) -> bool {
    State::Pending.at(created_at, now) == State::Pending
}
