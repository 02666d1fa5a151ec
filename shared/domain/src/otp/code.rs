//! The code itself: six digits.

use std::fmt;

/// How many codes there are: those of six digits.
pub const CODES: u32 = 1_000_000;
const DIGITS: usize = 6;

/// A one-time code as its person reads it. Never printed by accident: its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct OtpCode(String);

/// What is wrong with a text that should have been a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 6 digits")]
pub struct NotACode;

impl OtpCode {
    /// The code of a number that the caller drew from 0 to [`CODES`], the end excluded.
    pub fn of_draw(number: u32) -> Self {
        Self(format!("{:0DIGITS$}", number % CODES))
    }

    /// Reads what a person typed; spaces around it do not count.
    ///
    /// # Errors
    /// [`NotACode`] for anything but six ASCII digits.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let text = text.trim();
        if text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACode)
        }
    }

    /// Its six digits, to be mailed or hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpCode(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NotACode, OtpCode};

    #[test]
    fn a_code_is_six_ascii_digits_and_keeps_its_leading_zeros() {
        assert_eq!(OtpCode::of_draw(42).as_str(), "000042");
        assert_eq!(OtpCode::of_draw(999_999).as_str(), "999999");
        assert_eq!(OtpCode::parse(" 012345\n").unwrap().as_str(), "012345");
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "+12345",
            "１２３４５６",
            "-00001",
            "12 456",
        ] {
            assert_eq!(OtpCode::parse(text), Err(NotACode), "{text:?}");
        }
    }

    #[test]
    fn a_code_does_not_print_itself() {
        assert!(!format!("{:?}", OtpCode::of_draw(123_456)).contains("123456"));
    }
}
