//! `Tell`: says something to everyone whom it is for.

use std::collections::BTreeMap;

use callout_cloud::Cloud;
use callout_cloud::connections::Socket;
use callout_cloud::failure::CloudError;
use callout_cloud::notifications::{Inbox, Notification};
use callout_cloud::sockets::Posted;
use callout_domain::audience::Told;
use callout_domain::event::{Message, Recipient, Recipients, Subject};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use futures::StreamExt as _;
use lambda_http::tracing;
use serde_json::Value;

use crate::delivery::send::send;
use crate::socket::frame;

/// How many people are told at once; and with so many failures the rest need not be tried.
const PEOPLE_AT_ONCE: usize = 32;

/// What is to be told.
pub(super) struct News {
    pub(super) event: EventId,
    pub(super) subject: Subject,
    pub(super) at: Moment,
    pub(super) message: Message,
}

pub(super) async fn tell(
    cloud: &Cloud,
    news: News,
    to: Recipients,
    now: Moment,
) -> Result<(), CloudError> {
    let people = people(cloud, &news.message, to).await?;
    let count = people.len();
    // The same for all: signed once.
    let links = frame::links(cloud, &news.message).await?;
    let mut outcomes = futures::stream::iter(people)
        .map(|recipient| tell_one(cloud, &news, &links, recipient, now))
        .buffer_unordered(PEOPLE_AT_ONCE);
    let mut heard = 0_usize;
    let mut failures = Vec::new();
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(true) => heard += 1,
            Ok(false) => {}
            Err(error) => failures.push(error),
        }
        if failures.len() >= PEOPLE_AT_ONCE {
            break;
        }
    }
    tracing::info!(
        event = %news.event,
        kind = news.message.kind,
        people = count,
        heard,
        failed = failures.len(),
        "told"
    );
    failures.pop().map_or(Ok(()), Err)
}

/// Tells one person; whether they have heard it.
async fn tell_one(
    cloud: &Cloud,
    news: &News,
    links: &BTreeMap<String, String>,
    recipient: Recipient,
    now: Moment,
) -> Result<bool, CloudError> {
    let account = recipient.account;
    let notification = news.to(recipient);
    let notifications = cloud.notifications().await?;
    // First of all, for a socket that is being greeted just now: its replay finds it.
    if notifications.put_if_absent(account, &notification).await? == Inbox::Sent {
        return Ok(true);
    }
    let frame = frame::of(news.event, &notification.message, links);
    let heard = say(cloud, account, &frame, now).await?;
    if heard {
        notifications.sent(account, news.event, now).await?;
    }
    Ok(heard)
}

/// Says it to every socket of an account that has been greeted. Heard is what at least one took and
/// none was too slow for: what a slow one missed, it gets on reconnecting. Those that are being greeted
/// just now have it left to their replay.
async fn say(
    cloud: &Cloud,
    account: AccountId,
    frame: &Value,
    now: Moment,
) -> Result<bool, CloudError> {
    let connections = cloud.connections().await?;
    let sockets = connections.of_account(account, now).await?;
    let (ready, waiting): (Vec<Socket>, Vec<Socket>) =
        sockets.into_iter().partition(|socket| socket.ready);
    let mut posted = send_to_all(cloud, account, &ready, frame).await?;
    let mut ready_by_now = Vec::new();
    for socket in waiting {
        if !connections.leave_to_replay(account, &socket.id).await? {
            ready_by_now.push(socket);
        }
    }
    posted.extend(send_to_all(cloud, account, &ready_by_now, frame).await?);
    Ok(is_heard(&posted))
}

/// Says it to all of them, also if one cannot be told.
async fn send_to_all(
    cloud: &Cloud,
    account: AccountId,
    sockets: &[Socket],
    frame: &Value,
) -> Result<Vec<Posted>, CloudError> {
    let sent = sockets
        .iter()
        .map(|socket| send(cloud, account, &socket.id, frame));
    futures::future::join_all(sent).await.into_iter().collect()
}

fn is_heard(posted: &[Posted]) -> bool {
    posted.contains(&Posted::Taken) && !posted.contains(&Posted::Full)
}

async fn people(
    cloud: &Cloud,
    message: &Message,
    to: Recipients,
) -> Result<Vec<Recipient>, CloudError> {
    match to {
        Recipients::Listed(people) => Ok(people),
        Recipients::Audience {
            request,
            chunk,
            except,
        } => {
            let told = cloud.requests().await?.audience(request, chunk).await?;
            Ok(but_for(&told, &except, message))
        }
    }
}

fn but_for(told: &[Told], except: &[AccountId], message: &Message) -> Vec<Recipient> {
    told.iter()
        .filter(|told| !except.contains(&told.account))
        .map(|told| told.recipient_of(message))
        .collect()
}

impl News {
    /// What one person is told, as it stands in their inbox.
    fn to(&self, recipient: Recipient) -> Notification {
        let mut message = self.message.clone();
        message.fields.extend(recipient.fields);
        Notification {
            event: self.event,
            request: request_of(self.subject),
            message,
            created_at: self.at,
        }
    }
}

fn request_of(subject: Subject) -> Option<RequestId> {
    match subject {
        Subject::Request(id) => Some(id),
        Subject::Account(_) => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::sockets::Posted;
    use callout_domain::audience::Told;
    use callout_domain::event::{Message, Recipient, Subject};
    use callout_domain::ids::AccountId;
    use serde_json::json;

    use super::{News, but_for, is_heard};

    fn account(last: char) -> AccountId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    #[test]
    fn it_is_heard_when_one_socket_took_it_and_none_was_too_slow() {
        assert!(is_heard(&[Posted::Taken]));
        assert!(is_heard(&[Posted::Gone, Posted::Taken]));
        assert!(!is_heard(&[]));
        assert!(!is_heard(&[Posted::Gone]));
        assert!(!is_heard(&[Posted::Taken, Posted::Full]));
    }

    #[test]
    fn everyone_is_told_the_same_and_what_is_theirs_alone() {
        let request = "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap();
        let news = News {
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            subject: Subject::Request(request),
            at: "2026-02-24T10:30:00Z".parse().unwrap(),
            message: Message::new("new_request", json!({"quantity": 10, "distance_km": null})),
        };
        let fields = json!({"distance_km": 2.5});
        let told = news.to(Recipient {
            account: account('A'),
            fields: fields.as_object().unwrap().clone(),
        });
        assert_eq!(told.event, news.event);
        assert_eq!(told.request, Some(request));
        assert_eq!(
            told.message,
            Message::new("new_request", json!({"quantity": 10, "distance_km": 2.5}))
        );
        let plain = news.to(Recipient::plain(account('B')));
        assert_eq!(plain.message, news.message);
    }

    #[test]
    fn an_audience_is_told_but_for_some() {
        let audience = ['A', 'B', 'C'].map(|last| Told::by_name(account(last)));
        let message = Message::new("request_taken", json!({}));
        let told = but_for(&audience, &[account('B')], &message);
        assert_eq!(
            told,
            [
                Recipient::plain(account('A')),
                Recipient::plain(account('C'))
            ]
        );
    }

    #[test]
    fn each_of_an_audience_is_told_their_own_distance() {
        let audience = [Told {
            account: account('A'),
            distance_km: Some(2.5),
        }];
        let message = Message::new("new_request", json!({"distance_km": null}));
        let told = but_for(&audience, &[], &message);
        assert_eq!(told[0].fields["distance_km"], json!(2.5));
    }
}
