//! How far a provider travels to work.

use serde::{Deserialize, Serialize};

/// The farthest anybody says that they travel.
const FARTHEST_KM: f64 = 500.0;
/// The nearest: a house's width, below which no position is known.
const NEAREST_KM: f64 = 0.1;

/// The radius around a provider's position within which they work, in kilometres.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct CoverageKm(f64);

/// What is wrong with a number that should have been a coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between {NEAREST_KM} and {FARTHEST_KM}")]
pub struct CoverageError;

impl CoverageKm {
    /// The nearest there is.
    pub const NEAREST: Self = Self(NEAREST_KM);
    /// The farthest there is.
    pub const FARTHEST: Self = Self(FARTHEST_KM);

    /// A coverage of 0.1 to 500 kilometres, both included.
    ///
    /// # Errors
    /// [`CoverageError`] for any other number and for NaN.
    pub fn new(kilometres: f64) -> Result<Self, CoverageError> {
        if (NEAREST_KM..=FARTHEST_KM).contains(&kilometres) {
            Ok(Self(kilometres))
        } else {
            Err(CoverageError)
        }
    }

    /// The coverage in kilometres.
    pub const fn kilometres(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for CoverageKm {
    type Error = CoverageError;

    fn try_from(kilometres: f64) -> Result<Self, CoverageError> {
        Self::new(kilometres)
    }
}

impl From<CoverageKm> for f64 {
    fn from(coverage: CoverageKm) -> Self {
        coverage.0
    }
}

#[cfg(test)]
mod tests {
    use super::{CoverageError, CoverageKm};

    #[test]
    fn a_tenth_to_500_kilometres() {
        for right in [0.1, 25.0, 500.0] {
            assert!(CoverageKm::new(right).is_ok(), "{right}");
        }
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.09, 500.1, 1e12] {
            assert_eq!(CoverageKm::new(wrong), Err(CoverageError), "{wrong}");
        }
        assert_eq!(CoverageError.to_string(), "must be between 0.1 and 500");
    }
}
