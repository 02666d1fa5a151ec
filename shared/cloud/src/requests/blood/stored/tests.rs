#![allow(clippy::unwrap_used)]

use callout_domain::account::{Address, BloodGroup, City, HospitalName, PersonName, PhoneNumber};
use callout_domain::blood::{
    Around, BloodRequest, ContactNumber, DonorResponse, Matching, Standing, State, Units, Urgency,
};
use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, EventId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use time::Duration;
use ulid::Ulid;

use crate::requests::KEPT;
use crate::requests::kept::{self, Kept};
use crate::stored::{self, Item};

pub(in crate::requests::blood) const LIFETIME: Duration = Duration::hours(24);

pub(in crate::requests::blood) fn made() -> Moment {
    "2026-02-01T18:30:00Z".parse().unwrap()
}

pub(in crate::requests::blood) fn account(number: u128) -> AccountId {
    AccountId::new(Ulid::from(number))
}

/// The seed's.
pub(in crate::requests::blood) fn request() -> BloodRequest {
    BloodRequest {
        header: Header {
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
            created_at: made(),
            told: 3,
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
        around: None,
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

fn around() -> BloodRequest {
    BloodRequest {
        around: Some(Around {
            center: GeoPoint::new(13.0827, 80.2707).unwrap(),
            radius: RadiusKm::new(10.0).unwrap(),
        }),
        matching: Matching::Compatible,
        ..request()
    }
}

pub(in crate::requests::blood) fn response(donor: u128, standing: Standing) -> DonorResponse {
    DonorResponse {
        id: ResponseId::new(Ulid::from(donor)),
        request: request().header.id,
        donor: account(donor),
        name: PersonName::parse("Ravi Shankar").unwrap(),
        phone_number: PhoneNumber::parse("9841234567").ok(),
        blood_group: BloodGroup::OPositive,
        distance_km: Some(2.5),
        standing,
        at: made().plus(Duration::minutes(5)),
        was_told: true,
        reported: vec![EventId::new(Ulid::from(8))],
    }
}

fn read<T: Kept>(item: Item) -> Option<T> {
    kept::read(item, made()).unwrap()
}

#[test]
fn a_request_reads_back_as_it_was_written() {
    for state in State::ALL {
        let ended = BloodRequest {
            state,
            accepted: 2,
            confirmed: 1,
            ignored: 70_000,
            withdrawn: 3,
            all_ignored_at: Some(made()),
            ..around()
        };
        for request in [request(), ended] {
            assert_eq!(read(super::request(&request).unwrap()), Some(request));
        }
    }
}

#[test]
fn those_who_promised_are_read_from_a_set() {
    let mut item = super::request(&request()).unwrap();
    let givers = [account(3), account(4)];
    let set = givers.iter().map(AccountId::to_string).collect();
    let set = aws_sdk_dynamodb::types::AttributeValue::Ss(set);
    item.insert("givers".to_owned(), set);
    assert_eq!(read::<BloodRequest>(item).unwrap().givers, givers);
}

#[test]
fn a_request_of_another_kind_is_none_of_blood() {
    let mut other = super::request(&request()).unwrap();
    other.insert("kind".to_owned(), stored::s("MEDICINE"));
    assert_eq!(read::<BloodRequest>(other), None);
}

#[test]
fn an_answer_reads_back_and_ends_with_its_request() {
    for standing in Standing::ALL {
        let bare = DonorResponse {
            phone_number: None,
            distance_km: None,
            was_told: false,
            reported: Vec::new(),
            ..response(3, standing)
        };
        for response in [response(3, standing), bare] {
            let stored = || super::response(&response, &request().header).unwrap();
            assert_eq!(stored()["standing"], stored::s(standing.as_str()));
            assert_eq!(stored().contains_key("named"), standing.is_named());
            assert_eq!(read(stored()), Some(response.clone()));
            let late = kept::read::<DonorResponse>(stored(), made().plus(KEPT));
            assert_eq!(late.unwrap(), None);
        }
    }
}

#[test]
fn a_request_stands_in_its_city_and_around_its_place_until_its_lifetime_is_over() {
    let spelt = BloodRequest {
        city: City::parse("  CHENNAI ").unwrap(),
        ..around()
    };
    let places = super::places(&spelt, LIFETIME).unwrap();
    let keys: Vec<_> = places
        .iter()
        .map(|place| (&place["sk"], &place["gpk"]))
        .collect();
    let expected = [("OPEN#CITY", "BLOOD#CITY#chennai"), ("OPEN", "BLOOD#tf3")]
        .map(|(sk, gpk)| (stored::s(sk), stored::s(gpk)));
    assert_eq!(keys, expected.each_ref().map(|(sk, gpk)| (sk, gpk)));
    assert_eq!(super::places(&request(), LIFETIME).unwrap().len(), 1);
    for place in places {
        let end = made().plus(LIFETIME).unix_seconds();
        assert_eq!(place["expires_at"], stored::n(end));
        let text = format!("{place:?}");
        for personal in ["John", "Jane", "Sarah", "98765", &account(7).to_string()] {
            assert!(!text.contains(personal), "{text}");
        }
    }
}
