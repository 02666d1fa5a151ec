//! What somebody writes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text of 1 to 4,000 characters, as it was typed; nothing but space is no text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChatText(String);

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAText {
    /// It says nothing.
    #[error("must not be empty")]
    Empty,
    /// It is longer than anybody reads on a phone.
    #[error("must be at most {} characters", ChatText::MOST_CHARACTERS)]
    TooLong,
}

impl ChatText {
    /// The most characters (Unicode scalar values) that a text may have.
    pub const MOST_CHARACTERS: usize = 4_000;

    /// The text that somebody typed, every character of it kept.
    ///
    /// # Errors
    /// [`NotAText`].
    pub fn parse(typed: &str) -> Result<Self, NotAText> {
        if typed.chars().nth(Self::MOST_CHARACTERS).is_some() {
            return Err(NotAText::TooLong);
        }
        if typed.trim().is_empty() {
            return Err(NotAText::Empty);
        }
        Ok(Self(typed.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ChatText {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        Self::parse(&text)
    }
}

impl From<ChatText> for String {
    fn from(text: ChatText) -> Self {
        text.0
    }
}

/// What people write to each other is not for logs.
impl fmt::Debug for ChatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatText(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ChatText, NotAText};

    #[test]
    fn a_text_has_1_to_4000_characters_of_any_script_and_keeps_them_all() {
        for kept in [
            "a",
            " नमस्ते 🙏🏽\n",
            "e\u{301}",
            "\u{202e}abc",
            &"क".repeat(4_000),
        ] {
            assert_eq!(ChatText::parse(kept).unwrap().as_str(), kept);
        }
        for empty in ["", " ", "\n\t\u{3000}"] {
            assert_eq!(ChatText::parse(empty), Err(NotAText::Empty));
        }
        let long = "क".repeat(4_001);
        assert_eq!(ChatText::parse(&long), Err(NotAText::TooLong));
    }

    #[test]
    fn what_people_write_does_not_show_where_values_are_printed() {
        let text = ChatText::parse("9841234567").unwrap();
        assert!(!format!("{text:?}").contains("984"));
    }
}
