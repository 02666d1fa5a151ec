//! Requests for medicine: what they keep besides what every request has, and the steps of their life.
//!
//! Their one place in the index `open` is `OPEN`, by `MEDICINE#<geohash 3>`, `<geohash 12>#<id>`, or for
//! a request to one pharmacy by `MEDICINE#TO#<account>`, `<id>`. It ends with the request's 24 hours.

mod erase;
mod life;
mod open;
mod stored;

use callout_domain::ids::AccountId;
use serde::Deserialize;

use crate::failure::CloudError;
use crate::requests::Requests;

/// Tells a request for medicine from those of other kinds.
const MEDICINE: &str = "MEDICINE";

/// Under which key of a request its place among the open ones is.
const OPEN: &str = "OPEN";

/// The requests for medicine among all.
#[derive(Debug, Clone, Copy)]
pub struct Medicine<'a> {
    pub(super) requests: &'a Requests,
}

/// How often a pharmacy has answered, since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Requests that it accepted and so was assigned.
    pub accepted: u64,
    /// Requests that it rejected.
    pub rejected: u64,
    /// Of those accepted, the ones that their customers closed.
    pub completed: u64,
}

impl Requests {
    /// What is done with requests for medicine alone.
    pub const fn medicine(&self) -> Medicine<'_> {
        Medicine { requests: self }
    }
}

impl Medicine<'_> {
    /// How often a pharmacy has answered.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn stats(self, pharmacy: AccountId) -> Result<Stats, CloudError> {
        self.requests.counters(pharmacy, MEDICINE).await
    }
}
