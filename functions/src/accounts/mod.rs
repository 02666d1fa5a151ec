//! Accounts: proving an address, joining, signing in and out, and what an account says of itself.

pub(crate) mod create_ticket;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod refresh_token;
pub(crate) mod reset_password;
pub(crate) mod send_otp;
pub(crate) mod verify_otp;

mod ending;
mod fields;
mod refusals;
