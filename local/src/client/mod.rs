//! A client of Callout over real HTTP and sockets, for the demo, the tests and measurements.

mod account;
mod api;
mod mailbox;
mod proof;
mod socket;

pub use account::{Account, Person};
pub use api::{Answer, Api, Session};
pub use mailbox::{Mailbox, ReceivedMail};
pub use proof::{Proof, ProofError};
pub use socket::{Closed, Socket};

/// Why a client could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The call did not get through.
    #[error("{what}: {source}")]
    Http {
        /// The method and path.
        what: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The call was answered otherwise than it should have been.
    #[error("{what}: expected {expected}, got {status} {body}")]
    Unexpected {
        /// The method and path.
        what: String,
        /// What should have come.
        expected: String,
        /// The status that came.
        status: u16,
        /// The body that came.
        body: serde_json::Value,
    },
    /// The handshake of a socket was refused.
    #[error("the socket was refused: {status} {body}")]
    Refused {
        /// The status of the refusal.
        status: u16,
        /// Its body.
        body: serde_json::Value,
    },
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Socket(String),
    /// The socket was closed while a message was awaited.
    #[error("the socket was closed ({closed}) before {awaited} came")]
    ClosedEarly {
        /// What was awaited.
        awaited: String,
        /// How it was closed.
        closed: Closed,
    },
    /// A message did not come in time.
    #[error("{awaited} did not come within {seconds:.1} s; unread: [{unread}]")]
    Late {
        /// What was awaited.
        awaited: String,
        /// How long, in seconds.
        seconds: f64,
        /// Types of the messages that did come and are unread.
        unread: String,
    },
    /// An operator could not prove an address.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// No mail with a code came in time.
    #[error("no mail with a code came to {0}")]
    NoMail(String),
}
