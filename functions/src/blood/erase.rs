//! What remains of a donor who deleted their account, in their requests and in their answers to those
//! of others. Each is done again harmlessly if it was interrupted.

use std::pin::pin;

use callout_cloud::commit::Guard;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::requests::blood::Moved;
use callout_cloud::{Cloud, contention, paging};
use callout_domain::blood::{
    BloodRequest, DonorResponse, Move, Standing, State, Step, donor_response,
};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use futures::TryStreamExt as _;

use crate::blood::ending;
use crate::requests::retract;
use crate::requests::tell::Telling;

/// Refusals that say that something is not as it was read.
const OVERTAKEN: [Guard; 2] = [Guard::RequestUnchanged, Guard::ResponseUnchanged];

/// Removes every request that they made; those that are open are cancelled, and who had accepted them
/// is told.
pub(crate) async fn requester(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.of_requester::<BloodRequest>(account, paging, now)
    }));
    while let Some(request) = theirs.try_next().await? {
        cancel(cloud, &table, request.header.id, now).await?;
        retract::announcement(cloud, &request.header, now).await?;
        table.blood().forget_request(&request).await?;
    }
    Ok(())
}

/// Takes from every answer who gave it, and their promises back.
pub(crate) async fn responder(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.answered_by::<DonorResponse>(account, paging, now)
    }));
    while let Some(listed) = theirs.try_next().await? {
        // The list follows the table.
        let (request, response) = futures::try_join!(
            table.read::<BloodRequest>(listed.request, now),
            table.answer::<DonorResponse>(listed.request, account, now),
        )?;
        if let (Some(request), Some(response)) = (request, response) {
            for said in response.reported {
                retract::told_requester(cloud, &request.header, said, now).await?;
            }
        }
        withdraw(cloud, &table, listed.request, account, now).await?;
        table.blood().forget_donor(&listed).await?;
    }
    Ok(())
}

/// Cancels a request, if it is active.
async fn cancel(
    cloud: &Cloud,
    table: &Requests,
    id: RequestId,
    now: Moment,
) -> Result<(), CloudError> {
    let lifetime = cloud.blood_lifetime()?;
    contention::decide(&OVERTAKEN, || async {
        let read = table.read::<BloodRequest>(id, now).await?;
        let is_active = |request: &BloodRequest| request.state_at(lifetime, now) == State::Active;
        let Some(request) = read.filter(is_active) else {
            return Ok(());
        };
        let mut commit = cloud.commit().await;
        table.blood().cancel(&mut commit, &request, lifetime, now)?;
        ending::tell(cloud, &mut commit, &request, Step::Cancel, now).await?;
        commit.run().await
    })
    .await
}

/// Takes a promise back, if there is one that another could give; whoever asked is told that, and not
/// who it was.
async fn withdraw(
    cloud: &Cloud,
    table: &Requests,
    id: RequestId,
    donor: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let lifetime = cloud.blood_lifetime()?;
    contention::decide(&OVERTAKEN, || async {
        let (request, earlier) = futures::try_join!(
            table.read::<BloodRequest>(id, now),
            table.answer::<DonorResponse>(id, donor, now),
        )?;
        let (Some(request), Some(earlier)) = (request, earlier) else {
            return Ok(());
        };
        let from = (earlier.standing, earlier.was_told);
        let Ok(answered) = request.answer(donor, from, Move::Withdraw, lifetime, now) else {
            return Ok(());
        };
        let response = DonorResponse {
            standing: Standing::Withdrawn,
            at: now,
            ..table.blood().without_donor(&earlier)?
        };
        let mut commit = cloud.commit().await;
        let moved = Moved {
            request: &request,
            earlier: Some(&earlier),
            answered: &answered,
            response: &response,
            covered: None,
        };
        table.blood().answer(&mut commit, moved, lifetime)?;
        if let Some(news) = donor_response(&response) {
            let outbox = cloud.outbox().await?;
            let requester = [request.header.requester];
            Telling::of(&request.header, news, now).these(&outbox, &mut commit, &requester)?;
        }
        commit.run().await
    })
    .await
}
