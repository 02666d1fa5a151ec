//! The numbers in the rules of blood that a deployment chooses.

use callout_domain::blood::DonationInterval;
use time::Duration;

use crate::Cloud;
use crate::failure::CloudError;
use crate::settings::{BLOOD_REQUEST_HOURS, DONATION_INTERVAL_DAYS, Setting};

impl Cloud {
    /// How long a request for blood waits for donors.
    ///
    /// # Errors
    /// When the function has no setting for it, or one that makes no sense.
    pub fn blood_lifetime(&self) -> Result<Duration, CloudError> {
        let hours = whole_number(BLOOD_REQUEST_HOURS)?;
        lifetime(hours).ok_or(BLOOD_REQUEST_HOURS.missing())
    }

    /// How long a donor rests between two donations.
    ///
    /// # Errors
    /// When the function has no setting for it, or one that makes no sense.
    pub fn donation_interval(&self) -> Result<DonationInterval, CloudError> {
        let days = whole_number(DONATION_INTERVAL_DAYS)?;
        DonationInterval::try_from(days).map_err(|_| DONATION_INTERVAL_DAYS.missing())
    }
}

/// The longest a request may wait: well within the days for which it is kept.
const MOST_HOURS: i64 = 720;

fn whole_number(setting: Setting) -> Result<i64, CloudError> {
    setting.read()?.parse().map_err(|_| setting.missing())
}

fn lifetime(hours: i64) -> Option<Duration> {
    (1..=MOST_HOURS)
        .contains(&hours)
        .then(|| Duration::hours(hours))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::{MOST_HOURS, lifetime};
    use crate::requests::KEPT;

    #[test]
    fn a_request_waits_an_hour_to_thirty_days_and_is_kept_longer() {
        for wrong in [i64::MIN, 0, MOST_HOURS + 1, i64::MAX] {
            assert_eq!(lifetime(wrong), None);
        }
        assert_eq!(lifetime(1), Some(Duration::hours(1)));
        assert!(lifetime(MOST_HOURS).is_some_and(|longest| longest < KEPT));
    }
}
