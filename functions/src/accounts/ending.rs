//! The end of sessions: nothing opens any more, and what is open closes.

use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock};
use callout_domain::event::{Errand, Event, Subject};
use callout_domain::ids::{AccountId, EventId, SessionId};
use callout_domain::moment::Moment;

/// Ends one session and has its sockets closed; one that has ended already stays as it is.
pub(super) async fn end_session(
    cloud: &Cloud,
    account: AccountId,
    session: SessionId,
    now: Moment,
) -> Result<(), CommitError> {
    let mut commit = cloud.commit().await;
    cloud.sessions().await?.end(&mut commit, account, session)?;
    close_sockets(cloud, &mut commit, account, Some(session), now).await?;
    match commit.run().await {
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::SessionThere => Ok(()),
        outcome => outcome,
    }
}

/// Has the sockets of one session closed, or all of an account's, if the commit happens.
pub(super) async fn close_sockets(
    cloud: &Cloud,
    commit: &mut Commit,
    account: AccountId,
    session: Option<SessionId>,
    now: Moment,
) -> Result<(), CloudError> {
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Account(account),
        at: now,
        errand: Errand::Close { account, session },
    };
    cloud.outbox().await?.post(commit, &event, 0)
}
