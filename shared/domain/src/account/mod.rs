//! Accounts: what a person says about themselves when they join, each value such that it cannot be
//! wrong once it exists.
//!
//! Every `parse` takes what a client sent and refuses it with an error whose text ends the sentence
//! "the field …": `must be an e-mail address`.

mod blood_group;
mod city;
mod coverage;
mod donation_date;
mod email;
mod password;
mod phone_number;
mod profile;
mod visible;
mod words;

pub use blood_group::{BloodGroup, BloodGroupError};
pub use city::{City, CityError};
pub use coverage::{CoverageError, CoverageKm};
pub use donation_date::{DonationDate, DonationDateError};
pub use email::{Email, EmailError};
pub use password::{OfferedPassword, Password, PasswordError};
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use profile::{
    Account, DoctorProfile, DonorProfile, FoundedHospital, HospitalProfile, JoinedHospital,
    PharmacyProfile, Profile, ProviderProfile,
};
pub(crate) use visible::is_hidden;
pub use words::{Address, HospitalName, PersonName, ServiceType, Specialty, WordsError};
