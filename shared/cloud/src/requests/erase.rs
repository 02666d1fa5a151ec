//! What remains of the requests of people who left: what happened, without who they were. Which
//! attributes say who somebody was is their kind's.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use callout_domain::geo::GeoPoint;
use callout_domain::ids::{AccountId, RequestId};

use crate::failure::CloudError;
use crate::requests::{Requests, counters_key, partition, request_key, response_sk};
use crate::stored::{Item, key};

/// What somebody who left is called.
pub(super) const SOMEBODY: &str = "Deleted account";

/// Not to bring back what TTL has deleted.
const IS_THERE: &str = "attribute_exists(pk)";

impl Requests {
    /// A change of a request's item, if it is there; to be given its expression, and another
    /// condition where it has one.
    pub(super) fn forget_of_request(&self, request: RequestId) -> UpdateItemFluentBuilder {
        self.forget(request_key(request))
    }

    /// A change of the item of what somebody answered, if it is there; to be given its expression.
    pub(super) fn forget_of_answer(
        &self,
        request: RequestId,
        responder: AccountId,
    ) -> UpdateItemFluentBuilder {
        self.forget(key(partition(request), response_sk(responder)))
    }

    /// Removes what was counted of an account's answers to requests of a kind.
    pub(super) async fn forget_counters(
        &self,
        account: AccountId,
        kind: &str,
    ) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(counters_key(account, kind)))
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?;
        Ok(())
    }

    /// A change of an item, if it is there; to be given its expression.
    pub(super) fn forget(&self, key: Item) -> UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .condition_expression(IS_THERE)
    }
}

/// Does a change. A condition that does not hold says that there is nothing to take.
pub(super) async fn unless_gone(change: UpdateItemFluentBuilder) -> Result<(), CloudError> {
    let Err(error) = change.send().await else {
        return Ok(());
    };
    if error
        .as_service_error()
        .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
    {
        return Ok(());
    }
    Err(CloudError::call("UpdateItem")(error))
}

/// A position to the whole degree, some hundred kilometres: a region, and nobody's home.
pub(super) fn coarse(point: GeoPoint) -> AttributeValue {
    let number = |degrees: f64| AttributeValue::N(format!("{degrees:.0}"));
    AttributeValue::M(
        [
            ("lat".to_owned(), number(point.lat())),
            ("lng".to_owned(), number(point.lng())),
        ]
        .into(),
    )
}
