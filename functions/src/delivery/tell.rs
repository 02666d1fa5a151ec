//! `Tell`: says something to everyone whom it is for.

use std::collections::{BTreeMap, HashMap};

use callout_cloud::connections::Socket;
use callout_cloud::failure::CloudError;
use callout_cloud::notifications::{self, Entry, Notification, Report, Route, Standing};
use callout_cloud::{Cloud, clock, trace};
use callout_domain::delivery::{Attempt, Status};
use callout_domain::event::{Message, Recipient, Recipients, Subject};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::socket::hears;
use futures::StreamExt as _;
use lambda_http::tracing;
use serde_json::Value;

use crate::delivery::people;
use crate::delivery::post::post;
use crate::delivery::reach::{self, Reach};
use crate::metrics;
use crate::socket::frame;

/// How many groups of people are told at once.
const GROUPS_AT_ONCE: usize = 4;
/// How many people one group has at most: what one request of DynamoDB reads and writes, and as
/// many sockets and devices as one process can serve at once.
const LARGEST_GROUP: usize = 32;

/// What is to be told.
pub(super) struct News {
    pub(super) event: EventId,
    pub(super) subject: Subject,
    pub(super) at: Moment,
    pub(super) sequence: String,
    pub(super) message: Message,
    pub(super) archives: Vec<EventId>,
}

pub(super) async fn tell(
    cloud: &Cloud,
    news: &News,
    to: Recipients,
    now: Moment,
) -> Result<(), CloudError> {
    let people = people::of(cloud, &news.message, to).await?;
    // The same for all: signed once.
    let links = frame::links(cloud, &news.message).await?;
    let size = notifications::most_at_once(news.archives.len()).min(LARGEST_GROUP);
    let groups: Vec<Vec<Recipient>> = people.chunks(size).map(<[_]>::to_vec).collect();
    let mut outcomes = futures::stream::iter(groups)
        .map(|group| tell_group(cloud, news, &links, group, now))
        .buffer_unordered(GROUPS_AT_ONCE);
    let mut heard = 0_usize;
    let mut failures = Vec::new();
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(count) => heard += count,
            Err(error) => failures.push(error),
        }
        // The rest need not be tried: all of it comes again.
        if failures.len() >= GROUPS_AT_ONCE {
            break;
        }
    }
    tracing::info!(
        event = %news.event,
        kind = news.message.kind,
        people = people.len(),
        heard,
        failed_groups = failures.len(),
        trace = trace::current(),
        "told"
    );
    failures.pop().map_or(Ok(()), Err)
}

/// Tells a few people; how many of them have heard it on a socket.
async fn tell_group(
    cloud: &Cloud,
    news: &News,
    links: &BTreeMap<String, String>,
    people: Vec<Recipient>,
    now: Moment,
) -> Result<usize, CloudError> {
    let reached = reach::of(cloud, news.message.notice.as_ref(), &people, now).await?;
    let entries: Vec<Entry> = people
        .into_iter()
        .map(|person| news.entry(person, &reached))
        .collect();
    let notifications = cloud.notifications().await?;
    // First of all, for a socket that is being greeted just now: its replay finds it.
    let standings = notifications.put_all(&entries, &news.archives, now).await?;
    let unheard: Vec<&Entry> = entries
        .iter()
        .zip(&standings)
        .filter(|(_, standing)| is_to_be_said(standing))
        .map(|(entry, _)| entry)
        .collect();

    // At once; and what was handed over is on record also where something else fails and comes again.
    let (posted, mut ended) = futures::join!(
        post_all(cloud, news, links, &unheard, now),
        go_all(cloud, &entries, &standings, &reached, now)
    );
    let mut failure = None;
    let posted = posted.unwrap_or_else(|error| {
        failure = Some(error);
        Vec::new()
    });
    for (account, outcome) in posted {
        match outcome {
            Ok(Some(attempt)) => {
                let attempts = ended.entry(account).or_default();
                attempts.insert(Route::Socket, attempt);
            }
            Ok(None) => {}
            Err(error) => failure = Some(error),
        }
    }
    let reports: Vec<Report<'_>> = entries
        .iter()
        .filter_map(|entry| report(entry, ended.remove(&entry.recipient)?))
        .collect();
    notifications.report(&reports, now).await?;
    metrics::told(&reports, news.at, clock::now());
    let heard_now = reports.iter().filter(|report| report.heard).count();
    let heard_before = entries.len() - unheard.len();
    failure.map_or(Ok(heard_before + heard_now), Err)
}

fn report(entry: &Entry, attempts: BTreeMap<Route, Attempt>) -> Option<Report<'_>> {
    let socket = attempts.get(&Route::Socket);
    let heard = socket.is_some_and(|attempt| attempt.status == Status::Sent);
    (!attempts.is_empty()).then_some(Report {
        recipient: entry.recipient,
        notification: &entry.notification,
        attempts,
        heard,
    })
}

/// Goes to these people every way besides sockets, all at once.
async fn go_all(
    cloud: &Cloud,
    entries: &[Entry],
    standings: &[Standing],
    reached: &HashMap<AccountId, Reach>,
    now: Moment,
) -> HashMap<AccountId, BTreeMap<Route, Attempt>> {
    let nowhere = Reach::default();
    let mut ways = Vec::new();
    for (entry, standing) in entries.iter().zip(standings) {
        let (account, notification) = (entry.recipient, &entry.notification);
        let reach = reached.get(&account).unwrap_or(&nowhere);
        ways.push(async move {
            let attempts = reach::go(cloud, account, notification, reach, standing, now).await;
            (account, attempts)
        });
    }
    let gone = futures::future::join_all(ways).await;
    gone.into_iter().collect()
}

/// Whether somebody's sockets are still to be told.
fn is_to_be_said(standing: &Standing) -> bool {
    match standing {
        Standing::New => true,
        Standing::Closed => false,
        Standing::There { heard, .. } => !heard,
    }
}

type Outcome = (AccountId, Result<Option<Attempt>, CloudError>);

/// Says it to the open sockets of these people, all at once.
async fn post_all(
    cloud: &Cloud,
    news: &News,
    links: &BTreeMap<String, String>,
    entries: &[&Entry],
    now: Moment,
) -> Result<Vec<Outcome>, CloudError> {
    let mut sockets = sockets(cloud, entries, now).await?;
    let mut posts = Vec::new();
    for entry in entries {
        let account = entry.recipient;
        if let Some(sockets) = sockets.remove(&account) {
            let message = &entry.notification.message;
            // Somebody whose sockets are all for something else has none open for this.
            let sockets: Vec<Socket> = sockets
                .into_iter()
                .filter(|socket| hears(&socket.channel, message))
                .collect();
            let frame = frame::of(news.event, message, links);
            posts.push(post_one(cloud, account, sockets, frame, now));
        }
    }
    Ok(futures::future::join_all(posts).await)
}

async fn post_one(
    cloud: &Cloud,
    account: AccountId,
    sockets: Vec<Socket>,
    frame: Value,
    now: Moment,
) -> Outcome {
    (account, post(cloud, account, sockets, &frame, now).await)
}

async fn sockets(
    cloud: &Cloud,
    entries: &[&Entry],
    now: Moment,
) -> Result<HashMap<AccountId, Vec<Socket>>, CloudError> {
    let accounts: Vec<AccountId> = entries.iter().map(|entry| entry.recipient).collect();
    cloud.connections().await?.of_accounts(&accounts, now).await
}

impl News {
    /// What one person is told, as it stands in their inbox.
    fn entry(&self, person: Recipient, reached: &HashMap<AccountId, Reach>) -> Entry {
        let mut message = self.message.clone();
        message.fields.extend(person.fields);
        Entry {
            recipient: person.account,
            notification: Notification {
                event: self.event,
                request: request_of(self.subject),
                message,
                created_at: self.at,
                sequence: self.sequence.clone(),
            },
            routes: reached
                .get(&person.account)
                .map(Reach::routes)
                .unwrap_or_default(),
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
    use std::collections::HashMap;

    use callout_domain::event::{Message, Recipient, Subject};
    use callout_domain::ids::AccountId;
    use serde_json::json;

    use super::News;

    fn account(last: char) -> AccountId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    #[test]
    fn everyone_is_told_the_same_and_what_is_theirs_alone() {
        let request = "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap();
        let news = News {
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            subject: Subject::Request(request),
            at: "2026-02-24T10:30:00Z".parse().unwrap(),
            sequence: "1".to_owned(),
            message: Message::new("new_request", json!({"quantity": 10, "distance_km": null})),
            archives: Vec::new(),
        };
        let fields = json!({"distance_km": 2.5});
        let person = Recipient {
            account: account('A'),
            fields: fields.as_object().unwrap().clone(),
            quietly: false,
        };
        let told = news.entry(person, &HashMap::new());
        assert_eq!(told.recipient, account('A'));
        assert_eq!(told.notification.event, news.event);
        assert_eq!(told.notification.request, Some(request));
        assert_eq!(
            told.notification.message,
            Message::new("new_request", json!({"quantity": 10, "distance_km": 2.5}))
        );
        let plain = news.entry(Recipient::plain(account('B')), &HashMap::new());
        assert_eq!(plain.notification.message, news.message);
    }
}
