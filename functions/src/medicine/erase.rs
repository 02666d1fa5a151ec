//! What remains of somebody who deleted their account in requests for medicine and in the answers to
//! them: what happened, without who they were. Each is done again harmlessly if it was interrupted.

use std::pin::pin;

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_cloud::paging;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse, State};
use callout_domain::moment::Moment;
use futures::TryStreamExt as _;

use crate::medicine::cancel_request::cancel;
use crate::requests::erase::{remove, unless_ended};
use crate::requests::retract;

/// Takes from every request who made it; those that are open are cancelled, and everybody who was
/// told of them is told.
pub(crate) async fn requester(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.of_requester::<MedicineRequest>(account, paging, now)
    }));
    while let Some(request) = theirs.try_next().await? {
        if request.state_at(now) == State::Pending {
            unless_ended(cancel(cloud, &table, &request, now).await)?;
        }
        retract::announcement(cloud, &request.header, now).await?;
        remove(cloud, request.image).await?;
        table.medicine().forget_requester(&request).await?;
    }
    Ok(())
}

/// Takes from every answer who gave it, and what they wrote and said.
pub(crate) async fn responder(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.answered_by::<MedicineResponse>(account, paging, now)
    }));
    while let Some(response) = theirs.try_next().await? {
        let request: Option<MedicineRequest> = table.read(response.request, now).await?;
        if let Some(request) = request {
            let said = EventId::reporting(response.id);
            retract::told_requester(cloud, &request.header, said, now).await?;
        }
        remove(cloud, response.audio).await?;
        table.medicine().forget_responder(&response).await?;
    }
    table.medicine().forget_stats(account).await
}
