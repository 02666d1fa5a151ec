//! An account as JSON: what its holder sees of it, and what everybody does.

use callout_domain::account::{Account, HospitalProfile, PharmacyProfile, Profile};
use callout_domain::geo::{DistanceKm, GeoPoint};
use serde_json::{Map, Value, json};

/// What the answer to a registration shows: the seed's four fields, and those of the role.
pub(super) fn registered(account: &Account) -> Value {
    with_profile(
        json!({
            "id": account.id,
            "email": account.email,
            "name": account.name,
            "role": account.role,
        }),
        &account.profile,
    )
}

/// What only the holder sees.
pub(super) fn own(account: &Account) -> Value {
    with_profile(
        json!({
            "id": account.id,
            "email": account.email,
            "name": account.name,
            "role": account.role,
            "phone_number": account.phone_number,
            "created_at": account.created_at,
        }),
        &account.profile,
    )
}

/// A pharmacy as everybody sees it: how to reach it, but not by what address it signs in.
pub(super) fn pharmacy(account: &Account, distance: Option<DistanceKm>) -> Value {
    let mut view = with_profile(
        json!({
            "id": account.id,
            "name": account.name,
            "phone_number": account.phone_number,
        }),
        &account.profile,
    );
    if let Some(distance) = distance {
        view["distance_km"] = json!(distance.rounded());
    }
    view
}

fn with_profile(mut view: Value, profile: &Profile) -> Value {
    if let Value::Object(fields) = &mut view {
        fields.extend(profile_fields(profile));
    }
    view
}

/// The fields of a role under the names that they are given by; null for those that are missing.
fn profile_fields(profile: &Profile) -> Map<String, Value> {
    let fields = match profile {
        Profile::Customer | Profile::Seeker | Profile::Patient | Profile::Admin => json!({}),
        Profile::Pharmacy(PharmacyProfile { position, address }) => json!({
            "lat": position.map(GeoPoint::lat),
            "lng": position.map(GeoPoint::lng),
            "address": address,
        }),
        Profile::Donor(donor) => json!({
            "blood_group": donor.blood_group,
            "city": donor.city,
            "lat": donor.position.map(GeoPoint::lat),
            "lng": donor.position.map(GeoPoint::lng),
            "last_donation_date": donor.last_donation_date,
        }),
        Profile::Provider(provider) => json!({
            "service_type": provider.service_type,
            "lat": provider.position.lat(),
            "lng": provider.position.lng(),
            "service_coverage_area": provider.service_coverage_area,
        }),
        Profile::Doctor(doctor) => json!({
            "specialty": doctor.specialty,
            "hospital_id": doctor.hospital_id,
        }),
        Profile::Hospital(HospitalProfile::Member(joined)) => json!({
            "hospital_id": joined.hospital_id,
        }),
        Profile::Hospital(HospitalProfile::Founder(hospital)) => json!({
            "hospital_name": hospital.hospital_name,
            "city": hospital.city,
            "lat": hospital.position.lat(),
            "lng": hospital.position.lng(),
        }),
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// An account as [`own`] or [`registered`] shows it: these fields and those of its role.
#[cfg(test)]
pub(super) fn account(
    name: &'static str,
    fields: impl Fn(crate::api::Object) -> crate::api::Object,
) -> crate::api::Schema {
    use crate::api::{
        any_of, blood_group, city, closed, constant, coverage, day, email, hospital_name, latitude,
        longitude, person_name, service_type, specialty, ulid,
    };
    let of = |role: &str| {
        fields(
            closed()
                .with("id", ulid())
                .with("email", email())
                .with("name", person_name())
                .with("role", constant(role)),
        )
    };
    let plain = |role| crate::api::Schema::from(of(role));
    any_of([
        plain("CUSTOMER"),
        plain("SEEKER"),
        plain("PATIENT"),
        plain("ADMIN"),
        of("PHARMACY").and(of_pharmacy()).into(),
        of("DONOR")
            .with("blood_group", blood_group())
            .with("city", city())
            .with("lat", latitude().or_null())
            .with("lng", longitude().or_null())
            .with("last_donation_date", day().or_null())
            .into(),
        of("PROVIDER")
            .with("service_type", service_type())
            .with("lat", latitude())
            .with("lng", longitude())
            .with("service_coverage_area", coverage().or_null())
            .into(),
        of("DOCTOR")
            .with("specialty", specialty())
            .with("hospital_id", ulid())
            .into(),
        of("HOSPITAL").with("hospital_id", ulid()).into(),
        of("HOSPITAL")
            .with("hospital_name", hospital_name())
            .with("city", city())
            .with("lat", latitude())
            .with("lng", longitude())
            .into(),
    ])
    .named(name)
}

/// As [`own`] shows it.
#[cfg(test)]
pub(super) fn own_account() -> crate::api::Schema {
    use crate::api::{moment, phone_number};
    account("OwnAccount", |fields| {
        fields
            .with("phone_number", phone_number())
            .with("created_at", moment())
    })
}

/// One of these.
#[cfg(test)]
pub(super) fn own_example() -> Value {
    use crate::api::id;
    json!({
        "id": id('P'), "email": "city@example.com", "name": "City Pharmacy", "role": "PHARMACY",
        "phone_number": "9841234567", "created_at": "2026-02-24T10:30:00.000Z",
        "lat": 27.7, "lng": 85.32, "address": "New Road 1, Kathmandu",
    })
}

/// As [`pharmacy`] shows it.
#[cfg(test)]
pub(super) fn pharmacy_seen() -> crate::api::Object {
    use crate::api::{closed, person_name, phone_number, ulid};
    closed()
        .with("id", ulid())
        .with("name", person_name())
        .with("phone_number", phone_number())
        .and(of_pharmacy())
}

#[cfg(test)]
pub(super) fn pharmacy_example() -> Value {
    use crate::api::id;
    json!({
        "id": id('P'), "name": "City Pharmacy", "phone_number": "9841234567",
        "lat": 27.7, "lng": 85.32, "address": "New Road 1, Kathmandu",
    })
}

#[cfg(test)]
fn of_pharmacy() -> crate::api::Object {
    use crate::api::{address, closed, latitude, longitude};
    closed()
        .with("lat", latitude().or_null())
        .with("lng", longitude().or_null())
        .with("address", address().or_null())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use callout_domain::account::{
        Account, Address, Email, PersonName, PharmacyProfile, PhoneNumber, Profile,
    };
    use callout_domain::geo::{DistanceKm, GeoPoint};
    use callout_domain::ids::AccountId;
    use serde_json::json;

    use super::{own, pharmacy, registered};

    pub(in super::super) fn account(id: AccountId, profile: Profile) -> Account {
        Account {
            id,
            role: profile.role(),
            email: Email::parse("customer@example.com").unwrap(),
            name: PersonName::parse("John Doe").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").unwrap(),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            profile,
            version: 0,
        }
    }

    fn id() -> AccountId {
        "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
    }

    fn thamel() -> Account {
        let profile = Profile::Pharmacy(PharmacyProfile {
            position: Some(GeoPoint::new(27.7172, 85.324).unwrap()),
            address: Some(Address::parse("Thamel").unwrap()),
        });
        account(id(), profile)
    }

    #[test]
    fn a_customer_is_registered_in_the_seeds_shape() {
        assert_eq!(
            registered(&account(id(), Profile::Customer)),
            json!({
                "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "email": "customer@example.com",
                "name": "John Doe",
                "role": "CUSTOMER",
            })
        );
    }

    #[test]
    fn the_holder_sees_all_of_it() {
        assert_eq!(
            own(&thamel()),
            json!({
                "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "email": "customer@example.com",
                "name": "John Doe",
                "role": "PHARMACY",
                "phone_number": "9841234567",
                "created_at": "2026-02-24T10:30:00.000Z",
                "lat": 27.7172,
                "lng": 85.324,
                "address": "Thamel",
            })
        );
    }

    #[test]
    fn everybody_sees_a_pharmacy_without_its_e_mail_address() {
        let away = DistanceKm::try_from(1.234_5).unwrap();
        assert_eq!(
            pharmacy(&thamel(), Some(away)),
            json!({
                "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "name": "John Doe",
                "phone_number": "9841234567",
                "lat": 27.7172,
                "lng": 85.324,
                "address": "Thamel",
                "distance_km": 1.23,
            })
        );
        assert!(pharmacy(&thamel(), None).get("distance_km").is_none());
    }
}
