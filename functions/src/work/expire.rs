//! The end of an order that its provider did not answer in the minutes of the deployment, by
//! [`requests::expire`](crate::requests::expire).
//!
//! Leaves behind the order expired, and a `work_expired` for both its parties, after all else that they were told of it is
//! archived.

use callout_cloud::Cloud;
use callout_cloud::commit::CommitError;
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::work::{State, Step, WorkOrder, work_expired};

use crate::requests::expire::Fate;
use crate::requests::tell::expired;

/// Ends it, if its time is over. Refused by [`RequestUnchanged`](callout_cloud::commit::Guard::RequestUnchanged)
/// if it is not as it was read.
pub(crate) async fn end(cloud: &Cloud, id: RequestId, now: Moment) -> Result<Fate, CommitError> {
    let table = cloud.requests().await?;
    let lifetime = cloud.work_lifetime()?;
    let Some(before) = table.read::<WorkOrder>(id, now).await? else {
        return Ok(Fate::Over);
    };
    // Only what is pending expires.
    let Ok(after) = before.after(Step::Expire, lifetime, now) else {
        return Ok(Fate::Over);
    };
    let header = &before.header;
    if before.state_at(lifetime, now) != State::Expired {
        return Ok(Fate::Waits(header.created_at.plus(lifetime)));
    }
    let mut commit = cloud.commit().await;
    table
        .work()
        .step(&mut commit, &before, &after, lifetime, now)?;
    let outbox = cloud.outbox().await?;
    let provider = [before.provider_id];
    expired(
        header,
        &work_expired(&after),
        &provider,
        &outbox,
        &mut commit,
        now,
    )?;
    commit.run().await?;
    Ok(Fate::Ended)
}
