//! What others were told by somebody who deleted their account is taken out of their inboxes again:
//! it says who they were. Each is done again harmlessly if it was interrupted.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::medicine::{MedicineRequest, MedicineResponse, NEW_REQUEST, PHARMACY_RESPONSE};
use callout_domain::moment::Moment;
use futures::TryStreamExt as _;

/// How many inboxes are looked into at once.
const INBOXES_AT_ONCE: usize = 32;

/// Takes a request out of the inboxes of those who were told of it.
pub(super) async fn request(cloud: &Cloud, request: &MedicineRequest) -> Result<(), CloudError> {
    let requests = cloud.requests().await?;
    let notifications = &cloud.notifications().await?;
    for chunk in 0..request.chunks {
        let told = requests.audience(request.id, chunk).await?;
        futures::stream::iter(told.into_iter().map(Ok))
            .try_for_each_concurrent(INBOXES_AT_ONCE, |told| {
                notifications.retract(told.account, request.id, NEW_REQUEST, request.created_at)
            })
            .await?;
    }
    Ok(())
}

/// Takes an answer out of the inbox of whoever had asked.
pub(super) async fn response(
    cloud: &Cloud,
    response: &MedicineResponse,
    now: Moment,
) -> Result<(), CloudError> {
    let requests = cloud.requests().await?;
    let Some(request) = requests.read(response.request, now).await? else {
        return Ok(());
    };
    let notifications = cloud.notifications().await?;
    notifications
        .retract(
            request.requester,
            request.id,
            PHARMACY_RESPONSE,
            response.responded_at,
        )
        .await
}
