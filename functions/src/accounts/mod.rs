//! Accounts: proving an address, joining, signing in and out, and what an account says of itself.

pub(crate) mod change_profile;
pub(crate) mod create_ticket;
pub(crate) mod delete_profile;
pub(crate) mod list_pharmacies;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod read_pharmacy;
pub(crate) mod read_profile;
pub(crate) mod refresh_token;
pub(crate) mod register;
pub(crate) mod register_device;
pub(crate) mod remove_device;
pub(crate) mod reset_password;
pub(crate) mod send_otp;
pub(crate) mod verify_otp;

mod device;
mod ending;
mod fields;
mod own_profile;
mod profile_fields;
mod refusals;
mod views;
