//! The steps of an order's life, each a part of one commit with its condition beside it.

use std::fmt::Write as _;

use callout_domain::audience::Audience;
use callout_domain::moment::Moment;
use callout_domain::work::{State, WorkOrder};
use time::Duration;

use crate::commit::Commit;
use crate::failure::CloudError;
use crate::requests::steps::push_change;
use crate::requests::work::{Work, stored};
use crate::requests::{Due, Kind};
use crate::stored::s;

impl Work<'_> {
    /// Adds a new order, and that it is the only one that waits between the two.
    ///
    /// Refused by [`ProviderFree`](crate::commit::Guard::ProviderFree) if the provider is at work, and by
    /// [`NonePending`](crate::commit::Guard::NonePending) if another order between the two waits.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn create(
        self,
        commit: &mut Commit,
        order: &WorkOrder,
        audience: &Audience,
        lifetime: Duration,
    ) -> Result<(), CloudError> {
        let item = stored::order(order)?;
        let due = Due::after(&order.header, Kind::Work, lifetime);
        self.requests
            .create(commit, &order.header, item, audience, Vec::new(), due)?;
        self.requests.put(commit, stored::assignment(order)?)?;
        self.must_be_free(commit, order.provider_id)?;
        self.wait(commit, order, lifetime)
    }

    /// Adds a step that leads from `before`, as it was read, to `after`.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if the order does not stand
    /// there any more, and where it is accepted by
    /// [`ProviderFree`](crate::commit::Guard::ProviderFree) if the provider is at another.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn step(
        self,
        commit: &mut Commit,
        before: &WorkOrder,
        after: &WorkOrder,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.change(commit, before, after, lifetime, now)?;
        if before.state == State::Pending {
            self.requests.leave(commit, before.header.id, &[])?;
        }
        match before.state {
            // Its time is over, so it waits no more; who waits now is none of its business.
            State::Pending if after.state == State::Expired => {}
            State::Pending => self.answered(commit, before)?,
            State::Accepted => self.finish(commit, before)?,
            State::Rejected | State::Completed | State::Cancelled | State::Expired => {}
        }
        match after.state {
            State::Accepted => self.begin(commit, after),
            State::Pending
            | State::Rejected
            | State::Completed
            | State::Cancelled
            | State::Expired => Ok(()),
        }
    }

    fn change(
        self,
        commit: &mut Commit,
        before: &WorkOrder,
        after: &WorkOrder,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        let mut expression = "SET #state = :after".to_owned();
        let mut change = self
            .requests
            .change(before.header.id)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":before", s(as_stored(before.state)))
            .expression_attribute_values(":after", s(as_stored(after.state)));
        for (name, at) in [
            ("answered_at", after.answered_at),
            ("ended_at", after.ended_at),
        ] {
            if let Some(at) = at {
                // Writing to a String cannot fail.
                let _ = write!(expression, ", {name} = :{name}");
                change = change.expression_attribute_values(format!(":{name}"), s(at));
            }
        }
        let oldest = |change: aws_sdk_dynamodb::types::builders::UpdateBuilder| {
            change.expression_attribute_values(":oldest", s(now.plus(-lifetime)))
        };
        let change = match (before.state, after.state) {
            (State::Pending, State::Expired) => {
                oldest(change).condition_expression("#state = :before AND created_at <= :oldest")
            }
            (State::Pending, _) => {
                oldest(change).condition_expression("#state = :before AND created_at > :oldest")
            }
            (
                State::Accepted
                | State::Rejected
                | State::Completed
                | State::Cancelled
                | State::Expired,
                _,
            ) => change.condition_expression("#state = :before"),
        };
        push_change(commit, change.update_expression(expression))
    }
}

/// As an order's item has it, which is also where it is read.
const fn as_stored(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Accepted => "accepted",
        State::Rejected => "rejected",
        State::Completed => "completed",
        State::Cancelled => "cancelled",
        State::Expired => "expired",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
