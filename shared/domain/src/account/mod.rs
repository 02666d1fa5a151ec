//! Accounts: what a person says about themselves when they join, each value such that it cannot be
//! wrong once it exists.
//!
//! Every `parse` takes what a client sent and refuses it with an error whose text ends the sentence
//! "the field …": `must be an e-mail address`.

mod blood_group;
mod city;
mod email;
mod password;
mod phone_number;
mod visible;
mod words;

pub use blood_group::{BloodGroup, BloodGroupError};
pub use city::{City, CityError};
pub use email::{Email, EmailError};
pub use password::{OfferedPassword, Password, PasswordError};
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use words::{Address, HospitalName, PersonName, ServiceType, Specialty, WordsError};
