//! What an account may be.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The role of an account; it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Asks for medicine.
    Customer,
    /// Has medicine.
    Pharmacy,
    /// Gives blood, and asks for it.
    Donor,
    /// Asks for work to be done.
    Seeker,
    /// Does work.
    Provider,
    /// Asks for medicine and for a doctor.
    Patient,
    /// Sees patients.
    Doctor,
    /// Speaks for a hospital.
    Hospital,
    /// Runs Callout; never self-registered.
    Admin,
}

/// What is wrong with a text that should have been a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a role")]
pub struct NotARole;

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Customer,
        Self::Pharmacy,
        Self::Donor,
        Self::Seeker,
        Self::Provider,
        Self::Patient,
        Self::Doctor,
        Self::Hospital,
        Self::Admin,
    ];

    /// As `/login` returns it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::Pharmacy => "PHARMACY",
            Self::Donor => "DONOR",
            Self::Seeker => "SEEKER",
            Self::Provider => "PROVIDER",
            Self::Patient => "PATIENT",
            Self::Doctor => "DOCTOR",
            Self::Hospital => "HOSPITAL",
            Self::Admin => "ADMIN",
        }
    }

    /// As paths and channels write it: `pharmacy`.
    pub const fn path_segment(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Pharmacy => "pharmacy",
            Self::Donor => "donor",
            Self::Seeker => "seeker",
            Self::Provider => "provider",
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Hospital => "hospital",
            Self::Admin => "admin",
        }
    }

    /// The role of a path's segment; case counts, as it does in paths.
    ///
    /// # Errors
    /// [`NotARole`] for any other text.
    pub fn from_path_segment(segment: &str) -> Result<Self, NotARole> {
        Self::ALL
            .into_iter()
            .find(|role| role.path_segment() == segment)
            .ok_or(NotARole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(NotARole)
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn every_role_reads_back_from_both_its_names() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(Role::from_path_segment(role.path_segment()), Ok(role));
        }
        assert!("pharmacy".parse::<Role>().is_err());
        assert!(Role::from_path_segment("PHARMACY").is_err());
    }
}
