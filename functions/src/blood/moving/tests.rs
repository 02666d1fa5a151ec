#![allow(clippy::unwrap_used)]

use callout_domain::account::{
    Account, Address, BloodGroup, City, DonationDate, DonorProfile, Email, HospitalName,
    PersonName, PhoneNumber, Profile,
};
use callout_domain::blood::{
    Around, BloodRequest, ContactNumber, DonorResponse, Matching, Standing, State, Units, Urgency,
};
use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use callout_domain::role::Role;
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Made, Scene, named};
use crate::http::{Failure, Form};

const REQUEST: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn now() -> Moment {
    "2026-02-01T18:35:00Z".parse().unwrap()
}

fn day(text: &str) -> DonationDate {
    text.to_owned().try_into().unwrap()
}

fn account(number: u128) -> AccountId {
    AccountId::new(Ulid::from(number))
}

fn chennai() -> GeoPoint {
    GeoPoint::new(13.0827, 80.2707).unwrap()
}

/// The seed's.
fn request() -> BloodRequest {
    BloodRequest {
        header: Header {
            id: REQUEST.parse().unwrap(),
            requester: account(7),
            created_at: "2026-02-01T18:30:00Z".parse().unwrap(),
            told: 50,
            chunks: 1,
            announced: Vec::new(),
        },
        requester_name: PersonName::parse("Sarah Kumar").unwrap(),
        patient_name: PersonName::parse("John Doe").unwrap(),
        patient_number: ContactNumber::parse("+91 9876543210").unwrap(),
        attender_name: PersonName::parse("Jane Doe").unwrap(),
        attender_number: ContactNumber::parse("+91 9876543211").unwrap(),
        blood_group: BloodGroup::OPositive,
        units: Units::try_from(2).unwrap(),
        urgency: Urgency::Critical,
        hospital_name: HospitalName::parse("Apollo Hospital").unwrap(),
        location: Address::parse("123 Main St, Chennai").unwrap(),
        city: City::parse("Chennai").unwrap(),
        around: Some(Around {
            center: chennai(),
            radius: RadiusKm::new(10.0).unwrap(),
        }),
        matching: Matching::Everyone,
        state: State::Active,
        accepted: 0,
        confirmed: 0,
        ignored: 0,
        withdrawn: 0,
        givers: Vec::new(),
        all_ignored_at: None,
    }
}

/// A donor of that city who has not moved, at that position, and who gave last on that day.
fn scene(city: &str, position: Option<GeoPoint>, last: Option<&str>) -> Scene {
    let profile = DonorProfile {
        blood_group: BloodGroup::ONegative,
        city: City::parse(city).unwrap(),
        position,
        last_donation_date: last.map(day),
        last_donation_for: None,
    };
    Scene {
        donor: Account {
            id: account(3),
            role: Role::Donor,
            email: Email::parse("ravi@example.com").unwrap(),
            name: PersonName::parse("Ravi Shankar").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").unwrap(),
            created_at: now(),
            profile: Profile::Donor(profile.clone()),
            version: 4,
        },
        profile,
        request: request(),
        earlier: None,
        was_told: false,
    }
}

#[test]
fn both_spellings_name_a_request_and_what_is_no_id_names_none() {
    let read = |fields: &Value| {
        let text = fields.to_string();
        named(&mut Form::read_json(Some("application/json"), text.as_bytes()).unwrap())
    };
    for fields in [
        json!({"requestId": REQUEST}),
        json!({"request_id": REQUEST}),
    ] {
        assert_eq!(
            read(&fields).unwrap(),
            REQUEST.parse::<RequestId>().unwrap()
        );
    }
    let Err(Failure::Refused(refused)) = read(&json!({"requestId": "67a3f2c1"})) else {
        unreachable!("it must be refused");
    };
    assert_eq!(refused.status.as_u16(), 404);
    for wrong in [
        json!({}),
        json!({"requestId": 1}),
        json!({"requestId": null}),
    ] {
        let Err(Failure::Invalid(fields)) = read(&wrong) else {
            unreachable!("it must be refused");
        };
        assert!(fields.keys().eq(["requestId"]), "{wrong}");
    }
}

#[test]
fn what_has_a_place_is_everybodys_and_else_it_is_its_citys_and_of_whoever_was_told_or_has_answered()
{
    let far = GeoPoint::new(12.0, 80.2707).ok();
    for (city, of_city) in [(" CHENNAI ", true), ("Chennai North", false)] {
        assert!(scene(city, far, None).is_in_reach(), "{city}");
        let nowhere = || Scene {
            request: BloodRequest {
                around: None,
                ..request()
            },
            ..scene(city, far, None)
        };
        assert_eq!(nowhere().is_in_reach(), of_city, "{city}");
        let told = Scene {
            was_told: true,
            ..nowhere()
        };
        assert!(told.is_in_reach());
        let answered = Scene {
            earlier: Some(nowhere().response(Standing::Called, now())),
            ..nowhere()
        };
        assert!(answered.is_in_reach());
    }
}

#[test]
fn an_answer_says_who_the_donor_is_now_and_keeps_what_it_was_reported_by() {
    let first = scene("Chennai", GeoPoint::new(13.0, 80.2707).ok(), None);
    let called = first.response(Standing::Called, now());
    assert_eq!(called.name.as_str(), "Ravi Shankar");
    assert_eq!(called.phone_number, PhoneNumber::parse("9841234567").ok());
    assert_eq!(called.blood_group, BloodGroup::ONegative);
    assert_eq!(called.distance_km, Some(9.2));
    assert_eq!(called.reported, []);

    let earlier = DonorResponse {
        name: PersonName::parse("Ravi").unwrap(),
        reported: vec![EventId::new(Ulid::from(8))],
        ..called.clone()
    };
    let again = Scene {
        earlier: Some(earlier.clone()),
        ..first
    };
    assert_eq!(again.standing(), Standing::Called);
    let accepted = again.response(Standing::Accepted, now());
    let expected = DonorResponse {
        standing: Standing::Accepted,
        reported: earlier.reported,
        ..called
    };
    assert_eq!(accepted, expected);
}

#[test]
fn the_day_of_the_last_donation_moves_on_and_never_back() {
    let today = day("2026-02-01");
    for (last, next) in [
        (None, today),
        (Some("2025-11-01"), today),
        (Some("2026-02-01"), today),
        // It has begun where the donor is.
        (Some("2026-02-02"), day("2026-02-02")),
    ] {
        let scene = scene("Chennai", None, last);
        let given = scene.having_given(today);
        let expected = DonorProfile {
            last_donation_date: Some(next),
            last_donation_for: REQUEST.parse().ok(),
            ..scene.profile.clone()
        };
        assert_eq!(given.profile, Profile::Donor(expected), "{last:?}");
        assert_eq!(given.version, scene.donor.version);
    }
}

#[test]
fn the_patients_number_is_for_who_comes_and_nobodys_is_for_who_does_not() {
    for standing in Standing::ALL {
        let made = Made {
            request: request(),
            standing,
            state: State::Active,
        };
        let body = made.answer("Done").into_body();
        let comes = [Standing::Accepted, Standing::Confirmed].contains(&standing);
        let calls = comes || standing == Standing::Called;
        assert_eq!(body.get("patientNumber").is_some(), comes, "{standing:?}");
        assert_eq!(body.get("attenderNumber").is_some(), calls, "{standing:?}");
        assert_eq!(body["requestId"], REQUEST);
        assert_eq!(body["response"], standing.as_str());
        assert!(!body.to_string().contains("Sarah"), "{body}");
    }
}
