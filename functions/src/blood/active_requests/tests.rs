#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use callout_domain::account::{BloodGroup, City, DonorProfile};
use callout_domain::blood::{Around, BloodRequest, Standing, State};
use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, RequestId};
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Cut, Looking, Wanted};
use crate::blood::listed::Part;
use crate::blood::view::samples::{LIFETIME, account, request};
use crate::http::{Failure, Form};

/// A request whose number is its id's, so many kilometres north of Chennai's centre.
fn numbered(number: u128, north_km: Option<f64>) -> BloodRequest {
    let mut made = request();
    made.header.id = RequestId::new(Ulid::from(number));
    made.around = north_km.map(|kilometres| Around {
        center: GeoPoint::new(13.08 + kilometres / 111.195, 80.27).unwrap(),
        radius: RadiusKm::new(10.0).unwrap(),
    });
    made
}

fn donor(position: Option<GeoPoint>) -> DonorProfile {
    DonorProfile {
        blood_group: BloodGroup::ONegative,
        city: City::parse("CHENNAI").unwrap(),
        position,
        last_donation_date: None,
        last_donation_for: None,
    }
}

fn somewhere() -> DonorProfile {
    donor(GeoPoint::new(13.08, 80.27).ok())
}

fn looking(donor: &DonorProfile) -> Looking<'_> {
    Looking {
        account: account(3),
        donor,
        wanted: Wanted {
            around: None,
            blood_group: None,
        },
        standings: HashMap::new(),
        lifetime: LIFETIME,
        now: request().header.created_at,
    }
}

fn list(looking: &Looking<'_>, requests: Vec<BloodRequest>, part: Part<Cut>) -> Value {
    let asked = requests
        .into_iter()
        .map(|request| (request.header.id, request));
    looking.list(asked.collect(), part)
}

fn numbers(list: &Value) -> Vec<u128> {
    let list = list
        .as_array()
        .unwrap_or_else(|| list["requests"].as_array().unwrap());
    let ids = list.iter().map(|one| one["id"].as_str().unwrap());
    ids.map(|id| id.parse::<Ulid>().unwrap().into()).collect()
}

#[test]
fn nearest_first_and_then_newest_first() {
    let asked = vec![
        numbered(1, None),
        numbered(2, Some(9.0)),
        numbered(3, None),
        numbered(4, Some(0.5)),
        numbered(5, Some(9.0)),
    ];
    let seen = list(&looking(&somewhere()), asked.clone(), Part::Whole);
    assert_eq!(numbers(&seen), [4, 5, 2, 3, 1]);
    assert_eq!(seen[0]["distance_km"], 0.5);
    assert_eq!(seen[4]["distance_km"], Value::Null);

    let seen = list(&looking(&donor(None)), asked, Part::Whole);
    assert_eq!(numbers(&seen), [5, 4, 3, 2, 1]);
}

#[test]
fn parts_hold_everything_once_in_the_same_order() {
    let asked: Vec<_> = (1..=7)
        .map(|n| numbered(n, (n % 2 == 0).then_some(1.0 / 3.0)))
        .collect();
    let donor = somewhere();
    let whole = numbers(&list(&looking(&donor), asked.clone(), Part::Whole));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let part = Part::Page { limit: 2, after };
        let page = list(&looking(&donor), asked.clone(), part);
        seen.extend(numbers(&page));
        match page.get("next_cursor") {
            Some(cursor) => after = Some(cursor.as_str().unwrap().parse::<Cut>().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, whole);
}

#[test]
fn ones_own_and_what_is_over_are_not_listed() {
    let donor = somewhere();
    let own = Looking {
        account: request().header.requester,
        ..looking(&donor)
    };
    assert_eq!(list(&own, vec![request()], Part::Whole), json!([]));
    for state in State::ALL {
        let asked = vec![BloodRequest { state, ..request() }];
        let is_listed = list(&looking(&donor), asked, Part::Whole) != json!([]);
        assert_eq!(is_listed, state == State::Active, "{state:?}");
    }
    let late = Looking {
        now: request().header.created_at.plus(LIFETIME),
        ..looking(&donor)
    };
    assert_eq!(list(&late, vec![request()], Part::Whole), json!([]));
}

#[test]
fn what_a_donor_ignored_or_withdrew_from_is_not_listed() {
    let donor = somewhere();
    for standing in Standing::ALL {
        let mut looking = looking(&donor);
        looking.standings.insert(request().header.id, standing);
        let listed = list(&looking, vec![request()], Part::Whole);
        let gone = [Standing::Withdrawn, Standing::Ignored].contains(&standing);
        assert_eq!(listed == json!([]), gone, "{standing:?}");
    }
}

#[test]
fn a_group_keeps_the_patients_of_that_group() {
    let donor = somewhere();
    for (group, count) in [(BloodGroup::OPositive, 1), (BloodGroup::ONegative, 0)] {
        let mut looking = looking(&donor);
        looking.wanted.blood_group = Some(group);
        let listed = list(&looking, vec![request()], Part::Whole);
        assert_eq!(listed.as_array().unwrap().len(), count, "{group}");
    }
}

#[test]
fn elsewhere_only_what_reaches_the_donor_or_where_they_look_is_listed() {
    let elsewhere = |number, north_km| BloodRequest {
        city: City::parse("Delhi").unwrap(),
        ..numbered(number, north_km)
    };
    let asked = || {
        vec![
            numbered(1, Some(40.0)),
            elsewhere(2, None),
            elsewhere(3, Some(9.9)),
            elsewhere(4, Some(10.1)),
            elsewhere(5, Some(30.0)),
        ]
    };
    let donor = somewhere();
    let mut looking = looking(&donor);
    assert_eq!(numbers(&list(&looking, asked(), Part::Whole)), [3, 1]);
    let center = GeoPoint::new(13.08 + 31.0 / 111.195, 80.27).unwrap();
    looking.wanted.around = Some((center, RadiusKm::new(2.0).unwrap()));
    let seen = list(&looking, asked(), Part::Whole);
    // By how far they are from there.
    assert_eq!(numbers(&seen), [5, 1, 3]);
    assert_eq!(seen[0]["distance_km"], 1.0);
}

fn wanted(fields: Value) -> Result<Wanted, Failure> {
    let Value::Object(fields) = fields else {
        unreachable!("it is an object");
    };
    Wanted::of(&mut Form::of(fields))
}

#[test]
fn a_group_may_come_with_its_plus_as_a_space() {
    for (text, group) in [
        ("O+", BloodGroup::OPositive),
        ("O ", BloodGroup::OPositive),
        ("ab ", BloodGroup::AbPositive),
        ("AB-", BloodGroup::AbNegative),
    ] {
        let read = wanted(json!({"blood_group": text})).unwrap();
        assert_eq!(read.blood_group, Some(group), "{text:?}");
    }
    for wrong in ["", " ", "O", "C+", "O  "] {
        assert!(wanted(json!({"blood_group": wrong})).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_place_is_given_whole_or_not_at_all() {
    assert_eq!(wanted(json!({})).unwrap().around, None);
    let whole = json!({"lat": "13.08", "lng": "80.27", "radius_km": "5"});
    assert!(wanted(whole.clone()).unwrap().around.is_some());
    for (name, wrong) in [("lat", "91"), ("lng", "east"), ("radius_km", "51")] {
        let mut fields = whole.clone();
        fields[name] = json!(wrong);
        let Err(Failure::Invalid(problems)) = wanted(fields) else {
            unreachable!("{name}: it must be refused");
        };
        assert_eq!(problems.keys().collect::<Vec<_>>(), [name]);
        let mut fields = whole.clone();
        fields.as_object_mut().unwrap().remove(name);
        assert!(wanted(fields).is_err(), "{name}");
    }
}

#[test]
fn a_cut_reads_back_and_nothing_else_does() {
    let id = request().header.id;
    for distance in [None, DistanceKm::try_from(0.1 + 0.2).ok()] {
        let cut = Cut { distance, id };
        assert_eq!(cut.to_string().parse(), Ok(cut));
    }
    let somebody: AccountId = account(3);
    for text in [
        String::new(),
        "20".to_owned(),
        format!("7ff8000000000000{id}"),
        format!("zzzzzzzzzzzzzzzz{id}"),
        format!("{id}{somebody}"),
        "०१२३४५६७८९०१२३४५".to_owned(),
    ] {
        assert!(text.parse::<Cut>().is_err(), "{text:?}");
    }
}
