//! Which conversations a request for blood has.

use time::Duration;

use super::{BloodRequest, DonorResponse, Standing, State};
use crate::conversation::Conversation;
use crate::ids::AccountId;
use crate::moment::Moment;

impl BloodRequest {
    /// One between whoever asked and each donor who has promised a unit, open while the request is active.
    /// The one with a donor who took the promise back is closed since then; it is there if their answer is
    /// among `answers`. The request ended at `ended_at`, if it has.
    pub fn conversations(
        &self,
        answers: &[DonorResponse],
        ended_at: Option<Moment>,
        lifetime: Duration,
        now: Moment,
    ) -> Vec<Conversation> {
        let over = match self.state_at(lifetime, now) {
            State::Active => None,
            State::Completed | State::Cancelled | State::Expired => {
                Some(ended_at.unwrap_or_else(|| self.header.created_at.plus(lifetime)))
            }
        };
        let with =
            |donor: AccountId, closed_at| Conversation::between(&self.header, donor, closed_at);
        let givers = self.givers.iter().map(|donor| with(*donor, over));
        let withdrawn = answers.iter().filter_map(|answer| match answer.standing {
            Standing::Withdrawn if !self.givers.contains(&answer.donor) => {
                Some(with(answer.donor, Some(answer.at)))
            }
            Standing::Withdrawn
            | Standing::Silent
            | Standing::Called
            | Standing::Accepted
            | Standing::Confirmed
            | Standing::Ignored => None,
        });
        givers.chain(withdrawn).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;
    use ulid::Ulid;

    use crate::account::{BloodGroup, PersonName};
    use crate::blood::request::tests::{account, request};
    use crate::blood::{BloodRequest, DonorResponse, Standing, State};
    use crate::ids::{AccountId, RequestId, ResponseId};
    use crate::moment::Moment;

    const LIFETIME: Duration = Duration::hours(24);

    fn answer(donor: AccountId, standing: Standing) -> DonorResponse {
        DonorResponse {
            id: ResponseId::new(Ulid::from(5)),
            request: RequestId::new(Ulid::from(1)),
            donor,
            name: PersonName::parse("Ravi Shankar").unwrap(),
            phone_number: None,
            blood_group: BloodGroup::OPositive,
            distance_km: None,
            standing,
            at: "2026-02-01T18:35:00Z".parse().unwrap(),
            was_told: true,
            reported: Vec::new(),
        }
    }

    fn promised(state: State) -> BloodRequest {
        BloodRequest {
            state,
            givers: vec![account(3), account(4)],
            ..request()
        }
    }

    #[test]
    fn each_donor_who_promised_talks_to_who_asked_while_it_is_active() {
        let soon = request().header.created_at;
        let found = promised(State::Active).conversations(&[], None, LIFETIME, soon);
        let parties: Vec<_> = found.iter().map(|talk| talk.parties.clone()).collect();
        assert_eq!(
            parties,
            [[account(7), account(3)], [account(7), account(4)]]
        );
        assert!(found.iter().all(super::Conversation::is_open));
    }

    #[test]
    fn all_are_closed_when_it_ends_or_is_forgotten() {
        let made = request().header.created_at;
        let ended: Moment = "2026-02-01T20:00:00Z".parse().unwrap();
        for state in [State::Completed, State::Cancelled] {
            let found = promised(state).conversations(&[], Some(ended), LIFETIME, ended);
            assert_eq!(found.len(), 2);
            assert!(found.iter().all(|talk| talk.closed_at == Some(ended)));
        }
        let forgotten = made.plus(LIFETIME);
        let found = promised(State::Active).conversations(&[], None, LIFETIME, forgotten);
        assert!(found.iter().all(|talk| talk.closed_at == Some(forgotten)));
    }

    #[test]
    fn who_took_a_promise_back_can_read_what_was_said_and_nobody_else_has_a_conversation() {
        let soon = request().header.created_at;
        for standing in Standing::ALL {
            let answers = [answer(account(5), standing), answer(account(3), standing)];
            let found = promised(State::Active).conversations(&answers, None, LIFETIME, soon);
            let theirs: Vec<_> = found.iter().filter(|talk| talk.has(account(5))).collect();
            if standing == Standing::Withdrawn {
                assert_eq!(theirs.len(), 1);
                assert_eq!(theirs[0].closed_at, Some(answers[0].at));
            } else {
                assert!(theirs.is_empty(), "{standing:?}");
            }
            assert_eq!(found.len(), 2 + theirs.len(), "each has one");
        }
    }
}
