//! The steps of a request's life, each a part of one commit with its condition beside it.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use callout_domain::audience::Audience;
use callout_domain::ids::EventId;
use callout_domain::medicine::{
    Choice, LIFETIME, MedicineRequest, MedicineResponse, Pharmacy, State,
};
use callout_domain::moment::Moment;

use crate::commit::Commit;
use crate::failure::CloudError;
use crate::requests::medicine::{MEDICINE, Medicine, OPEN, stored};
use crate::requests::steps::{ANNOUNCED, announcing, push_change};
use crate::requests::{Due, Kind};
use crate::stored::{n, s};

/// Still open, whatever else happened meanwhile. Needs `:pending` and `:oldest`.
const IS_OPEN: &str = "#state = :pending AND created_at > :oldest";

/// Nobody has accepted it, and nobody can any more. Needs `:pending` and `:oldest`.
const IS_DUE: &str = "#state = :pending AND created_at <= :oldest";

impl Medicine<'_> {
    /// Adds a new request, its place among the open ones, and those who are told of it.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn create(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        audience: &Audience,
    ) -> Result<(), CloudError> {
        let item = stored::request(request)?;
        let places = vec![stored::place(request)?];
        let due = Due::after(&request.header, Kind::Medicine, LIFETIME);
        self.requests
            .create(commit, &request.header, item, audience, places, due)
    }

    /// Adds a pharmacy's answer, and what it does to the request: the first to accept has it, and the
    /// others are told so by the event `taken`.
    ///
    /// Refused by [`FirstResponse`](crate::commit::Guard::FirstResponse) if this pharmacy has answered before, and by
    /// [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if the request is open no more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn answer(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        response: &MedicineResponse,
        taken: EventId,
    ) -> Result<(), CloudError> {
        let item = stored::response(response, request)?;
        self.requests.first_answer(commit, item)?;
        match response.choice {
            Choice::Accepted => {
                let winner = Pharmacy {
                    account: response.pharmacy,
                    name: response.pharmacy_name.clone(),
                };
                self.assign(commit, request, &winner, taken, response.responded_at)?;
                self.requests
                    .count(commit, response.pharmacy, MEDICINE, "accepted")
            }
            Choice::Rejected => {
                self.count_rejection(commit, request, response.responded_at)?;
                self.requests
                    .count(commit, response.pharmacy, MEDICINE, "rejected")
            }
        }
    }

    /// Adds the end of an open request by its requester.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if it is open no more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn cancel(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = self
            .change_while_open(request, now)
            .update_expression("SET #state = :cancelled, cancelled_at = :now")
            .expression_attribute_values(":cancelled", s(State::Cancelled.as_str()))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        self.requests.leave(commit, request.header.id, &[OPEN])
    }

    /// Adds the end of a request that nobody has accepted in its time.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if somebody has, if it has
    /// ended, or if its time is not over.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn expire(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = self
            .change_while_open(request, now)
            .condition_expression(IS_DUE)
            .update_expression("SET #state = :expired, expired_at = :now")
            .expression_attribute_values(":expired", s(State::Expired.as_str()))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        self.requests.leave(commit, request.header.id, &[OPEN])
    }

    /// Adds the end of an accepted request by its requester.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if it is not accepted any more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn complete(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = self
            .requests
            .change(request.header.id)
            .update_expression("SET #state = :completed, completed_at = :now")
            .condition_expression("#state = :accepted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(State::Accepted.as_str()))
            .expression_attribute_values(":completed", s(State::Completed.as_str()))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        match request.winner() {
            Some(winner) => self
                .requests
                .count(commit, winner.account, MEDICINE, "completed"),
            None => Ok(()),
        }
    }

    fn assign(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        winner: &Pharmacy,
        taken: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = announcing(self.change_while_open(request, now), taken)
            .update_expression(format!(
                "SET #state = :accepted, pharmacy = :winner, pharmacy_name = :name, \
                 accepted_at = :now, {ANNOUNCED}",
            ))
            .expression_attribute_values(":accepted", s(State::Accepted.as_str()))
            .expression_attribute_values(":winner", s(winner.account))
            .expression_attribute_values(":name", s(&winner.name))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        self.requests.leave(commit, request.header.id, &[OPEN])
    }

    fn count_rejection(
        self,
        commit: &mut Commit,
        request: &MedicineRequest,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = self
            .change_while_open(request, now)
            .update_expression("ADD rejections :one")
            .expression_attribute_values(":one", n(1));
        push_change(commit, update)
    }

    /// A change of a request that happens only while it is open.
    fn change_while_open(self, request: &MedicineRequest, now: Moment) -> UpdateBuilder {
        self.requests
            .change(request.header.id)
            .condition_expression(IS_OPEN)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", s(State::Pending.as_str()))
            .expression_attribute_values(":oldest", s(now.plus(-LIFETIME)))
    }
}
