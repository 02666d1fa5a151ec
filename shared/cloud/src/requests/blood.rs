//! Requests for blood: what they keep besides what every request has, and the steps of their life.
//!
//! Their places in the index `open` are `OPEN#CITY`, by `BLOOD#CITY#<normalized city>`, `<id>`, and for a
//! request around a point also `OPEN`, by `BLOOD#<geohash 3>`, `<geohash 12>#<id>`. Both end as soon as the
//! request does.
//!
//! The answer of a donor whom the requester is told of by name has the attribute `named`, its id, and so is in
//! the local index of that name. Those who ignore a request may be thousands; nobody reads their answers.
//!
//! A donor's answer changes with each of their moves; every change is conditional on the answer as it
//! was read, and on the request for what the rule decided on it. So two donors who accept at once both
//! have their unit while there are two, and whoever is overtaken decides again.

mod erase;
mod life;
mod named;
mod open;
mod rules;
mod stored;

use crate::requests::Requests;

pub use crate::requests::blood::life::Moved;

/// Tells a request for blood from those of other kinds.
const BLOOD: &str = "BLOOD";

/// Under which key of a request its place among those around a point is.
const OPEN_AROUND: &str = "OPEN";

/// Under which key of a request its place among those of its city is.
const OPEN_IN_CITY: &str = "OPEN#CITY";

/// The local index of the answers of donors whom the requester is told of by name.
const NAMED: &str = "named";

/// The requests for blood among all.
#[derive(Debug, Clone, Copy)]
pub struct Blood<'a> {
    pub(super) requests: &'a Requests,
}

impl Requests {
    /// What is done with requests for blood alone.
    pub const fn blood(&self) -> Blood<'_> {
        Blood { requests: self }
    }
}
