//! The day on which somebody last gave blood.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::StaticFormatDescription;
use time::macros::{date, format_description};
use time::{Date, Duration};

use crate::moment::Moment;

const FORMAT: StaticFormatDescription = format_description!("[year]-[month]-[day]");
/// How long every date is in that format.
const WIDTH: usize = 10;
/// Nobody alive gave blood before.
const EARLIEST: Date = date!(1920 - 01 - 01);
/// Where the day begins first it begins 14 hours before UTC's.
const EASTERNMOST: Duration = Duration::hours(14);

/// A day of the calendar, written `2026-02-24`.
///
/// `Debug` does not show it, for it tells of somebody's health.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DonationDate(Date);

/// What is wrong with a text that should have been the day of a donation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DonationDateError {
    /// It is no date, or one of another age.
    #[error("must be a date written YYYY-MM-DD")]
    NotADate,
    /// It has not come yet, anywhere.
    #[error("must not be in the future")]
    InTheFuture,
}

impl DonationDate {
    /// Reads a day that may be today wherever the donor is.
    ///
    /// # Errors
    /// [`DonationDateError`] for what is no date, and for a day to come.
    pub fn parse(text: &str, now: Moment) -> Result<Self, DonationDateError> {
        let day = Self::try_from(text.trim().to_owned())?;
        if day.0 > now.plus(EASTERNMOST).get().date() {
            return Err(DonationDateError::InTheFuture);
        }
        Ok(day)
    }

    /// The day of a moment in UTC.
    pub fn of(moment: Moment) -> Self {
        Self(moment.get().date())
    }

    /// So many days later, at most the end of the calendar.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        Self(self.0.saturating_add(Duration::days(days.into())))
    }

    /// The day itself.
    pub const fn get(self) -> Date {
        self.0
    }
}

impl fmt::Display for DonationDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DonationDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DonationDate(…)")
    }
}

impl TryFrom<String> for DonationDate {
    type Error = DonationDateError;

    fn try_from(text: String) -> Result<Self, DonationDateError> {
        Date::parse(&text, FORMAT)
            .ok()
            // A sign before the year would be read, too.
            .filter(|day| text.len() == WIDTH && *day >= EARLIEST)
            .map(Self)
            .ok_or(DonationDateError::NotADate)
    }
}

impl From<DonationDate> for String {
    fn from(day: DonationDate) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{DonationDate, DonationDateError};

    #[test]
    fn a_day_that_has_begun_somewhere() {
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        for text in ["2026-02-24", "2026-02-25", "2024-02-29", "1999-12-31"] {
            assert_eq!(DonationDate::parse(text, now).unwrap().to_string(), text);
        }
        assert_eq!(
            DonationDate::parse("2026-02-26", now),
            Err(DonationDateError::InTheFuture)
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        for text in [
            "",
            "yesterday",
            "2025-02-29",
            "2025-13-01",
            "2025-1-1",
            "24-02-2026",
            "2026/02/24",
            "2026-02-24T10:30:00Z",
            "0001-01-01",
            "-2026-02-24",
            "+2026-02-24",
            "99999-01-01",
            "２０２５-01-01",
        ] {
            assert_eq!(
                DonationDate::parse(text, now),
                Err(DonationDateError::NotADate),
                "{text:?}"
            );
        }
    }
}
