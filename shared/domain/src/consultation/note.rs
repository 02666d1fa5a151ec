//! What people write to each other about a consultation.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::is_hidden;

/// A text of one to 2,000 characters, in lines, without anything that hides. `Debug` does not show
/// it: it is somebody's health.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// What is wrong with a text that should have been a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANote {
    /// It is empty, or longer than it may be.
    #[error("must be 1 to {} characters long", Note::LONGEST)]
    Length,
    /// It has control characters or others that cannot be seen.
    #[error("must not have control or invisible characters")]
    Hidden,
}

impl Note {
    /// The most characters.
    pub const LONGEST: usize = 2_000;

    /// Reads what somebody typed; white space around it is dropped.
    ///
    /// # Errors
    /// [`NotANote`] when it is empty, too long, or hides something.
    pub fn parse(typed: &str) -> Result<Self, NotANote> {
        let text = typed.trim();
        if text.is_empty() || text.chars().nth(Self::LONGEST).is_some() {
            return Err(NotANote::Length);
        }
        let ends_a_line = |c| matches!(c, '\n' | '\r' | '\t');
        if text.chars().any(|c| is_hidden(c) && !ends_a_line(c)) {
            return Err(NotANote::Hidden);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(…)")
    }
}

impl TryFrom<String> for Note {
    type Error = NotANote;

    fn try_from(text: String) -> Result<Self, NotANote> {
        Self::parse(&text)
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NotANote, Note};

    #[test]
    fn a_note_has_lines_and_a_length_and_hides_nothing() {
        let note = Note::parse("  Pain in the chest,\n\tsince Monday \n").unwrap();
        assert_eq!(note.as_str(), "Pain in the chest,\n\tsince Monday");
        assert_eq!(format!("{note:?}"), "Note(…)");
        assert!(Note::parse(&"ñ".repeat(2_000)).is_ok());
        for text in [String::new(), " \n".to_owned(), "ñ".repeat(2_001)] {
            assert_eq!(Note::parse(&text), Err(NotANote::Length));
        }
        for text in ["a\0b", "a\u{202E}b", "a\u{200B}b", "a\u{7}b"] {
            assert_eq!(Note::parse(text), Err(NotANote::Hidden), "{text:?}");
        }
    }
}
