use callout_domain::geo::RadiusKm;
use callout_domain::medicine::{MedicineRequest, Reach};
use serde_json::{Value, json};

use super::{Asked, reply, sentence};
use crate::http::{Failure, Form, Upload};
use crate::medicine::view::samples;

const PHARMACY: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn form(fields: &Value) -> Form {
    Form::read_json(Some("application/json"), fields.to_string().as_bytes()).unwrap()
}

fn broadcast() -> Value {
    json!({"patient_lat": 27.7172, "patient_lng": 85.324, "radius_km": 10.0, "quantity": 10})
}

/// The fields that are wrong with a request that differs from a good one in one field.
fn wrong_fields(field: &str, value: Value) -> Vec<String> {
    let mut fields = broadcast();
    fields[field] = value;
    match Asked::read(&mut form(&fields)) {
        Err(Failure::Invalid(fields)) => fields.into_keys().collect(),
        Err(_) | Ok(_) => Vec::new(),
    }
}

#[test]
fn a_broadcast_is_read_from_numbers_and_from_the_text_of_a_form() {
    let text = json!({
        "patient_lat": "27.7172", "patient_lng": "85.3240", "radius_km": "10.0", "quantity": "10"
    });
    for fields in [broadcast(), text] {
        let asked = Asked::read(&mut form(&fields)).ok().unwrap();
        assert_eq!(asked.reach, samples::request().reach);
        assert_eq!(asked.quantity.get(), 10);
        assert!(asked.image.is_none());
    }
}

#[test]
fn numbers_that_make_no_sense_are_refused_by_their_field() {
    for (field, values) in [
        (
            "radius_km",
            vec![
                json!(0),
                json!(-1),
                json!(51),
                json!(50_000),
                json!("NaN"),
                json!("inf"),
                json!(true),
                Value::Null,
            ],
        ),
        (
            "patient_lat",
            vec![
                json!(91),
                json!(-90.1),
                json!("NaN"),
                json!("north"),
                Value::Null,
            ],
        ),
        (
            "patient_lng",
            vec![json!(180.1), json!(-181), json!("NaN"), Value::Null],
        ),
        (
            "quantity",
            vec![
                json!(0),
                json!(-5),
                json!(1_000_000_000_000_i64),
                json!(1e12),
                json!("NaN"),
                json!(1.5),
                Value::Null,
            ],
        ),
    ] {
        for value in values {
            assert_eq!(wrong_fields(field, value.clone()), [field], "{value}");
        }
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let fields = json!({"patient_lat": 91, "patient_lng": 181, "radius_km": 51});
    let mut form = form(&fields);
    let bytes = Vec::new();
    form.files.insert("image".to_owned(), Upload { bytes });
    let Err(Failure::Invalid(fields)) = Asked::read(&mut form) else {
        unreachable!("it must be refused");
    };
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "image",
            "patient_lat",
            "patient_lng",
            "quantity",
            "radius_km"
        ]
    );
    assert_eq!(fields["radius_km"], "must be between 1 and 50");
    assert_eq!(fields["quantity"], "is required");
}

#[test]
fn a_directed_request_needs_no_place() {
    let fields = json!({"patient": "1", "pharmacy": PHARMACY, "quantity": "5"});
    let asked = Asked::read(&mut form(&fields)).ok().unwrap();
    let pharmacy = PHARMACY.parse().unwrap();
    assert_eq!(asked.reach, Reach::Directed { pharmacy });
}

#[test]
fn what_is_no_id_names_no_pharmacy() {
    for wrong in [json!("2"), json!(2), json!("nobody"), json!("")] {
        let fields = json!({"pharmacy": wrong, "quantity": 5});
        let Err(Failure::Invalid(fields)) = Asked::read(&mut form(&fields)) else {
            unreachable!("it must be refused");
        };
        assert!(fields.keys().eq(["pharmacy"]), "{wrong}");
    }
}

#[test]
fn the_customer_reads_how_many_were_told() {
    let told = |told| {
        sentence(&MedicineRequest {
            header: samples::header(told),
            ..samples::request()
        })
    };
    assert_eq!(told(0), "No pharmacies found within 10 km");
    assert_eq!(told(1), "Medicine request sent to 1 nearby pharmacy");
    assert_eq!(told(3), "Medicine request sent to 3 nearby pharmacies");
    let Reach::Around { center, .. } = samples::request().reach else {
        unreachable!("it is a broadcast");
    };
    let reach = Reach::Around {
        center,
        radius: RadiusKm::new(2.5).unwrap(),
    };
    let nobody = MedicineRequest {
        header: samples::header(0),
        reach,
        ..samples::request()
    };
    assert_eq!(sentence(&nobody), "No pharmacies found within 2.5 km");
    let pharmacy = PHARMACY.parse().unwrap();
    let directed = MedicineRequest {
        reach: Reach::Directed { pharmacy },
        ..samples::request()
    };
    assert_eq!(sentence(&directed), "Medicine request sent successfully");
}

#[test]
fn the_answer_has_the_seeds_shape() {
    let (body, links) = reply(&samples::request()).body.to_keep();
    let body: Value = serde_json::from_str(&body).unwrap();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["data", "message", "pharmacies_notified", "request_id"]
    );
    assert_eq!(body["pharmacies_notified"], 3);
    assert_eq!(body["request_id"], body["data"]["id"]);
    assert!(links.is_empty());
}
