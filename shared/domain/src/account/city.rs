//! Cities, by which donors are found.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::visible::{NotVisible, folded, visible};

const LONGEST: usize = 100;
/// The most bytes of the form by which it is compared, which is a key of an index and so has a limit:
/// a single ligature may stand for 18 letters.
const LONGEST_KEY: usize = 1_200;

/// A city as its people write it, and the form in which two spellings of it are the same.
///
/// `Debug` does not show it, for it says where somebody lives.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct City {
    display: String,
    normalized: String,
}

/// What is wrong with a text that should have been a city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CityError {
    /// It is empty, or longer than a city's name.
    #[error("must be 1 to {LONGEST} characters long")]
    Length,
    /// It has control characters or others that cannot be seen.
    #[error("must not have control or invisible characters")]
    Hidden,
}

impl City {
    /// The most characters.
    pub const LONGEST: usize = LONGEST;

    /// Reads a city from what a client sent.
    ///
    /// # Errors
    /// [`CityError`] when it is empty, too long, or hides something.
    pub fn parse(text: &str) -> Result<Self, CityError> {
        let display = visible(text, LONGEST).map_err(|problem| match problem {
            NotVisible::Empty | NotVisible::TooLong => CityError::Length,
            NotVisible::Hidden => CityError::Hidden,
        })?;
        let normalized = folded(&display);
        if normalized.len() > LONGEST_KEY {
            return Err(CityError::Length);
        }
        Ok(Self {
            display,
            normalized,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.display
    }

    /// NFKC, case folded, spaces collapsed: equal for all spellings of one city.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }
}

/// Two spellings of one city are equal.
impl PartialEq for City {
    fn eq(&self, other: &Self) -> bool {
        self.normalized == other.normalized
    }
}

impl Eq for City {}

impl fmt::Debug for City {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("City(…)")
    }
}

impl TryFrom<String> for City {
    type Error = CityError;

    fn try_from(text: String) -> Result<Self, CityError> {
        Self::parse(&text)
    }
}

impl From<City> for String {
    fn from(city: City) -> Self {
        city.display
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{City, CityError};

    #[test]
    fn case_and_spaces_aside_a_city_is_one_city() {
        let chennai = City::parse("  Chennai ").unwrap();
        assert_eq!(chennai.as_str(), "Chennai");
        assert_eq!(chennai, City::parse("CHENNAI").unwrap());
        assert_eq!(
            City::parse("New   Delhi").unwrap().normalized(),
            "new delhi"
        );
        assert_ne!(chennai, City::parse("Kathmandu").unwrap());
    }

    #[test]
    fn it_has_its_limits() {
        assert!(City::parse(&"c".repeat(100)).is_ok());
        assert_eq!(City::parse(&"c".repeat(101)), Err(CityError::Length));
        assert_eq!(City::parse(" "), Err(CityError::Length));
        assert!(City::parse(&"\u{FDFA}".repeat(30)).is_ok());
        assert_eq!(City::parse(&"\u{FDFA}".repeat(100)), Err(CityError::Length));
        assert_eq!(City::parse("Chen\u{200B}nai"), Err(CityError::Hidden));
    }
}
