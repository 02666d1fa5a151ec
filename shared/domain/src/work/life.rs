//! The life of a work order: which step leads from which state to which.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::moment::Moment;

/// Where a work order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The provider has not answered.
    Pending,
    /// The provider is at it.
    Accepted,
    /// The provider will not do it.
    Rejected,
    /// It is done.
    Completed,
    /// One of its two parties withdrew it.
    Cancelled,
    /// The provider did not answer in time. The contract knows five states, so the wire has it as
    /// `cancelled`, and `expired` beside it.
    Expired,
}

/// What somebody wants to do with a work order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The provider says yes.
    Accept,
    /// The provider says no.
    Reject,
    /// One of the two says that it is done.
    Complete,
    /// The seeker withdraws it.
    Cancel,
    /// The provider gives back what they had accepted.
    GiveBack,
    /// Nobody has answered it in time.
    Expire,
}

/// A step that the state forbids; its text is the sentence for whoever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct IllegalStep {
    /// Where the order stands.
    pub state: State,
    /// What was tried.
    pub step: Step,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Accepted,
        Self::Rejected,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Completed => "completed",
            Self::Cancelled | Self::Expired => "cancelled",
        }
    }

    /// Whether it ended because nobody answered.
    pub const fn is_expired(self) -> bool {
        match self {
            Self::Expired => true,
            Self::Pending | Self::Accepted | Self::Rejected | Self::Completed | Self::Cancelled => {
                false
            }
        }
    }

    /// Where an order made at `created_at`, that waits for `lifetime`, stands at `now`, if this is
    /// what was written of it last: it may expire before anybody writes that down, so whoever reads it
    /// judges.
    #[must_use]
    pub fn at(self, created_at: Moment, lifetime: Duration, now: Moment) -> Self {
        match self {
            Self::Pending if now.since(created_at) >= lifetime => Self::Expired,
            Self::Pending
            | Self::Accepted
            | Self::Rejected
            | Self::Completed
            | Self::Cancelled
            | Self::Expired => self,
        }
    }

    /// Where an order stands after a step from here.
    ///
    /// # Errors
    /// [`IllegalStep`] where no such step leads on.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Pending, Step::Accept) => Ok(Self::Accepted),
            (Self::Pending, Step::Reject) => Ok(Self::Rejected),
            (Self::Pending, Step::Expire) => Ok(Self::Expired),
            (Self::Accepted, Step::Complete) => Ok(Self::Completed),
            (Self::Pending | Self::Accepted, Step::Cancel) | (Self::Accepted, Step::GiveBack) => {
                Ok(Self::Cancelled)
            }
            (Self::Pending, Step::Complete | Step::GiveBack)
            | (Self::Accepted, Step::Accept | Step::Reject | Step::Expire)
            | (Self::Rejected | Self::Completed | Self::Cancelled | Self::Expired, _) => {
                Err(IllegalStep { state: self, step })
            }
        }
    }
}

impl IllegalStep {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.state {
            State::Pending => "not_accepted",
            State::Accepted => "already_accepted",
            State::Rejected => "already_rejected",
            State::Completed => "already_completed",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
        }
    }

    const fn sentence(self) -> &'static str {
        match (self.state, self.step) {
            (State::Pending, Step::GiveBack) => {
                "You have not accepted this work order; reject it instead"
            }
            (State::Pending, _) => "This work order has not been accepted yet",
            (State::Accepted, _) => "This work order has already been accepted",
            (State::Rejected, _) => "This work order has already been rejected",
            (State::Completed, _) => "This work order has already been completed",
            (State::Cancelled, _) => "This work order has been cancelled",
            (State::Expired, _) => "This work order has expired",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::{IllegalStep, State, Step};
    use crate::moment::Moment;

    const STEPS: [Step; 6] = [
        Step::Accept,
        Step::Reject,
        Step::Complete,
        Step::Cancel,
        Step::GiveBack,
        Step::Expire,
    ];

    #[test]
    fn these_steps_lead_on_and_no_others() {
        let legal = [
            ((State::Pending, Step::Accept), State::Accepted),
            ((State::Pending, Step::Reject), State::Rejected),
            ((State::Pending, Step::Cancel), State::Cancelled),
            ((State::Pending, Step::Expire), State::Expired),
            ((State::Accepted, Step::Complete), State::Completed),
            ((State::Accepted, Step::Cancel), State::Cancelled),
            ((State::Accepted, Step::GiveBack), State::Cancelled),
        ];
        for state in State::ALL {
            for step in STEPS {
                let expected = legal
                    .iter()
                    .find(|(from, _)| *from == (state, step))
                    .map_or(Err(IllegalStep { state, step }), |(_, to)| Ok(*to));
                assert_eq!(state.after(step), expected);
            }
        }
    }

    #[test]
    fn an_illegal_step_says_where_the_order_stands() {
        for (state, step, code, sentence) in [
            (
                State::Pending,
                Step::Complete,
                "not_accepted",
                "This work order has not been accepted yet",
            ),
            (
                State::Pending,
                Step::GiveBack,
                "not_accepted",
                "You have not accepted this work order; reject it instead",
            ),
            (
                State::Accepted,
                Step::Reject,
                "already_accepted",
                "This work order has already been accepted",
            ),
            (
                State::Rejected,
                Step::Accept,
                "already_rejected",
                "This work order has already been rejected",
            ),
            (
                State::Completed,
                Step::Cancel,
                "already_completed",
                "This work order has already been completed",
            ),
            (
                State::Cancelled,
                Step::Accept,
                "cancelled",
                "This work order has been cancelled",
            ),
            (
                State::Expired,
                Step::Accept,
                "expired",
                "This work order has expired",
            ),
        ] {
            let illegal = state.after(step).unwrap_err();
            assert_eq!(
                (illegal.code(), illegal.to_string()),
                (code, sentence.into())
            );
        }
    }

    #[test]
    fn only_what_is_pending_expires_and_after_its_lifetime_to_the_millisecond() {
        let made: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        for lifetime in [Duration::minutes(30), Duration::minutes(1)] {
            let end = made.plus(lifetime);
            let just_before = end.plus(-Duration::milliseconds(1));
            for state in State::ALL {
                assert_eq!(state.at(made, lifetime, just_before), state);
                let after = if state == State::Pending {
                    State::Expired
                } else {
                    state
                };
                assert_eq!(state.at(made, lifetime, end), after);
            }
        }
    }

    #[test]
    fn the_wire_has_the_five_states_of_the_contract() {
        let wire = State::ALL.map(|state| (state.as_str(), state.is_expired()));
        assert_eq!(
            wire,
            [
                ("pending", false),
                ("accepted", false),
                ("rejected", false),
                ("completed", false),
                ("cancelled", false),
                ("cancelled", true)
            ]
        );
    }
}
