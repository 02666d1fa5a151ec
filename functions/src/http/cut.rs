//! Where a page of a list ends that is sorted by distance: named by the last one's distance and id, so
//! that whoever comes or goes meanwhile moves nobody else across the cut.

use std::fmt;
use std::str::FromStr;

use callout_domain::geo::DistanceKm;
use callout_domain::ids::AccountId;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cut {
    /// How far away the last one was.
    pub(crate) distance: DistanceKm,
    /// Who that was.
    pub(crate) id: AccountId,
}

/// A text that no page was answered with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotACut;

/// The bits of the distance, for a rounded one could lie on the wrong side of the last one.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.distance.kilometres().to_bits();
        write!(f, "{bits:016x}{}", self.id)
    }
}

impl FromStr for Cut {
    type Err = NotACut;

    fn from_str(text: &str) -> Result<Self, NotACut> {
        let (bits, id) = text.split_at_checked(16).ok_or(NotACut)?;
        let bits = u64::from_str_radix(bits, 16).map_err(|_| NotACut)?;
        let distance = DistanceKm::try_from(f64::from_bits(bits)).map_err(|_| NotACut)?;
        let id = id.parse().map_err(|_| NotACut)?;
        Ok(Self { distance, id })
    }
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "20",
            "zzzzzzzzzzzzzzzz01ARZ3NDEKTSV4RRFFQ69G5FAV",
            // Infinity, not a number, and a negative distance.
            "7ff000000000000001ARZ3NDEKTSV4RRFFQ69G5FAV",
            "7ff800000000000001ARZ3NDEKTSV4RRFFQ69G5FAV",
            "bff000000000000001ARZ3NDEKTSV4RRFFQ69G5FAV",
            "3ff00000000000001",
            "०१२३४५६७८९०१२३४५",
        ] {
            assert!(text.parse::<Cut>().is_err(), "{text:?}");
        }
    }
}
