//! How long a donor rests between two donations.

use serde::{Deserialize, Serialize};

use crate::account::{DonationDate, DonorProfile};
use crate::ids::RequestId;

/// The days between two donations of one donor, 1 to 365: countries differ, so a deployment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct DonationInterval(u16);

/// What is wrong with a number that should have been a donation interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be between {} and {}",
    DonationInterval::LEAST,
    DonationInterval::MOST
)]
pub struct NotAnInterval;

/// Somebody gave blood too short a while ago; its text is the sentence for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Your last donation is less than {} days ago; you may give again from {from}",
    .interval.days()
)]
pub struct TooSoon {
    /// How long a donor rests.
    pub interval: DonationInterval,
    /// The first day on which they may give again.
    pub from: DonationDate,
}

impl DonationInterval {
    const LEAST: u16 = 1;
    const MOST: u16 = 365;

    /// How many days.
    pub const fn days(self) -> u16 {
        self.0
    }
}

/// 90 days, between what the United States and what the United Kingdom ask for.
impl Default for DonationInterval {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<i64> for DonationInterval {
    type Error = NotAnInterval;

    fn try_from(days: i64) -> Result<Self, NotAnInterval> {
        u16::try_from(days)
            .ok()
            .filter(|days| (Self::LEAST..=Self::MOST).contains(days))
            .map(Self)
            .ok_or(NotAnInterval)
    }
}

impl From<DonationInterval> for i64 {
    fn from(interval: DonationInterval) -> Self {
        interval.0.into()
    }
}

/// Whether somebody who gave blood last on a day, or never, may give today: once the interval is
/// over, its last day included.
///
/// # Errors
/// [`TooSoon`] with the day from which on they may.
pub fn may_donate(
    last: Option<DonationDate>,
    interval: DonationInterval,
    today: DonationDate,
) -> Result<(), TooSoon> {
    let Some(last) = last else { return Ok(()) };
    let from = last.plus_days(interval.days());
    if today >= from {
        Ok(())
    } else {
        Err(TooSoon { interval, from })
    }
}

/// Whether a donor who promised a unit may say today that they gave it: not within the interval of
/// what they gave for another request, for nobody gives twice. A day that they named themselves says
/// nothing against a promise that was accepted from them: it may be this very donation.
///
/// # Errors
/// [`TooSoon`] with the day from which on they may.
pub fn may_confirm(
    donor: &DonorProfile,
    request: RequestId,
    interval: DonationInterval,
    today: DonationDate,
) -> Result<(), TooSoon> {
    match donor.last_donation_for {
        Some(other) if other != request => may_donate(donor.last_donation_date, interval, today),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use time::{Date, Duration};

    use super::{DonationInterval, NotAnInterval, TooSoon, may_confirm, may_donate};
    use crate::account::{BloodGroup, City, DonationDate, DonorProfile};
    use crate::ids::RequestId;

    fn day(text: &str) -> DonationDate {
        text.to_owned().try_into().unwrap()
    }

    fn days(days: i64) -> DonationInterval {
        days.try_into().unwrap()
    }

    #[test]
    fn one_to_365_days_and_90_if_nobody_says() {
        for wrong in [i64::MIN, 0, 366, 65_626, i64::MAX] {
            assert_eq!(DonationInterval::try_from(wrong), Err(NotAnInterval));
        }
        for right in [1, 56, 90, 120, 365] {
            assert_eq!(DonationInterval::try_from(right).map(i64::from), Ok(right));
        }
        assert_eq!(DonationInterval::default().days(), 90);
        assert_eq!(NotAnInterval.to_string(), "must be between 1 and 365");
    }

    #[test]
    fn who_never_gave_may_give() {
        assert_eq!(may_donate(None, days(365), day("2026-02-24")), Ok(()));
    }

    #[test]
    fn on_the_day_on_which_the_interval_is_over_and_not_the_day_before() {
        for (last, interval, before, from) in [
            ("2026-01-01", 90, "2026-03-31", "2026-04-01"),
            // A leap year's February has a day more.
            ("2024-01-01", 90, "2024-03-30", "2024-03-31"),
            ("2024-02-28", 1, "2024-02-28", "2024-02-29"),
            ("2024-02-28", 2, "2024-02-29", "2024-03-01"),
            ("2025-02-28", 1, "2025-02-28", "2025-03-01"),
            ("2024-02-29", 365, "2025-02-27", "2025-02-28"),
            ("2023-12-01", 90, "2024-02-28", "2024-02-29"),
            // 1900 was none, but 2000 was.
            ("1999-12-01", 90, "2000-02-28", "2000-02-29"),
            ("2025-12-31", 1, "2025-12-31", "2026-01-01"),
        ] {
            let (interval, from) = (days(interval), day(from));
            let refused = may_donate(Some(day(last)), interval, day(before));
            assert_eq!(refused, Err(TooSoon { interval, from }), "{last}");
            assert_eq!(
                may_donate(Some(day(last)), interval, from),
                Ok(()),
                "{last}"
            );
        }
    }

    #[test]
    fn only_what_was_given_for_another_request_stands_against_a_confirmation() {
        let request = |number: u128| RequestId::new(ulid::Ulid::from(number));
        let (this, other) = (request(1), request(2));
        let donor = |last: Option<&str>, given_for| DonorProfile {
            blood_group: BloodGroup::ONegative,
            city: City::parse("Chennai").unwrap(),
            position: None,
            last_donation_date: last.map(day),
            last_donation_for: given_for,
        };
        let (recently, long_ago) = (Some("2026-03-31"), Some("2026-01-01"));
        for (last, given_for, may) in [
            (None, None, true),
            (recently, None, true),
            (recently, Some(this), true),
            (recently, Some(other), false),
            (long_ago, Some(other), true),
            (Some("2026-01-02"), Some(other), false),
        ] {
            let donor = donor(last, given_for);
            let judged = may_confirm(&donor, this, days(90), day("2026-04-01"));
            assert_eq!(judged.is_ok(), may, "{last:?} {given_for:?}");
        }
        let refused = may_confirm(
            &donor(recently, Some(other)),
            this,
            days(90),
            day("2026-04-01"),
        );
        assert_eq!(refused.unwrap_err().from, day("2026-06-29"));
    }

    #[test]
    fn a_day_that_has_begun_only_elsewhere_counts_from_there() {
        let refused = may_donate(Some(day("2026-02-25")), days(90), day("2026-02-24"));
        assert_eq!(refused.unwrap_err().from, day("2026-05-26"));
    }

    #[test]
    fn whoever_comes_too_soon_is_told_from_when() {
        let refused = may_donate(Some(day("2026-02-24")), days(90), day("2026-05-24"));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "Your last donation is less than 90 days ago; you may give again from 2026-05-25"
        );
    }

    #[test]
    fn at_the_end_of_the_calendar_nothing_breaks() {
        let end = day("9999-12-31");
        assert_eq!(may_donate(Some(end), days(90), end), Ok(()));
    }

    proptest! {
        #[test]
        fn it_is_the_days_between_that_decide(
            last in -18_000_i64..60_000,
            waited in -2_i64..800,
            interval in 1_i64..=365,
        ) {
            let epoch = Date::from_ordinal_date(1970, 1).unwrap();
            let date = |offset| day(&(epoch + Duration::days(offset)).to_string());
            let (gave, today) = (date(last), date(last + waited));
            let judged = may_donate(Some(gave), days(interval), today);
            prop_assert_eq!(judged.is_ok(), waited >= interval);
            if let Err(too_soon) = judged {
                let wait = too_soon.from.get() - today.get();
                prop_assert_eq!(wait.whole_days(), interval - waited);
                prop_assert_eq!(may_donate(Some(gave), days(interval), too_soon.from), Ok(()));
            }
        }
    }
}
