//! The life of a request for medicine: which step leads from which state to which.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::moment::Moment;

/// How long a request waits for a pharmacy to accept it.
pub const LIFETIME: Duration = Duration::hours(24);

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Open: nobody has accepted it yet.
    Pending,
    /// A pharmacy has it.
    Accepted,
    /// Its customer has what was needed.
    Completed,
    /// Its customer withdrew it.
    Cancelled,
    /// Nobody accepted it in time.
    Expired,
}

/// What somebody wants to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A pharmacy says yes.
    Accept,
    /// A pharmacy says no; others still may say yes.
    Reject,
    /// Its customer withdraws it.
    Cancel,
    /// Its customer closes it.
    Complete,
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
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Accepted,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Accepted => "ACCEPTED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Where a request made at `created_at` stands at `now`, if this is what was written of it
    /// last: that a request has expired is written down a little later, so whoever reads it judges.
    #[must_use]
    pub fn at(self, created_at: Moment, now: Moment) -> Self {
        match self {
            Self::Pending if now.since(created_at) >= LIFETIME => Self::Expired,
            Self::Pending | Self::Accepted | Self::Completed | Self::Cancelled | Self::Expired => {
                self
            }
        }
    }

    /// Where a request stands after a step from here.
    ///
    /// # Errors
    /// [`IllegalStep`] where no such step leads on.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Pending, Step::Accept) => Ok(Self::Accepted),
            (Self::Pending, Step::Reject) => Ok(Self::Pending),
            (Self::Pending, Step::Cancel) => Ok(Self::Cancelled),
            (Self::Accepted, Step::Complete) => Ok(Self::Completed),
            (Self::Pending, Step::Complete)
            | (Self::Accepted, Step::Accept | Step::Reject | Step::Cancel)
            | (Self::Completed | Self::Cancelled | Self::Expired, _) => {
                Err(IllegalStep { state: self, step })
            }
        }
    }
}

impl IllegalStep {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match (self.state, self.step) {
            (State::Pending, _) => "not_accepted",
            (State::Accepted, _) | (State::Completed, Step::Accept | Step::Reject) => {
                "already_assigned"
            }
            (State::Completed, Step::Cancel | Step::Complete) => "already_completed",
            (State::Cancelled, _) => "cancelled",
            (State::Expired, _) => "expired",
        }
    }

    const fn sentence(self) -> &'static str {
        match (self.state, self.step) {
            (State::Pending, _) => "No pharmacy has accepted this request yet",
            (State::Accepted, _) | (State::Completed, Step::Accept | Step::Reject) => {
                "This request has already been assigned to a pharmacy"
            }
            (State::Completed, Step::Cancel | Step::Complete) => {
                "This request has already been completed"
            }
            (State::Cancelled, _) => "This request has been cancelled",
            (State::Expired, _) => "This request has expired",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::{IllegalStep, LIFETIME, State, Step};
    use crate::moment::Moment;

    const STEPS: [Step; 4] = [Step::Accept, Step::Reject, Step::Cancel, Step::Complete];

    #[test]
    fn these_steps_lead_on_and_no_others() {
        let legal = [
            ((State::Pending, Step::Accept), State::Accepted),
            ((State::Pending, Step::Reject), State::Pending),
            ((State::Pending, Step::Cancel), State::Cancelled),
            ((State::Accepted, Step::Complete), State::Completed),
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
        let refusal = |state: State, step| {
            let illegal = state.after(step).unwrap_err();
            (illegal.code(), illegal.to_string())
        };
        let assigned = (
            "already_assigned",
            "This request has already been assigned to a pharmacy".to_owned(),
        );
        // The seed's sentence, for everyone who comes late.
        for step in [Step::Accept, Step::Reject, Step::Cancel] {
            assert_eq!(refusal(State::Accepted, step), assigned);
        }
        for step in [Step::Accept, Step::Reject] {
            assert_eq!(refusal(State::Completed, step), assigned);
        }
        for step in [Step::Cancel, Step::Complete] {
            let (code, sentence) = refusal(State::Completed, step);
            assert_eq!(code, "already_completed");
            assert_eq!(sentence, "This request has already been completed");
        }
        for step in STEPS {
            let (code, sentence) = refusal(State::Cancelled, step);
            assert_eq!(
                (code, sentence.as_str()),
                ("cancelled", "This request has been cancelled")
            );
            let (code, sentence) = refusal(State::Expired, step);
            assert_eq!(
                (code, sentence.as_str()),
                ("expired", "This request has expired")
            );
        }
        let (code, sentence) = refusal(State::Pending, Step::Complete);
        assert_eq!(code, "not_accepted");
        assert_eq!(sentence, "No pharmacy has accepted this request yet");
    }

    #[test]
    fn only_what_is_pending_expires_and_after_24_hours_to_the_millisecond() {
        let made: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let end = made.plus(LIFETIME);
        let just_before = end.plus(-Duration::milliseconds(1));
        assert_eq!(State::Pending.at(made, just_before), State::Pending);
        for now in [end, end.plus(Duration::days(400))] {
            assert_eq!(State::Pending.at(made, now), State::Expired);
            for state in State::ALL
                .into_iter()
                .filter(|state| *state != State::Pending)
            {
                assert_eq!(state.at(made, now), state);
            }
        }
        // A clock that is behind the one that made it.
        assert_eq!(
            State::Pending.at(made, made.plus(-Duration::minutes(1))),
            State::Pending
        );
    }

    #[test]
    fn states_are_written_as_the_contract_writes_them() {
        for state in State::ALL {
            let written = serde_json::to_value(state).unwrap();
            assert_eq!(written, state.as_str());
            assert_eq!(serde_json::from_value::<State>(written).unwrap(), state);
        }
    }
}
