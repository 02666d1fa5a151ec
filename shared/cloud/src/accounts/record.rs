//! The items of an account, as they are written and read.

use callout_domain::account::{Account, Email, PersonName, PhoneNumber, Profile};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::radius_search::{self, Located};
use crate::stored::{self, Item};

pub(super) const PROFILE: &str = "PROFILE";
pub(super) const CREDENTIALS: &str = "CREDENTIALS";
/// The index of those who are found by their position.
pub(super) const RESPONDERS: &str = "responders";

pub(super) fn account_partition(id: AccountId) -> String {
    format!("ACCOUNT#{id}")
}

/// The `PROFILE` item.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredAccount {
    account_id: AccountId,
    email: Email,
    name: PersonName,
    phone_number: PhoneNumber,
    created_at: Moment,
    version: u64,
    profile: Profile,
    #[serde(flatten, default)]
    place: Option<Place>,
}

/// Where the index has somebody; absent for those who have no position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) gpk: String,
    pub(super) gsk: String,
}

/// The `CREDENTIALS` item.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredCredentials {
    pub(super) account_id: AccountId,
    pub(super) role: Role,
    pub(super) name: PersonName,
    pub(super) password_hash: String,
}

impl Place {
    /// The attribute of the index's partition key.
    pub(super) const PARTITION: &str = "gpk";
    /// The attribute of the index's sort key.
    pub(super) const SORT: &str = "gsk";

    /// Where the index has an account of a role at a position.
    pub(super) fn of(role: Role, position: GeoPoint, id: AccountId) -> Self {
        let (gpk, gsk) = radius_search::keys(role.as_str(), position, id);
        Self { gpk, gsk }
    }
}

/// Somebody that the index has.
#[derive(Deserialize)]
#[serde(try_from = "StoredAccount")]
pub(super) struct Responder {
    pub(super) account: Account,
    position: GeoPoint,
}

/// An account that is in the index, and has no position to be there for.
#[derive(Debug, thiserror::Error)]
#[error("an account in the index has no position")]
pub(super) struct Nowhere;

impl TryFrom<StoredAccount> for Responder {
    type Error = Nowhere;

    fn try_from(stored: StoredAccount) -> Result<Self, Nowhere> {
        let account = Account::from(stored);
        let position = account.position().ok_or(Nowhere)?;
        Ok(Self { account, position })
    }
}

impl Located for Responder {
    fn position(&self) -> GeoPoint {
        self.position
    }
}

impl StoredAccount {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            account_id: account.id,
            email: account.email.clone(),
            name: account.name.clone(),
            phone_number: account.phone_number.clone(),
            created_at: account.created_at,
            version: account.version,
            profile: account.profile.clone(),
            place: account
                .position()
                .map(|position| Place::of(account.role, position, account.id)),
        }
    }

    pub(super) fn item(&self) -> Result<Item, CloudError> {
        stored::item(account_partition(self.account_id), PROFILE.to_owned(), self)
    }

    pub(super) fn read(item: Item) -> Result<Account, CloudError> {
        stored::read::<Self>("an account", item).map(Account::from)
    }
}

impl From<StoredAccount> for Account {
    fn from(stored: StoredAccount) -> Self {
        Self {
            id: stored.account_id,
            role: stored.profile.role(),
            email: stored.email,
            name: stored.name,
            phone_number: stored.phone_number,
            created_at: stored.created_at,
            profile: stored.profile,
            version: stored.version,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use callout_domain::account::{
        Account, Address, BloodGroup, City, CoverageKm, DonorProfile, Email, PersonName,
        PharmacyProfile, PhoneNumber, Profile, ProviderProfile, ServiceType,
    };
    use callout_domain::geo::GeoPoint;

    use super::StoredAccount;

    pub(in super::super) fn account(profile: Profile) -> Account {
        Account {
            id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            role: profile.role(),
            email: Email::parse("ram@example.com").unwrap(),
            name: PersonName::parse("राम बहादुर").unwrap(),
            phone_number: PhoneNumber::parse("+9779841234567").unwrap(),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            profile,
            version: 3,
        }
    }

    pub(in super::super) fn kathmandu() -> GeoPoint {
        GeoPoint::new(27.7172, 85.324).unwrap()
    }

    #[test]
    fn an_account_reads_back_as_it_was_stored() {
        for profile in [
            Profile::Customer,
            Profile::Pharmacy(PharmacyProfile {
                // Whole degrees are stored as whole numbers.
                position: Some(GeoPoint::new(-27.0, 180.0).unwrap()),
                address: Some(Address::parse("Thamel, Kathmandu").unwrap()),
            }),
            Profile::Donor(DonorProfile {
                blood_group: BloodGroup::AbNegative,
                city: City::parse("Chennai").unwrap(),
                position: None,
                last_donation_date: Some("2026-01-31".to_owned().try_into().unwrap()),
                last_donation_for: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().ok(),
            }),
            Profile::Provider(ProviderProfile {
                service_type: ServiceType::parse("worker").unwrap(),
                position: kathmandu(),
                service_coverage_area: Some(CoverageKm::new(25.0).unwrap()),
            }),
        ] {
            let told = account(profile);
            let item = StoredAccount::of(&told).item().unwrap();
            assert_eq!(StoredAccount::read(item).unwrap(), told);
        }
    }

    #[test]
    fn only_who_has_a_position_is_in_the_index() {
        let pharmacy = account(Profile::Pharmacy(PharmacyProfile {
            position: Some(kathmandu()),
            address: None,
        }));
        let item = StoredAccount::of(&pharmacy).item().unwrap();
        let text = |name: &str| item[name].as_s().unwrap().clone();
        assert_eq!(text("pk"), "ACCOUNT#01ARZ3NDEKTSV4RRFFQ69G5FAV");
        assert_eq!(text("sk"), "PROFILE");
        assert_eq!(text("gpk"), "PHARMACY#tuu");
        assert!(text("gsk").starts_with("tuu"));
        assert!(text("gsk").ends_with("#01ARZ3NDEKTSV4RRFFQ69G5FAV"));

        let nowhere = account(Profile::Pharmacy(PharmacyProfile::default()));
        let item = StoredAccount::of(&nowhere).item().unwrap();
        assert!(!item.contains_key("gpk") && !item.contains_key("gsk"));
    }
}
