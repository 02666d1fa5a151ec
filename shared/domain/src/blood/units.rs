//! How much blood is needed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of units of blood, 1 to 20: beyond that a hospital asks its blood bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Units(u16);

/// What is wrong with a number that should have been a number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between {} and {}", Units::LEAST, Units::MOST)]
pub struct NotUnits;

impl Units {
    /// The fewest units.
    pub const LEAST: u16 = 1;
    /// The most units.
    pub const MOST: u16 = 20;

    /// The number of units.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<i64> for Units {
    type Error = NotUnits;

    fn try_from(units: i64) -> Result<Self, NotUnits> {
        u16::try_from(units)
            .ok()
            .filter(|units| (Self::LEAST..=Self::MOST).contains(units))
            .map(Self)
            .ok_or(NotUnits)
    }
}

impl From<Units> for i64 {
    fn from(units: Units) -> Self {
        units.0.into()
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotUnits, Units};

    #[test]
    fn only_1_to_20_units_can_be_asked_for() {
        for units in [i64::MIN, -1, 0, 21, 65_537, i64::MAX] {
            assert_eq!(Units::try_from(units), Err(NotUnits), "{units}");
        }
        for units in 1..=20 {
            assert_eq!(Units::try_from(units).map(i64::from), Ok(units));
        }
        assert_eq!(NotUnits.to_string(), "must be between 1 and 20");
    }
}
