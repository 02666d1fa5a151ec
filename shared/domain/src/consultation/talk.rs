//! Which conversation a consultation has.

use super::{Consultation, State};
use crate::conversation::Conversation;

impl Consultation {
    /// The one between the patient and the doctor to whom it is assigned, open until it is over. A doctor
    /// to whom it was assigned before has none any more, and the hospital has no part in it.
    pub fn conversations(&self) -> Vec<Conversation> {
        let closed_at = match self.state {
            State::Pending => return Vec::new(),
            State::Assigned
            | State::Offered
            | State::Accepted
            | State::Declined
            | State::Suggested
            | State::Confirmed => None,
            State::Completed | State::Cancelled => {
                Some(self.ended_at.unwrap_or(self.header.created_at))
            }
        };
        let doctor = self.doctor.iter();
        doctor
            .map(|doctor| Conversation::between(&self.header, doctor.account, closed_at))
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::consultation::request::tests::{DOCTOR, PATIENT, account, asked, confirmed};
    use crate::consultation::{Consultation, State};
    use crate::moment::Moment;

    #[test]
    fn patient_and_doctor_talk_until_it_is_over() {
        let ended: Moment = "2026-02-25T10:30:00Z".parse().unwrap();
        for state in State::ALL {
            let consultation = Consultation {
                state,
                ended_at: state.is_over().then_some(ended),
                ..confirmed()
            };
            let found = consultation.conversations();
            let closed: Vec<Option<Moment>> = found.iter().map(|talk| talk.closed_at).collect();
            match state {
                State::Pending => assert_eq!(closed, []),
                State::Assigned
                | State::Offered
                | State::Accepted
                | State::Declined
                | State::Suggested
                | State::Confirmed => assert_eq!(closed, [None]),
                State::Completed | State::Cancelled => assert_eq!(closed, [Some(ended)]),
            }
            for talk in found {
                assert_eq!(talk.parties, [account(PATIENT), account(DOCTOR)]);
                assert_eq!(talk.id.responder, account(DOCTOR));
            }
        }
    }

    #[test]
    fn there_is_none_without_a_doctor() {
        assert_eq!(asked().conversations(), []);
        assert_eq!(confirmed().without_doctor().conversations(), []);
        let cancelled = Consultation {
            state: State::Cancelled,
            ..asked()
        };
        assert_eq!(cancelled.conversations(), []);
    }

    #[test]
    fn who_lost_it_has_none_any_more() {
        let mut passed_on = confirmed();
        passed_on.former_doctors.push(account(9));
        let found = passed_on.conversations();
        assert!(found.iter().all(|talk| !talk.has(account(9))));
    }
}
