//! Against an embedded DynamoDB, over its real protocol.

#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, Projection, ProjectionType};
use callout_domain::audience::Audience;
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use time::Duration;
use ulid::Ulid;

use super::{DUE, Due, Kind, SHARDS, shard_of};
use crate::Table;
use crate::commit::Commit;
use crate::fixture::{engine, keys, strings};
use crate::requests::{Requests, request_key};
use crate::stored::s;

const LIFETIME: Duration = Duration::hours(24);

fn made() -> Moment {
    "2026-02-24T10:30:00Z".parse().unwrap()
}

/// When what was made so many seconds after the first is due.
fn end(seconds: i64) -> Moment {
    made().plus(LIFETIME + Duration::seconds(seconds))
}

async fn none() -> Requests {
    let client = engine().await;
    let all = Projection::builder().projection_type(ProjectionType::All);
    let index = GlobalSecondaryIndex::builder()
        .index_name("open")
        .set_key_schema(Some(keys("gpk", "gsk")))
        .projection(all.build())
        .build()
        .unwrap();
    client
        .create_table()
        .table_name("requests")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(strings(&["pk", "sk", "gpk", "gsk"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    let name = "requests".to_owned();
    Requests {
        table: Table { client, name },
    }
}

/// The request of that number, made so many seconds after the first.
async fn make(table: &Requests, number: u128, seconds: i64) -> Due {
    let nobody = Audience::new(Vec::new());
    let header = Header::new(
        RequestId::new(Ulid::from(number)),
        AccountId::new(Ulid::from(7)),
        &nobody,
        made().plus(Duration::seconds(seconds)),
    );
    let due = Due::after(&header, Kind::Medicine, LIFETIME);
    let mut commit = Commit::new(table.table.client.clone());
    let item = request_key(header.id);
    table
        .create(&mut commit, &header, item, &nobody, Vec::new(), due)
        .unwrap();
    commit.run().await.unwrap();
    due
}

#[tokio::test]
async fn what_is_due_is_found_oldest_first_wherever_it_stands() {
    let table = none().await;
    let mut all = Vec::new();
    for (number, seconds) in [(1, 50), (2, 10), (3, 40), (4, 0), (5, 30), (6, 20), (7, 60)] {
        all.push(make(&table, number, seconds).await);
    }
    all.sort_by_key(|due| due.at);
    let shards = all.iter().map(|due| shard_of(due.request));
    let used: std::collections::BTreeSet<u8> = shards.collect();
    assert_eq!(used.len(), usize::from(SHARDS));

    let just_before = end(0).plus(-Duration::milliseconds(1));
    assert_eq!(table.due(just_before, 500).await.unwrap(), []);
    assert_eq!(table.due(end(0), 500).await.unwrap(), all[..1]);
    assert_eq!(table.due(end(30), 500).await.unwrap(), all[..4]);
    assert_eq!(table.due(end(600), 500).await.unwrap(), all);
    assert_eq!(table.due(end(600), 3).await.unwrap(), all[..3]);
}

#[tokio::test]
async fn what_is_put_off_comes_later_and_what_is_struck_never_again() {
    let table = none().await;
    let first = make(&table, 1, 0).await;
    let second = make(&table, 2, 10).await;
    table.put_off(first, end(20)).await.unwrap();
    let later = Due {
        at: end(20),
        ..first
    };
    assert_eq!(table.due(end(19), 500).await.unwrap(), [second]);
    assert_eq!(table.due(end(20), 500).await.unwrap(), [second, later]);
    for _ in 0..2 {
        table.strike(second).await.unwrap();
        // What is gone does not come back.
        table.put_off(second, end(0)).await.unwrap();
    }
    assert_eq!(table.due(end(600), 500).await.unwrap(), [later]);
}

#[tokio::test]
async fn a_request_that_leaves_the_open_ones_is_not_due() {
    let table = none().await;
    let due = make(&table, 1, 0).await;
    let mut commit = Commit::new(table.table.client.clone());
    table.leave(&mut commit, due.request, &["OPEN"]).unwrap();
    assert_eq!(commit.len(), 2);
    commit.run().await.unwrap();
    assert_eq!(table.due(end(600), 500).await.unwrap(), []);
}

#[tokio::test]
async fn what_does_not_read_hides_none_of_the_others() {
    let table = none().await;
    // Of the same partition, and older.
    let odd = make(&table, 1, 0).await;
    let due = make(&table, 1 + 32, 10).await;
    assert_eq!(shard_of(odd.request), shard_of(due.request));
    let key = crate::stored::key(super::partition(odd.request), DUE);
    table
        .table
        .client
        .update_item()
        .table_name("requests")
        .set_key(Some(key))
        .update_expression("SET kind = :kind")
        .expression_attribute_values(":kind", s("WISH"))
        .send()
        .await
        .unwrap();
    assert_eq!(table.due(end(600), 1).await.unwrap(), [due]);
}
