//! Sockets: who may open one, and what may be said over it.

pub(crate) mod connect;
pub(crate) mod disconnect;
pub(crate) mod message;

mod ack;
mod admission;
mod greeting;
mod ping;
mod response;
mod saying;

#[cfg(test)]
pub(crate) use admission::refusals_of_handshakes;
