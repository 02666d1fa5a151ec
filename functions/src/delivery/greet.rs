//! `Greet`: greets a socket that has just been admitted, replays what its account has missed, and
//! makes it ready for what happens from now on.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use callout_cloud::Cloud;
use callout_cloud::connections::{Readiness, Socket};
use callout_cloud::failure::CloudError;
use callout_cloud::notifications::{Notification, Report, Route, Unheard};
use callout_cloud::sockets::Posted;
use callout_domain::delivery::{Attempt, Status};
use callout_domain::event::Message;
use callout_domain::ids::{AccountId, ConnectionId, EventId};
use callout_domain::moment::Moment;
use callout_domain::socket::{MOST_SOCKETS, hears};
use serde_json::Value;

use crate::conversations::presence;
use crate::delivery::send::{end, send};
use crate::socket::frame;

/// While the upgrade is pending the gateway takes nothing; the waits between tries, in milliseconds.
const WAITS: [u64; 9] = [10, 20, 40, 80, 160, 320, 640, 800, 900];
/// How much is replayed; of more, the newest. What is older stays in the inbox.
const MOST_REPLAYED: usize = 500;

pub(super) async fn greet(
    cloud: &Cloud,
    event: EventId,
    account: AccountId,
    id: &ConnectionId,
    greeting: &Message,
    now: Moment,
) -> Result<(), CloudError> {
    let connections = cloud.connections().await?;
    let sockets = connections.all_of_account(account, now).await?;
    let Some(socket) = sockets.open.iter().find(|socket| socket.id == *id) else {
        // It has gone again.
        return Ok(());
    };
    // The sign-in may have ended between the admission's look at it and its commit.
    let sessions = cloud.sessions().await?;
    if !Box::pin(sessions.is_alive(account, socket.session, now)).await? {
        reach(cloud, account, id, &frame::unwelcome(), now).await?;
        return end(cloud, account, id).await;
    }
    // One that is ready has been greeted: this event came before, and may have ended halfway.
    if !socket.ready {
        let frame = frame::of(event, greeting, &BTreeMap::new());
        if reach(cloud, account, id, &frame, now).await? != Posted::Taken {
            return Ok(());
        }
    }
    let mut replayed = Replayed::default();
    let mut missed = socket.missed;
    loop {
        if !replay(cloud, account, socket, &mut replayed, now).await? {
            return Ok(());
        }
        match connections.mark_ready(account, id, missed).await? {
            Readiness::Ready | Readiness::Gone => break,
            // Something came meanwhile, and was left to the replay.
            Readiness::Missed(count) => missed = count,
        }
    }
    close_surplus(cloud, account, &sockets.open).await?;
    presence::tell(cloud, account, now).await;
    connections
        .forget_expired(account, &sockets.expired, now)
        .await
}

/// What a socket has had of its account's past.
#[derive(Default)]
struct Replayed {
    events: HashSet<EventId>,
    /// Of a longer past, where the replay began: what is older was left out on purpose.
    since: Option<EventId>,
}

/// Sends a message to a socket whose upgrade may still be pending.
async fn reach(
    cloud: &Cloud,
    account: AccountId,
    id: &ConnectionId,
    frame: &Value,
    now: Moment,
) -> Result<Posted, CloudError> {
    let connections = cloud.connections().await?;
    let sockets = cloud.sockets().await?;
    for wait in WAITS {
        match sockets.post(id, frame).await? {
            Posted::Taken => return Ok(Posted::Taken),
            Posted::Full => {
                end(cloud, account, id).await?;
                return Ok(Posted::Full);
            }
            Posted::Gone => {}
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let open = connections.of_account(account, now).await?;
        if !open.iter().any(|socket| socket.id == *id) {
            // `$disconnect` was faster.
            return Ok(Posted::Gone);
        }
    }
    send(cloud, account, id, frame).await
}

/// Sends what the account has missed, is for this socket's channel and this socket has not had, oldest first; false if the socket
/// takes no more.
async fn replay(
    cloud: &Cloud,
    account: AccountId,
    socket: &Socket,
    replayed: &mut Replayed,
    now: Moment,
) -> Result<bool, CloudError> {
    let notifications = cloud.notifications().await?;
    let id = &socket.id;
    let is_for_it = |message: &Message| hears(&socket.channel, message);
    let mut missed = notifications
        .unheard(account, replayed.since, MOST_REPLAYED, is_for_it, now)
        .await?;
    if missed.len() == MOST_REPLAYED {
        let events = missed.iter().map(|unheard| unheard.notification.event);
        replayed.since = events.min();
    }
    missed.retain(|unheard| replayed.events.insert(unheard.notification.event));
    let mut taken = 0;
    let mut outcome = Ok(Posted::Taken);
    for Unheard { notification, .. } in &missed {
        outcome = replay_one(cloud, account, id, notification).await;
        if !matches!(outcome, Ok(Posted::Taken)) {
            break;
        }
        taken += 1;
    }
    let reports: Vec<Report<'_>> = missed
        .iter()
        .take(taken)
        .filter(|unheard| !was_sent(unheard))
        .map(|unheard| Report {
            recipient: account,
            notification: &unheard.notification,
            attempts: BTreeMap::from([(Route::Socket, Attempt::sent(now, now))]),
            // An event whose telling was interrupted must still reach the other sockets.
            heard: false,
        })
        .collect();
    notifications.report(&reports, now).await?;
    Ok(outcome? == Posted::Taken)
}

async fn replay_one(
    cloud: &Cloud,
    account: AccountId,
    id: &ConnectionId,
    notification: &Notification,
) -> Result<Posted, CloudError> {
    let links = frame::links(cloud, &notification.message).await?;
    let frame = frame::replay_of(notification.event, &notification.message, &links);
    send(cloud, account, id, &frame).await
}

fn was_sent(unheard: &Unheard) -> bool {
    let attempt = unheard.attempts.get(&Route::Socket);
    attempt.is_some_and(|attempt| attempt.status == Status::Sent)
}

/// Closes the oldest sockets of an account that has too many.
async fn close_surplus(
    cloud: &Cloud,
    account: AccountId,
    oldest_first: &[Socket],
) -> Result<(), CloudError> {
    let sentence = format!("An account may have {MOST_SOCKETS} sockets; this was your oldest");
    let frame = frame::error("too_many_sockets", &sentence);
    for socket in surplus(oldest_first) {
        if send(cloud, account, &socket.id, &frame).await? == Posted::Taken {
            end(cloud, account, &socket.id).await?;
        }
    }
    Ok(())
}

fn surplus(oldest_first: &[Socket]) -> &[Socket] {
    let many = oldest_first.len().saturating_sub(MOST_SOCKETS);
    oldest_first.get(..many).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::connections::Socket;
    use callout_domain::ids::ConnectionId;

    use super::{MOST_SOCKETS, WAITS, surplus};

    fn sockets(count: usize) -> Vec<Socket> {
        (0..count)
            .map(|nth| Socket {
                id: ConnectionId::new(nth.to_string()),
                session: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
                channel: "customer".to_owned(),
                ready: true,
                missed: 0,
                opened_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            })
            .collect()
    }

    #[test]
    fn a_pending_upgrade_is_waited_for_three_seconds_ever_more_slowly() {
        assert!(WAITS.is_sorted());
        let sum: u64 = WAITS.iter().sum();
        assert!((2_500..=3_500).contains(&sum), "{sum}");
    }

    #[test]
    fn one_socket_too_many_closes_the_oldest() {
        assert!(surplus(&[]).is_empty());
        assert!(surplus(&sockets(MOST_SOCKETS)).is_empty());
        let all = sockets(MOST_SOCKETS + 2);
        assert_eq!(surplus(&all), &all[..2]);
    }
}
