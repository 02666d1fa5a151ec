//! The one order between a seeker and a provider that waits for an answer.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::work::WorkOrder;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::requests::work::Work;
use crate::stored::{self, Item, key, s};

const PENDING: &str = "PENDING";

#[derive(Serialize, Deserialize)]
struct StoredPending {
    pending: RequestId,
    waits_until: Moment,
    expires_at: i64,
}

impl Work<'_> {
    /// Whether an order between the two waits for an answer.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn is_pending(
        self,
        seeker: AccountId,
        provider: AccountId,
        now: Moment,
    ) -> Result<bool, CloudError> {
        let Some(item) = self.requests.item(pair_key(seeker, provider)).await? else {
            return Ok(false);
        };
        let stored: StoredPending = stored::read("a pending order", item)?;
        Ok(stored.waits_until > now)
    }

    /// Has an order be the one that waits. Refused by [`Guard::NonePending`] if another does.
    pub(super) fn wait(
        self,
        commit: &mut Commit,
        order: &WorkOrder,
        lifetime: Duration,
    ) -> Result<(), CloudError> {
        let until = order.header.created_at.plus(lifetime);
        let body = StoredPending {
            pending: order.header.id,
            waits_until: until,
            expires_at: until.unix_seconds(),
        };
        let pair = pair(order.header.requester, order.provider_id);
        let put = Put::builder()
            .table_name(&self.requests.table.name)
            .set_item(Some(stored::item(pair, PENDING.to_owned(), &body)?))
            // What nobody answered in time does not stand in the way of the next.
            .condition_expression("attribute_not_exists(pk) OR waits_until <= :now")
            .expression_attribute_values(":now", s(order.header.created_at))
            .build()
            .map_err(CloudError::call("a pending order"))?;
        commit.push(
            Guard::NonePending,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// Has an order wait no more. Refused by [`Guard::RequestUnchanged`] if it is another that waits.
    pub(super) fn answered(self, commit: &mut Commit, order: &WorkOrder) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.requests.table.name)
            .set_key(Some(pair_key(order.header.requester, order.provider_id)))
            .condition_expression("attribute_not_exists(pk) OR pending = :order")
            .expression_attribute_values(":order", s(order.header.id))
            .build()
            .map_err(CloudError::call("a pending order"))?;
        commit.push(
            Guard::RequestUnchanged,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }
}

fn pair(seeker: AccountId, provider: AccountId) -> String {
    format!("PAIR#{seeker}#{provider}")
}

fn pair_key(seeker: AccountId, provider: AccountId) -> Item {
    key(pair(seeker, provider), PENDING)
}
