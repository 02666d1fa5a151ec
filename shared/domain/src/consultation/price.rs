//! What a consultation costs, exactly.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of the currency in which the hospital reckons: up to nine digits, and up to three
/// behind the point, kept and written as text so that nothing is rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price(String);

/// What is wrong with a text that should have been a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an amount from 0 to 999999999.999, with at most three decimals")]
pub struct NotAPrice;

const MOST_DIGITS: usize = 9;
const MOST_DECIMALS: usize = 3;

impl Price {
    /// Reads an amount: digits, and behind a point up to three more.
    ///
    /// # Errors
    /// [`NotAPrice`] for anything else: signs, exponents, separators.
    pub fn parse(text: &str) -> Result<Self, NotAPrice> {
        let text = text.trim();
        let (whole, decimals) = match text.split_once('.') {
            Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
            Some(_) => return Err(NotAPrice),
            None => (text, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(decimals) {
            return Err(NotAPrice);
        }
        let significant = whole.trim_start_matches('0');
        if significant.len() > MOST_DIGITS || decimals.len() > MOST_DECIMALS {
            return Err(NotAPrice);
        }
        let whole = if significant.is_empty() {
            "0"
        } else {
            significant
        };
        Ok(Self(if decimals.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{decimals}")
        }))
    }

    /// The amount.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Price {
    type Error = NotAPrice;

    fn try_from(text: String) -> Result<Self, NotAPrice> {
        Self::parse(&text)
    }
}

impl From<Price> for String {
    fn from(price: Price) -> Self {
        price.0
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAPrice, Price};

    #[test]
    fn an_amount_stays_what_it_was() {
        for (text, kept) in [
            ("0", "0"),
            ("000", "0"),
            ("150", "150"),
            (" 150.00 ", "150.00"),
            ("0150.5", "150.5"),
            ("0.001", "0.001"),
            ("999999999.999", "999999999.999"),
        ] {
            assert_eq!(Price::parse(text).map(String::from), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.",
            ".5",
            "1.2.3",
            "0.0001",
            "1000000000",
            "NaN",
            "١٢",
            "1 000",
            "0x10",
        ] {
            assert_eq!(Price::parse(text), Err(NotAPrice), "{text:?}");
        }
    }
}
