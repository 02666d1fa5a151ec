//! `Retract`, `Archive` and `Shelve`: what was said is taken out of inboxes again, or put aside.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::event::{Message, Recipients};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use futures::TryStreamExt as _;
use serde_json::Value;

use crate::delivery::people;

/// How many inboxes are changed at once.
const INBOXES_AT_ONCE: usize = 32;

pub(super) async fn retract(
    cloud: &Cloud,
    event: EventId,
    from: Recipients,
    now: Moment,
) -> Result<(), CloudError> {
    let nothing = Message::new(String::new(), Value::Null);
    let people = people::of(cloud, &nothing, from).await?;
    let notifications = &cloud.notifications().await?;
    futures::stream::iter(people.into_iter().map(Ok))
        .try_for_each_concurrent(INBOXES_AT_ONCE, |person| {
            notifications.retract(person.account, event, now)
        })
        .await
}

pub(super) async fn shelve(
    cloud: &Cloud,
    events: &[EventId],
    of: Recipients,
    now: Moment,
) -> Result<(), CloudError> {
    let nothing = Message::new(String::new(), Value::Null);
    let people = people::of(cloud, &nothing, of).await?;
    let accounts: Vec<AccountId> = people.iter().map(|person| person.account).collect();
    let notifications = cloud.notifications().await?;
    notifications.archive_for(&accounts, events, now).await
}

/// `sequence` is that of the record that says so: what is told after it stays.
pub(super) async fn archive(
    cloud: &Cloud,
    account: AccountId,
    request: RequestId,
    (since, sequence): (Moment, &str),
    now: Moment,
) -> Result<(), CloudError> {
    let notifications = cloud.notifications().await?;
    let period = (since, sequence);
    notifications.archive(account, request, period, now).await
}
