//! The conditions by which a conversation is open, kind by kind, each a part of the commit of a message.

use aws_sdk_dynamodb::types::builders::ConditionCheckBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::{blood, consultation, medicine, work};
use time::Duration;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::requests::blood::Blood;
use crate::requests::consultation::Consultations;
use crate::requests::medicine::Medicine;
use crate::requests::work::Work;
use crate::requests::{Requests, request_key};
use crate::stored::s;

impl Medicine<'_> {
    /// Requires that a request is with the pharmacy that accepted it: its conversation is open. Refused by
    /// [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_accepted(self, commit: &mut Commit, id: RequestId) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .condition_expression("#state = :accepted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(medicine::State::Accepted.as_str()));
        self.requests.must_be(commit, id, check)
    }
}

impl Blood<'_> {
    /// Requires that a request is active and a donor has promised a unit, or given it: their conversation
    /// is open. Refused by [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_promised(
        self,
        commit: &mut Commit,
        id: RequestId,
        donor: AccountId,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .condition_expression(
                "#state = :active AND created_at > :oldest AND contains(givers, :donor)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":active", s(blood::State::Active.as_str()))
            .expression_attribute_values(":oldest", s(now.plus(-lifetime)))
            .expression_attribute_values(":donor", s(donor));
        self.requests.must_be(commit, id, check)
    }
}

impl Work<'_> {
    /// Requires that an order's provider is at it: its conversation is open. Refused by
    /// [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_accepted(self, commit: &mut Commit, id: RequestId) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .condition_expression("#state = :accepted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(work::State::Accepted.as_str()));
        self.requests.must_be(commit, id, check)
    }
}

impl Consultations<'_> {
    /// Requires that a consultation is a doctor's and not over: their conversation is open. Refused by
    /// [`Guard::RequestUnchanged`].
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn must_be_assigned(
        self,
        commit: &mut Commit,
        id: RequestId,
        doctor: AccountId,
    ) -> Result<(), CloudError> {
        use consultation::State::{Cancelled, Completed};

        let check = ConditionCheck::builder()
            .condition_expression(
                "#doctor.#account = :doctor AND #state <> :completed AND #state <> :cancelled",
            )
            .expression_attribute_names("#doctor", "doctor")
            .expression_attribute_names("#account", "account")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":doctor", s(doctor))
            .expression_attribute_values(":completed", s(Completed.as_str()))
            .expression_attribute_values(":cancelled", s(Cancelled.as_str()));
        self.requests.must_be(commit, id, check)
    }
}

impl Requests {
    /// Requires something of a request, to be given its condition.
    fn must_be(
        &self,
        commit: &mut Commit,
        id: RequestId,
        check: ConditionCheckBuilder,
    ) -> Result<(), CloudError> {
        let check = check
            .table_name(&self.table.name)
            .set_key(Some(request_key(id)))
            .build()
            .map_err(CloudError::call("a check of a request"))?;
        commit.push(
            Guard::RequestUnchanged,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }
}
