//! Against an embedded DynamoDB, over its real protocol.

#![allow(clippy::unwrap_used)]

use futures::future::join_all;
use time::Duration;
use ulid::Ulid;

use super::*;
use crate::contacts::Contacts;
use crate::fixture;
use crate::stored::s;

const TABLE: &str = "accounts";

async fn devices() -> Devices {
    Devices::of_table(fixture::table(TABLE).await)
}

impl Devices {
    /// Someone who has an account, as far as devices care.
    async fn account(&self, number: u128) -> AccountId {
        let account = AccountId::new(Ulid::from(number));
        self.table
            .client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(stored::key(format!("ACCOUNT#{account}"), "PROFILE")))
            .send()
            .await
            .unwrap();
        account
    }

    async fn delete_account(&self, account: AccountId) {
        self.table
            .client
            .delete_item()
            .table_name(TABLE)
            .set_key(Some(stored::key(format!("ACCOUNT#{account}"), "PROFILE")))
            .send()
            .await
            .unwrap();
    }

    async fn add(&self, account: AccountId, name: &str, seconds: i64) -> Vec<String> {
        match self
            .register(account, &token(name), &endpoint(name), at(seconds))
            .await
            .unwrap()
        {
            Registered::Here { dropped } => endpoints(&dropped),
            Registered::AccountGone { .. } => unreachable!("the account is there"),
        }
    }

    async fn has(&self, account: AccountId) -> Vec<String> {
        endpoints(&self.of(account).await.unwrap())
    }

    /// Every item of a device or a contact.
    async fn left(&self) -> Vec<Item> {
        let scan = self.table.client.scan().table_name(TABLE);
        let mut items = scan.send().await.unwrap().items.unwrap_or_default();
        items.retain(|item| item["sk"] != s("PROFILE"));
        items
    }
}

fn token(name: &str) -> DeviceToken {
    DeviceToken::parse(name).unwrap()
}

fn endpoint(name: &str) -> EndpointArn {
    EndpointArn::new(format!("arn:{name}"))
}

fn endpoints(devices: &[Device]) -> Vec<String> {
    let arn = |device: &Device| device.endpoint.as_str().to_owned();
    devices.iter().map(arn).collect()
}

fn at(seconds: i64) -> Moment {
    let start: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
    start.plus(Duration::seconds(seconds))
}

#[tokio::test]
async fn a_device_is_there_once_however_often_it_is_registered() {
    let devices = devices().await;
    let account = devices.account(1).await;
    assert_eq!(devices.known(&token("a")).await.unwrap(), None);
    for seconds in 0..3 {
        devices.add(account, "a", seconds).await;
    }
    devices.add(account, "b", 3).await;
    assert_eq!(devices.has(account).await, ["arn:a", "arn:b"]);
    assert_eq!(devices.of(account).await.unwrap()[0].registered_at, at(2));
    assert_eq!(
        devices.known(&token("a")).await.unwrap(),
        Some((account, endpoint("a")))
    );
    assert_eq!(
        devices.owner(&id_of(&token("a"))).await.unwrap(),
        Some(account)
    );
    assert_eq!(devices.left().await.len(), 3);
}

#[tokio::test]
async fn a_device_that_moves_leaves_the_account_that_had_it() {
    let devices = devices().await;
    let (first, second) = (devices.account(1).await, devices.account(2).await);
    devices.add(first, "a", 0).await;
    devices.add(first, "b", 0).await;
    devices.add(second, "a", 1).await;
    assert_eq!(devices.has(first).await, ["arn:b"]);
    assert_eq!(devices.has(second).await, ["arn:a"]);
    assert_eq!(
        devices.owner(&id_of(&token("a"))).await.unwrap(),
        Some(second)
    );
}

#[tokio::test]
async fn of_those_who_register_one_device_at_once_one_has_it() {
    let devices = devices().await;
    let mut accounts = Vec::new();
    for number in 1..=6 {
        accounts.push(devices.account(number).await);
    }
    for round in 0..5 {
        let all = accounts
            .iter()
            .map(|account| devices.add(*account, "a", round));
        join_all(all).await;
        let owner = devices.owner(&id_of(&token("a"))).await.unwrap().unwrap();
        for account in &accounts {
            let has = devices.has(*account).await;
            assert_eq!(has.len(), usize::from(*account == owner), "{account}");
        }
    }
}

#[tokio::test]
async fn one_device_too_many_drops_the_oldest() {
    let devices = devices().await;
    let account = devices.account(1).await;
    for number in 0..20 {
        let dropped = devices.add(account, &format!("old{number}"), number).await;
        assert_eq!(dropped, Vec::<String>::new());
    }
    // Registered again it is the newest.
    devices.add(account, "old0", 20).await;
    assert_eq!(devices.add(account, "another", 21).await, ["arn:old1"]);
    let has = devices.has(account).await;
    assert_eq!(has.len(), MOST_DEVICES);
    assert!(has.contains(&"arn:old0".to_owned()) && has.contains(&"arn:another".to_owned()));
    assert_eq!(devices.left().await.len(), MOST_DEVICES + 1);
}

#[tokio::test]
async fn devices_that_come_at_once_are_not_too_many_either() {
    let devices = devices().await;
    let account = devices.account(1).await;
    for number in 0..17 {
        devices.add(account, &format!("old{number}"), number).await;
    }
    let names: Vec<String> = (0..8).map(|number| format!("new{number}")).collect();
    let dropped = join_all(names.iter().map(|name| devices.add(account, name, 20))).await;
    assert_eq!(dropped.concat().len(), 5);
    assert_eq!(devices.has(account).await.len(), MOST_DEVICES);
    assert_eq!(devices.left().await.len(), MOST_DEVICES + 1);
}

#[tokio::test]
async fn two_tokens_of_one_endpoint_are_one_device() {
    let devices = devices().await;
    let account = devices.account(1).await;
    devices.add(account, "a", 0).await;
    let renewed = devices
        .register(account, &token("b"), &endpoint("a"), at(1))
        .await
        .unwrap();
    assert!(matches!(renewed, Registered::Here { dropped } if dropped.len() == 1));
    assert_eq!(devices.has(account).await, ["arn:a"]);
    assert_eq!(devices.known(&token("a")).await.unwrap(), None);
}

#[tokio::test]
async fn only_the_own_device_is_removed() {
    let devices = devices().await;
    let (owner, other) = (devices.account(1).await, devices.account(2).await);
    for name in ["a", "b", "c"] {
        devices.add(owner, name, 0).await;
    }
    for (account, name) in [(other, "a"), (owner, "unknown")] {
        let removed = devices.remove(account, Some(&token(name))).await.unwrap();
        assert_eq!(removed.devices, []);
    }
    let removed = devices.remove(owner, Some(&token("a"))).await.unwrap();
    assert_eq!(
        (endpoints(&removed.devices), removed.others),
        (vec!["arn:a".to_owned()], true)
    );
    let removed = devices.remove(owner, None).await.unwrap();
    assert_eq!((removed.devices.len(), removed.others), (2, false));
    assert_eq!(devices.has(owner).await, Vec::<String>::new());
    assert_eq!(
        devices.left().await.len(),
        1,
        "the contact may hold more than devices"
    );
    let removed = devices.remove(owner, None).await.unwrap();
    assert_eq!((removed.devices.len(), removed.others), (0, false));
}

#[tokio::test]
async fn a_device_is_forgotten_only_as_it_was_read() {
    let devices = devices().await;
    let (owner, other) = (devices.account(1).await, devices.account(2).await);
    devices.add(owner, "a", 0).await;
    let read = devices.of(owner).await.unwrap().remove(0);
    assert!(!devices.forget_device(other, &read).await.unwrap());
    // Whoever registers it again says that it works, though the endpoint is the same.
    devices.add(owner, "a", 1).await;
    assert!(!devices.forget_device(owner, &read).await.unwrap());
    assert_eq!(devices.has(owner).await, ["arn:a"]);
    let read = devices.of(owner).await.unwrap().remove(0);
    assert!(devices.forget_device(owner, &read).await.unwrap());
    assert!(!devices.forget_device(owner, &read).await.unwrap());
    assert_eq!(devices.has(owner).await, Vec::<String>::new());
    assert_eq!(devices.known(&token("a")).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_left_of_who_is_erased_and_nothing_comes_back() {
    let devices = devices().await;
    let (account, other) = (devices.account(1).await, devices.account(2).await);
    devices.add(account, "a", 0).await;
    devices.add(account, "b", 0).await;
    let read = devices.of(account).await.unwrap().remove(0);
    devices.delete_account(account).await;
    let late = devices
        .register(account, &token("c"), &endpoint("c"), at(1))
        .await
        .unwrap();
    assert!(matches!(late, Registered::AccountGone { unused } if unused.endpoint == endpoint("c")));
    devices.add(other, "b", 1).await;
    devices.erase(account).await.unwrap();
    devices.erase(account).await.unwrap();
    assert!(!devices.forget_device(account, &read).await.unwrap());
    assert_eq!(devices.remove(account, None).await.unwrap().devices, []);
    assert_eq!(devices.has(other).await, ["arn:b"]);
    assert_eq!(
        devices.left().await.len(),
        2,
        "the other's device and contact"
    );
}

#[tokio::test]
async fn the_contacts_of_many_are_read_in_batches() {
    let devices = devices().await;
    let mut accounts = Vec::new();
    for number in 0..230 {
        let account = devices.account(number).await;
        if number % 2 == 0 {
            devices.add(account, &format!("d{number}"), 0).await;
        }
        // Named twice, read once.
        accounts.extend([account, account]);
    }
    let contacts = Contacts::of_table(devices.table.clone());
    let found = contacts.of_accounts(&accounts).await.unwrap();
    assert_eq!(found.len(), 115);
    for number in [0_u128, 100, 228] {
        let contact = &found[&AccountId::new(Ulid::from(number))];
        assert_eq!(endpoints(&contact.devices), [format!("arn:d{number}")]);
        assert_eq!(contact.preferences, None);
    }
    assert!(contacts.of_accounts(&[]).await.unwrap().is_empty());
}
