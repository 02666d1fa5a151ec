//! The steps of a request's life, each a part of one commit with its condition beside it.

use std::fmt::Write as _;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use callout_domain::audience::Audience;
use callout_domain::blood::{Answered, BloodRequest, Consequence, DonorResponse, State};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;
use time::Duration;

use crate::commit::Commit;
use crate::failure::CloudError;
use crate::requests::blood::{Blood, OPEN_AROUND, OPEN_IN_CITY, stored};
use crate::requests::steps::{ANNOUNCED, announcing, push_change};
use crate::requests::{Due, Kind};
use crate::stored::{n, s};

/// Still open, whatever else happened meanwhile. Needs `:active` and `:oldest`.
const IS_ACTIVE: &str = "#state = :active AND created_at > :oldest";

/// Nobody has ended it, and its time is over. Needs `:active` and `:oldest`.
const IS_DUE: &str = "#state = :active AND created_at <= :oldest";

/// Completed; what is kept no more is not there. Needs `:completed`.
const IS_COMPLETED: &str = "#state = :completed";

/// A donor's move: what was read, and what the rule decided on it.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    /// The request as it was read.
    pub request: &'a BloodRequest,
    /// The donor's answer as it was read, if they had moved before.
    pub earlier: Option<&'a DonorResponse>,
    /// What the move comes to.
    pub answered: &'a Answered,
    /// The donor's answer after it.
    pub response: &'a DonorResponse,
    /// The event by which the audience is told that the units are covered, where that follows.
    pub covered: Option<EventId>,
}

impl Blood<'_> {
    /// Adds a new request, its places among the open ones for as long as it waits, and those who are
    /// told of it.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn create(
        self,
        commit: &mut Commit,
        request: &BloodRequest,
        audience: &Audience,
        lifetime: Duration,
    ) -> Result<(), CloudError> {
        let item = stored::request(request)?;
        let places = stored::places(request, lifetime)?;
        let due = Due::after(&request.header, Kind::Blood, lifetime);
        self.requests
            .create(commit, &request.header, item, audience, places, due)
    }

    /// Adds a donor's move: their answer, and what it does to the request.
    ///
    /// Refused by [`FirstResponse`](crate::commit::Guard::FirstResponse) or
    /// [`ResponseUnchanged`](crate::commit::Guard::ResponseUnchanged) if the donor has moved meanwhile, and by
    /// [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if the request is open no more, which it
    /// need not be if it was read as completed, or the move would have another consequence than was
    /// decided. Each is to be decided again.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn answer(
        self,
        commit: &mut Commit,
        moved: Moved<'_>,
        lifetime: Duration,
    ) -> Result<(), CloudError> {
        self.put_answer(commit, moved)?;
        let (change, condition) = match moved.request.state {
            State::Completed => (self.change_of_completed(moved.request), IS_COMPLETED),
            State::Active | State::Cancelled | State::Expired => {
                let at = moved.response.at;
                let change = self.change_while_active(moved.request, lifetime, at);
                (change, IS_ACTIVE)
            }
        };
        push_change(commit, moved.on(change, condition))?;
        match moved.answered.consequence {
            Some(Consequence::Completed) => self.leave(commit, moved.request),
            Some(Consequence::Covered | Consequence::IgnoredByAll) | None => Ok(()),
        }
    }

    /// Adds the end of an open request by its requester, because the blood was given.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if it is open no more, or if
    /// others have accepted or withdrawn meanwhile, who must be told; to be decided again.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn complete(
        self,
        commit: &mut Commit,
        request: &BloodRequest,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.close(
            commit,
            request,
            (State::Completed, IS_ACTIVE),
            lifetime,
            now,
        )
    }

    /// Adds the end of an open request by its requester, because no blood is needed any more. Refused as
    /// [`Blood::complete`] is.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn cancel(
        self,
        commit: &mut Commit,
        request: &BloodRequest,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.close(
            commit,
            request,
            (State::Cancelled, IS_ACTIVE),
            lifetime,
            now,
        )
    }

    /// Adds the end of a request that nobody has ended in its time. Refused as [`Blood::complete`] is, or
    /// if its time is not over.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn expire(
        self,
        commit: &mut Commit,
        request: &BloodRequest,
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.close(commit, request, (State::Expired, IS_DUE), lifetime, now)
    }

    fn close(
        self,
        commit: &mut Commit,
        request: &BloodRequest,
        (end, condition): (State, &str),
        lifetime: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        let change = self
            .change_while_active(request, lifetime, now)
            .update_expression("SET #state = :end, ended_at = :now")
            .expression_attribute_values(":end", s(state(end)))
            .expression_attribute_values(":now", s(now));
        let change = if request.givers.is_empty() {
            change.condition_expression(format!("{condition} AND attribute_not_exists(givers)"))
        } else {
            change
                .condition_expression(format!("{condition} AND givers = :givers"))
                .expression_attribute_values(":givers", set(&request.givers))
        };
        push_change(commit, change)?;
        self.leave(commit, request)
    }

    /// Takes a request from all its places among the open ones, and from what ends by itself.
    fn leave(self, commit: &mut Commit, request: &BloodRequest) -> Result<(), CloudError> {
        let places: &[&str] = match request.around {
            Some(_) => &[OPEN_IN_CITY, OPEN_AROUND],
            None => &[OPEN_IN_CITY],
        };
        self.requests.leave(commit, request.header.id, places)
    }

    fn put_answer(self, commit: &mut Commit, moved: Moved<'_>) -> Result<(), CloudError> {
        let item = stored::response(moved.response, &moved.request.header)?;
        let Some(earlier) = moved.earlier else {
            return self.requests.first_answer(commit, item);
        };
        // Nobody comes back to a standing without something that was reported of them meanwhile.
        let reported = i64::try_from(earlier.reported.len()).unwrap_or(i64::MAX);
        let put = Put::builder()
            .set_item(Some(item))
            .condition_expression("standing = :standing AND size(reported) = :reported")
            .expression_attribute_values(":standing", s(earlier.standing.as_str()))
            .expression_attribute_values(":reported", n(reported));
        self.requests.changed_answer(commit, put)
    }

    /// A change of a request that happens only while it is open.
    fn change_while_active(
        self,
        request: &BloodRequest,
        lifetime: Duration,
        now: Moment,
    ) -> UpdateBuilder {
        self.requests
            .change(request.header.id)
            .condition_expression(IS_ACTIVE)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":active", s(state(State::Active)))
            .expression_attribute_values(":oldest", s(now.plus(-lifetime)))
    }

    /// A change of a request that happens only after it was completed.
    fn change_of_completed(self, request: &BloodRequest) -> UpdateBuilder {
        self.requests
            .change(request.header.id)
            .condition_expression(IS_COMPLETED)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":completed", s(state(State::Completed)))
    }
}

impl Moved<'_> {
    /// What the move changes of the request, on this condition and on which else.
    ///
    /// Counters are added to, and conditions are no narrower than the decision needs: thousands may
    /// ignore a request at once without one having to decide again because of another.
    fn on(self, mut change: UpdateBuilder, condition: &str) -> UpdateBuilder {
        let (before, after) = (self.request, &self.answered.request);
        let mut expression =
            "ADD accepted :accepted, confirmed :confirmed, ignored :ignored, withdrawn :withdrawn"
                .to_owned();
        let more = |before: u32, after: u32| n(i64::from(after) - i64::from(before));
        change = change
            .expression_attribute_values(
                ":accepted",
                more(before.accepted.into(), after.accepted.into()),
            )
            .expression_attribute_values(
                ":confirmed",
                more(before.confirmed.into(), after.confirmed.into()),
            )
            .expression_attribute_values(":ignored", more(before.ignored, after.ignored))
            .expression_attribute_values(":withdrawn", more(before.withdrawn, after.withdrawn));
        let donor = || set(&[self.response.donor]);
        if after.accepted > before.accepted {
            expression += ", givers :giver";
            change = change.expression_attribute_values(":giver", donor());
        } else if after.accepted < before.accepted {
            expression += " DELETE givers :giver";
            change = change.expression_attribute_values(":giver", donor());
        }
        match self.answered.consequence {
            Some(Consequence::Completed) => {
                expression += " SET #state = :end, ended_at = :now";
                change = change
                    .expression_attribute_values(":end", s(state(State::Completed)))
                    .expression_attribute_values(":now", s(self.response.at));
            }
            Some(Consequence::IgnoredByAll) => {
                expression += " SET all_ignored_at = :now";
                change = change.expression_attribute_values(":now", s(self.response.at));
            }
            Some(Consequence::Covered) | None => {}
        }
        if let Some(covered) = self.covered {
            // Writing to a String cannot fail.
            let _ = write!(expression, " SET {ANNOUNCED}");
            change = announcing(change, covered);
        }
        if let Some((besides, limit)) = self.limit() {
            change = change
                .condition_expression(format!("{condition} AND {besides}"))
                .expression_attribute_values(":limit", n(limit));
        }
        change.update_expression(expression)
    }

    /// What must hold so that the move has the consequence that was decided, and no other.
    fn limit(self) -> Option<(&'static str, i64)> {
        let (before, after) = (self.request, &self.answered.request);
        let units = i64::from(before.units.get());
        let last_told = i64::from(before.header.told) - 1;
        match self.answered.consequence {
            Some(Consequence::Covered) => Some((
                "accepted = :limit AND attribute_not_exists(announced[0])",
                units - 1,
            )),
            Some(Consequence::Completed) => Some(("confirmed = :limit", units - 1)),
            Some(Consequence::IgnoredByAll) => Some((
                "ignored = :limit AND attribute_not_exists(all_ignored_at)",
                last_told,
            )),
            None if after.accepted > before.accepted => {
                // The others are told that it is covered once; after that it just is.
                let is_told = !before.header.announced.is_empty();
                let limit = if is_told { units } else { units - 1 };
                Some(("accepted < :limit", limit))
            }
            None if after.confirmed > before.confirmed => {
                // The last one completes it, unless it is completed.
                let is_completed = before.state == State::Completed;
                let limit = if is_completed { units } else { units - 1 };
                Some(("confirmed < :limit", limit))
            }
            None if after.ignored > before.ignored && before.all_ignored_at.is_none() => {
                Some(("ignored < :limit", last_told))
            }
            None => None,
        }
    }
}

/// As a request's item has it, which is also where it is read.
const fn state(state: State) -> &'static str {
    match state {
        State::Active => "Active",
        State::Completed => "Completed",
        State::Cancelled => "Cancelled",
        State::Expired => "Expired",
    }
}

/// A set of accounts; there must be one.
fn set(accounts: &[AccountId]) -> AttributeValue {
    AttributeValue::Ss(accounts.iter().map(AccountId::to_string).collect())
}

#[cfg(test)]
pub(super) mod tests;
