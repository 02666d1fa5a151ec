//! Which conversation a request for medicine has.

use super::{MedicineRequest, State};
use crate::conversation::Conversation;
use crate::moment::Moment;

impl MedicineRequest {
    /// The one between whoever asked and the pharmacy that accepted, open until the request, which ended
    /// at `ended_at` if it has, is completed.
    pub fn conversations(&self, ended_at: Option<Moment>) -> Vec<Conversation> {
        let closed_at = match self.state {
            State::Accepted => None,
            State::Completed => Some(ended_at.unwrap_or(self.header.created_at)),
            State::Pending | State::Cancelled | State::Expired => return Vec::new(),
        };
        let winner = self.winner().into_iter();
        winner
            .map(|pharmacy| Conversation::between(&self.header, pharmacy.account, closed_at))
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::medicine::request::tests::{account, request};
    use crate::medicine::{MedicineRequest, Pharmacy, State};
    use crate::moment::Moment;

    #[test]
    fn who_asked_and_the_pharmacy_that_accepted_talk_until_it_is_completed() {
        let ended: Moment = "2026-02-25T10:30:00Z".parse().unwrap();
        for state in State::ALL {
            let request = MedicineRequest {
                state,
                pharmacy: Some(Pharmacy {
                    account: account(3),
                    name: "City Pharmacy".to_owned(),
                }),
                ..request()
            };
            let found = request.conversations(Some(ended));
            let closed: Vec<Option<Moment>> = found.iter().map(|talk| talk.closed_at).collect();
            match state {
                State::Accepted => assert_eq!(closed, [None]),
                State::Completed => assert_eq!(closed, [Some(ended)]),
                State::Pending | State::Cancelled | State::Expired => assert_eq!(closed, []),
            }
            for talk in found {
                assert_eq!(talk.parties, [account(7), account(3)]);
                assert_eq!(talk.id.responder, account(3));
            }
        }
    }
}
