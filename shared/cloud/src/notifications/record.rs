//! What became of telling somebody, for whoever asks how that went.

use std::collections::BTreeMap;

use callout_domain::delivery::Attempt;
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;

use super::stored::{Route, Stored};
use super::{Listed, Notifications, inbox_key, lowest_id};
use crate::failure::CloudError;
use crate::stored;

impl Notifications {
    /// What was tried to make one event heard by somebody; nothing before it is in their inbox. A
    /// consistent read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn attempts(
        &self,
        recipient: AccountId,
        event: EventId,
    ) -> Result<Option<BTreeMap<Route, Attempt>>, CloudError> {
        let key = stored::key(inbox_key(recipient), event.to_string());
        let found = self
            .table
            .read_one("GetItem of a notification", key)
            .await?;
        let Some(item) = found else {
            return Ok(None);
        };
        let stored: Stored = stored::read("a notification", item)?;
        Ok(Some(stored.deliveries))
    }

    /// All that somebody was told of a request that was made at `since`, oldest first, archived or not.
    /// A consistent read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn told_of(
        &self,
        recipient: AccountId,
        request: RequestId,
        since: Moment,
        now: Moment,
    ) -> Result<Vec<Listed>, CloudError> {
        // The ids of those who drew them may be of clocks that differ a little.
        let from = lowest_id(since.plus(-time::Duration::minutes(1)));
        let kept = self.about(recipient, request, from).await?;
        kept.into_iter()
            .filter(|kept| kept.body.is_kept(now))
            .map(Listed::of)
            .collect()
    }
}
