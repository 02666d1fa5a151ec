//! The end of a request that nobody ended in the hours of the deployment, by
//! [`requests::expire`](crate::requests::expire).
//!
//! Leaves behind the request expired, its places among the open ones empty, and a `blood_request_expired` for its
//! requester and for the donors who had accepted, after all else that they were told of it is archived; to
//! everybody else who was told, it is simply gone.

use callout_cloud::Cloud;
use callout_cloud::commit::CommitError;
use callout_domain::blood::{BloodRequest, State, request_expired};
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;

use crate::requests::expire::Fate;
use crate::requests::tell::expired;

/// Ends it, if its time is over. Refused by [`RequestUnchanged`](callout_cloud::commit::Guard::RequestUnchanged)
/// if it is not as it was read.
pub(crate) async fn end(cloud: &Cloud, id: RequestId, now: Moment) -> Result<Fate, CommitError> {
    let table = cloud.requests().await?;
    let lifetime = cloud.blood_lifetime()?;
    let Some(request) = table.read::<BloodRequest>(id, now).await? else {
        return Ok(Fate::Over);
    };
    let header = &request.header;
    match (request.state, request.state_at(lifetime, now)) {
        (State::Active, State::Expired) => {}
        (State::Active, _) => return Ok(Fate::Waits(header.created_at.plus(lifetime))),
        (State::Completed | State::Cancelled | State::Expired, _) => return Ok(Fate::Over),
    }
    let mut commit = cloud.commit().await;
    table.blood().expire(&mut commit, &request, lifetime, now)?;
    let outbox = cloud.outbox().await?;
    let news = request_expired(id);
    expired(header, &news, &request.givers, &outbox, &mut commit, now)?;
    commit.run().await?;
    Ok(Fate::Ended)
}
