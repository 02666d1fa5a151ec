//! Accounts: proving an address, joining, signing in and out, and what an account says of itself.

pub(crate) mod change_profile;
pub(crate) mod delete_profile;
pub(crate) mod list_pharmacies;
pub(crate) mod read_pharmacy;
pub(crate) mod read_profile;
pub(crate) mod register;

mod own_profile;
mod profile_fields;
mod views;
