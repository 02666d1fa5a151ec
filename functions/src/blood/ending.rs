//! What the end of a request leaves to be told, whoever ended it.

use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_domain::blood::{BloodRequest, Step, request_cancelled, request_completed};
use callout_domain::moment::Moment;

use crate::requests::tell::{Telling, archive_for_requester};

/// Adds it to the commit that ends `request`: everybody who was told of it or accepted it is told, and
/// what they and the requester were told before is archived.
pub(super) async fn tell(
    cloud: &Cloud,
    commit: &mut Commit,
    request: &BloodRequest,
    step: Step,
    now: Moment,
) -> Result<(), CloudError> {
    let outbox = cloud.outbox().await?;
    let header = &request.header;
    let news = match step {
        Step::Complete => request_completed(header.id),
        Step::Cancel => request_cancelled(header.id),
        // It ends nothing.
        Step::Answer => return Ok(()),
    };
    let telling = Telling::ending(header, news, now);
    if request.givers.is_empty() {
        telling.audience(&outbox, commit)?;
    } else {
        // Who has accepted need not have been told.
        telling.these_and_others(&outbox, commit, &request.givers)?;
    }
    archive_for_requester(header, &outbox, commit, now)
}
