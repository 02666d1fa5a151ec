//! Against an embedded DynamoDB, over its real protocol.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, Projection, ProjectionType};
use callout_domain::geo::{GeoPoint, RadiusKm};
use serde::{Deserialize, Serialize};

use super::{Located, RadiusHits, RadiusIndex, keys};
use crate::fixture;
use crate::stored::{self, s};

const TABLE: &str = "places";

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    name: String,
    position: GeoPoint,
    #[serde(default)]
    notes: String,
}

impl Located for Place {
    fn position(&self) -> GeoPoint {
        self.position
    }
}

/// A table of places with its index, gone with the test.
struct Places {
    client: Client,
    names: u32,
}

impl Places {
    async fn none() -> Self {
        let client = fixture::engine().await;
        let index = GlobalSecondaryIndex::builder()
            .index_name("responders")
            .set_key_schema(Some(fixture::keys("gpk", "gsk")))
            .projection(
                Projection::builder()
                    .projection_type(ProjectionType::All)
                    .build(),
            )
            .build()
            .unwrap();
        client
            .create_table()
            .table_name(TABLE)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(fixture::strings(&["pk", "sk", "gpk", "gsk"])))
            .set_key_schema(Some(fixture::keys("pk", "sk")))
            .global_secondary_indexes(index)
            .send()
            .await
            .unwrap();
        Self { client, names: 0 }
    }

    async fn add(&mut self, kind: &str, lat: f64, lng: f64, notes: &str) -> String {
        self.names += 1;
        let name = format!("{kind} {:04}", self.names);
        let position = GeoPoint::new(lat, lng).unwrap();
        let place = Place {
            name: name.clone(),
            position,
            notes: notes.to_owned(),
        };
        let mut item =
            stored::item(format!("ACCOUNT#{name}"), "PROFILE".to_owned(), &place).unwrap();
        let (gpk, gsk) = keys(kind, position, &name);
        item.extend([("gpk".to_owned(), s(gpk)), ("gsk".to_owned(), s(gsk))]);
        self.client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item))
            .send()
            .await
            .unwrap();
        name
    }

    async fn within(&self, kind: &str, center: GeoPoint, kilometres: f64) -> RadiusHits<Place> {
        let index = RadiusIndex {
            client: &self.client,
            table: TABLE,
            index: "responders",
        };
        index
            .within(kind, center, RadiusKm::new(kilometres).unwrap())
            .await
            .unwrap()
    }
}

fn names(found: &RadiusHits<Place>) -> Vec<&str> {
    found
        .hits
        .iter()
        .map(|(place, _)| place.name.as_str())
        .collect()
}

/// Steps that spread evenly over -1..1, the same in every run.
fn spread(i: u32) -> (f64, f64) {
    let part = |by: f64| (f64::from(i) * by % 1.0) * 2.0 - 1.0;
    (part(0.754_877_666), part(0.569_840_291))
}

#[tokio::test]
async fn finds_what_a_scan_would_nearest_first_wherever_the_centre_is() {
    let mut places = Places::none().await;
    let centers = [(27.7172, 85.324), (-16.8, 180.0), (45.0, 0.0), (89.9, 20.0)];
    for (lat, lng) in centers {
        // Twice the widest radius to each side, over antimeridian and pole.
        let (high, wide): (f64, f64) = (0.9, if lat > 89.0 { 180.0 } else { 1.3 });
        for i in 1..=80 {
            let (north, east) = spread(i);
            let around = (lng + east * wide + 180.0).rem_euclid(360.0) - 180.0;
            places
                .add("PHARMACY", (lat + north * high).min(90.0), around, "")
                .await;
        }
    }
    let scan = places.client.scan().table_name(TABLE).send().await.unwrap();
    let all: Vec<Place> = scan
        .items
        .unwrap()
        .into_iter()
        .map(|item| stored::read("a place", item).unwrap())
        .collect();
    assert_eq!(all.len(), 320);

    for (lat, lng) in centers {
        let center = GeoPoint::new(lat, lng).unwrap();
        for kilometres in [1.0, 10.0, 50.0] {
            let found = places.within("PHARMACY", center, kilometres).await;
            let mut expected: Vec<_> = all
                .iter()
                .map(|place| (center.distance_to(place.position), place.name.as_str()))
                .filter(|(distance, _)| distance.kilometres() <= kilometres)
                .collect();
            expected.sort_unstable();
            let expected: Vec<_> = expected.into_iter().map(|(_, name)| name).collect();
            assert_eq!(names(&found), expected, "{lat} {lng} {kilometres}");
            assert!(
                kilometres < 50.0 || expected.len() > 10,
                "{lat} {lng}: {}",
                expected.len()
            );
            assert!(found.hits.is_sorted_by_key(|(_, distance)| *distance));

            let cost = found.cost;
            assert!(
                cost.items_read >= expected.len() && cost.capacity_units > 0.0,
                "{cost:?}"
            );
            assert!(lat > 80.0 || cost.ranges <= 12, "{cost:?}");
            assert_eq!(
                (cost.queries, cost.unreadable),
                (cost.ranges, 0),
                "{cost:?}"
            );
        }
    }
}

#[tokio::test]
async fn one_kind_does_not_see_another() {
    let mut places = Places::none().await;
    let pharmacy = places.add("PHARMACY", 10.0, 10.0, "").await;
    let donor = places.add("DONOR", 10.0, 10.0, "").await;
    let here = GeoPoint::new(10.0, 10.0).unwrap();
    assert_eq!(
        names(&places.within("PHARMACY", here, 1.0).await),
        [pharmacy.as_str()]
    );
    assert_eq!(
        names(&places.within("DONOR", here, 1.0).await),
        [donor.as_str()]
    );
}

#[tokio::test]
async fn a_range_of_many_pages_is_read_to_its_end() {
    let mut places = Places::none().await;
    let notes = "n".repeat(200_000);
    for _ in 0..16 {
        places.add("PHARMACY", 10.01, 10.01, &notes).await;
    }
    let found = places
        .within("PHARMACY", GeoPoint::new(10.0, 10.0).unwrap(), 5.0)
        .await;
    assert_eq!(found.hits.len(), 16);
    assert!(found.cost.queries > found.cost.ranges, "{:?}", found.cost);
    // Half a unit for each 4 KB read.
    assert!(
        (380.0..=500.0).contains(&found.cost.capacity_units),
        "{:?}",
        found.cost
    );
}

#[tokio::test]
async fn an_item_that_does_not_read_is_counted_and_hides_none() {
    let mut places = Places::none().await;
    let whole = places.add("PHARMACY", 10.0, 10.0, "").await;
    let here = GeoPoint::new(10.0, 10.0).unwrap();
    let (gpk, gsk) = keys("PHARMACY", here, "broken");
    let broken = [
        ("pk", "ACCOUNT#broken"),
        ("sk", "PROFILE"),
        ("gpk", &gpk),
        ("gsk", &gsk),
    ];
    let item = broken
        .map(|(name, value)| (name.to_owned(), s(value)))
        .into();
    places
        .client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item))
        .send()
        .await
        .unwrap();

    let found = places.within("PHARMACY", here, 1.0).await;
    assert_eq!(names(&found), [whole.as_str()]);
    assert_eq!((found.cost.items_read, found.cost.unreadable), (2, 1));
}

#[tokio::test]
async fn a_failing_query_fails_the_search() {
    let places = Places::none().await;
    let index = RadiusIndex {
        client: &places.client,
        table: TABLE,
        index: "no such index",
    };
    let here = GeoPoint::new(10.0, 10.0).unwrap();
    let searched = index
        .within::<Place>("PHARMACY", here, RadiusKm::new(1.0).unwrap())
        .await;
    assert!(searched.is_err());
}

/// A handler's future must be `Send`; this holds if it compiles.
#[allow(dead_code)]
fn a_search_may_move_between_threads(index: RadiusIndex<'_>, here: GeoPoint, radius: RadiusKm) {
    fn send<T: Send>(_: T) {}
    send(index.within::<Place>("PHARMACY", here, radius));
}
