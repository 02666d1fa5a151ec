//! Short texts that other people see: names, addresses, trades.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::visible::{NotVisible, folded, visible};

/// What is wrong with a text that others should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// It is empty, or longer than it may be.
    #[error("must be 1 to {longest} characters long")]
    Length {
        /// The most characters.
        longest: usize,
    },
    /// It has control characters or others that cannot be seen.
    #[error("must not have control or invisible characters")]
    Hidden,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident up to $longest:literal;)+) => {$(
        $(#[$doc])*
        ///
        /// Trimmed, in NFC, and visible. `Debug` does not show it.
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const LONGEST: usize = $longest;

            /// Reads it from what a client sent.
            ///
            /// # Errors
            /// [`WordsError`] when it is empty, too long, or hides something.
            pub fn parse(text: &str) -> Result<Self, WordsError> {
                visible(text, Self::LONGEST).map(Self).map_err(|problem| match problem {
                    NotVisible::Empty | NotVisible::TooLong => WordsError::Length {
                        longest: Self::LONGEST,
                    },
                    NotVisible::Hidden => WordsError::Hidden,
                })
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordsError;

            fn try_from(text: String) -> Result<Self, WordsError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(words: $name) -> Self {
                words.0
            }
        }
    )+};
}

words! {
    /// What a person, or a pharmacy, is called: 1 to 100 characters.
    PersonName up to 100;
    /// A postal address: 1 to 300 characters.
    Address up to 300;
    /// The trade of a provider: 1 to 60 characters.
    ServiceType up to 60;
    /// What a doctor is versed in: 1 to 100 characters.
    Specialty up to 100;
    /// What a hospital is called: 1 to 200 characters.
    HospitalName up to 200;
}

impl ServiceType {
    /// Whether a person would say that both are the same trade: case, width and inner space aside.
    pub fn names_the_same(&self, other: &Self) -> bool {
        folded(&self.0) == folded(&other.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Address, PersonName, ServiceType, WordsError};

    #[test]
    fn a_trade_is_the_same_however_it_is_typed() {
        let trade = |text| ServiceType::parse(text).unwrap();
        assert!(trade("Tile  Setter").names_the_same(&trade("tile setter")));
        assert!(!trade("painter").names_the_same(&trade("plumber")));
    }

    #[test]
    fn a_name_is_one_to_a_hundred_visible_characters() {
        assert_eq!(
            PersonName::parse("  John Doe\n").unwrap().as_str(),
            "John Doe"
        );
        assert!(PersonName::parse(&"ñ".repeat(100)).is_ok());
        assert!(PersonName::parse("राम बहादुर").is_ok());
        let length = Err(WordsError::Length { longest: 100 });
        for text in [
            String::new(),
            " \u{3000}".to_owned(),
            "ñ".repeat(101),
            "x".repeat(9_000_000),
        ] {
            assert_eq!(PersonName::parse(&text), length);
        }
        for text in ["John\nDoe", "John\u{202E}Doe", "\u{200B}", "a\0"] {
            assert_eq!(PersonName::parse(text), Err(WordsError::Hidden), "{text:?}");
        }
    }

    #[test]
    fn each_has_its_own_limit_and_says_it() {
        assert!(Address::parse(&"x".repeat(300)).is_ok());
        assert_eq!(
            Address::parse(&"x".repeat(301)).unwrap_err().to_string(),
            "must be 1 to 300 characters long"
        );
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        assert!(!format!("{:?}", PersonName::parse("John").unwrap()).contains("John"));
    }
}
