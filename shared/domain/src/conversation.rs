//! The conversation that follows a yes: between whom, until when, and in which order.
//!
//! Each kind of request answers one question: which conversations its answers have opened, between whom,
//! and since when they are closed (`conversations` of the kind). Everything else is the same for all.

mod message;
mod text;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};
use time::Duration;

pub use message::{Attached, ChatMessage, Content, Mark, Marks, MessageKey, NotAKey, Shape};
pub use text::{ChatText, NotAText};
pub use words::{chat_message, marked, typing};

use crate::ids::{AccountId, RequestId};
use crate::moment::Moment;
use crate::request::Header;

/// How long a closed conversation can still be read by its parties.
pub const READABLE: Duration = Duration::days(30);

/// The name of a conversation: a request, and the answer to it that opened the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConversationId {
    /// About which request.
    #[serde(rename = "request_id")]
    pub request: RequestId,
    /// Who said yes.
    pub responder: AccountId,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// Who takes part, whoever asked first.
    pub parties: Vec<AccountId>,
    /// Since when nothing can be said any more.
    pub closed_at: Option<Moment>,
}

/// Which part of a history is read. Messages are numbered from 1 without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The newest.
    Newest,
    /// Those next before a number.
    Before(u64),
    /// Those next after a number.
    After(u64),
}

impl Conversation {
    /// That of whoever asked with somebody who said yes.
    pub fn between(request: &Header, responder: AccountId, closed_at: Option<Moment>) -> Self {
        Self {
            id: ConversationId {
                request: request.id,
                responder,
            },
            parties: vec![request.requester, responder],
            closed_at,
        }
    }

    /// Whether an account takes part.
    pub fn has(&self, account: AccountId) -> bool {
        self.parties.contains(&account)
    }

    /// Everybody who takes part but for one.
    pub fn others(&self, account: AccountId) -> Vec<AccountId> {
        let others = self.parties.iter().copied();
        others.filter(|party| *party != account).collect()
    }

    /// Whether something can be said.
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether its parties may read it.
    pub fn is_readable(&self, now: Moment) -> bool {
        self.closed_at
            .is_none_or(|closed| now.since(closed) < READABLE)
    }
}

impl Part {
    /// The numbers of the first and the last message of this part, of a history of `last` messages, with
    /// at most `limit` of them; nothing where there are none.
    pub fn range(self, last: u64, limit: u64) -> Option<(u64, u64)> {
        let (first, end) = match self {
            Self::Newest => (last.saturating_sub(limit), last),
            Self::Before(number) => {
                let end = number.saturating_sub(1).min(last);
                (end.saturating_sub(limit), end)
            }
            Self::After(number) => (number, number.saturating_add(limit).min(last)),
        };
        (first < end).then(|| (first + 1, end))
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.request, self.responder)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;
    use ulid::Ulid;

    use super::{Conversation, ConversationId, Part, READABLE};
    use crate::ids::{AccountId, RequestId};
    use crate::moment::Moment;

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn conversation(closed_at: Option<Moment>) -> Conversation {
        Conversation {
            id: ConversationId {
                request: RequestId::new(Ulid::from(1)),
                responder: account(3),
            },
            parties: vec![account(7), account(3)],
            closed_at,
        }
    }

    #[test]
    fn each_party_talks_to_the_others_and_nobody_else_takes_part() {
        let conversation = conversation(None);
        assert_eq!(conversation.others(account(7)), [account(3)]);
        assert_eq!(conversation.others(account(3)), [account(7)]);
        assert!(!conversation.has(account(4)));
    }

    #[test]
    fn what_is_closed_can_be_read_for_thirty_days_and_not_written_to() {
        let closed: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        assert!(conversation(None).is_open());
        assert!(conversation(None).is_readable(closed));
        let over = conversation(Some(closed));
        assert!(!over.is_open());
        let last = closed.plus(READABLE).plus(-Duration::milliseconds(1));
        assert!(over.is_readable(last));
        assert!(!over.is_readable(closed.plus(READABLE)));
    }

    #[test]
    fn a_history_is_read_in_parts_from_either_end() {
        for (part, last, range) in [
            (Part::Newest, 0, None),
            (Part::Newest, 1, Some((1, 1))),
            (Part::Newest, 20, Some((1, 20))),
            (Part::Newest, 21, Some((2, 21))),
            (Part::Before(2), 21, Some((1, 1))),
            (Part::Before(1), 21, None),
            (Part::Before(0), 21, None),
            (Part::Before(u64::MAX), 21, Some((2, 21))),
            (Part::After(0), 21, Some((1, 20))),
            (Part::After(20), 21, Some((21, 21))),
            (Part::After(21), 21, None),
            (Part::After(u64::MAX), 21, None),
        ] {
            assert_eq!(part.range(last, 20), range, "{part:?} of {last}");
        }
    }

    #[test]
    fn parts_meet_without_a_gap_or_an_overlap_whatever_their_size() {
        for last in 0..25 {
            for limit in 1..6 {
                let mut read = Vec::new();
                let mut part = Part::Newest;
                while let Some((first, end)) = part.range(last, limit) {
                    read.splice(0..0, first..=end);
                    part = Part::Before(first);
                }
                assert_eq!(read, (1..=last).collect::<Vec<_>>());
                let mut again = Vec::new();
                let mut part = Part::After(0);
                while let Some((first, end)) = part.range(last, limit) {
                    again.extend(first..=end);
                    part = Part::After(end);
                }
                assert_eq!(again, read);
            }
        }
    }
}
