//! The life of a consultation: which step leads from which state to which, and who takes it.

use serde::{Deserialize, Serialize};

use super::words;

/// Where a consultation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// The hospital was asked.
    Pending,
    /// The hospital has given it to one of its doctors.
    Assigned,
    /// The doctor has offered an appointment.
    Offered,
    /// The patient has accepted the offer.
    Accepted,
    /// There is no offer any more: the doctor declined, or the patient did. Another may follow.
    Declined,
    /// The doctor has suggested a treatment, and a hospital for it.
    Suggested,
    /// That hospital has accepted the suggestion.
    Confirmed,
    /// It is done.
    Completed,
    /// It was called off.
    Cancelled,
}

/// What somebody does about a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The hospital accepts it, with one of its doctors.
    Accept,
    /// The doctor offers an appointment.
    Offer,
    /// The doctor cannot see the patient.
    Decline,
    /// The patient accepts the doctor's offer.
    AcceptOffer,
    /// The patient does not.
    DeclineOffer,
    /// The doctor suggests a treatment, or a better one.
    Suggest,
    /// The suggested hospital accepts the suggestion.
    AcceptSuggestion,
    /// It is over, and all is well.
    Complete,
    /// It is called off.
    Cancel,
}

/// What somebody is to a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// Who asked.
    Patient,
    /// The organization that was asked.
    Hospital,
    /// The doctor to whom it is assigned.
    Doctor,
    /// The organization that the doctor suggested; it may be the one that was asked.
    SuggestedHospital,
}

/// A step that the state forbids; its text is the sentence for whoever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", words::illegal(self.state))]
pub struct IllegalStep {
    /// Where the consultation stands.
    pub state: State,
    /// What was tried.
    pub step: Step,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Assigned,
        Self::Offered,
        Self::Accepted,
        Self::Declined,
        Self::Suggested,
        Self::Confirmed,
        Self::Completed,
        Self::Cancelled,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Assigned => "Assigned",
            Self::Offered => "Offered",
            Self::Accepted => "Accepted",
            Self::Declined => "Declined",
            Self::Suggested => "Suggested",
            Self::Confirmed => "Confirmed",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Completed | Self::Cancelled => true,
            Self::Pending
            | Self::Assigned
            | Self::Offered
            | Self::Accepted
            | Self::Declined
            | Self::Suggested
            | Self::Confirmed => false,
        }
    }

    /// Where a consultation stands after a step from here.
    ///
    /// # Errors
    /// [`IllegalStep`] where no such step leads on.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        use State::{
            Accepted, Assigned, Cancelled, Completed, Confirmed, Declined, Offered, Pending,
            Suggested,
        };
        match (self, step) {
            (Pending | Declined, Step::Accept) => Ok(Assigned),
            (Assigned | Declined, Step::Offer) => Ok(Offered),
            (Assigned | Offered | Accepted, Step::Decline) | (Offered, Step::DeclineOffer) => {
                Ok(Declined)
            }
            (Offered, Step::AcceptOffer) => Ok(Accepted),
            (Accepted | Suggested, Step::Suggest) => Ok(Suggested),
            (Suggested, Step::AcceptSuggestion) => Ok(Confirmed),
            (Accepted | Confirmed, Step::Complete) => Ok(Completed),
            (
                Pending | Assigned | Offered | Accepted | Declined | Suggested | Confirmed,
                Step::Cancel,
            ) => Ok(Cancelled),
            (Assigned | Offered | Accepted | Suggested | Confirmed, Step::Accept)
            | (Pending | Offered | Accepted | Suggested | Confirmed, Step::Offer)
            | (Pending | Declined | Suggested | Confirmed, Step::Decline)
            | (
                Pending | Assigned | Accepted | Declined | Suggested | Confirmed,
                Step::AcceptOffer | Step::DeclineOffer,
            )
            | (Pending | Assigned | Offered | Declined | Confirmed, Step::Suggest)
            | (
                Pending | Assigned | Offered | Accepted | Declined | Confirmed,
                Step::AcceptSuggestion,
            )
            | (Pending | Assigned | Offered | Declined | Suggested, Step::Complete)
            | (
                Completed | Cancelled,
                Step::Accept
                | Step::Offer
                | Step::Decline
                | Step::AcceptOffer
                | Step::DeclineOffer
                | Step::Suggest
                | Step::AcceptSuggestion
                | Step::Complete
                | Step::Cancel,
            ) => Err(IllegalStep { state: self, step }),
        }
    }
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Accept,
        Self::Offer,
        Self::Decline,
        Self::AcceptOffer,
        Self::DeclineOffer,
        Self::Suggest,
        Self::AcceptSuggestion,
        Self::Complete,
        Self::Cancel,
    ];

    /// As it is written in the drawing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Offer => "offer",
            Self::Decline => "decline",
            Self::AcceptOffer => "accept offer",
            Self::DeclineOffer => "decline offer",
            Self::Suggest => "suggest",
            Self::AcceptSuggestion => "accept suggestion",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
        }
    }

    /// Who may take it.
    pub const fn by(self) -> &'static [Party] {
        match self {
            Self::Accept => &[Party::Hospital],
            Self::Offer | Self::Decline | Self::Suggest => &[Party::Doctor],
            Self::AcceptOffer | Self::DeclineOffer => &[Party::Patient],
            Self::AcceptSuggestion => &[Party::SuggestedHospital],
            Self::Complete => &[Party::Hospital, Party::Doctor, Party::SuggestedHospital],
            Self::Cancel => &[Party::Patient, Party::Hospital],
        }
    }
}

impl Party {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Patient,
        Self::Hospital,
        Self::Doctor,
        Self::SuggestedHospital,
    ];

    /// As it is written in the drawing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Hospital => "hospital",
            Self::Doctor => "doctor",
            Self::SuggestedHospital => "suggested hospital",
        }
    }
}

impl IllegalStep {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.state {
            State::Pending => "consultation_pending",
            State::Assigned => "consultation_assigned",
            State::Offered => "consultation_offered",
            State::Accepted => "consultation_accepted",
            State::Declined => "consultation_declined",
            State::Suggested => "consultation_suggested",
            State::Confirmed => "consultation_confirmed",
            State::Completed => "consultation_completed",
            State::Cancelled => "consultation_cancelled",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::{IllegalStep, Party, State, Step};

    /// The machine as Mermaid draws it.
    fn drawing() -> String {
        let mut drawing =
            "```mermaid\nstateDiagram-v2\n    [*] --> Pending: ask (patient)\n".to_owned();
        for state in State::ALL {
            for step in Step::ALL {
                if let Ok(next) = state.after(step) {
                    let by: Vec<&str> = step.by().iter().map(|party| party.as_str()).collect();
                    let (from, to) = (state.as_str(), next.as_str());
                    let (step, by) = (step.as_str(), by.join(", "));
                    writeln!(drawing, "    {from} --> {to}: {step} ({by})").unwrap();
                }
            }
            if state.is_over() {
                writeln!(drawing, "    {} --> [*]", state.as_str()).unwrap();
            }
        }
        drawing + "```\n"
    }

    #[test]
    fn the_drawing_in_the_docs_is_the_machines_own() {
        let docs = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/consultations.md"
        ));
        let drawing = drawing();
        assert!(docs.contains(&drawing), "the drawing should be\n{drawing}");
    }

    #[test]
    fn every_state_is_reached_and_none_but_an_end_is_left_without_a_step() {
        let mut reached = BTreeSet::from([State::Pending.as_str()]);
        for state in State::ALL {
            let next: Vec<State> = Step::ALL
                .into_iter()
                .filter_map(|step| state.after(step).ok())
                .collect();
            assert_eq!(next.is_empty(), state.is_over(), "{state:?}");
            reached.extend(next.into_iter().map(State::as_str));
        }
        assert_eq!(reached.len(), State::ALL.len());
    }

    #[test]
    fn a_declined_offer_may_be_followed_by_another_or_by_another_doctor() {
        let declined = State::Offered.after(Step::DeclineOffer).unwrap();
        assert_eq!(declined.after(Step::Offer), Ok(State::Offered));
        assert_eq!(declined.after(Step::Accept), Ok(State::Assigned));
    }

    #[test]
    fn whatever_is_not_over_can_be_called_off_and_a_second_acceptance_is_none() {
        for state in State::ALL {
            assert_eq!(state.after(Step::Cancel).is_err(), state.is_over());
        }
        let assigned = State::Pending.after(Step::Accept).unwrap();
        assert!(assigned.after(Step::Accept).is_err());
    }

    #[test]
    fn an_illegal_step_names_the_state() {
        for state in State::ALL {
            let illegal = IllegalStep {
                state,
                step: Step::Accept,
            };
            assert!(illegal.to_string().contains(state.as_str()), "{illegal}");
            assert_eq!(
                illegal.code(),
                format!("consultation_{}", state.as_str().to_lowercase())
            );
        }
    }

    #[test]
    fn somebody_takes_every_step_and_everybody_takes_one() {
        for step in Step::ALL {
            assert!(!step.by().is_empty(), "{step:?}");
        }
        for party in Party::ALL {
            assert!(Step::ALL.iter().any(|step| step.by().contains(&party)));
        }
    }

    #[test]
    fn states_are_stored_as_they_are_written() {
        for state in State::ALL {
            let written = serde_json::to_value(state).unwrap();
            assert_eq!(written, state.as_str());
            assert_eq!(serde_json::from_value::<State>(written).unwrap(), state);
        }
    }
}
