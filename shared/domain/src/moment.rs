//! A point in time, as the contract writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A moment in UTC, to the millisecond, written as RFC 3339 in a fixed width: its text sorts as
/// its time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(OffsetDateTime);

/// What is wrong with a text that should have been a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time")]
pub struct NotAMoment;

impl Moment {
    /// The moment of a clock's reading; what is finer than a millisecond is dropped.
    pub fn new(reading: OffsetDateTime) -> Self {
        let utc = reading.to_offset(UtcOffset::UTC);
        Self(utc.replace_millisecond(utc.millisecond()).unwrap_or(utc))
    }

    /// The moment of a count of milliseconds since 1970; `None` beyond the year 9999.
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
            .ok()
            .map(Self)
    }

    /// Whole seconds since 1970.
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Milliseconds since 1970.
    pub fn unix_milliseconds(self) -> i64 {
        self.0.unix_timestamp() * 1_000 + i64::from(self.0.millisecond())
    }

    /// This moment and `span` more, at most the end of the year 9999.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// How long after `earlier` this is; negative if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }

    /// The calendar's reading.
    pub const fn get(self) -> OffsetDateTime {
        self.0
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed_width = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        f.write_str(&self.0.format(fixed_width).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            // Its offset may lead out of the years that there are.
            .and_then(|reading| reading.checked_to_offset(UtcOffset::UTC))
            .map(Self::new)
            .ok_or(NotAMoment)
    }
}

impl TryFrom<String> for Moment {
    type Error = NotAMoment;

    fn try_from(text: String) -> Result<Self, NotAMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Moment;

    #[test]
    fn its_text_has_one_width_and_reads_back() {
        for text in ["2026-02-24T10:30:00Z", "2026-02-24T16:15:00.1239+05:45"] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string().len(), 24);
            assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }
        let kathmandu: Moment = "2026-02-24T16:15:00.1239+05:45".parse().unwrap();
        assert_eq!(kathmandu.to_string(), "2026-02-24T10:30:00.123Z");
        assert!("yesterday".parse::<Moment>().is_err());
    }

    #[test]
    fn an_offset_that_leads_out_of_all_years_is_refused() {
        for text in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"] {
            let _ = text.parse::<Moment>();
        }
        assert!("9999-12-31T23:59:59-23:59".parse::<Moment>().is_err());
    }
}
