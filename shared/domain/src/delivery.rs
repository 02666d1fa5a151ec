//! What became of telling somebody: each attempt on each channel.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has begun.
    Pending,
    /// It was handed over.
    Sent,
    /// The client says that it has it.
    Delivered,
    /// It was not handed over, and will not be tried again.
    Failed,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The socket had gone without saying so.
    Gone,
    /// The client read too slowly, and its socket was closed.
    TooSlow,
    /// The device is no longer known to its platform, and was forgotten.
    Disabled,
    /// The service had too much to do for longer than we tried.
    Throttled,
    /// The service failed for longer than we tried.
    Unavailable,
    /// The service refused it as it is.
    Rejected,
    /// Its answer was never heard: it may have been handed over, and is not sent twice.
    Unanswered,
}

/// One attempt on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// How far it has come.
    pub status: Status,
    /// When it began.
    pub began_at: Moment,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Attempt {
    /// One that begins now.
    pub const fn begin(now: Moment) -> Self {
        Self {
            status: Status::Pending,
            began_at: now,
            ended_at: None,
            reason: None,
        }
    }

    /// One that was handed over.
    pub const fn sent(began_at: Moment, now: Moment) -> Self {
        Self {
            status: Status::Sent,
            began_at,
            ended_at: Some(now),
            reason: None,
        }
    }

    /// One that failed.
    pub const fn failed(began_at: Moment, now: Moment, reason: Reason) -> Self {
        Self {
            status: Status::Failed,
            began_at,
            ended_at: Some(now),
            reason: Some(reason),
        }
    }
}
