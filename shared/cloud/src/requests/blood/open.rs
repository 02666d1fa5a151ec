//! The requests that are open to donors of a city, or around a place.

use callout_domain::account::City;
use callout_domain::geo::{GeoPoint, RadiusKm};

use crate::failure::CloudError;
use crate::requests::OpenRequest;
use crate::requests::blood::stored::of_city;
use crate::requests::blood::{BLOOD, Blood};

/// The widest radius that a request may have: further away none can reach anybody.
const WIDEST_KM: f64 = 50.0;

impl Blood<'_> {
    /// The requests that are open in a city, however it is spelt, newest first. Some of them may have
    /// ended: TTL deletes late, and whoever reads one judges.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn open_in(self, city: &City) -> Result<Vec<OpenRequest>, CloudError> {
        let oldest_first = self.requests.open_in(of_city(city)).await?;
        let open = oldest_first.into_iter().rev().map(|open| OpenRequest {
            id: open.request_id,
            distance: None,
        });
        Ok(open.collect())
    }

    /// The requests around a point that stand within a radius of somebody, however far they reach
    /// themselves, nearest first. Some of them may have ended, as in a city.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn open_around(
        self,
        point: GeoPoint,
        within: RadiusKm,
    ) -> Result<Vec<OpenRequest>, CloudError> {
        let nearest_first = self.requests.open_around(BLOOD, point, within).await?;
        let open = nearest_first
            .into_iter()
            .map(|(open, distance)| OpenRequest {
                id: open.request_id,
                distance: Some(distance),
            });
        Ok(open.collect())
    }

    /// The requests around a point that reach somebody at a position by their own radius, nearest
    /// first. Some of them may have ended, as in a city.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn open_reaching(self, position: GeoPoint) -> Result<Vec<OpenRequest>, CloudError> {
        let widest = RadiusKm::new(WIDEST_KM).map_err(CloudError::call("a search"))?;
        let nearest_first = self.requests.open_around(BLOOD, position, widest).await?;
        let reaching = nearest_first
            .into_iter()
            .filter(|(open, distance)| open.radius_km.reaches(*distance))
            .map(|(open, distance)| OpenRequest {
                id: open.request_id,
                distance: Some(distance),
            });
        Ok(reaching.collect())
    }
}
