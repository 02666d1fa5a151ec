//! What remains of somebody who deleted their account: what happened, without who they were. Each
//! is done again harmlessly if it was interrupted.

use callout_cloud::Cloud;
use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::paging::Paging;
use callout_cloud::requests::Requests;
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::medicine::{MedicineRequest, State};
use callout_domain::moment::Moment;

use crate::medicine::cancel_request::cancel;
use crate::medicine::retract;

const PAGE: usize = 100;

/// Takes from every request who made it; those that are open are cancelled, and everybody who was
/// told of them is told.
pub(crate) async fn requester(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let requests = cloud.requests().await?;
    let mut before = None;
    loop {
        let paging = Paging {
            limit: PAGE,
            before,
        };
        let page = requests.of_requester(account, paging, now).await?;
        for request in &page.items {
            withdraw(cloud, &requests, request, now).await?;
            retract::request(cloud, request, now).await?;
            remove(cloud, request.image).await?;
            requests.forget_requester(request).await?;
        }
        before = page.next;
        if before.is_none() {
            return Ok(());
        }
    }
}

/// Takes from every answer who gave it, and what they wrote and said.
pub(crate) async fn responder(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let requests = cloud.requests().await?;
    let mut before = None;
    loop {
        let paging = Paging {
            limit: PAGE,
            before,
        };
        let page = requests.answered_by(account, paging, now).await?;
        for response in &page.items {
            retract::response(cloud, response, now).await?;
            remove(cloud, response.audio).await?;
            requests.forget_responder(response).await?;
        }
        before = page.next;
        if before.is_none() {
            return requests.forget_stats(account).await;
        }
    }
}

async fn withdraw(
    cloud: &Cloud,
    requests: &Requests,
    request: &MedicineRequest,
    now: Moment,
) -> Result<(), CloudError> {
    if request.state_at(now) != State::Pending {
        return Ok(());
    }
    match cancel(cloud, requests, request, now).await {
        Ok(()) => Ok(()),
        // Somebody accepted it meanwhile, or it is cancelled already.
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => Ok(()),
        Err(CommitError::Refused(_)) => Err(CloudError::Contended),
        Err(CommitError::Cloud(error)) => Err(error),
    }
}

async fn remove(cloud: &Cloud, media: Option<MediaId>) -> Result<(), CloudError> {
    match media {
        Some(media) => cloud.media().await?.remove(media).await,
        None => Ok(()),
    }
}
