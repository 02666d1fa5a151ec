//! The numbers in the rules of work that a deployment chooses.

use time::Duration;

use crate::Cloud;
use crate::failure::CloudError;
use crate::settings::{PROVIDER_POSITION_MINUTES, Setting, WORK_ORDER_MINUTES};

/// The longest of both, in minutes: a day.
const MOST_MINUTES: i64 = 1_440;

impl Cloud {
    /// How long a work order waits for its provider's answer.
    ///
    /// # Errors
    /// When the function has no setting for it, or one that makes no sense.
    pub fn work_lifetime(&self) -> Result<Duration, CloudError> {
        minutes(WORK_ORDER_MINUTES)
    }

    /// How long a provider's position counts.
    ///
    /// # Errors
    /// When the function has no setting for it, or one that makes no sense.
    pub fn position_lifetime(&self) -> Result<Duration, CloudError> {
        minutes(PROVIDER_POSITION_MINUTES)
    }
}

fn minutes(setting: Setting) -> Result<Duration, CloudError> {
    span(&setting.read()?).ok_or(setting.missing())
}

fn span(minutes: &str) -> Option<Duration> {
    let minutes = minutes.parse().ok()?;
    (1..=MOST_MINUTES)
        .contains(&minutes)
        .then(|| Duration::minutes(minutes))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::span;

    #[test]
    fn a_minute_to_a_day() {
        for wrong in [
            "",
            "0",
            "-1",
            "1441",
            "1.5",
            "thirty",
            "99999999999999999999",
        ] {
            assert_eq!(span(wrong), None, "{wrong:?}");
        }
        assert_eq!(span("1"), Some(Duration::minutes(1)));
        assert_eq!(span("1440"), Some(Duration::days(1)));
    }
}
