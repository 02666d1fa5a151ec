//! How much medicine is needed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of units, 1 to 100,000: more than that is a slip of the finger, whatever the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(u32);

/// What is wrong with a number that should have been a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between {} and {}", Quantity::LEAST, Quantity::MOST)]
pub struct NotAQuantity;

impl Quantity {
    /// The fewest units.
    pub const LEAST: u32 = 1;
    /// The most units.
    pub const MOST: u32 = 100_000;

    /// The number of units.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = NotAQuantity;

    fn try_from(units: i64) -> Result<Self, NotAQuantity> {
        u32::try_from(units)
            .ok()
            .filter(|units| (Self::LEAST..=Self::MOST).contains(units))
            .map(Self)
            .ok_or(NotAQuantity)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0.into()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAQuantity, Quantity};

    #[test]
    fn only_1_to_100_000_units_can_be_asked_for() {
        for units in [i64::MIN, -5, 0, 100_001, 1_000_000_000_000, i64::MAX] {
            assert_eq!(Quantity::try_from(units), Err(NotAQuantity), "{units}");
        }
        for units in [1, 10, 100_000] {
            assert_eq!(Quantity::try_from(units).map(i64::from), Ok(units));
        }
        assert_eq!(NotAQuantity.to_string(), "must be between 1 and 100000");
    }
}
