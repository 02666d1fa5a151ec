//! Callout as its clients meet it: each test on a fresh local cloud of its own, over real HTTP and
//! real sockets.

#![allow(clippy::unwrap_used, clippy::panic)]

mod accounts;
mod agreement;
mod answers;
mod bad_input;
mod blood;
mod blood_contest;
mod blood_ends;
mod blood_moves;
mod blood_reach;
mod campaign;
mod contest;
mod crash;
mod delivery;
mod departures;
mod devices;
mod donors;
mod events;
mod faults;
mod idempotency;
mod inbox;
mod links;
mod medicine;
mod operations;
mod policies;
mod preferences;
mod profiles;
mod push;
mod replay;
mod sessions;
mod sockets;
mod tokens;
mod traces;
mod tracking;
