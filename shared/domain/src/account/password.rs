//! Passwords, between the body that brought them and the hash that keeps them.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// The fewest characters.
const SHORTEST: usize = 8;
/// The most characters.
const LONGEST: usize = 128;

/// The passwords that are guessed first, of those with 8 characters or more: one on a line, in
/// lower case, after the lists that breaches left behind.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password good enough to be set. It is never stored, written or shown: `Debug` hides it, and
/// it cannot be serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// What somebody offers as their password at the door; nothing is said about what it is like.
#[derive(Clone)]
pub struct OfferedPassword(String);

/// What is wrong with a text that should have been a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is too short or too long.
    #[error("must be {SHORTEST} to {LONGEST} characters long")]
    Length,
    /// It is among those that are guessed first.
    #[error("must not be a common password")]
    Common,
}

impl Password {
    /// The fewest characters.
    pub const SHORTEST: usize = SHORTEST;
    /// The most characters.
    pub const LONGEST: usize = LONGEST;

    /// Reads a password that is to be set. Spaces count, at its ends too.
    ///
    /// # Errors
    /// [`PasswordError`] when it is too short, too long, or common.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let OfferedPassword(password) = OfferedPassword::new(text).ok_or(PasswordError::Length)?;
        let length = password.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(PasswordError::Length);
        }
        if is_common(&password) {
            return Err(PasswordError::Common);
        }
        Ok(Self(password))
    }

    /// The password, for hashing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OfferedPassword {
    /// Takes what was offered, in the form in which a set password was hashed (NFC, so that
    /// keyboards which compose letters differently write the same password). `None` for what is
    /// longer than any password, on which no work is to be done.
    pub fn new(text: &str) -> Option<Self> {
        // Composing shortens to a third at most, and a character has 4 bytes at most.
        (text.len() <= LONGEST * 4 * 3).then(|| Self(text.nfc().collect()))
    }

    /// What was offered, for comparing with a hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_common(password: &str) -> bool {
    let folded = password.trim().to_lowercase();
    let mut characters = folded.chars();
    let first = characters.next();
    let is_one_character = characters.all(|other| Some(other) == first);
    is_one_character || COMMON.lines().any(|common| common == folded)
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl fmt::Debug for OfferedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfferedPassword(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{COMMON, OfferedPassword, Password, PasswordError, SHORTEST};

    #[test]
    fn eight_to_128_characters() {
        assert!(Password::parse("securepassword123").is_ok());
        assert!(Password::parse("tr0ub4do").is_ok());
        assert!(Password::parse("पासवर्ड-काठमाडौं").is_ok());
        let longest: String = "xy".repeat(64);
        assert!(Password::parse(&longest).is_ok());
        for text in [
            "",
            "short12",
            "äöüäöüä",
            &format!("{longest}z"),
            &"ab".repeat(6_000_000),
        ] {
            assert_eq!(Password::parse(text), Err(PasswordError::Length));
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused_in_any_case() {
        for text in [
            "password",
            "PassWord1",
            "password123",
            "12345678",
            "qwertyuiop",
            " iloveyou ",
        ] {
            assert_eq!(
                Password::parse(text),
                Err(PasswordError::Common),
                "{text:?}"
            );
        }
        for text in ["aaaaaaaaaaaa", "        ", "ÄÄÄÄÄÄÄÄ"] {
            assert_eq!(
                Password::parse(text),
                Err(PasswordError::Common),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_list_of_common_ones_is_long_and_in_the_form_that_is_compared() {
        assert!(COMMON.lines().count() >= 150);
        for line in COMMON.lines() {
            assert!(
                line.chars().count() >= SHORTEST,
                "{line:?} is refused by its length already"
            );
            assert_eq!(line, line.trim().to_lowercase());
        }
    }

    #[test]
    fn letters_composed_and_not_are_one_password() {
        let set = Password::parse("cafe\u{301}-secret").unwrap();
        let offered = OfferedPassword::new("café-secret").unwrap();
        assert_eq!(set.as_str(), offered.as_str());
        assert!(OfferedPassword::new(&"x".repeat(2_000)).is_none());
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let password = Password::parse("securepassword123").unwrap();
        assert!(!format!("{password:?}").contains("secure"));
        let offered = OfferedPassword::new("securepassword123").unwrap();
        assert!(!format!("{offered:?}").contains("secure"));
    }
}
