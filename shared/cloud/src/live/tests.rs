//! Against an embedded DynamoDB, over its real protocol.

use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, Projection, ProjectionType};
use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::work::Live;
use time::Duration;
use ulid::Ulid;

use super::{LIVE, LivePositions, Placed, SLOTS, partition, place_sk};
use crate::Table;
use crate::commit::{Commit, CommitError, Guard};
use crate::fixture;
use crate::stored::key;

const MOST_AGE: Duration = Duration::minutes(15);

fn now() -> Moment {
    "2026-02-24T10:30:00Z".parse().unwrap()
}

fn later(seconds: i64) -> Moment {
    now().plus(Duration::seconds(seconds))
}

fn account(number: u128) -> AccountId {
    AccountId::new(Ulid::from(number))
}

/// So many kilometres north of the centre.
fn north(kilometres: f64) -> GeoPoint {
    GeoPoint::new(27.0 + kilometres / 111.195, 85.0).unwrap()
}

async fn nobody() -> LivePositions {
    let client = fixture::engine().await;
    let index = GlobalSecondaryIndex::builder()
        .index_name("live")
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
        .table_name("connections")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(fixture::strings(&["pk", "sk", "gpk", "gsk"])))
        .set_key_schema(Some(fixture::keys("pk", "sk")))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    LivePositions {
        table: Table {
            client,
            name: "connections".to_owned(),
        },
    }
}

impl LivePositions {
    async fn goes(&self, number: u128, position: GeoPoint, at: Moment) {
        let placed = self
            .place(
                account(number),
                MOST_AGE,
                at,
                |_| Some(position),
                |_| Ok(()),
            )
            .await
            .unwrap();
        let live = Live {
            position,
            positioned_at: at,
        };
        assert_eq!(placed, Placed::At(live));
    }

    /// Who is within so many kilometres of the centre, nearest first.
    async fn found(&self, radius: f64, at: Moment) -> Vec<(AccountId, f64)> {
        let radius = RadiusKm::new(radius).unwrap();
        let near = self.near(north(0.0), radius, MOST_AGE, at).await.unwrap();
        near.into_iter()
            .map(|near| (near.provider, near.distance.rounded()))
            .collect()
    }

    async fn has(&self, number: u128, sk: &str) -> bool {
        let key = key(partition(account(number)), sk);
        self.table.read_one("GetItem", key).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn everybody_is_found_once_where_they_are_now_nearest_first() {
    let live = nobody().await;
    live.goes(1, north(3.0), now()).await;
    live.goes(2, north(1.0), now()).await;
    live.goes(3, north(30.0), now()).await;
    // Back and forth, by more places than are kept.
    for step in 1..=10 {
        live.goes(1, north(3.0 + f64::from(step % 3)), later(i64::from(step)))
            .await;
    }
    let found = live.found(10.0, later(11)).await;
    assert_eq!(found, [(account(2), 1.0), (account(1), 4.0)]);
    // Whoever has left the disc is not in it, whatever their old places say.
    live.goes(1, north(20.0), later(12)).await;
    assert_eq!(live.found(10.0, later(12)).await, [(account(2), 1.0)]);
    let all = live.found(50.0, later(12)).await;
    assert_eq!(
        all,
        [(account(2), 1.0), (account(1), 20.0), (account(3), 30.0)]
    );
}

/// What a search that began before a move, and reads the rest of the index after it, has of somebody.
#[tokio::test]
async fn the_places_before_a_move_stay_until_so_many_moves_later() {
    let live = nobody().await;
    for step in 0..i64::from(SLOTS) {
        #[allow(clippy::cast_precision_loss)]
        live.goes(1, north(step as f64), later(step)).await;
        for earlier in 0..=step {
            let slot = u8::try_from(earlier).unwrap();
            assert!(live.has(1, &place_sk(slot)).await, "{step} {earlier}");
        }
    }
    assert!(!live.has(1, &place_sk(SLOTS)).await);
}

#[tokio::test]
async fn whoever_stands_still_keeps_their_place() {
    let live = nobody().await;
    live.goes(1, north(1.0), now()).await;
    live.goes(1, north(1.0), later(60)).await;
    assert!(!live.has(1, &place_sk(1)).await);
    // The position counts from when it was last said.
    assert_eq!(live.found(5.0, later(900)).await.len(), 1);
    assert_eq!(live.found(5.0, later(960)).await, []);
}

#[tokio::test]
async fn whoever_leaves_is_found_nowhere_and_leaves_nothing() {
    let live = nobody().await;
    for step in 0..6 {
        live.goes(1, north(f64::from(step)), now()).await;
    }
    live.leave(account(1)).await.unwrap();
    assert_eq!(live.read(account(1), now()).await.unwrap(), None);
    assert_eq!(live.found(50.0, now()).await, []);
    for sk in (0..SLOTS).map(place_sk).chain([LIVE.to_owned()]) {
        assert!(!live.has(1, &sk).await, "{sk}");
    }
    // Again, and back.
    live.leave(account(1)).await.unwrap();
    live.goes(1, north(2.0), now()).await;
    assert_eq!(live.found(50.0, now()).await, [(account(1), 2.0)]);
}

#[tokio::test]
async fn a_rule_that_says_nothing_changes_nothing() {
    let live = nobody().await;
    let leave = async |at| {
        live.place(account(1), MOST_AGE, at, |_| None, |_| Ok(()))
            .await
            .unwrap()
    };
    assert_eq!(leave(now()).await, Placed::Left(None));
    assert!(!live.has(1, LIVE).await);
    live.goes(1, north(1.0), now()).await;
    let Placed::Left(Some(before)) = leave(later(5)).await else {
        panic!("it was there");
    };
    assert_eq!(before.positioned_at, now());
    // A day later nobody was ever active, whenever TTL comes by.
    assert_eq!(leave(later(86_400)).await, Placed::Left(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_move_at_once_leave_one_position_and_its_place() {
    let live = nobody().await;
    let moves = (0..12).map(|step| live.goes(1, north(f64::from(step)), now()));
    futures::future::join_all(moves).await;
    let position = live
        .read(account(1), now())
        .await
        .unwrap()
        .unwrap()
        .position;
    let found = live.found(50.0, now()).await;
    assert_eq!(
        found,
        [(account(1), north(0.0).distance_to(position).rounded())]
    );
}

#[tokio::test]
async fn only_who_is_active_and_known_to_be_somewhere_may_be_assigned_work() {
    let live = nobody().await;
    let check = async |at| {
        let mut commit = Commit::new(live.table.client.clone());
        live.must_be_live(&mut commit, account(1), MOST_AGE, at)
            .unwrap();
        commit.run().await
    };
    let is_refused = |outcome| {
        let refused = matches!(
            outcome,
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::ProviderLive
        );
        assert!(refused);
    };
    is_refused(check(now()).await);
    live.goes(1, north(1.0), now()).await;
    check(later(899)).await.unwrap();
    is_refused(check(later(900)).await);
    live.leave(account(1)).await.unwrap();
    is_refused(check(now()).await);
}
