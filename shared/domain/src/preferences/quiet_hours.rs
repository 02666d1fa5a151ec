//! Hours of the day in which only what is critical may disturb.

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// The tz database that is part of the program, so that no machine's own makes a difference.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// From one time of day to another, the latter left out, past midnight where it is the earlier.
///
/// They hold whenever the clock on the wall shows a time between the two. Where the clock is set
/// back, a time that it shows twice is judged the same twice; one that it skips never comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Told")]
pub struct QuietHours {
    start: TimeOfDay,
    end: TimeOfDay,
    timezone: TimeZone,
}

/// A time that a clock on the wall shows, to the minute, written `22:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    minutes: u16,
}

/// A time zone of the tz database, by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone {
    name: String,
    zone: jiff::tz::TimeZone,
}

/// What is wrong with quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuietHoursError {
    /// It is no time of day.
    #[error("must be a time of day from 00:00 to 23:59")]
    Time,
    /// There is no such zone.
    #[error("must be the IANA name of a time zone, such as Asia/Kathmandu")]
    Zone,
    /// They would end as they start: nobody can tell whether that is always or never.
    #[error("must not be the same as the start")]
    Empty,
}

/// Quiet hours whose ends have not been compared.
#[derive(Deserialize)]
struct Told {
    start: TimeOfDay,
    end: TimeOfDay,
    timezone: TimeZone,
}

impl QuietHours {
    /// Quiet hours from `start` until just before `end`, as clocks in a zone show them.
    ///
    /// # Errors
    /// [`QuietHoursError::Empty`] when both are the same.
    pub fn new(
        start: TimeOfDay,
        end: TimeOfDay,
        timezone: TimeZone,
    ) -> Result<Self, QuietHoursError> {
        if start == end {
            return Err(QuietHoursError::Empty);
        }
        Ok(Self {
            start,
            end,
            timezone,
        })
    }

    /// Whether it is quiet.
    pub fn hold_at(&self, now: Moment) -> bool {
        let shown = self.timezone.clock_at(now);
        if self.start < self.end {
            self.start <= shown && shown < self.end
        } else {
            self.start <= shown || shown < self.end
        }
    }
}

impl TimeOfDay {
    /// Reads `HH:MM`, both of two digits, from 00:00 to 23:59.
    ///
    /// # Errors
    /// [`QuietHoursError::Time`] for anything else.
    pub fn parse(text: &str) -> Result<Self, QuietHoursError> {
        let &[h1, h2, b':', m1, m2] = text.as_bytes() else {
            return Err(QuietHoursError::Time);
        };
        let digits = |tens: u8, ones: u8| {
            let both = tens.is_ascii_digit() && ones.is_ascii_digit();
            both.then(|| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        };
        match (digits(h1, h2), digits(m1, m2)) {
            (Some(hour @ 0..24), Some(minute @ 0..60)) => Ok(Self {
                minutes: hour * 60 + minute,
            }),
            (Some(_) | None, Some(_) | None) => Err(QuietHoursError::Time),
        }
    }
}

impl TimeZone {
    /// Finds a zone by its name, in whatever case.
    ///
    /// # Errors
    /// [`QuietHoursError::Zone`] when there is none.
    pub fn parse(name: &str) -> Result<Self, QuietHoursError> {
        let zone = ZONES.get(name).map_err(|_| QuietHoursError::Zone)?;
        // `Etc/Unknown` is found, and has no name.
        let name = zone.iana_name().ok_or(QuietHoursError::Zone)?.to_owned();
        Ok(Self { name, zone })
    }

    /// What clocks show there.
    fn clock_at(&self, moment: Moment) -> TimeOfDay {
        // Only the last day of the year 9999 is beyond what can be told.
        let stamp = Timestamp::from_second(moment.unix_seconds()).unwrap_or(Timestamp::MAX);
        let shown = self.zone.to_datetime(stamp);
        TimeOfDay {
            minutes: u16::from(shown.hour().unsigned_abs()) * 60
                + u16::from(shown.minute().unsigned_abs()),
        }
    }
}

impl TryFrom<Told> for QuietHours {
    type Error = QuietHoursError;

    fn try_from(told: Told) -> Result<Self, QuietHoursError> {
        Self::new(told.start, told.end, told.timezone)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = QuietHoursError;

    fn try_from(text: String) -> Result<Self, QuietHoursError> {
        Self::parse(&text)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for TimeZone {
    type Error = QuietHoursError;

    fn try_from(name: String) -> Result<Self, QuietHoursError> {
        Self::parse(&name)
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.name
    }
}
