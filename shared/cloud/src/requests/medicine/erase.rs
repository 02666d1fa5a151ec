//! What a request for medicine and an answer to it say of people who left.

use callout_domain::ids::AccountId;
use callout_domain::medicine::{MedicineRequest, MedicineResponse, Reach};

use crate::failure::CloudError;
use crate::requests::erase::{SOMEBODY, coarse, unless_gone};
use crate::requests::medicine::{MEDICINE, Medicine};
use crate::stored::s;

impl Medicine<'_> {
    /// Takes from a request who made it: name, phone, prescription, and where they were but for
    /// the degree. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_requester(self, request: &MedicineRequest) -> Result<(), CloudError> {
        let change = self
            .requests
            .forget_of_request(request.header.id)
            .expression_attribute_values(":name", s(SOMEBODY))
            .expression_attribute_values(":phone", s(""));
        let change = match request.reach {
            Reach::Around { center, .. } => change
                .update_expression(
                    "SET patient_name = :name, patient_phone = :phone, center = :center \
                     REMOVE image",
                )
                .expression_attribute_values(":center", coarse(center)),
            Reach::Directed { .. } => change
                .update_expression("SET patient_name = :name, patient_phone = :phone REMOVE image"),
        };
        unless_gone(change).await
    }

    /// Takes from a response and from a request that it won what its pharmacy is called, wrote
    /// and said. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_responder(self, response: &MedicineResponse) -> Result<(), CloudError> {
        let change = self
            .requests
            .forget_of_answer(response.request, response.pharmacy)
            .update_expression("SET pharmacy_name = :name REMOVE pharmacy_location, #text, audio")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":name", s(SOMEBODY));
        unless_gone(change).await?;
        let change = self
            .requests
            .forget_of_request(response.request)
            .condition_expression("pharmacy = :pharmacy")
            .update_expression("SET pharmacy_name = :name")
            .expression_attribute_values(":pharmacy", s(response.pharmacy))
            .expression_attribute_values(":name", s(SOMEBODY));
        unless_gone(change).await
    }

    /// Removes how often an account has answered.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_stats(self, account: AccountId) -> Result<(), CloudError> {
        self.requests.forget_counters(account, MEDICINE).await
    }
}
