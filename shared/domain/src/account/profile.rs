//! An account, and what its role adds to it.

use serde::{Deserialize, Serialize};

use super::{
    Address, BloodGroup, City, CoverageKm, DonationDate, Email, HospitalName, PersonName,
    PhoneNumber, ServiceType, Specialty,
};
use crate::geo::GeoPoint;
use crate::ids::{AccountId, RequestId};
use crate::moment::Moment;
use crate::role::Role;

/// An account of any role.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its name in Callout.
    pub id: AccountId,
    /// What it is; always the role of `profile`.
    pub role: Role,
    /// The address that it was opened with.
    pub email: Email,
    /// What its holder is called.
    pub name: PersonName,
    /// Where its holder is reached.
    pub phone_number: PhoneNumber,
    /// When it was opened.
    pub created_at: Moment,
    /// What its role adds.
    pub profile: Profile,
    /// How often it was changed; a change is made to the version that it was decided on.
    pub version: u64,
}

/// What a role adds to an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "UPPERCASE")]
pub enum Profile {
    /// Nothing.
    Customer,
    /// Where medicine is to be had.
    Pharmacy(PharmacyProfile),
    /// Who gives blood.
    Donor(DonorProfile),
    /// Nothing.
    Seeker,
    /// Who works.
    Provider(ProviderProfile),
    /// Nothing.
    Patient,
    /// Who sees patients.
    Doctor(DoctorProfile),
    /// Who speaks for a hospital.
    Hospital(HospitalProfile),
    /// Nothing.
    Admin,
}

/// A pharmacy's part of its account. One without a position is told of nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PharmacyProfile {
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GeoPoint>,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A donor's part of their account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DonorProfile {
    /// What they can give.
    pub blood_group: BloodGroup,
    /// Where they live.
    pub city: City,
    /// Where exactly, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GeoPoint>,
    /// When they last gave, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_donation_date: Option<DonationDate>,
    /// The request that they gave for on that day; none if they named the day themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_donation_for: Option<RequestId>,
}

/// A provider's part of their account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderProfile {
    /// What they do.
    pub service_type: ServiceType,
    /// Where they are.
    pub position: GeoPoint,
    /// How far they travel, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_coverage_area: Option<CoverageKm>,
}

/// A doctor's part of their account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoctorProfile {
    /// What they are versed in.
    pub specialty: Specialty,
    /// The organization where they work.
    pub hospital_id: AccountId,
}

/// What somebody says who speaks for a hospital, or wants to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HospitalProfile {
    /// They founded it: it bears the id of their account.
    Founder(FoundedHospital),
    /// They asked to join it.
    Member(JoinedHospital),
}

/// Which hospital somebody asked to join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinedHospital {
    /// The organization's id.
    pub hospital_id: AccountId,
}

/// A hospital as its founder describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundedHospital {
    /// What it is called.
    pub hospital_name: HospitalName,
    /// The city it is in.
    pub city: City,
    /// Where exactly.
    pub position: GeoPoint,
}

impl Account {
    /// The organization for which its holder speaks, or would like to; whether they do is written
    /// with the organization.
    pub fn organization(&self) -> Option<AccountId> {
        match &self.profile {
            Profile::Hospital(HospitalProfile::Founder(_)) => Some(self.id),
            Profile::Hospital(HospitalProfile::Member(joined)) => Some(joined.hospital_id),
            Profile::Customer
            | Profile::Pharmacy(_)
            | Profile::Donor(_)
            | Profile::Seeker
            | Profile::Provider(_)
            | Profile::Patient
            | Profile::Doctor(_)
            | Profile::Admin => None,
        }
    }

    /// Where its holder is, if they are found by their position.
    pub fn position(&self) -> Option<GeoPoint> {
        self.profile.position()
    }
}

impl Profile {
    /// The role that has such a profile.
    pub const fn role(&self) -> Role {
        match self {
            Self::Customer => Role::Customer,
            Self::Pharmacy(_) => Role::Pharmacy,
            Self::Donor(_) => Role::Donor,
            Self::Seeker => Role::Seeker,
            Self::Provider(_) => Role::Provider,
            Self::Patient => Role::Patient,
            Self::Doctor(_) => Role::Doctor,
            Self::Hospital(_) => Role::Hospital,
            Self::Admin => Role::Admin,
        }
    }

    /// The position that it has.
    pub const fn position(&self) -> Option<GeoPoint> {
        match self {
            Self::Pharmacy(pharmacy) => pharmacy.position,
            Self::Donor(donor) => donor.position,
            Self::Provider(provider) => Some(provider.position),
            Self::Hospital(HospitalProfile::Founder(hospital)) => Some(hospital.position),
            Self::Customer
            | Self::Seeker
            | Self::Patient
            | Self::Doctor(_)
            | Self::Hospital(HospitalProfile::Member(_))
            | Self::Admin => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::{DonorProfile, PharmacyProfile, Profile};
    use crate::account::{BloodGroup, City};
    use crate::geo::GeoPoint;
    use crate::role::Role;

    #[test]
    fn a_profile_reads_back_from_what_is_stored_of_it() {
        for stored in [
            json!({"role": "CUSTOMER"}),
            json!({"role": "PHARMACY"}),
            json!({"role": "PHARMACY", "position": {"lat": 27.7, "lng": 85.3}, "address": "Thamel"}),
            json!({"role": "DONOR", "blood_group": "AB-", "city": "Chennai"}),
            json!({"role": "DONOR", "blood_group": "O+", "city": "Chennai",
                "position": {"lat": 13.0, "lng": 80.2}, "last_donation_date": "2026-01-31"}),
            json!({"role": "DONOR", "blood_group": "O+", "city": "Chennai",
                "last_donation_date": "2026-01-31",
                "last_donation_for": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            json!({"role": "SEEKER"}),
            json!({"role": "PROVIDER", "service_type": "plumber",
                "position": {"lat": 1.0, "lng": 2.0}, "service_coverage_area": 12.5}),
            json!({"role": "PATIENT"}),
            json!({"role": "DOCTOR", "specialty": "Cardiology",
                "hospital_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            json!({"role": "HOSPITAL", "hospital_name": "Tunis Care", "city": "Tunis",
                "position": {"lat": 36.8, "lng": 10.2}}),
            json!({"role": "HOSPITAL", "hospital_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            json!({"role": "ADMIN"}),
        ] {
            let profile: Profile = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(profile.role().as_str(), stored["role"]);
            assert_eq!(
                profile.position().is_some(),
                stored.get("position").is_some()
            );
            assert_eq!(serde_json::to_value(&profile).unwrap(), stored);
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_person() {
        let donor = Profile::Donor(DonorProfile {
            blood_group: BloodGroup::ONegative,
            city: City::parse("Chennai").unwrap(),
            position: Some(GeoPoint::new(13.0827, 80.2707).unwrap()),
            last_donation_date: None,
            last_donation_for: None,
        });
        let shown = format!("{donor:?}");
        assert!(
            !shown.contains("Chennai") && !shown.contains("13."),
            "{shown}"
        );
    }

    #[test]
    fn a_pharmacy_may_have_no_position_yet() {
        let pharmacy = Profile::Pharmacy(PharmacyProfile::default());
        assert_eq!(pharmacy.role(), Role::Pharmacy);
        assert_eq!(pharmacy.position(), None);
    }
}
