//! What others were told by somebody who deleted their account is taken out of their inboxes again:
//! it says who they were.
//!
//! That is an event of the request like those by which it was said, so it comes after them, also if they
//! are still on their way. Each is done again harmlessly if it was interrupted.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock};
use callout_domain::event::{Errand, Event, Recipients, Subject};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;

use crate::requests::tell::{audience, listed};

/// Takes a request out of the inboxes of those who were told of it.
pub(crate) async fn announcement(
    cloud: &Cloud,
    request: &Header,
    now: Moment,
) -> Result<(), CloudError> {
    let said = EventId::announcing(request.id);
    post(cloud, request.id, said, audience(request, &[]), now).await
}

/// Takes what somebody told whoever had asked out of their inbox.
pub(crate) async fn told_requester(
    cloud: &Cloud,
    request: &Header,
    said: EventId,
    now: Moment,
) -> Result<(), CloudError> {
    let from = vec![listed(&[request.requester])];
    post(cloud, request.id, said, from, now).await
}

/// Takes what people were told by an event out of their inboxes.
pub(crate) async fn told(
    cloud: &Cloud,
    request: RequestId,
    said: EventId,
    people: &[AccountId],
    now: Moment,
) -> Result<(), CloudError> {
    post(cloud, request, said, vec![listed(people)], now).await
}

async fn post(
    cloud: &Cloud,
    request: RequestId,
    said: EventId,
    from: Vec<Recipients>,
    now: Moment,
) -> Result<(), CloudError> {
    let outbox = cloud.outbox().await?;
    let mut commit = cloud.commit().await;
    let id = EventId::new(clock::fresh_ulid());
    for (chunk, from) in (0..).zip(from) {
        let event = Event {
            id,
            subject: Subject::Request(request),
            at: now,
            errand: Errand::Retract { event: said, from },
        };
        outbox.post(&mut commit, &event, chunk)?;
    }
    if commit.is_empty() {
        return Ok(());
    }
    match commit.run().await {
        Ok(()) => Ok(()),
        Err(CommitError::Cloud(error)) => Err(error),
        Err(CommitError::Refused(refusal)) => Err(unguarded(refusal.guard)),
    }
}

/// No item of the outbox has a condition.
fn unguarded(guard: Guard) -> CloudError {
    CloudError::Malformed {
        what: "a commit without conditions",
        source: format!("it was refused by {guard:?}").into(),
    }
}
