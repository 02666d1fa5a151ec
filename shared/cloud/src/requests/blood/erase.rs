//! What a request for blood and a donor's answer to it say of people who left.

use callout_domain::account::PersonName;
use callout_domain::blood::{BloodRequest, DonorResponse};

use crate::failure::CloudError;
use crate::requests::blood::Blood;
use crate::requests::erase::{SOMEBODY, unless_gone};
use crate::requests::request_key;
use crate::stored::s;

impl Blood<'_> {
    /// Removes a request whose requester left: it is about a patient, their attender and where they lie,
    /// and nobody else has a list with it. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_request(self, request: &BloodRequest) -> Result<(), CloudError> {
        let table = &self.requests.table;
        table
            .client
            .delete_item()
            .table_name(&table.name)
            .set_key(Some(request_key(request.header.id)))
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?;
        Ok(())
    }

    /// The answer of a donor who left, without who they were.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn without_donor(self, response: &DonorResponse) -> Result<DonorResponse, CloudError> {
        Ok(DonorResponse {
            name: PersonName::parse(SOMEBODY).map_err(CloudError::malformed("a name"))?,
            phone_number: None,
            distance_km: None,
            ..response.clone()
        })
    }

    /// Takes from an answer what its donor is called, where they are reached and where they live. Doing
    /// it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_donor(self, response: &DonorResponse) -> Result<(), CloudError> {
        let change = self
            .requests
            .forget_of_answer(response.request, response.donor)
            .update_expression("SET #name = :name REMOVE phone_number, distance_km")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", s(SOMEBODY));
        unless_gone(change).await
    }
}
