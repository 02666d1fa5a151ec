//! What a work order says of people who left.

use callout_domain::work::WorkOrder;

use crate::failure::CloudError;
use crate::requests::erase::{SOMEBODY, coarse, unless_gone};
use crate::requests::work::Work;
use crate::stored::s;

impl Work<'_> {
    /// Takes from an order who asked: name, number, what they wrote, and where they were but for the
    /// degree. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_seeker(self, order: &WorkOrder) -> Result<(), CloudError> {
        let change = self
            .requests
            .forget_of_request(order.header.id)
            .update_expression(
                "SET seeker_name = :somebody, task = :somebody, place = :place REMOVE seeker_number",
            )
            .expression_attribute_values(":somebody", s(SOMEBODY))
            .expression_attribute_values(":place", coarse(order.place));
        unless_gone(change).await
    }

    /// Takes from an order who was asked: name and number. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_provider(self, order: &WorkOrder) -> Result<(), CloudError> {
        let change = self
            .requests
            .forget_of_request(order.header.id)
            .update_expression("SET provider_name = :somebody REMOVE provider_number")
            .expression_attribute_values(":somebody", s(SOMEBODY));
        unless_gone(change).await
    }
}
