use callout_domain::account::Profile;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::{Value, json};

use super::{changing, joining};
use crate::http::{Failure, Form};

fn form(body: &Value) -> Form {
    let body = body.to_string();
    Form::read_json(Some("application/json"), body.as_bytes()).unwrap()
}

fn now() -> Moment {
    "2026-02-24T10:30:00Z".parse().unwrap()
}

fn join(role: Role, body: &Value) -> Result<Profile, Vec<(String, String)>> {
    let mut form = form(body);
    match joining(&mut form, role, now()) {
        Some(profile) => Ok(profile),
        None => Err(problems(&mut form)),
    }
}

fn change(profile: &Profile, body: &Value) -> Result<Profile, Vec<(String, String)>> {
    let mut form = form(body);
    changing(&mut form, profile, now()).ok_or_else(|| problems(&mut form))
}

fn problems(form: &mut Form) -> Vec<(String, String)> {
    let Failure::Invalid(problems) = form.reject() else {
        unreachable!("a form rejects with its problems");
    };
    problems.into_iter().collect()
}

fn names(problems: Result<Profile, Vec<(String, String)>>) -> Vec<String> {
    problems
        .unwrap_err()
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn stored(profile: &Profile) -> Value {
    serde_json::to_value(profile).unwrap()
}

#[test]
fn whoever_joins_gives_what_their_role_needs() {
    for (role, needs) in [
        (Role::Customer, vec![]),
        (Role::Pharmacy, vec![]),
        (Role::Donor, vec!["blood_group", "city"]),
        (Role::Seeker, vec![]),
        (Role::Provider, vec!["lat", "lng", "service_type"]),
        (Role::Patient, vec![]),
        (Role::Doctor, vec!["hospital_id", "specialty"]),
        (Role::Hospital, vec!["city", "hospital_name", "lat", "lng"]),
    ] {
        match join(role, &json!({})) {
            Ok(profile) => {
                assert!(needs.is_empty(), "{role}");
                assert_eq!(profile.role(), role);
            }
            Err(problems) => {
                let missing: Vec<String> = problems
                    .into_iter()
                    .inspect(|(_, problem)| assert_eq!(problem, "is required"))
                    .map(|(name, _)| name)
                    .collect();
                assert_eq!(missing, needs, "{role}");
            }
        }
    }
}

#[test]
fn a_full_profile_of_each_role_is_read_whole() {
    for (role, body) in [
        (
            Role::Pharmacy,
            json!({"lat": 27.7, "lng": "85.3", "address": " Thamel "}),
        ),
        (
            Role::Donor,
            json!({"blood_group": "o+", "city": "Chennai", "lat": 13, "lng": 80.2,
            "last_donation_date": "2026-01-31"}),
        ),
        (
            Role::Provider,
            json!({"service_type": "worker", "lat": 1, "lng": 2,
            "service_coverage_area": "12.5"}),
        ),
        (
            Role::Doctor,
            json!({"specialty": "Cardiology",
            "hospital_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
        ),
        (
            Role::Hospital,
            json!({"hospital_name": "Tunis Care", "city": "Tunis",
            "lat": 36.8, "lng": 10.2}),
        ),
    ] {
        let profile = join(role, &body).unwrap();
        let kept = stored(&profile);
        for name in body.as_object().unwrap().keys() {
            match name.as_str() {
                "lat" | "lng" => assert!(kept["position"][name].is_f64(), "{role} {name}"),
                other => assert!(!kept[other].is_null(), "{role} {name}"),
            }
        }
    }
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    assert_eq!(
        names(join(
            Role::Donor,
            &json!({"blood_group": "Z+", "city": "", "lat": 91, "lng": -181,
                "last_donation_date": "2027-01-01"})
        )),
        ["blood_group", "city", "last_donation_date", "lat", "lng"]
    );
    for wrong in [
        json!(0),
        json!(-5),
        json!(501),
        json!("NaN"),
        json!([]),
        json!("far"),
    ] {
        let body = json!({"service_type": "x", "lat": 0, "lng": 0,
            "service_coverage_area": wrong});
        assert_eq!(
            names(join(Role::Provider, &body)),
            ["service_coverage_area"]
        );
    }
    for wrong in [json!("1"), json!(1), json!("")] {
        let body = json!({"specialty": "x", "hospital_id": wrong});
        assert_eq!(names(join(Role::Doctor, &body)), ["hospital_id"]);
    }
}

#[test]
fn half_a_position_is_none() {
    assert_eq!(names(join(Role::Pharmacy, &json!({"lat": 27.7}))), ["lng"]);
    assert_eq!(
        names(join(Role::Pharmacy, &json!({"lng": 85.3, "lat": null}))),
        ["lat"]
    );
    let nowhere = join(Role::Pharmacy, &json!({"lat": null, "lng": null})).unwrap();
    assert_eq!(nowhere.position(), None);
    for wrong in [
        json!("NaN"),
        json!("inf"),
        json!(1e300),
        json!(true),
        json!(""),
    ] {
        assert_eq!(
            names(join(Role::Pharmacy, &json!({"lat": wrong, "lng": 0}))),
            ["lat"]
        );
    }
}

#[test]
fn a_change_leaves_alone_what_it_does_not_speak_of() {
    let donor = join(
        Role::Donor,
        &json!({"blood_group": "O+", "city": "Chennai", "lat": 13, "lng": 80,
            "last_donation_date": "2026-01-31"}),
    )
    .unwrap();
    assert_eq!(change(&donor, &json!({})), Ok(donor.clone()));
    let moved = change(&donor, &json!({"city": "Madurai"})).unwrap();
    assert_eq!(stored(&moved)["city"], "Madurai");
    assert_eq!(moved.position(), donor.position());

    let cleared = json!({"lat": null, "lng": null, "last_donation_date": null});
    let cleared = change(&donor, &cleared).unwrap();
    assert_eq!(
        stored(&cleared),
        json!({"role": "DONOR", "blood_group": "O+", "city": "Chennai"})
    );
}

#[test]
fn what_there_always_is_cannot_be_cleared() {
    let hospital = join(
        Role::Hospital,
        &json!({"hospital_name": "Tunis Care", "city": "Tunis", "lat": 36.8, "lng": 10.2}),
    )
    .unwrap();
    let cleared = json!({"hospital_name": null, "city": null, "lat": null, "lng": null});
    assert_eq!(
        names(change(&hospital, &cleared)),
        ["city", "hospital_name", "lat", "lng"]
    );
}

#[test]
fn one_half_of_a_position_moves_the_other_half_stays() {
    let at = json!({"lat": 27.7, "lng": 85.3});
    let pharmacy = join(Role::Pharmacy, &at).unwrap();
    let moved = change(&pharmacy, &json!({"lat": 27.8})).unwrap();
    assert_eq!(
        stored(&moved)["position"],
        json!({"lat": 27.8, "lng": 85.3})
    );
    let half_cleared = change(&pharmacy, &json!({"lat": null}));
    assert_eq!(names(half_cleared), ["lat"]);
    let cleared = change(&pharmacy, &json!({"lat": null, "lng": null})).unwrap();
    assert_eq!(cleared.position(), None);
    assert_eq!(names(change(&cleared, &json!({"lng": 85.3}))), ["lat"]);
}

#[test]
fn fields_of_another_role_mean_nothing() {
    let body = json!({"blood_group": "none", "lat": 999});
    assert_eq!(join(Role::Customer, &body), Ok(Profile::Customer));
    assert_eq!(change(&Profile::Patient, &body), Ok(Profile::Patient));
}

#[test]
fn what_a_donor_gave_for_is_forgotten_with_the_day_and_is_not_theirs_to_say() {
    let request = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let gave: Profile = serde_json::from_value(json!({
        "role": "DONOR", "blood_group": "O+", "city": "Chennai",
        "last_donation_date": "2026-02-20", "last_donation_for": request,
    }))
    .unwrap();
    for (body, kept) in [
        (json!({"city": "Madurai"}), true),
        (json!({"last_donation_date": "2026-02-20"}), true),
        (
            json!({"last_donation_for": "01ARZ3NDEKTSV4RRFFQ69G5FAW"}),
            true,
        ),
        (json!({"last_donation_date": "2026-02-21"}), false),
        (json!({"last_donation_date": null}), false),
    ] {
        let changed = stored(&change(&gave, &body).unwrap());
        let expected = if kept { json!(request) } else { Value::Null };
        assert_eq!(changed["last_donation_for"], expected, "{body}");
    }
    let body = json!({"blood_group": "O+", "city": "Chennai", "last_donation_for": request});
    let joined = stored(&join(Role::Donor, &body).unwrap());
    assert_eq!(joined["last_donation_for"], Value::Null);
}
