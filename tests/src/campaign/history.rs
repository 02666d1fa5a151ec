//! What was asked and answered, what was committed, and what arrived: all that the checker judges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A customer: a request is made.
    Create,
    /// A pharmacy: it accepts.
    Accept,
    /// A pharmacy: it rejects.
    Reject,
    /// A customer: the request is cancelled.
    Cancel,
    /// A customer: the request is completed.
    Complete,
    /// Anyone: how does it stand?
    Read,
}

/// What the last answer to it was, after as many tries as it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is done.
    Done,
    /// Somebody was faster, or it had ended before.
    TooLate,
    /// A reader was told who has it.
    Standing(Option<Holder>),
    /// Anything else: its status and body.
    Other(String),
}

/// Who has a request; it is decided once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Holder {
    /// A pharmacy, by its account.
    Pharmacy(String),
    /// Nobody ever will: it was cancelled.
    Cancelled,
}

/// One call, from its first try to its last answer.
#[derive(Debug, Clone)]
pub struct Call {
    /// Account of who asked.
    pub who: String,
    /// What for.
    pub ask: Ask,
    /// About which request; empty if it was never made.
    pub request: String,
    /// When it was first asked, on the history's own clock.
    pub began: u64,
    /// When it was answered.
    pub ended: u64,
    /// How many tries were answered by a 5xx or a 429.
    pub failures: u32,
    /// The last answer.
    pub said: Said,
}

/// Somebody who asked for a code, and offered the one that came.
#[derive(Debug, Clone)]
pub struct Code {
    /// Their address; nobody else's, and never used before.
    pub email: String,
    /// How many tries at asking were answered by a failure of the cloud.
    pub refusals: u32,
    /// The last answer to asking.
    pub asked: Asked,
    /// How many tries at offering it were.
    pub failures: u32,
    /// The last answer to offering it.
    pub proof: Proof,
}

/// What somebody who asks for a code is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is sent.
    Sent,
    /// One was sent just now: wait.
    TooSoon,
    /// Anything else: its status and body.
    Other(String),
}

/// What somebody who offers a code is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// No code had come.
    NothingToOffer,
    /// It is right.
    Right,
    /// It is used up.
    Ended,
    /// Anything else: its status and body.
    Other(String),
}

/// An event of the outbox, its chunks put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its id.
    pub event: String,
    /// The request that it is about.
    pub request: String,
    /// What it tells.
    pub news: News,
    /// Whom it is for.
    pub recipients: Vec<String>,
}

/// What an event tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// `new_request`.
    New,
    /// `pharmacy_response` of a pharmacy that rejects.
    Rejected(String),
    /// `pharmacy_response` of a pharmacy that accepts.
    Accepted(String),
    /// `request_taken`.
    Taken,
    /// `request_cancelled`.
    Cancelled,
    /// `request_completed`.
    Completed,
    /// Something that a campaign does not cause.
    Unknown(String),
}

/// What one socket of a client was sent, in order.
#[derive(Debug, Clone, Default)]
pub struct Hearing {
    /// The account.
    pub who: String,
    /// Types of all messages; the first is the greeting.
    pub kinds: Vec<String>,
    /// Event and request of those that tell of one, in order.
    pub events: Vec<(String, String)>,
}

/// What is on record of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// It was handed over.
    Sent,
    /// It was refused.
    Refused,
    /// It was interrupted, and not tried again.
    Unanswered,
    /// It has no end.
    Pending,
    /// Nothing.
    Missing,
}

/// Everything there is to judge.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Every call.
    pub calls: Vec<Call>,
    /// Every event of the outbox.
    pub committed: Vec<Committed>,
    /// Every entry of every inbox: whose, and of which event.
    pub inboxes: Vec<(String, String)>,
    /// Every socket that was open, in the order in which an account opened them.
    pub hearings: Vec<Hearing>,
    /// Every push that a device was handed: to whom, and of which event.
    pub pushes: Vec<(String, String)>,
    /// What is on record of the push of each entry of an inbox whose owner has a device.
    pub handed: Vec<(String, String, Handed)>,
    /// How many entries of each inbox are unread, and what its badge says.
    pub badges: Vec<(String, usize, usize)>,
    /// Everybody who asked for a code.
    pub codes: Vec<Code>,
    /// To which address each mail went.
    pub mails: Vec<String>,
    /// The addresses that count as proved.
    pub proved: BTreeSet<String>,
}

impl Evidence {
    /// The calls about each request.
    pub fn by_request(&self) -> BTreeMap<&str, Vec<&Call>> {
        let mut requests: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
        for call in &self.calls {
            requests.entry(&call.request).or_default().push(call);
        }
        requests
    }
}

/// Writes calls down, with a clock that orders them as they really were.
#[derive(Debug, Default)]
pub struct Recorder {
    clock: AtomicU64,
    calls: Mutex<Vec<Call>>,
    codes: Mutex<Vec<Code>>,
}

impl Recorder {
    /// The next moment.
    pub fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Keeps a call.
    pub fn keep(&self, call: Call) {
        lock(&self.calls).push(call);
    }

    /// Keeps what came of a code.
    pub fn keep_code(&self, code: Code) {
        lock(&self.codes).push(code);
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// All codes so far.
    pub fn codes(&self) -> Vec<Code> {
        lock(&self.codes).clone()
    }
}

fn lock<T>(kept: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
