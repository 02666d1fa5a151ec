//! The index of open requests: where a request stands in it, and how those near a place, or of one
//! partition, are found.

use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::radius_search::{self, Located, RadiusIndex};
use crate::requests::{Requests, partition};
use crate::stored::{self, Item, s};

pub(super) const INDEX: &str = "open";

/// An open request as far as the index knows, which follows the table; what it says must be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenRequest {
    /// Which.
    pub id: RequestId,
    /// How far away it is, where it has a place.
    pub distance: Option<DistanceKm>,
}

/// Where in the index a request stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// Around a point, as far as it reaches.
    Around {
        /// Where the need is.
        center: GeoPoint,
        /// How far it reaches.
        radius: RadiusKm,
    },
    /// In a partition of its own naming, newest last.
    In(String),
}

/// A request's place among the open ones.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOpen {
    pub(super) request_id: RequestId,
    pub(super) created_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    center: Option<GeoPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    radius_km: Option<RadiusKm>,
    gpk: String,
    gsk: String,
    expires_at: i64,
}

/// What a search around a point reads of [`StoredOpen`].
#[derive(Deserialize)]
pub(super) struct OpenAround {
    pub(super) request_id: RequestId,
    pub(super) created_at: Moment,
    center: GeoPoint,
    pub(super) radius_km: RadiusKm,
}

impl Located for OpenAround {
    fn position(&self) -> GeoPoint {
        self.center
    }
}

impl Place {
    /// The item that puts a request of a kind there, under `sk`, until it has lived for so long.
    pub(super) fn item(
        self,
        sk: &str,
        kind: &str,
        request: &Header,
        lifetime: Duration,
    ) -> Result<Item, CloudError> {
        let (center, radius_km, (gpk, gsk)) = match self {
            Self::Around { center, radius } => {
                let keys = radius_search::keys(kind, center, request.id);
                (Some(center), Some(radius), keys)
            }
            Self::In(partition) => (None, None, (partition, request.id.to_string())),
        };
        let body = StoredOpen {
            request_id: request.id,
            created_at: request.created_at,
            center,
            radius_km,
            gpk,
            gsk,
            expires_at: request.created_at.plus(lifetime).unix_seconds(),
        };
        stored::item(partition(request.id), sk.to_owned(), &body)
    }
}

impl Requests {
    /// The open requests of a kind that stand within a radius of a point, nearest first, however far
    /// they reach themselves. Some of them may have ended: TTL deletes late.
    pub(super) async fn open_around(
        &self,
        kind: &str,
        point: GeoPoint,
        within: RadiusKm,
    ) -> Result<Vec<(OpenAround, DistanceKm)>, CloudError> {
        let index = RadiusIndex {
            client: &self.table.client,
            table: &self.table.name,
            index: INDEX,
        };
        Ok(index.within::<OpenAround>(kind, point, within).await?.hits)
    }

    /// The open requests of a partition, oldest first. Some of them may have ended: TTL deletes late.
    pub(super) async fn open_in(&self, partition: String) -> Result<Vec<StoredOpen>, CloudError> {
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(INDEX)
            .key_condition_expression("gpk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                found.push(stored::read("an open request", item)?);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::geo::{GeoPoint, RadiusKm};
    use callout_domain::ids::{AccountId, RequestId};
    use callout_domain::request::Header;
    use time::Duration;
    use ulid::Ulid;

    use super::{OpenAround, Place, StoredOpen};
    use crate::radius_search::Located as _;
    use crate::stored::{self, Item};

    fn header() -> Header {
        Header {
            id: RequestId::new(Ulid::from(1)),
            requester: AccountId::new(Ulid::from(7)),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            told: 3,
            chunks: 1,
            announced: Vec::new(),
        }
    }

    fn item(place: Place) -> Item {
        let item = place.item("OPEN", "MEDICINE", &header(), Duration::hours(24));
        item.unwrap()
    }

    #[test]
    fn a_place_around_a_point_is_what_a_search_reads_and_nothing_personal() {
        let center = GeoPoint::new(27.7172, 85.324).unwrap();
        let radius = RadiusKm::new(10.0).unwrap();
        let stored = item(Place::Around { center, radius });
        let text = format!("{stored:?}");
        assert!(!text.contains(&header().requester.to_string()), "{text}");

        let read: OpenAround = stored::read("open", stored.clone()).unwrap();
        assert_eq!(read.request_id, header().id);
        assert_eq!(read.position(), center);
        assert!((read.radius_km.kilometres() - 10.0).abs() < f64::EPSILON);
        assert_eq!(stored["gpk"], stored::s("MEDICINE#tuu"));
        let end = header().created_at.plus(Duration::days(1)).unix_seconds();
        assert_eq!(stored["expires_at"], stored::n(end));
    }

    #[test]
    fn a_place_in_a_partition_has_no_point_and_the_order_of_its_requests() {
        let stored = item(Place::In("MEDICINE#TO#somebody".to_owned()));
        assert_eq!(stored["gpk"], stored::s("MEDICINE#TO#somebody"));
        assert_eq!(stored["gsk"], stored::s(header().id.to_string()));
        assert!(!stored.contains_key("center"));
        let read: StoredOpen = stored::read("open", stored).unwrap();
        assert_eq!(read.request_id, header().id);
    }
}
