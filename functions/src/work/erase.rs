//! What remains of somebody who deleted their account in work orders: what happened, without who they
//! were. Each is done again harmlessly if it was interrupted.

use std::pin::pin;

use callout_cloud::commit::Guard;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::{Cloud, contention, paging};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::work::{Assignment, Side, State, Step, WorkOrder};
use futures::TryStreamExt as _;

use crate::requests::retract;
use crate::work::cancel_order::CANCELLED;
use crate::work::ending;

/// Takes from every order who asked; those that wait or are underway are cancelled, and their providers
/// told.
pub(crate) async fn seeker(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.of_requester::<WorkOrder>(account, paging, now)
    }));
    while let Some(order) = theirs.try_next().await? {
        cancel(cloud, &table, order.header.id, Side::Seeker, now).await?;
        retract::announcement(cloud, &order.header, now).await?;
        table.work().forget_seeker(&order).await?;
    }
    Ok(())
}

/// Takes from every order who was asked, and where they are; those that wait or are underway are
/// cancelled, and their seekers told.
pub(crate) async fn provider(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    cloud.live().await?.leave(account).await?;
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.answered_by::<Assignment>(account, paging, now)
    }));
    while let Some(assignment) = theirs.try_next().await? {
        cancel(cloud, &table, assignment.order, Side::Provider, now).await?;
        let Some(order) = table.read::<WorkOrder>(assignment.order, now).await? else {
            continue;
        };
        let said = EventId::reporting(assignment.id);
        retract::told_requester(cloud, &order.header, said, now).await?;
        table.work().forget_provider(&order).await?;
    }
    Ok(())
}

/// Cancels an order, if it waits or is underway.
async fn cancel(
    cloud: &Cloud,
    table: &Requests,
    id: RequestId,
    by: Side,
    now: Moment,
) -> Result<(), CloudError> {
    let lifetime = cloud.work_lifetime()?;
    contention::decide(&[Guard::RequestUnchanged], || async {
        let Some(before) = table.read::<WorkOrder>(id, now).await? else {
            return Ok(());
        };
        let step = match (by, before.state) {
            // Nobody is there any more to say no.
            (Side::Provider, State::Pending) => Step::Cancel,
            (Side::Seeker | Side::Provider, _) => by.cancels_by(),
        };
        let Ok(after) = before.after(step, lifetime, now) else {
            return Ok(());
        };
        let how = (by, CANCELLED);
        ending::commit(cloud, table, &before, &after, how, lifetime, now).await
    })
    .await
}
