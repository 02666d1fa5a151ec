//! Against an embedded DynamoDB, over its real protocol.

#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use callout_domain::blood::{Move, Standing};
use callout_domain::ids::AccountId;

use super::MOST;
use crate::requests::Requests;
use crate::requests::blood::life::tests::{moves, with};
use crate::requests::blood::stored;
use crate::requests::blood::stored::tests::{account, made, request, response};

/// Puts the answers of these donors, who all stand there.
async fn put(table: &Requests, donors: Vec<u128>, standing: Standing) {
    for donors in donors.chunks(25) {
        let writes = donors.iter().map(|donor| {
            let item = stored::response(&response(*donor, standing), &request().header).unwrap();
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let batch = table.table.client.batch_write_item();
        let batch = batch.request_items(&table.table.name, writes.collect());
        let left = batch.send().await.unwrap().unprocessed_items;
        assert!(left.is_none_or(|left| left.is_empty()));
    }
}

async fn named(table: &Requests) -> Vec<(AccountId, Standing)> {
    let request = table.now().await;
    let named = table.blood().named(&request, made()).await.unwrap();
    named
        .into_iter()
        .map(|one| (one.donor, one.standing))
        .collect()
}

#[tokio::test]
async fn who_does_something_is_named_and_who_ignores_it_is_not() {
    let table = with(&request()).await;
    for (donor, steps) in [
        (10, vec![Move::Call]),
        (11, vec![Move::Accept]),
        (12, vec![Move::Accept, Move::Withdraw]),
        (13, vec![Move::Call, Move::Ignore]),
        (14, vec![Move::Ignore, Move::Accept, Move::Confirm]),
    ] {
        for step in steps {
            moves(&table, donor, step).await.unwrap();
        }
    }
    let expected = [
        (account(10), Standing::Called),
        (account(11), Standing::Accepted),
        (account(12), Standing::Withdrawn),
        (account(14), Standing::Confirmed),
    ];
    assert_eq!(named(&table).await, expected);
    assert_eq!(table.now().await.withdrawn, 1);
    // Who is named no more leaves the index.
    moves(&table, 12, Move::Ignore).await.unwrap();
    assert_eq!(named(&table).await, [expected[0], expected[1], expected[3]]);
    assert_eq!(table.now().await.withdrawn, 0);
}

#[tokio::test]
async fn of_thousands_the_newest_are_read_and_whoever_promised_a_unit() {
    let table = with(&request()).await;
    moves(&table, 10, Move::Accept).await.unwrap();
    let callers = 1_000..1_250;
    put(&table, callers.collect(), Standing::Called).await;
    put(&table, (2_000..4_000).collect(), Standing::Ignored).await;
    let named = named(&table).await;
    assert_eq!(named[0], (account(10), Standing::Accepted));
    let newest = 1_050..1_250;
    let newest = newest.map(|donor| (account(donor), Standing::Called));
    assert!(named[1..].iter().copied().eq(newest), "{named:?}");
    assert_eq!(named.len(), 1 + usize::try_from(MOST).unwrap());
    assert_eq!(table.now().await.givers, [account(10)]);
}
