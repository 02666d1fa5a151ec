//! What is true of Callout whatever the cloud: values that cannot be wrong, and the rules that
//! decide. Nothing here reads a clock, draws a random number or waits.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod audience;
pub mod blood;
pub mod consultation;
pub mod conversation;
pub mod delivery;
pub mod device;
pub mod event;
pub mod geo;
pub mod ids;
pub mod login;
pub mod media;
pub mod medicine;
pub mod moment;
pub mod notice;
pub mod organization;
pub mod otp;
pub mod preferences;
pub mod presence;
pub mod request;
pub mod role;
pub mod session;
pub mod socket;
pub mod work;
