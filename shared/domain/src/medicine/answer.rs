//! What a pharmacy answers.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::geo::GeoPoint;
use crate::ids::{AccountId, MediaId, RequestId, ResponseId};
use crate::medicine::Step;
use crate::moment::Moment;

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Choice {
    /// The pharmacy has the medicine and commits to it.
    Accepted,
    /// It has not.
    Rejected,
}

/// What is wrong with a text that should have been a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be ACCEPTED or REJECTED")]
pub struct NotAChoice;

impl Choice {
    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
        }
    }

    /// What it does to the request.
    pub const fn step(self) -> Step {
        match self {
            Self::Accepted => Step::Accept,
            Self::Rejected => Step::Reject,
        }
    }
}

impl FromStr for Choice {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        [Self::Accepted, Self::Rejected]
            .into_iter()
            .find(|choice| choice.as_str() == text)
            .ok_or(NotAChoice)
    }
}

/// What a pharmacy says besides, 1 to 1,000 characters without the space around them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyText(String);

/// A text that is longer than anybody reads in a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at most {} characters", ReplyText::MOST_CHARACTERS)]
pub struct TooLong;

impl ReplyText {
    /// The most characters, without the space around them.
    pub const MOST_CHARACTERS: usize = 1_000;

    /// The text that somebody typed; nothing but space is no text.
    ///
    /// # Errors
    /// [`TooLong`] over 1,000 characters.
    pub fn parse(typed: &str) -> Result<Option<Self>, TooLong> {
        let text = typed.trim();
        if text.chars().nth(Self::MOST_CHARACTERS).is_some() {
            return Err(TooLong);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Says nothing of what was said: it is between two people.
impl std::fmt::Debug for ReplyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplyText(..)")
    }
}

/// A pharmacy's answer to a request; it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct MedicineResponse {
    /// Its name.
    pub id: ResponseId,
    /// What it answers.
    pub request: RequestId,
    /// Who answers.
    pub pharmacy: AccountId,
    /// What they are called.
    pub pharmacy_name: String,
    /// Where they are.
    pub pharmacy_location: Option<GeoPoint>,
    /// How far that is from the need, in kilometres to two decimals, where the need has a place.
    pub distance_km: Option<f64>,
    /// Yes or no.
    pub choice: Choice,
    /// What they say besides.
    pub text: Option<ReplyText>,
    /// What they recorded.
    pub audio: Option<MediaId>,
    /// When.
    pub responded_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::{Choice, NotAChoice, ReplyText, TooLong};

    #[test]
    fn a_choice_is_one_of_two_words() {
        assert_eq!("ACCEPTED".parse(), Ok(Choice::Accepted));
        assert_eq!("REJECTED".parse(), Ok(Choice::Rejected));
        for text in ["BANANA", "accepted", "PENDING", "ACCEPTED ", ""] {
            assert_eq!(text.parse::<Choice>(), Err(NotAChoice), "{text:?}");
        }
    }

    #[test]
    fn a_text_has_at_most_1_000_characters_of_any_script() {
        for character in ["a", "औ", "💊"] {
            let longest = character.repeat(1_000);
            let text = ReplyText::parse(&format!("  {longest}\n"));
            assert_eq!(text.map(|text| text.map(|text| text.0)), Ok(Some(longest)));
            assert_eq!(ReplyText::parse(&character.repeat(1_001)), Err(TooLong));
        }
    }

    #[test]
    fn nothing_but_space_is_no_text() {
        for typed in ["", "   ", "\n\t\u{a0}"] {
            assert_eq!(ReplyText::parse(typed), Ok(None), "{typed:?}");
        }
    }
}
