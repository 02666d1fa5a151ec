//! The one order that a provider has accepted and is at.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, ReturnValue, TransactWriteItem};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::work::{TELL_DISTANCE_EVERY, WorkOrder};
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, Guard};
use crate::contention;
use crate::failure::CloudError;
use crate::requests::kept::ends;
use crate::requests::responder;
use crate::requests::work::Work;
use crate::stored::{self, Item, key, s};

const BUSY: &str = "WORK";
const IS_FREE: &str = "attribute_not_exists(pk)";

/// An order that a provider is at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Underway {
    /// Which.
    pub order: RequestId,
    /// Who waits.
    pub seeker: AccountId,
    /// Where.
    pub place: GeoPoint,
}

#[derive(Serialize, Deserialize)]
struct StoredBusy {
    provider: AccountId,
    busy_with: RequestId,
    seeker: AccountId,
    place: GeoPoint,
    /// When the seeker was last told how far away the provider is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_at: Option<Moment>,
    expires_at: i64,
}

impl Work<'_> {
    /// With which orders those of these providers are busy who are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn busy(
        self,
        providers: &[AccountId],
        now: Moment,
    ) -> Result<HashMap<AccountId, RequestId>, CloudError> {
        let keys = providers
            .iter()
            .map(|provider| (responder(*provider), BUSY.to_owned()))
            .collect();
        let mut busy = HashMap::new();
        for item in self.requests.table.read_many(keys).await? {
            let stored: StoredBusy = stored::read("what a provider is at", item)?;
            // TTL deletes late.
            if stored.expires_at > now.unix_seconds() {
                busy.insert(stored.provider, stored.busy_with);
            }
        }
        Ok(busy)
    }

    /// The order that a provider is at, if its seeker is due to be told how far away they are: it is
    /// then noted that they were, so that of two sockets of one provider one tells.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn tells_distance(
        self,
        provider: AccountId,
        now: Moment,
    ) -> Result<Option<Underway>, CloudError> {
        let table = &self.requests.table;
        let update = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(busy_key(provider)))
            .update_expression("SET told_at = :now")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(told_at) OR told_at <= :due)",
            )
            .expression_attribute_values(":now", s(now))
            .expression_attribute_values(":due", s(now.plus(-TELL_DISTANCE_EVERY)))
            .return_values(ReturnValue::AllNew);
        for tries in 0..contention::TRIES {
            let error = match update.clone().send().await {
                Ok(output) => return underway(output.attributes.unwrap_or_default()).map(Some),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => return Ok(None),
                // The order is just ending, or beginning.
                Some(UpdateItemError::TransactionConflictException(_)) => {
                    contention::wait(tries).await;
                }
                _ => return Err(CloudError::call("UpdateItem")(error)),
            }
        }
        Err(CloudError::Contended)
    }

    /// Has the commit refused by [`Guard::ProviderFree`] if the provider is at an order.
    pub(super) fn must_be_free(
        self,
        commit: &mut Commit,
        provider: AccountId,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.requests.table.name)
            .set_key(Some(busy_key(provider)))
            .condition_expression(IS_FREE)
            .build()
            .map_err(CloudError::call("a check of a provider"))?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        commit.push(Guard::ProviderFree, check);
        Ok(())
    }

    /// Has a provider be at an order. Refused by [`Guard::ProviderFree`] if they are at one.
    pub(super) fn begin(self, commit: &mut Commit, order: &WorkOrder) -> Result<(), CloudError> {
        let busy = StoredBusy {
            provider: order.provider_id,
            busy_with: order.header.id,
            seeker: order.header.requester,
            place: order.place,
            told_at: None,
            expires_at: ends(&order.header),
        };
        let item = stored::item(responder(order.provider_id), BUSY.to_owned(), &busy)?;
        let put = Put::builder()
            .table_name(&self.requests.table.name)
            .set_item(Some(item))
            .condition_expression(IS_FREE)
            .build()
            .map_err(CloudError::call("what a provider is at"))?;
        commit.push(
            Guard::ProviderFree,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// Has a provider be at an order no more. Refused by [`Guard::RequestUnchanged`] if they are at
    /// another.
    pub(super) fn finish(self, commit: &mut Commit, order: &WorkOrder) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.requests.table.name)
            .set_key(Some(busy_key(order.provider_id)))
            .condition_expression(format!("{IS_FREE} OR busy_with = :order"))
            .expression_attribute_values(":order", s(order.header.id))
            .build()
            .map_err(CloudError::call("what a provider was at"))?;
        commit.push(
            Guard::RequestUnchanged,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }
}

fn busy_key(provider: AccountId) -> Item {
    key(responder(provider), BUSY)
}

fn underway(item: Item) -> Result<Underway, CloudError> {
    let stored: StoredBusy = stored::read("what a provider is at", item)?;
    Ok(Underway {
        order: stored.busy_with,
        seeker: stored.seeker,
        place: stored.place,
    })
}
