use callout_domain::work::State;
use serde_json::{Value, json};

use super::{Asked, reply};
use crate::http::{Failure, Form};
use crate::work::view::samples::order;

fn asked(changes: &Value) -> Result<Asked, Failure> {
    let mut fields = json!({
        "provider_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "service_type": "worker",
        "message": "Need help with painting work",
        "distance": "2.5km",
        "latitude": 12.345,
        "longitude": 67.890,
    });
    for (name, value) in changes.as_object().unwrap() {
        fields[name] = value.clone();
    }
    Asked::read(&mut Form::of(fields.as_object().unwrap().clone()))
}

#[test]
fn the_seeds_form_reads_with_and_without_a_distance() {
    for distance in [json!("2.5km"), Value::Null, json!("next door")] {
        let asked = asked(&json!({"distance": distance})).unwrap();
        assert_eq!(asked.task.as_str(), "Need help with painting work");
        assert!((asked.place.lng() - 67.89).abs() < f64::EPSILON);
    }
}

#[test]
fn each_field_that_is_wrong_is_named() {
    for (field, value) in [
        ("provider_id", json!(2)),
        ("provider_id", Value::Null),
        ("service_type", json!("")),
        ("service_type", json!("x".repeat(61))),
        ("message", json!("  ")),
        ("message", json!("x".repeat(1_001))),
        ("distance", json!(2.5)),
        ("distance", json!("x".repeat(41))),
        ("latitude", json!(90.1)),
        ("longitude", json!("east")),
        ("longitude", Value::Null),
    ] {
        match asked(&json!({field: value})) {
            Err(Failure::Invalid(fields)) => {
                assert_eq!(fields.into_keys().collect::<Vec<_>>(), [field]);
            }
            other => unreachable!("{field} = {value}: {other:?}"),
        }
    }
}

#[test]
fn what_can_be_nobodys_id_is_nobodys() {
    match asked(&json!({"provider_id": "2"})) {
        Err(Failure::Refused(refused)) => assert_eq!(refused.status.as_u16(), 404),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn the_answer_is_the_seeds() {
    let reply = reply(&order(State::Pending));
    let body: Value = serde_json::from_str(&reply.body.to_keep().0).unwrap();
    assert_eq!(reply.status.as_u16(), 201);
    assert_eq!(body["status"], "success");
    assert_eq!(body["message"], "Work assigned successfully");
    for (name, value) in [
        ("work_order_id", "00000000000000000000000001"),
        ("provider_name", "John Doe"),
        ("provider_mobile", "9842222222"),
        ("service_type", "worker"),
        ("created_at", "2026-02-24T10:30:00.000Z"),
    ] {
        assert_eq!(body["data"][name], value, "{name}");
    }
    assert_eq!(body["data"].get("fcm_sent"), None);
}
