//! How soon blood is needed.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::notice;

/// How soon blood is needed, as the requester judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Urgency {
    /// Now.
    Critical,
    /// Today.
    Urgent,
    /// In the days to come.
    Moderate,
}

/// What is wrong with a text that should have been an urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be Critical, Urgent or Moderate")]
pub struct NotAnUrgency;

impl Urgency {
    /// All of them, the most pressing first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Urgent, Self::Moderate];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "Critical",
            Self::Urgent => "Urgent",
            Self::Moderate => "Moderate",
        }
    }

    /// How much the announcement of such a need may disturb.
    pub const fn disturbs(self) -> notice::Urgency {
        match self {
            Self::Critical => notice::Urgency::Critical,
            Self::Urgent => notice::Urgency::Urgent,
            Self::Moderate => notice::Urgency::Routine,
        }
    }

    /// The word that opens the announcement. The seed announces every need by `Urgent`, a critical
    /// one too.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Critical | Self::Urgent | Self::Moderate => "Urgent",
        }
    }
}

/// Case and white space around it aside.
impl FromStr for Urgency {
    type Err = NotAnUrgency;

    fn from_str(text: &str) -> Result<Self, NotAnUrgency> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|urgency| urgency.as_str().eq_ignore_ascii_case(text))
            .ok_or(NotAnUrgency)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NotAnUrgency, Urgency};
    use crate::notice;

    #[test]
    fn every_urgency_reads_back_and_is_stored_as_it_is_written() {
        for urgency in Urgency::ALL {
            assert_eq!(urgency.as_str().parse(), Ok(urgency));
            assert_eq!(serde_json::to_value(urgency).unwrap(), urgency.as_str());
        }
        assert_eq!(" critical ".parse(), Ok(Urgency::Critical));
        for text in ["", "Low", "URGENTLY", "Critical,Urgent"] {
            assert_eq!(text.parse::<Urgency>(), Err(NotAnUrgency), "{text:?}");
        }
    }

    #[test]
    fn only_what_is_critical_wakes_a_person() {
        assert_eq!(
            Urgency::ALL.map(Urgency::disturbs),
            [
                notice::Urgency::Critical,
                notice::Urgency::Urgent,
                notice::Urgency::Routine
            ]
        );
    }
}
