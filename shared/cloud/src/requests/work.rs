//! Work orders: what they keep besides what every request has, the steps of their life, and what each
//! provider and each pair of people may have only one of.
//!
//! `RESPONDER#<provider>`/`WORK` is there while a provider is at an order that they accepted: written by
//! the accepting transaction on the condition that there is none, gone with the one that ends the order.
//! It names the seeker and the place, so that a moving provider's seeker is told without reading more.
//!
//! `PAIR#<seeker>#<provider>`/`PENDING` is there while an order between the two waits for an answer. Every
//! step out of `pending` removes it, but for the order's expiring: it counts `until` then, whether
//! anybody writes that down or not, and may be the next order's by then.
//!
//! An order has no place among the open ones, for it is for one provider alone. Their list of orders is
//! made of their [`Assignment`](callout_domain::work::Assignment)s, which are written with the orders as
//! `RESPONSE#<provider>`.

mod busy;
mod erase;
mod life;
mod pending;
mod rules;
mod stored;

use crate::requests::Requests;
pub use crate::requests::work::busy::Underway;

/// Tells a work order from requests of other kinds.
const WORK: &str = "WORK";

/// The work orders among all requests.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    pub(super) requests: &'a Requests,
}

impl Requests {
    /// What is done with work orders alone.
    pub const fn work(&self) -> Work<'_> {
        Work { requests: self }
    }
}
