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
mod expiry;
mod expiry_of_blood;
mod expiry_of_work;
mod faults;
mod idempotency;
mod inbox;
mod links;
mod media;
mod media_files;
mod media_parties;
mod medicine;
mod policies;
mod preferences;
mod profiles;
mod push;
mod replay;
mod sessions;
mod sockets;
mod tokens;
mod tracking;
mod work;
mod work_contest;
mod work_ends;
mod work_moves;
mod work_refusals;
