//! Blood groups.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A blood group by ABO and `RhD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BloodGroup {
    /// A, `RhD` positive.
    #[serde(rename = "A+")]
    APositive,
    /// A, `RhD` negative.
    #[serde(rename = "A-")]
    ANegative,
    /// B, `RhD` positive.
    #[serde(rename = "B+")]
    BPositive,
    /// B, `RhD` negative.
    #[serde(rename = "B-")]
    BNegative,
    /// AB, `RhD` positive.
    #[serde(rename = "AB+")]
    AbPositive,
    /// AB, `RhD` negative.
    #[serde(rename = "AB-")]
    AbNegative,
    /// O, `RhD` positive.
    #[serde(rename = "O+")]
    OPositive,
    /// O, `RhD` negative.
    #[serde(rename = "O-")]
    ONegative,
}

/// What is wrong with a text that should have been a blood group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of A+, A-, B+, B-, AB+, AB-, O+ and O-")]
pub struct BloodGroupError;

impl BloodGroup {
    /// Every blood group.
    pub const ALL: [Self; 8] = [
        Self::APositive,
        Self::ANegative,
        Self::BPositive,
        Self::BNegative,
        Self::AbPositive,
        Self::AbNegative,
        Self::OPositive,
        Self::ONegative,
    ];

    /// Reads a group; case and white space around it aside.
    ///
    /// # Errors
    /// [`BloodGroupError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, BloodGroupError> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|group| group.as_str().eq_ignore_ascii_case(text))
            .ok_or(BloodGroupError)
    }

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::APositive => "A+",
            Self::ANegative => "A-",
            Self::BPositive => "B+",
            Self::BNegative => "B-",
            Self::AbPositive => "AB+",
            Self::AbNegative => "AB-",
            Self::OPositive => "O+",
            Self::ONegative => "O-",
        }
    }
}

impl fmt::Display for BloodGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::BloodGroup;

    #[test]
    fn every_group_reads_back_and_is_stored_as_it_is_written() {
        for group in BloodGroup::ALL {
            assert_eq!(BloodGroup::parse(group.as_str()), Ok(group));
            assert_eq!(serde_json::to_value(group).unwrap(), group.as_str());
        }
        assert_eq!(BloodGroup::parse(" ab- "), Ok(BloodGroup::AbNegative));
        for text in ["", "A", "C+", "A++", "O positive", "0+", "A\u{2212}"] {
            assert!(BloodGroup::parse(text).is_err(), "{text:?}");
        }
    }
}
