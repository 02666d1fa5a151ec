//! What a request is to those who carry it, whatever is asked for: whose it is, since when, and who
//! has been told what. Everything else is its kind's.

use crate::audience::Audience;
use crate::ids::{AccountId, EventId, RequestId};
use crate::moment::Moment;

/// What every kind of request has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub id: RequestId,
    /// Who asks.
    pub requester: AccountId,
    /// When it was made.
    pub created_at: Moment,
    /// How many people were told.
    pub told: u32,
    /// In how many chunks they are written down.
    pub chunks: u16,
    /// The events that told its audience something after the first, oldest first.
    pub announced: Vec<EventId>,
}

impl Header {
    /// That of a new request, which its audience is about to be told of.
    pub fn new(
        id: RequestId,
        requester: AccountId,
        audience: &Audience,
        created_at: Moment,
    ) -> Self {
        Self {
            id,
            requester,
            created_at,
            told: u32::try_from(audience.count()).unwrap_or(u32::MAX),
            chunks: audience.chunk_count(),
            announced: Vec::new(),
        }
    }

    /// What everybody who was told of it has been told so far: over, when it ends.
    pub fn announcements(&self) -> Vec<EventId> {
        let mut announcements = vec![EventId::announcing(self.id)];
        announcements.extend(&self.announced);
        announcements
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ulid::Ulid;

    use super::Header;
    use crate::audience::{Audience, Told};
    use crate::ids::{AccountId, EventId, RequestId};

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn header(people: u128) -> Header {
        let told = (0..people).map(|number| Told::by_name(account(number)));
        Header::new(
            RequestId::new(Ulid::from(1)),
            account(7),
            &Audience::new(told.collect()),
            "2026-02-24T10:30:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn a_new_request_counts_who_is_told_of_it() {
        for (people, told, chunks) in [(0, 0, 0), (1, 1, 1), (501, 501, 2)] {
            let new = header(people);
            assert_eq!((new.told, new.chunks), (told, chunks));
        }
    }

    #[test]
    fn what_its_audience_was_told_begins_with_the_request_itself() {
        let first = EventId::announcing(RequestId::new(Ulid::from(1)));
        assert_eq!(header(1).announcements(), [first]);
        let later = [5, 6].map(|number| EventId::new(Ulid::from(number)));
        let told_more = Header {
            announced: later.to_vec(),
            ..header(1)
        };
        assert_eq!(told_more.announcements(), [first, later[0], later[1]]);
    }
}
