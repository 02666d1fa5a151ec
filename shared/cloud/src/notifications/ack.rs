//! A client says that it has something.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;

use super::stored::Stored;
use super::tally::Tally;
use super::{Notifications, inbox_key};
use crate::commit::{CommitError, Guard};
use crate::failure::CloudError;
use crate::stored::{self, s};

impl Notifications {
    /// The recipient's client says that it has it; the first time counts. An event that is not in
    /// their inbox changes nothing.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn acknowledge(
        &self,
        recipient: AccountId,
        event: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        let key = stored::key(inbox_key(recipient), event.to_string());
        let found = self
            .table
            .read_one("GetItem of a notification", key.clone())
            .await?;
        let Some(item) = found else {
            return Ok(());
        };
        let stored: Stored = stored::read("a notification", item)?;
        if stored.acked_at.is_some() {
            return Ok(());
        }
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .update_expression("SET acked_at = :now REMOVE unheard")
            // Without the first half an update would bring an erased notification back.
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(acked_at)")
            .expression_attribute_names("#pk", stored::PK)
            .expression_attribute_values(":now", s(now.to_string()))
            .build()
            .map_err(CloudError::call("an acknowledgement"))?;
        let mut commit = self.commit();
        commit.push(
            Guard::NotificationUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        let delivered = Tally {
            delivered: 1,
            ..Tally::default()
        };
        self.tally_one(
            &mut commit,
            &stored.kind,
            stored.created_at,
            Channel::Socket,
            delivered,
        )?;
        self.tally_heard(&mut commit, event, stored.created_at)?;
        match commit.run().await {
            // Another of the recipient's sockets was faster, or the inbox was emptied.
            Ok(()) | Err(CommitError::Refused(_)) => Ok(()),
            Err(CommitError::Cloud(error)) => Err(error),
        }
    }
}
