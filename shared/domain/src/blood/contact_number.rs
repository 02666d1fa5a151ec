//! The number under which a patient or an attender is reached.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A telephone number as people write it, `+91 9876543210`: 7 to 15 digits (ITU-T E.164 has 15 at
/// most), a `+` before them or not, single spaces or hyphens between them.
///
/// It is dialled by people and never compared, so it stays as it was written. `Debug` does not show
/// it, for a number belongs in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContactNumber(String);

/// What is wrong with a text that should have been a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 7 to 15 digits, with a + before them or not")]
pub struct NotAContactNumber;

/// 15 digits, as many separators but one, and the `+`.
const LONGEST: usize = 15 + 14 + 1;

impl ContactNumber {
    /// Reads a number; white space around it is dropped.
    ///
    /// # Errors
    /// [`NotAContactNumber`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAContactNumber> {
        let text = text.trim();
        let groups = text.strip_prefix('+').unwrap_or(text);
        let is_digits =
            |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        let digits = || groups.bytes().filter(u8::is_ascii_digit).count();
        let is_number = text.len() <= LONGEST
            && groups.split([' ', '-']).all(is_digits)
            && (7..=15).contains(&digits());
        if is_number {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAContactNumber)
        }
    }

    /// The number as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ContactNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactNumber(…)")
    }
}

impl TryFrom<String> for ContactNumber {
    type Error = NotAContactNumber;

    fn try_from(text: String) -> Result<Self, NotAContactNumber> {
        Self::parse(&text)
    }
}

impl From<ContactNumber> for String {
    fn from(number: ContactNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ContactNumber, NotAContactNumber};

    #[test]
    fn a_number_stays_as_it_was_written() {
        for text in [
            "+91 9876543210",
            "9876543210",
            " 044-2829-3333 ",
            "1234567",
            "123456789012345",
            "+1 2 3 4 5 6 7 8 9 0 1 2 3 4 5",
        ] {
            assert_eq!(ContactNumber::parse(text).unwrap().as_str(), text.trim());
        }
    }

    #[test]
    fn what_nobody_can_dial_is_refused() {
        for text in [
            "",
            "+",
            "123456",
            "1234567890123456",
            "++919876543210",
            "+ 9876543210",
            "98765  43210",
            "98765 -43210",
            "-9876543210",
            "9876543210-",
            "98765+43210",
            "(044) 28293333",
            "98765\t43210",
            "98765x43210",
            "९८७६५४३२१०",
            "98765\u{200B}43210",
        ] {
            assert_eq!(
                ContactNumber::parse(text),
                Err(NotAContactNumber),
                "{text:?}"
            );
        }
        assert!(ContactNumber::parse(&"1 ".repeat(1_000_000)).is_err());
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let number = ContactNumber::parse("+91 9876543210").unwrap();
        assert!(!format!("{number:?}").contains("9876"));
    }
}
