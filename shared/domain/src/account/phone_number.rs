//! Telephone numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A telephone number: 7 to 15 digits (ITU-T E.164 has 15 at most), a `+` before them or not.
///
/// `Debug` does not show it, for a number belongs in no log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// What is wrong with a text that should have been a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 7 to 15 digits, with a + before them or not")]
pub struct PhoneNumberError;

impl PhoneNumber {
    /// Reads a number; white space around it is dropped, any other character is refused.
    ///
    /// # Errors
    /// [`PhoneNumberError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let text = text.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_number =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhoneNumberError)
        }
    }

    /// The number as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;

    fn try_from(text: String) -> Result<Self, PhoneNumberError> {
        Self::parse(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::PhoneNumber;

    #[test]
    fn seven_to_fifteen_digits_and_a_plus() {
        for text in [
            "9841234567",
            "+9779841234567",
            "1234567",
            "123456789012345",
            " 9841234567 ",
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), text.trim());
        }
        for text in [
            "",
            "+",
            "123456",
            "1234567890123456",
            "++9841234567",
            "984+1234567",
            "9841234567+",
            "984 123 4567",
            "984-123-4567",
            "+ 9841234567",
            "98412x4567",
            "९८४१२३४५६७",
            "９８４１２３４５６７",
            "98412\u{200B}34567",
            "984123456\0",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text:?}");
        }
        assert!(PhoneNumber::parse(&"1".repeat(10_000_000)).is_err());
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let number = PhoneNumber::parse("9841234567").unwrap();
        assert!(!format!("{number:?}").contains("9841"));
    }
}
