//! The life of a request for blood: which step leads from which state to which.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::moment::Moment;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Blood is needed.
    Active,
    /// It was given.
    Completed,
    /// Its requester withdrew it.
    Cancelled,
    /// Its time is over. The contract knows three states, so the wire has it as `Cancelled`, and
    /// `expired` beside it.
    Expired,
}

/// What somebody wants to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A donor answers it in any way; see [`Standing`](super::Standing).
    Answer,
    /// A donor who had promised a unit says that it was given: also after its requester has closed it,
    /// for the day of their last donation is to be true.
    Confirm,
    /// Its requester closes it, or the last unit was given.
    Complete,
    /// Its requester withdraws it.
    Cancel,
}

/// A step that the state forbids; its text is the sentence for whoever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct IllegalStep {
    /// Where the request stands.
    pub state: State,
    /// What was tried.
    pub step: Step,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Active,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Completed => "Completed",
            Self::Cancelled | Self::Expired => "Cancelled",
        }
    }

    /// Whether it ended because nobody ended it.
    pub const fn is_expired(self) -> bool {
        match self {
            Self::Expired => true,
            Self::Active | Self::Completed | Self::Cancelled => false,
        }
    }

    /// Where a request made at `created_at`, that waits for `lifetime`, stands at `now`, if this is
    /// what was written of it last: that a request has expired is written down a little later, so
    /// whoever reads it judges.
    #[must_use]
    pub fn at(self, created_at: Moment, lifetime: Duration, now: Moment) -> Self {
        match self {
            Self::Active if now.since(created_at) >= lifetime => Self::Expired,
            Self::Active | Self::Completed | Self::Cancelled | Self::Expired => self,
        }
    }

    /// Where a request stands after a step from here.
    ///
    /// # Errors
    /// [`IllegalStep`] where no such step leads on.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Active, Step::Answer | Step::Confirm) => Ok(Self::Active),
            (Self::Active, Step::Complete) | (Self::Completed, Step::Confirm) => {
                Ok(Self::Completed)
            }
            (Self::Active, Step::Cancel) => Ok(Self::Cancelled),
            (Self::Completed, Step::Answer | Step::Complete | Step::Cancel)
            | (
                Self::Cancelled | Self::Expired,
                Step::Answer | Step::Confirm | Step::Complete | Step::Cancel,
            ) => Err(IllegalStep { state: self, step }),
        }
    }
}

impl IllegalStep {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.state {
            State::Active => "active",
            State::Completed => "already_completed",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
        }
    }

    const fn sentence(self) -> &'static str {
        match self.state {
            State::Active => "This request is still active",
            State::Completed => "This request has already been completed",
            State::Cancelled => "This request has been cancelled",
            State::Expired => "This request has expired",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::{IllegalStep, State, Step};
    use crate::moment::Moment;

    const STEPS: [Step; 4] = [Step::Answer, Step::Confirm, Step::Complete, Step::Cancel];

    #[test]
    fn these_steps_lead_on_and_no_others() {
        let legal = [
            ((State::Active, Step::Answer), State::Active),
            ((State::Active, Step::Confirm), State::Active),
            ((State::Completed, Step::Confirm), State::Completed),
            ((State::Active, Step::Complete), State::Completed),
            ((State::Active, Step::Cancel), State::Cancelled),
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
    fn an_illegal_step_says_where_the_request_stands() {
        for (state, code, sentence) in [
            (
                State::Completed,
                "already_completed",
                "This request has already been completed",
            ),
            (
                State::Cancelled,
                "cancelled",
                "This request has been cancelled",
            ),
            (State::Expired, "expired", "This request has expired"),
        ] {
            for step in [Step::Answer, Step::Complete, Step::Cancel] {
                let illegal = state.after(step).unwrap_err();
                assert_eq!(illegal.code(), code);
                assert_eq!(illegal.to_string(), sentence);
            }
        }
    }

    #[test]
    fn only_what_is_active_expires_and_after_its_lifetime_to_the_millisecond() {
        let made: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        for lifetime in [Duration::hours(24), Duration::minutes(5)] {
            let end = made.plus(lifetime);
            let just_before = end.plus(-Duration::milliseconds(1));
            for state in State::ALL {
                assert_eq!(state.at(made, lifetime, just_before), state);
                let after = if state == State::Active {
                    State::Expired
                } else {
                    state
                };
                assert_eq!(state.at(made, lifetime, end), after);
            }
        }
    }

    #[test]
    fn the_wire_has_the_three_states_of_the_contract() {
        let wire = State::ALL.map(|state| (state.as_str(), state.is_expired()));
        assert_eq!(
            wire,
            [
                ("Active", false),
                ("Completed", false),
                ("Cancelled", false),
                ("Cancelled", true)
            ]
        );
    }
}
