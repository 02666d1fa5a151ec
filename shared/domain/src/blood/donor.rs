//! Whom a need for blood is told to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{DonationInterval, may_donate};
use crate::account::{Account, BloodGroup, DonationDate, Profile};
use crate::geo::GeoPoint;
use crate::ids::AccountId;

/// What of a donor decides whether they are told of a need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Donor {
    /// Their account.
    #[serde(rename = "account_id")]
    pub account: AccountId,
    /// What they can give.
    pub blood_group: BloodGroup,
    /// Where they live exactly, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GeoPoint>,
    /// When they last gave, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_donation_date: Option<DonationDate>,
}

/// Which donors a request is told to, of those that it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// All of them: who cannot give may know somebody who can.
    #[default]
    Everyone,
    /// Those whose red cells the patient can take, and who may give again.
    Compatible,
}

/// What is wrong with a text that should have been a matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be everyone or compatible")]
pub struct NotAMatching;

impl Donor {
    /// The donor that an account is; none for any other role.
    pub fn of(account: &Account) -> Option<Self> {
        match &account.profile {
            Profile::Donor(donor) => Some(Self {
                account: account.id,
                blood_group: donor.blood_group,
                position: donor.position,
                last_donation_date: donor.last_donation_date,
            }),
            Profile::Customer
            | Profile::Pharmacy(_)
            | Profile::Seeker
            | Profile::Provider(_)
            | Profile::Patient
            | Profile::Doctor(_)
            | Profile::Hospital(_)
            | Profile::Admin => None,
        }
    }
}

impl Matching {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Everyone, Self::Compatible];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Compatible => "compatible",
        }
    }

    /// Whether a donor is told, on a day, of what a patient of a group needs.
    pub fn admits(
        self,
        donor: &Donor,
        patient: BloodGroup,
        interval: DonationInterval,
        today: DonationDate,
    ) -> bool {
        match self {
            Self::Everyone => true,
            Self::Compatible => {
                donor.blood_group.can_give_red_cells_to(patient)
                    && may_donate(donor.last_donation_date, interval, today).is_ok()
            }
        }
    }
}

impl FromStr for Matching {
    type Err = NotAMatching;

    fn from_str(text: &str) -> Result<Self, NotAMatching> {
        Self::ALL
            .into_iter()
            .find(|matching| matching.as_str() == text)
            .ok_or(NotAMatching)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ulid::Ulid;

    use super::{Donor, Matching, NotAMatching};
    use crate::account::{
        Account, BloodGroup, City, DonationDate, DonorProfile, Email, PersonName, PhoneNumber,
        Profile,
    };
    use crate::blood::DonationInterval;
    use crate::geo::GeoPoint;
    use crate::ids::AccountId;

    fn day(text: &str) -> DonationDate {
        text.to_owned().try_into().unwrap()
    }

    fn donor(blood_group: BloodGroup, last: Option<&str>) -> Donor {
        Donor {
            account: AccountId::new(Ulid::from(1)),
            blood_group,
            position: None,
            last_donation_date: last.map(day),
        }
    }

    #[test]
    fn everyone_is_everyone() {
        let yesterday = Some("2026-02-23");
        for group in BloodGroup::ALL {
            for patient in BloodGroup::ALL {
                assert!(Matching::Everyone.admits(
                    &donor(group, yesterday),
                    patient,
                    DonationInterval::default(),
                    day("2026-02-24"),
                ));
            }
        }
    }

    #[test]
    fn the_compatible_are_those_of_a_group_who_have_rested() {
        let (o_negative, a_positive) = (BloodGroup::ONegative, BloodGroup::APositive);
        let today = day("2026-04-01");
        for (group, patient, last, told) in [
            (o_negative, a_positive, None, true),
            (o_negative, a_positive, Some("2026-01-01"), true),
            (o_negative, a_positive, Some("2026-01-02"), false),
            (a_positive, o_negative, None, false),
            (a_positive, o_negative, Some("2026-01-01"), false),
        ] {
            let admits = |interval| {
                Matching::Compatible.admits(&donor(group, last), patient, interval, today)
            };
            assert_eq!(
                admits(DonationInterval::default()),
                told,
                "{group} {last:?}"
            );
            let short = DonationInterval::try_from(56).unwrap();
            assert_eq!(admits(short), group == o_negative, "{group} {last:?}");
        }
    }

    #[test]
    fn a_matching_has_one_name_everywhere() {
        for matching in Matching::ALL {
            assert_eq!(matching.as_str().parse(), Ok(matching));
            assert_eq!(serde_json::to_value(matching).unwrap(), matching.as_str());
        }
        assert_eq!("".parse::<Matching>(), Err(NotAMatching));
        assert_eq!(Matching::default(), Matching::Everyone);
    }

    #[test]
    fn only_a_donors_account_is_a_donor() {
        let profile = DonorProfile {
            blood_group: BloodGroup::BNegative,
            city: City::parse("Chennai").unwrap(),
            position: GeoPoint::new(13.08, 80.27).ok(),
            last_donation_date: Some(day("2026-01-31")),
            last_donation_for: None,
        };
        let account = |profile: Profile| Account {
            id: AccountId::new(Ulid::from(1)),
            role: profile.role(),
            email: Email::parse("donor@example.com").unwrap(),
            name: PersonName::parse("Sarah Kumar").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").unwrap(),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            profile,
            version: 0,
        };
        let expected = Donor {
            position: profile.position,
            ..donor(BloodGroup::BNegative, Some("2026-01-31"))
        };
        assert_eq!(Donor::of(&account(Profile::Donor(profile))), Some(expected));
        assert_eq!(Donor::of(&account(Profile::Customer)), None);
    }
}
