use callout_domain::medicine::{Choice, ReplyText};
use serde_json::{Value, json};

use super::{MedicineAnswer, reply};
use crate::http::{Failure, Form, Upload};
use crate::medicine::view::samples;

const REQUEST: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn form(fields: &Value) -> Form {
    Form::read_json(Some("application/json"), fields.to_string().as_bytes()).unwrap()
}

fn read(fields: &Value) -> Result<MedicineAnswer, Failure> {
    MedicineAnswer::read(&mut form(fields))
}

fn text(answer: &MedicineAnswer) -> Option<&str> {
    answer.text.as_ref().map(ReplyText::as_str)
}

#[test]
fn both_seeds_spellings_are_read() {
    for fields in [
        json!({"request_id": REQUEST, "response_type": "ACCEPTED", "text_message": "Yes", "audio": null}),
        json!({"request_id": REQUEST, "status": "ACCEPTED", "message": "Yes"}),
        json!({"request_id": REQUEST, "status": "ACCEPTED", "text_message": "Yes"}),
    ] {
        let answer = read(&fields).unwrap();
        assert_eq!(answer.request.to_string(), REQUEST);
        assert_eq!(answer.choice, Choice::Accepted);
        assert_eq!(text(&answer), Some("Yes"));
        assert!(answer.audio.is_none());
    }
}

#[test]
fn a_text_may_be_left_out() {
    for silent in [json!(null), json!(""), json!("  ")] {
        let fields =
            json!({"request_id": REQUEST, "response_type": "REJECTED", "text_message": silent});
        let answer = read(&fields).unwrap();
        assert_eq!((answer.choice, text(&answer)), (Choice::Rejected, None));
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let fields = json!({"response_type": "BANANA", "text_message": "a".repeat(1_001)});
    let mut form = form(&fields);
    let bytes = Vec::new();
    form.files.insert("audio".to_owned(), Upload { bytes });
    let Err(Failure::Invalid(fields)) = MedicineAnswer::read(&mut form) else {
        unreachable!("it must be refused");
    };
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["audio", "request_id", "response_type", "text_message"]
    );
    assert_eq!(fields["response_type"], "must be ACCEPTED or REJECTED");
}

#[test]
fn a_choice_that_is_no_text_is_no_choice() {
    for wrong in [
        json!(1),
        json!(["ACCEPTED"]),
        json!({}),
        json!("PENDING"),
        Value::Null,
    ] {
        let fields = json!({"request_id": REQUEST, "response_type": wrong});
        assert!(matches!(read(&fields), Err(Failure::Invalid(_))));
    }
}

#[test]
fn what_is_no_id_names_no_request() {
    let fields = json!({"request_id": "1", "response_type": "ACCEPTED"});
    let Err(Failure::Refused(refused)) = read(&fields) else {
        unreachable!("it must be refused");
    };
    assert_eq!(refused.status.as_u16(), 404);
}

#[test]
fn the_answer_has_the_seeds_shape() {
    let reply = reply(&samples::response());
    assert_eq!(reply.status.as_u16(), 201);
    let (body, _) = reply.body.to_keep();
    let seed = json!({
        "id": "00000000000000000000000004",
        "request_id": "00000000000000000000000001",
        "pharmacy_id": "00000000000000000000000003",
        "pharmacy_name": "City Pharmacy",
        "response_type": "ACCEPTED",
        "text_message": "We have this medicine in stock!",
        "audio": null,
        "responded_at": "2026-02-24T10:35:00.000Z",
        "audio_id": null,
        "message": "Response recorded. Customer will be notified."
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), seed);
}
