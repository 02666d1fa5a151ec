//! What remains of the requests of people who left: what happened, without who they were.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::medicine::{MedicineRequest, MedicineResponse, Reach};

use crate::failure::CloudError;
use crate::requests::{Requests, STATS, partition, request_key, responder, response_sk};
use crate::stored::{key, s};

/// What somebody who left is called.
const SOMEBODY: &str = "Deleted account";

impl Requests {
    /// Takes from a request who made it: name, phone, prescription, and where they were but for
    /// the degree. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_requester(&self, request: &MedicineRequest) -> Result<(), CloudError> {
        let mut update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(request_key(request.id)))
            // Not to bring back one that TTL has deleted.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":name", s(SOMEBODY))
            .expression_attribute_values(":phone", s(""));
        update = match request.reach {
            Reach::Around { center, .. } => update
                .update_expression(
                    "SET patient_name = :name, patient_phone = :phone, center = :center \
                     REMOVE image",
                )
                .expression_attribute_values(":center", coarse(center)),
            Reach::Directed { .. } => update
                .update_expression("SET patient_name = :name, patient_phone = :phone REMOVE image"),
        };
        unless_gone(update.send().await)
    }

    /// Takes from a response and from a request that it won what its pharmacy is called, wrote
    /// and said. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_responder(&self, response: &MedicineResponse) -> Result<(), CloudError> {
        let response_of = key(partition(response.request), response_sk(response.pharmacy));
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(response_of))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET pharmacy_name = :name REMOVE pharmacy_location, #text, audio")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":name", s(SOMEBODY))
            .send()
            .await;
        unless_gone(outcome)?;
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(request_key(response.request)))
            .condition_expression("pharmacy = :pharmacy")
            .update_expression("SET pharmacy_name = :name")
            .expression_attribute_values(":pharmacy", s(response.pharmacy))
            .expression_attribute_values(":name", s(SOMEBODY))
            .send()
            .await;
        unless_gone(outcome)
    }

    /// Removes how often an account has answered.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_stats(&self, account: AccountId) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(key(responder(account), STATS)))
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?;
        Ok(())
    }
}

/// A condition that does not hold says that there is nothing to take.
fn unless_gone<T>(outcome: Result<T, SdkError<UpdateItemError>>) -> Result<(), CloudError> {
    let Err(error) = outcome else {
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
fn coarse(point: GeoPoint) -> AttributeValue {
    let number = |degrees: f64| AttributeValue::N(format!("{degrees:.0}"));
    AttributeValue::M(
        [
            ("lat".to_owned(), number(point.lat())),
            ("lng".to_owned(), number(point.lng())),
        ]
        .into(),
    )
}
