//! The end of a request that no pharmacy accepted in its 24 hours, by [`requests::expire`](crate::requests::expire).
//!
//! Leaves behind the request expired, its place among the open ones empty, and a `request_expired` for its
//! requester, after all else that they were told of it is archived; to everybody who was told of it, it is simply
//! gone.

use callout_cloud::Cloud;
use callout_cloud::commit::CommitError;
use callout_domain::ids::RequestId;
use callout_domain::medicine::{LIFETIME, MedicineRequest, State, request_expired};
use callout_domain::moment::Moment;

use crate::requests::expire::Fate;
use crate::requests::tell::expired;

/// Ends it, if its time is over. Refused by [`RequestUnchanged`](callout_cloud::commit::Guard::RequestUnchanged)
/// if it is not as it was read.
pub(crate) async fn end(cloud: &Cloud, id: RequestId, now: Moment) -> Result<Fate, CommitError> {
    let table = cloud.requests().await?;
    let Some(request) = table.read::<MedicineRequest>(id, now).await? else {
        return Ok(Fate::Over);
    };
    let header = &request.header;
    match (request.state, request.state_at(now)) {
        (State::Pending, State::Expired) => {}
        (State::Pending, _) => return Ok(Fate::Waits(header.created_at.plus(LIFETIME))),
        (State::Accepted | State::Completed | State::Cancelled | State::Expired, _) => {
            return Ok(Fate::Over);
        }
    }
    let mut commit = cloud.commit().await;
    table.medicine().expire(&mut commit, &request, now)?;
    let outbox = cloud.outbox().await?;
    expired(header, &request_expired(id), &[], &outbox, &mut commit, now)?;
    commit.run().await?;
    Ok(Fate::Ended)
}
