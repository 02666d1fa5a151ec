//! What remains of what somebody said who deleted their account: that something was said, and when. It is
//! done again harmlessly if it was interrupted.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::requests::conversations::Spoken;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::requests::{erase, retract};

/// How many messages are emptied at once.
const AT_ONCE: usize = 8;

/// Takes from every message of theirs what it says, from the bucket what went with it, and all of it out
/// of the other parties' inboxes.
pub(crate) async fn sender(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = &cloud.requests().await?;
    let mut after = None;
    loop {
        let spoken = table.conversations().spoken(account, after).await?;
        let Some(last) = spoken.last() else {
            return Ok(());
        };
        after = Some(last.event);
        futures::stream::iter(spoken)
            .map(|spoken| async move { forget(cloud, table, &spoken, now).await })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
    }
}

async fn forget(
    cloud: &Cloud,
    table: &Requests,
    spoken: &Spoken,
    now: Moment,
) -> Result<(), CloudError> {
    let id = spoken.conversation;
    retract::told(cloud, id.request, spoken.event, &spoken.told, now).await?;
    erase::remove(cloud, spoken.media).await?;
    // Last, for it is not found again.
    table.conversations().forget(spoken).await
}
