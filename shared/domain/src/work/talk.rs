//! Which conversation a work order has.

use super::{State, WorkOrder};
use crate::conversation::Conversation;

impl WorkOrder {
    /// The one between seeker and provider, from the provider's yes until the order is completed, or
    /// cancelled after that.
    pub fn conversations(&self) -> Vec<Conversation> {
        let over = Some(self.ended_at.unwrap_or(self.header.created_at));
        let closed_at = match (self.state, self.answered_at) {
            (State::Accepted, _) => None,
            (State::Completed, _) | (State::Cancelled, Some(_)) => over,
            (State::Cancelled, None) | (State::Pending | State::Rejected | State::Expired, _) => {
                return Vec::new();
            }
        };
        let talk = Conversation::between(&self.header, self.provider_id, closed_at);
        vec![talk]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::moment::Moment;
    use crate::work::order::tests::order;
    use crate::work::{State, WorkOrder};

    #[test]
    fn seeker_and_provider_talk_from_the_yes_to_the_end() {
        let yes: Moment = "2026-02-24T10:35:00Z".parse().unwrap();
        let end: Moment = "2026-02-24T12:00:00Z".parse().unwrap();
        let none: &[Option<Moment>] = &[];
        for (state, answered_at, expected) in [
            (State::Pending, None, none),
            (State::Accepted, Some(yes), &[None]),
            (State::Rejected, Some(yes), none),
            (State::Completed, Some(yes), &[Some(end)]),
            (State::Cancelled, Some(yes), &[Some(end)]),
            // Withdrawn before there was an answer.
            (State::Cancelled, None, none),
            (State::Expired, None, none),
        ] {
            let order = WorkOrder {
                state,
                answered_at,
                ended_at: (state != State::Accepted).then_some(end),
                ..order()
            };
            let found = order.conversations();
            let closed: Vec<Option<Moment>> = found.iter().map(|talk| talk.closed_at).collect();
            assert_eq!(closed, expected, "{state:?}");
            for talk in found {
                assert_eq!(talk.parties, [order.header.requester, order.provider_id]);
                assert_eq!(talk.id.responder, order.provider_id);
            }
        }
    }
}
