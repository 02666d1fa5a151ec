//! Against an embedded DynamoDB, over its real protocol.

#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use callout_domain::account::{Account, BloodGroup, City, DonorProfile, Email, Profile};
use callout_domain::blood::Donor;
use callout_domain::ids::AccountId;
use tokio::net::TcpListener;

use super::{SHARDS, shard_of};
use crate::accounts::Accounts;
use crate::accounts::record::tests::{account, kathmandu};
use crate::commit::{Commit, CommitError, Guard};
use crate::stored::s;
use crate::{Table, clock};

/// A table without accounts, gone with the test.
async fn none() -> Accounts {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(
        listener,
        dynoxide::Database::memory().unwrap(),
    ));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("LOCAL", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    let client = Client::from_conf(config);
    let attributes = ["pk", "sk", "gpk", "gsk"].map(|name| {
        let string = AttributeDefinition::builder().attribute_type(ScalarAttributeType::S);
        string.attribute_name(name).build().unwrap()
    });
    let key = |hash, range| {
        [(hash, KeyType::Hash), (range, KeyType::Range)].map(|(name, key_type)| {
            let key = KeySchemaElement::builder().key_type(key_type);
            key.attribute_name(name).build().unwrap()
        })
    };
    let all = Projection::builder().projection_type(ProjectionType::All);
    let index = GlobalSecondaryIndex::builder()
        .index_name("responders")
        .set_key_schema(Some(key("gpk", "gsk").into()))
        .projection(all.build())
        .build()
        .unwrap();
    client
        .create_table()
        .table_name("accounts")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.into()))
        .set_key_schema(Some(key("pk", "sk").into()))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    Accounts::of(Table {
        client,
        name: "accounts".to_owned(),
    })
}

fn donor(city: &str) -> Account {
    let id = AccountId::new(clock::fresh_ulid());
    let profile = DonorProfile {
        blood_group: BloodGroup::OPositive,
        city: City::parse(city).unwrap(),
        position: None,
        last_donation_date: None,
        last_donation_for: None,
    };
    Account {
        id,
        email: Email::parse(&format!("{id}@example.com")).unwrap(),
        version: 0,
        ..account(Profile::Donor(profile))
    }
}

fn with(account: &Account, change: impl FnOnce(&mut DonorProfile)) -> Account {
    let mut changed = account.clone();
    if let Profile::Donor(profile) = &mut changed.profile {
        change(profile);
    }
    changed
}

async fn open(accounts: &Accounts, account: &Account) {
    let mut commit = Commit::new(accounts.table.client.clone());
    accounts.open(&mut commit, account, "hash").unwrap();
    commit.run().await.unwrap();
}

async fn change(accounts: &Accounts, from: &Account, to: &Account) -> Result<(), CommitError> {
    let mut commit = Commit::new(accounts.table.client.clone());
    accounts.change(&mut commit, from, to).unwrap();
    commit.run().await
}

async fn found(accounts: &Accounts, city: &str) -> Vec<Donor> {
    let city = City::parse(city).unwrap();
    let mut donors = accounts.donors_in_city(&city).await.unwrap();
    donors.sort_by_key(|donor| donor.account);
    donors
}

#[tokio::test]
async fn a_city_is_one_however_it_is_spelt_and_is_no_other() {
    let accounts = none().await;
    let mut told = Vec::new();
    for spelling in ["Chennai", "  chennai ", "CHENNAI", "Cheｎnai"] {
        let donor = donor(spelling);
        open(&accounts, &donor).await;
        told.extend(Donor::of(&donor));
    }
    told.sort_by_key(|donor| donor.account);
    let others = ["Chennai North", "Chennai#3", "Chenna", "Kathmandu"];
    for other in others {
        open(&accounts, &donor(other)).await;
    }
    for spelling in ["Chennai", "cHENNAI"] {
        assert_eq!(found(&accounts, spelling).await, told);
    }
    for other in others {
        assert_eq!(found(&accounts, other).await.len(), 1, "{other}");
    }
    assert_eq!(found(&accounts, "Delhi").await, []);

    // The same letters, composed and not.
    let (composed, decomposed) = (donor("São Paulo"), donor("Sa\u{303}o  Paulo"));
    open(&accounts, &composed).await;
    open(&accounts, &decomposed).await;
    assert_eq!(found(&accounts, "SA\u{303}O PAULO").await.len(), 2);
}

#[tokio::test]
async fn a_donor_is_found_where_they_are_and_as_they_are() {
    let accounts = none().await;
    let opened = donor("Chennai");
    open(&accounts, &opened).await;

    let moved = with(&opened, |profile| {
        profile.city = City::parse("Delhi").unwrap();
        profile.blood_group = BloodGroup::AbNegative;
        profile.position = Some(kathmandu());
        profile.last_donation_date = Some("2026-01-31".to_owned().try_into().unwrap());
    });
    change(&accounts, &opened, &moved).await.unwrap();
    assert_eq!(found(&accounts, "Chennai").await, []);
    assert_eq!(
        found(&accounts, "Delhi").await,
        [Donor::of(&moved).unwrap()]
    );

    // A change that was decided on what is no more moves nobody.
    let late = with(&opened, |profile| {
        profile.city = City::parse("Mumbai").unwrap();
    });
    let refused = change(&accounts, &opened, &late).await.unwrap_err();
    assert!(
        matches!(&refused, CommitError::Refused(refusal) if refusal.guard == Guard::AccountUnchanged),
        "{refused:?}"
    );
    assert_eq!(found(&accounts, "Mumbai").await, []);

    // What they no longer say is known no longer.
    let moved = accounts.read(opened.id).await.unwrap().unwrap();
    let silent = with(&moved, |profile| {
        profile.position = None;
        profile.last_donation_date = None;
    });
    change(&accounts, &moved, &silent).await.unwrap();
    assert_eq!(
        found(&accounts, "Delhi").await,
        [Donor::of(&silent).unwrap()]
    );

    let silent = accounts.read(opened.id).await.unwrap().unwrap();
    let mut commit = Commit::new(accounts.table.client.clone());
    accounts.delete(&mut commit, &silent).unwrap();
    commit.run().await.unwrap();
    assert_eq!(found(&accounts, "Delhi").await, []);
}

#[tokio::test]
async fn only_what_a_city_knows_of_a_donor_is_written_again() {
    let accounts = none().await;
    let items = |before: Option<&Account>, after: &Account| {
        let mut commit = Commit::new(accounts.table.client.clone());
        accounts.place_donor(&mut commit, before, after).unwrap();
        commit.len()
    };
    let donor = donor("Chennai");
    assert_eq!(items(None, &donor), 1);
    assert_eq!(items(Some(&donor), &donor), 0);
    assert_eq!(items(None, &account(Profile::Customer)), 0);
}

#[tokio::test]
async fn a_donor_that_does_not_read_hides_no_other() {
    let accounts = none().await;
    open(&accounts, &donor("Chennai")).await;
    let broken = [
        ("pk", "ACCOUNT#broken"),
        ("sk", "DONOR"),
        ("gpk", "DONOR#CITY#chennai#0"),
        ("gsk", "broken"),
    ];
    accounts
        .table
        .client
        .put_item()
        .table_name("accounts")
        .set_item(Some(
            broken
                .map(|(name, value)| (name.to_owned(), s(value)))
                .into(),
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(found(&accounts, "Chennai").await.len(), 1);
}

#[test]
fn donors_are_spread_evenly() {
    let mut shards = [0_u32; SHARDS as usize];
    for _ in 0..8_000 {
        shards[usize::from(shard_of(AccountId::new(clock::fresh_ulid())))] += 1;
    }
    assert!(
        shards.iter().all(|count| (800..1_200).contains(count)),
        "{shards:?}"
    );
}
