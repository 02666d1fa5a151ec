//! Conversations: who said what in which order, and how far each party has come.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `CONVERSATION#<request>#<responder>` | `STATE` | `last`, the number of the newest message |
//! | `CONVERSATION#<request>#<responder>` | `MESSAGE#<number, 12 digits>` | a message |
//! | `CONVERSATION#<request>#<responder>` | `CLIENT#<sender>#<its id of it>` | which number that message has, and a fingerprint of what it said |
//! | `CONVERSATION#<request>#<responder>` | `MARKS#<account>` | how far a party has come: `delivered`, `read` |
//!
//! A message is one transaction with its number: `last` is as it was read and becomes one more, so numbers
//! have no gap, however many write at once, and none is written twice, for the id that its sender's client
//! gave it is new in the same transaction. Whoever is overtaken is told by the refusal what `last` is now,
//! and tries again with that, without reading.
//!
//! Marks are items of their own, so that those who read do not stand in the way of those who write. In the
//! index `mine` the messages stand by `SENDER#<account>`, so that what somebody said is found when they leave.
//!
//! All of it ends with its request; what is said about a consultation, which lasts for as long as somebody
//! touches it, a year after that or after the day that it is about.

mod erase;
mod marks;
mod open;
mod read;
mod stored;
mod write;

use callout_domain::conversation::{ConversationId, MessageKey};
use callout_domain::ids::AccountId;

pub use self::erase::Spoken;
pub use self::read::Sent;
use crate::requests::Requests;

const STATE: &str = "STATE";

/// The conversations among all that is kept of requests.
#[derive(Debug, Clone, Copy)]
pub struct Conversations<'a> {
    requests: &'a Requests,
}

impl Requests {
    /// What was said about requests.
    pub const fn conversations(&self) -> Conversations<'_> {
        Conversations { requests: self }
    }
}

fn partition(id: ConversationId) -> String {
    format!("CONVERSATION#{}#{}", id.request, id.responder)
}

fn message_sk(sequence: u64) -> String {
    format!("MESSAGE#{sequence:012}")
}

fn client_sk(sender: AccountId, key: &MessageKey) -> String {
    format!("CLIENT#{sender}#{key}")
}

fn marks_sk(account: AccountId) -> String {
    format!("MARKS#{account}")
}

fn sender_pk(account: AccountId) -> String {
    format!("SENDER#{account}")
}
