//! What is true of Callout whatever the cloud: values that cannot be wrong, and the rules that
//! decide. Nothing here reads a clock, draws a random number or waits.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod event;
pub mod ids;
pub mod moment;
pub mod role;
pub mod socket;
