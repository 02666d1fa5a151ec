//! What is read of one account and of many.

use std::collections::HashSet;

use callout_domain::ids::AccountId;

use super::{account, ids, later, none, now};
use crate::connections::{Connections, attribute};
use crate::stored::s;

#[tokio::test]
async fn what_is_past_its_expiry_is_nowhere_open_and_forgotten() {
    let connections = none().await;
    let account = account();
    let old = connections.opened(account, "old", now()).await;
    let new = connections.opened(account, "new", later(1)).await;

    let before = connections.all_of_account(account, later(129)).await;
    let before = before.unwrap();
    assert_eq!(ids(&before.open), [&old, &new]);
    assert_eq!(before.expired, []);
    let after = connections.all_of_account(account, later(130)).await;
    let after = after.unwrap();
    assert_eq!(ids(&after.open), [&new]);
    assert_eq!(after.expired, std::slice::from_ref(&old));
    assert_eq!(
        connections.of_account(account, later(130)).await.unwrap(),
        after.open
    );
    let many = connections.of_accounts(&[account], later(130)).await;
    assert_eq!(many.unwrap()[&account], after.open);
    let none = connections.of_accounts(&[account], later(131)).await;
    assert!(none.unwrap().is_empty());

    // Whatever is asked for, only what is past its expiry goes.
    let all = [old.clone(), new.clone()];
    let outcome = connections.forget_expired(account, &all, later(130));
    outcome.await.unwrap();
    let item = connections.item(account).await.unwrap();
    assert!(!item.contains_key(&attribute(&old)), "{item:?}");
    assert!(item.contains_key(&attribute(&new)), "{item:?}");
}

#[tokio::test]
async fn the_sockets_of_many_accounts_are_read_at_once() {
    let connections = none().await;
    let accounts: Vec<AccountId> = (0..230).map(|_| account()).collect();
    for (nth, account) in accounts.iter().enumerate() {
        for name in 0..nth % 3 {
            connections
                .opened(*account, &format!("{nth}.{name}"), now())
                .await;
        }
    }
    // Over the most of one request, some twice, some without sockets.
    let mut asked = accounts.clone();
    asked.extend(&accounts[..40]);
    let found = connections.of_accounts(&asked, now()).await.unwrap();
    let expected: HashSet<AccountId> = (0..)
        .zip(&accounts)
        .filter(|(nth, _)| nth % 3 > 0)
        .map(|(_, account)| *account)
        .collect();
    assert_eq!(found.keys().copied().collect::<HashSet<_>>(), expected);
    for account in &expected {
        let sockets = connections.of_account(*account, now()).await.unwrap();
        assert_eq!(found[account], sockets);
    }
    let nobody = connections.of_accounts(&[], now()).await.unwrap();
    assert!(nobody.is_empty());
}

#[tokio::test]
async fn what_one_answer_does_not_hold_is_asked_for_again() {
    let connections = none().await;
    let accounts: Vec<AccountId> = (0..60).map(|_| account()).collect();
    for account in &accounts {
        connections.opened(*account, "a", now()).await;
        // An answer holds 16 MB.
        let mut item = connections.item(*account).await.unwrap();
        item.insert("ballast".to_owned(), s("b".repeat(300_000)));
        connections.put(item).await;
    }
    let found = connections.of_accounts(&accounts, now()).await.unwrap();
    assert_eq!(found.len(), accounts.len());
}

#[tokio::test]
async fn a_failing_read_fails() {
    let mut connections = none().await;
    connections.table.name = "no such table".to_owned();
    let account = account();
    assert!(connections.of_account(account, now()).await.is_err());
    assert!(connections.of_accounts(&[account], now()).await.is_err());
}

/// A handler's future must be `Send`; this holds if it compiles.
#[allow(dead_code)]
fn a_read_may_move_between_threads(connections: &Connections, accounts: &[AccountId]) {
    fn send<T: Send>(_: T) {}
    send(connections.of_accounts(accounts, now()));
}
