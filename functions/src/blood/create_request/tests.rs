#![allow(clippy::unwrap_used)]

use callout_domain::account::{
    BloodGroup, City, DonorProfile, Email, PersonName, PhoneNumber, Profile,
};
use callout_domain::blood::{BloodRequest, CROSS_MATCH, Matching, State, Urgency};
use callout_domain::ids::AccountId;
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Asked, reply, sentence};
use crate::http::{Failure, Form};

/// The seed's.
fn seed() -> Value {
    json!({
        "patientName": "John Doe",
        "patientNumber": "+91 9876543210",
        "attenderName": "Jane Doe",
        "attenderNumber": "+91 9876543211",
        "bloodGroup": "O+",
        "units": 2,
        "urgency": "Critical",
        "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai",
        "city": "Chennai",
    })
}

fn read(fields: &Value) -> Result<Asked, Failure> {
    let bytes = fields.to_string();
    let mut form = Form::read_json(Some("application/json"), bytes.as_bytes())?;
    Asked::read(&mut form)
}

/// The fields that are wrong with what differs from the seed's in these.
fn wrong_fields(changes: &Value) -> Vec<String> {
    let mut fields = seed();
    for (name, value) in changes.as_object().unwrap() {
        fields[name] = value.clone();
    }
    match read(&fields) {
        Err(Failure::Invalid(fields)) => fields.into_keys().collect(),
        Err(_) | Ok(_) => Vec::new(),
    }
}

fn request(fields: &Value) -> BloodRequest {
    let profile = DonorProfile {
        blood_group: BloodGroup::ANegative,
        city: City::parse("Madurai").unwrap(),
        position: None,
        last_donation_date: None,
        last_donation_for: None,
    };
    let asking = callout_domain::account::Account {
        id: AccountId::new(Ulid::from(7)),
        role: callout_domain::role::Role::Donor,
        email: Email::parse("sarah@example.com").unwrap(),
        name: PersonName::parse("Sarah Kumar").unwrap(),
        phone_number: PhoneNumber::parse("9000000001").unwrap(),
        created_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        profile: Profile::Donor(profile),
        version: 0,
    };
    let now = "2026-02-01T18:30:00Z".parse().unwrap();
    read(fields).unwrap().request(&asking, now)
}

fn told(fields: &Value, told: u32) -> BloodRequest {
    let mut request = request(fields);
    request.header.told = told;
    request
}

fn around() -> Value {
    let mut fields = seed();
    fields["lat"] = json!(13.0827);
    fields["lng"] = json!("80.2707");
    fields["radius_km"] = json!(10);
    fields["match"] = json!("compatible");
    fields
}

#[test]
fn the_seeds_form_is_a_request_of_whoever_sent_it() {
    let mut as_text = seed();
    as_text["units"] = json!("2");
    for fields in [seed(), as_text] {
        let request = request(&fields);
        assert_eq!(request.requester_name.as_str(), "Sarah Kumar");
        assert_eq!(request.header.requester, AccountId::new(Ulid::from(7)));
        assert_eq!(request.patient_number.as_str(), "+91 9876543210");
        assert_eq!(request.units.get(), 2);
        assert_eq!(request.urgency, Urgency::Critical);
        assert_eq!(request.city, City::parse(" chennai ").unwrap());
        assert_eq!(request.around, None);
        assert_eq!(request.matching, Matching::Everyone);
        assert_eq!(request.state, State::Active);
    }
}

#[test]
fn a_place_is_given_whole_or_not_at_all() {
    let request = request(&around());
    let around = request.around.unwrap();
    assert!((around.radius.kilometres() - 10.0).abs() < f64::EPSILON);
    assert_eq!(request.matching, Matching::Compatible);
    assert_eq!(wrong_fields(&json!({"lat": 13.0})), ["lng", "radius_km"]);
    assert_eq!(wrong_fields(&json!({"radius_km": 10})), ["lat", "lng"]);
    let far = json!({"lat": 13.0, "lng": 80.0, "radius_km": 51});
    assert_eq!(wrong_fields(&far), ["radius_km"]);
}

#[test]
fn every_field_that_makes_no_sense_is_named() {
    for (name, values) in [
        ("patientName", vec![json!(""), json!(1), Value::Null]),
        (
            "patientNumber",
            vec![json!("911"), json!("call me"), json!(98_765_432_i64)],
        ),
        ("attenderName", vec![json!("\u{200B}"), Value::Null]),
        ("attenderNumber", vec![json!(""), Value::Null]),
        ("bloodGroup", vec![json!("C+"), json!("O"), Value::Null]),
        (
            "units",
            vec![json!(0), json!(21), json!(1.5), json!("two"), Value::Null],
        ),
        ("urgency", vec![json!("Low"), Value::Null]),
        ("hospitalName", vec![json!(" "), Value::Null]),
        ("location", vec![json!([]), Value::Null]),
        ("city", vec![json!(""), json!("c".repeat(101)), Value::Null]),
        ("match", vec![json!("nobody"), json!(true)]),
    ] {
        for value in values {
            assert_eq!(wrong_fields(&json!({name: value})), [name], "{value}");
        }
    }
    let Err(Failure::Invalid(fields)) = read(&json!({})) else {
        unreachable!("it must be refused");
    };
    assert_eq!(fields.len(), 10);
}

#[test]
fn whoever_asks_reads_how_many_were_told() {
    for (count, in_city, within) in [
        (
            0,
            "No donors found in Chennai",
            "No donors found within 10 km",
        ),
        (
            1,
            "Request sent to 1 donor in Chennai!",
            "Request sent to 1 donor within 10 km!",
        ),
        (
            50,
            "Request sent to 50 donors in Chennai!",
            "Request sent to 50 donors within 10 km!",
        ),
    ] {
        assert_eq!(sentence(&told(&seed(), count)), in_city);
        assert_eq!(sentence(&told(&around(), count)), within);
    }
}

#[test]
fn the_answer_has_the_seeds_fields_and_nobodys_number() {
    let request = told(&seed(), 50);
    let reply = reply(&request);
    assert_eq!(reply.status.as_u16(), 201);
    let (body, _) = reply.body.to_keep();
    let expected = json!({
        "success": true,
        "message": "Request sent to 50 donors in Chennai!",
        "requestId": request.header.id,
        "request_id": request.header.id,
        "notifiedCount": 50,
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[test]
fn compatible_is_said_to_be_subject_to_a_cross_match() {
    let (body, _) = reply(&told(&around(), 1)).body.to_keep();
    assert!(body.contains(CROSS_MATCH), "{body}");
}
