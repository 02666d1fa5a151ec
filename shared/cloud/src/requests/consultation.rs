//! Consultations: what they keep besides what every request has, and how one step follows another.
//!
//! Its patient finds it in the index `mine` as every requester does; its doctor and its hospitals by an
//! item each, `RESPONSE#<account or organization>`, under `RESPONDER#<account or organization>` and the
//! consultation's own id. They have no place among the open ones.
//!
//! One that nobody touches ends 90 days after the last change, or after the day on which it takes place.

mod life;
mod stored;

pub use self::stored::PartyTo;
pub(super) use self::stored::talk_is_kept_until;

use crate::requests::Requests;

/// Tells consultations from requests of other kinds.
const CONSULTATION: &str = "CONSULTATION";

/// The consultations among all requests.
#[derive(Debug, Clone, Copy)]
pub struct Consultations<'a> {
    pub(super) requests: &'a Requests,
}

impl Requests {
    /// What is done with consultations alone.
    pub const fn consultations(&self) -> Consultations<'_> {
        Consultations { requests: self }
    }
}
