//! The steps of a request's life, each a part of one commit with its condition beside it.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use callout_domain::audience::Audience;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::medicine::{
    Choice, LIFETIME, MedicineRequest, MedicineResponse, Pharmacy, State,
};
use callout_domain::moment::Moment;
use serde::Serialize;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::requests::stored::{StoredAudience, StoredOpen, StoredRequest, StoredResponse};
use crate::requests::{
    KEPT, OPEN, REQUEST, Requests, STATS, audience_sk, open_key, partition, request_key, responder,
    response_sk,
};
use crate::stored::{self, key, n, s};

/// Still open, whatever else happened meanwhile. Needs `:pending` and `:oldest`.
const IS_OPEN: &str = "#state = :pending AND created_at > :oldest";

impl Requests {
    /// Adds a new request and those who are told of it.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn create(
        &self,
        commit: &mut Commit,
        request: &MedicineRequest,
        audience: &Audience,
    ) -> Result<(), CloudError> {
        let pk = partition(request.id);
        let stored = StoredRequest::of(request);
        self.put(commit, pk.clone(), REQUEST.to_owned(), &stored)?;
        let open = StoredOpen::of(request);
        self.put(commit, pk.clone(), OPEN.to_owned(), &open)?;
        for (number, told) in audience.chunks() {
            let chunk = StoredAudience {
                told: told.to_vec(),
                expires_at: request.created_at.plus(KEPT).unix_seconds(),
            };
            self.put(commit, pk.clone(), audience_sk(number), &chunk)?;
        }
        Ok(())
    }

    /// Adds a pharmacy's answer, and what it does to the request: the first to accept has it, and the
    /// others are told so by the event `taken`.
    ///
    /// Refused by [`Guard::FirstResponse`] if this pharmacy has answered before, and by
    /// [`Guard::RequestUnchanged`] if the request is open no more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn answer(
        &self,
        commit: &mut Commit,
        request: &MedicineRequest,
        response: &MedicineResponse,
        taken: EventId,
    ) -> Result<(), CloudError> {
        let body = StoredResponse::of(response, request);
        let item = stored::item(partition(request.id), response_sk(response.pharmacy), &body)?;
        let first = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(CloudError::call("a response"))?;
        commit.push(
            Guard::FirstResponse,
            TransactWriteItem::builder().put(first).build(),
        );
        match response.choice {
            Choice::Accepted => {
                let winner = Pharmacy {
                    account: response.pharmacy,
                    name: response.pharmacy_name.clone(),
                };
                self.assign(commit, request, &winner, taken, response.responded_at)?;
                self.count(commit, response.pharmacy, "accepted")
            }
            Choice::Rejected => {
                self.count_rejection(commit, request, response.responded_at)?;
                self.count(commit, response.pharmacy, "rejected")
            }
        }
    }

    /// Adds the end of an open request by its requester.
    ///
    /// Refused by [`Guard::RequestUnchanged`] if it is open no more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn cancel(
        &self,
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
        self.leave_the_open(commit, request)
    }

    /// Adds the end of an accepted request by its requester.
    ///
    /// Refused by [`Guard::RequestUnchanged`] if it is not accepted any more.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn complete(
        &self,
        commit: &mut Commit,
        request: &MedicineRequest,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(request_key(request.id)))
            .update_expression("SET #state = :completed, completed_at = :now")
            .condition_expression("#state = :accepted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(State::Accepted.as_str()))
            .expression_attribute_values(":completed", s(State::Completed.as_str()))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        match request.winner() {
            Some(winner) => self.count(commit, winner.account, "completed"),
            None => Ok(()),
        }
    }

    fn assign(
        &self,
        commit: &mut Commit,
        request: &MedicineRequest,
        winner: &Pharmacy,
        taken: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = self
            .change_while_open(request, now)
            .update_expression(
                "SET #state = :accepted, pharmacy = :winner, pharmacy_name = :name, \
                 accepted_at = :now, taken = :taken",
            )
            .expression_attribute_values(":taken", s(taken))
            .expression_attribute_values(":accepted", s(State::Accepted.as_str()))
            .expression_attribute_values(":winner", s(winner.account))
            .expression_attribute_values(":name", s(&winner.name))
            .expression_attribute_values(":now", s(now));
        push_change(commit, update)?;
        self.leave_the_open(commit, request)
    }

    fn count_rejection(
        &self,
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
    fn change_while_open(
        &self,
        request: &MedicineRequest,
        now: Moment,
    ) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(request_key(request.id)))
            .condition_expression(IS_OPEN)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", s(State::Pending.as_str()))
            .expression_attribute_values(":oldest", s(now.plus(-LIFETIME)))
    }

    fn leave_the_open(
        &self,
        commit: &mut Commit,
        request: &MedicineRequest,
    ) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(open_key(request.id)))
            .build()
            .map_err(CloudError::call("a request's place"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }

    fn count(
        &self,
        commit: &mut Commit,
        pharmacy: AccountId,
        what: &str,
    ) -> Result<(), CloudError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(responder(pharmacy), STATS)))
            .update_expression("ADD #what :one")
            .expression_attribute_names("#what", what)
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(CloudError::call("a responder's counters"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    fn put<T: Serialize>(
        &self,
        commit: &mut Commit,
        pk: String,
        sk: String,
        body: &T,
    ) -> Result<(), CloudError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(pk, sk, body)?))
            .build()
            .map_err(CloudError::call("an item of a request"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(())
    }
}

fn push_change(
    commit: &mut Commit,
    update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
) -> Result<(), CloudError> {
    let update = update
        .build()
        .map_err(CloudError::call("a change of a request"))?;
    commit.push(
        Guard::RequestUnchanged,
        TransactWriteItem::builder().update(update).build(),
    );
    Ok(())
}
