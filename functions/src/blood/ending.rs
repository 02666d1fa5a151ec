//! What the end of a request leaves to be told, whoever ended it: to those who had accepted that it is
//! over. To everybody else it is simply gone, from their lists and from their inboxes.

use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_domain::blood::{BloodRequest, Step, request_cancelled, request_completed};
use callout_domain::moment::Moment;

use crate::requests::tell::{Telling, archive_for_requester, shelve_for_others};

/// Adds it to the commit that ends `request`, of which the givers are known.
pub(super) async fn tell(
    cloud: &Cloud,
    commit: &mut Commit,
    request: &BloodRequest,
    step: Step,
    now: Moment,
) -> Result<(), CloudError> {
    let outbox = cloud.outbox().await?;
    let (header, givers) = (&request.header, request.givers.as_slice());
    let news = match step {
        Step::Complete => Some(request_completed(header.id)),
        Step::Cancel => Some(request_cancelled(header.id)),
        // These end nothing.
        Step::Answer | Step::Confirm => None,
    };
    if let Some(news) = news.filter(|_| !givers.is_empty()) {
        Telling::ending(header, news, now).these(&outbox, commit, givers)?;
    }
    shelve_for_others(header, givers, &outbox, commit, now)?;
    archive_for_requester(header, &outbox, commit, now)
}
