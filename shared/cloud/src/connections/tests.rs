//! Against an embedded DynamoDB, over its real protocol.

mod reading;
mod refusals;

use callout_domain::ids::{AccountId, ConnectionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use futures::future::join_all;
use time::Duration;

use super::{Connections, EndsLast, Hearing, Owner, Readiness, SOCKETS, Socket, account_key};
use crate::commit::{Commit, CommitError, Guard};
use crate::stored::{self, Item, n};
use crate::{Table, clock, fixture};

const TABLE: &str = "connections";

/// A table without items, gone with the test.
async fn none() -> Connections {
    Connections {
        table: fixture::table(TABLE).await,
    }
}

/// The table behind an endpoint.
fn at(endpoint: String) -> Connections {
    Connections {
        table: Table {
            client: fixture::client(endpoint),
            name: TABLE.to_owned(),
        },
    }
}

fn account() -> AccountId {
    AccountId::new(clock::fresh_ulid())
}

fn owner(account: AccountId) -> Owner {
    Owner {
        account,
        role: Role::Pharmacy,
        name: "City Pharmacy".to_owned(),
        session: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
    }
}

fn id(name: &str) -> ConnectionId {
    // As the gateway names them.
    ConnectionId::new(format!("{name}-LqS9xdnSoAMCJqQ="))
}

fn now() -> Moment {
    "2026-02-24T10:30:00Z".parse().unwrap()
}

fn later(minutes: i64) -> Moment {
    now().plus(Duration::minutes(minutes))
}

fn ids(sockets: &[Socket]) -> Vec<&ConnectionId> {
    sockets.iter().map(|socket| &socket.id).collect()
}

impl Connections {
    async fn try_to_open(
        &self,
        account: AccountId,
        id: &ConnectionId,
        at: Moment,
        last: EndsLast,
    ) -> Result<(), CommitError> {
        let mut commit = Commit::new(self.table.client.clone());
        let owner = owner(account);
        self.open(&mut commit, id, &owner, "pharmacy", at, last)?;
        commit.run().await
    }

    async fn opened(&self, account: AccountId, name: &str, at: Moment) -> ConnectionId {
        let id = id(name);
        let outcome = self.try_to_open(account, &id, at, EndsLast::This).await;
        outcome.unwrap();
        id
    }

    async fn item(&self, account: AccountId) -> Option<Item> {
        let key = stored::key(account_key(account), SOCKETS);
        let read = self.table.client.get_item().table_name(TABLE);
        let found = read.set_key(Some(key)).consistent_read(true).send().await;
        found.unwrap().item
    }

    async fn put(&self, item: Item) {
        let put = self.table.client.put_item().table_name(TABLE);
        put.set_item(Some(item)).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_socket_reads_back_as_it_was_opened_the_oldest_first() {
    let connections = none().await;
    let (account, other) = (account(), account());
    let second = connections.opened(account, "a", now()).await;
    let third = connections.opened(account, "c", later(1)).await;
    connections.opened(other, "d", now()).await;
    let outcome = connections
        .try_to_open(account, &id("b"), later(-1), EndsLast::Another)
        .await;
    outcome.unwrap();

    let sockets = connections.of_account(account, later(1)).await.unwrap();
    assert_eq!(ids(&sockets), [&id("b"), &second, &third]);
    let expected = Socket {
        id: second.clone(),
        session: owner(account).session,
        channel: "pharmacy".to_owned(),
        ready: false,
        missed: 0,
        opened_at: now(),
    };
    assert_eq!(sockets[1], expected);
    let heard = connections.hear(&second, later(1)).await.unwrap();
    assert_eq!(heard, Hearing::Granted(owner(account), None));
}

#[tokio::test]
async fn sockets_of_one_account_that_change_at_once_do_not_lose_each_other() {
    let connections = none().await;
    let account = account();
    let names: Vec<String> = (0..20).map(|nth| format!("{nth:02}")).collect();
    let opened = names
        .iter()
        .map(|name| connections.opened(account, name, now()));
    let opened = join_all(opened).await;
    let sockets = connections.of_account(account, now()).await.unwrap();
    assert_eq!(ids(&sockets), opened.iter().collect::<Vec<_>>());

    let changes = opened
        .iter()
        .enumerate()
        .map(async |(nth, id)| match nth % 4 {
            0 => connections.forget(account, id).await.unwrap(),
            1 => drop(connections.close(id, now()).await.unwrap()),
            2 => {
                let readiness = connections.mark_ready(account, id, 0).await.unwrap();
                assert_eq!(readiness, Readiness::Ready);
            }
            _ => assert!(connections.leave_to_replay(account, id).await.unwrap()),
        });
    let new = connections.opened(account, "new", now());
    let ((), new) = tokio::join!(async { drop(join_all(changes).await) }, new);

    let sockets = connections.of_account(account, now()).await.unwrap();
    let standing: Vec<_> = sockets
        .iter()
        .map(|socket| (&socket.id, socket.ready, socket.missed))
        .collect();
    let mut expected: Vec<_> = opened
        .iter()
        .enumerate()
        .filter(|(nth, _)| nth % 4 >= 2)
        .map(|(nth, id)| (id, nth % 4 == 2, u32::from(nth % 4 == 3)))
        .collect();
    expected.push((&new, false, 0));
    assert_eq!(standing, expected);
}

#[tokio::test]
async fn a_socket_is_ready_once_nothing_was_left_since_its_replay_began() {
    let connections = none().await;
    let account = account();
    let id = connections.opened(account, "a", now()).await;
    for missed in 1..=2 {
        assert!(connections.leave_to_replay(account, &id).await.unwrap());
        for seen in 0..missed {
            let readiness = connections.mark_ready(account, &id, seen).await.unwrap();
            assert_eq!(readiness, Readiness::Missed(missed));
        }
    }
    let waiting = connections.of_account(account, now()).await.unwrap();
    assert_eq!((waiting[0].ready, waiting[0].missed), (false, 2));

    // The answer to the first may have been lost.
    for seen in [2, 2, 0] {
        let readiness = connections.mark_ready(account, &id, seen).await.unwrap();
        assert_eq!(readiness, Readiness::Ready);
    }
    assert!(!connections.leave_to_replay(account, &id).await.unwrap());
    let ready = connections.of_account(account, now()).await.unwrap();
    assert_eq!((ready[0].ready, ready[0].missed), (true, 2));
}

#[tokio::test]
async fn nothing_brings_back_a_forgotten_socket_or_makes_an_item() {
    let connections = none().await;
    let (known, unknown) = (account(), account());
    let kept = connections.opened(known, "kept", now()).await;
    let forgotten = connections.opened(known, "forgotten", now()).await;
    let closed = connections.opened(known, "closed", now()).await;
    connections.forget(known, &forgotten).await.unwrap();
    connections.close(&closed, now()).await.unwrap();
    for gone in [&forgotten, &closed] {
        let heard = connections.hear(gone, now()).await.unwrap();
        assert_eq!(heard, Hearing::Unknown);
    }
    let before = connections.item(known).await;
    let never = id("never");
    for (account, id) in [(known, &forgotten), (known, &closed), (unknown, &never)] {
        let readiness = connections.mark_ready(account, id, 0).await.unwrap();
        assert_eq!(readiness, Readiness::Gone);
        assert!(connections.leave_to_replay(account, id).await.unwrap());
        let expired = [id.clone()];
        let outcome = connections.forget_expired(account, &expired, later(600));
        outcome.await.unwrap();
        connections.close(id, now()).await.unwrap();
        connections.forget(account, id).await.unwrap();
    }
    assert_eq!(connections.item(known).await, before);
    assert_eq!(connections.item(unknown).await, None);
    let sockets = connections.of_account(known, now()).await.unwrap();
    assert_eq!(ids(&sockets), [&kept]);
}

#[tokio::test]
async fn an_item_ends_with_the_last_of_its_sockets() {
    let connections = none().await;
    let account = account();
    let end = async || connections.item(account).await.unwrap()["expires_at"].clone();
    let minutes = |count| n(later(count).unix_seconds());

    let refused = |outcome: Result<(), CommitError>| matches!(outcome, Err(CommitError::Refused(refusal)) if refusal.guard == Guard::EndsLast);
    let open =
        async |name: &str, at, last| connections.try_to_open(account, &id(name), at, last).await;
    assert!(refused(open("a", now(), EndsLast::Another).await));
    assert_eq!(connections.item(account).await, None);
    open("a", now(), EndsLast::This).await.unwrap();
    assert_eq!(end().await, minutes(130));
    open("b", now(), EndsLast::This).await.unwrap();
    assert_eq!(end().await, minutes(130));
    assert!(refused(open("c", later(1), EndsLast::Another).await));
    open("c", later(1), EndsLast::This).await.unwrap();
    assert_eq!(end().await, minutes(131));
    assert!(refused(open("d", now(), EndsLast::This).await));
    open("d", now(), EndsLast::Another).await.unwrap();
    assert_eq!(end().await, minutes(131));
    for name in ["a", "b", "c", "d"] {
        connections.forget(account, &id(name)).await.unwrap();
    }
    // Empty, until TTL ends it.
    assert_eq!(end().await, minutes(131));
    assert_eq!(connections.of_account(account, now()).await.unwrap(), []);
}
