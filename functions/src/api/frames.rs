//! What goes over sockets, by `type`: what is told to clients, and what they may say.

use callout_domain::medicine::{NEW_REQUEST, PHARMACY_RESPONSE};
use callout_domain::{blood, medicine};
use serde_json::{Value, json};

use super::examples::id;
use super::schema::{Object, Schema, any_of, closed, constant, open};
use super::types::{
    address, blood_group, blood_state, choice, city, contact_number, distance_or_null,
    hospital_name, link, moment, person_name, place, quantity, reply_text, standing, text, ulid,
    units, urgency,
};

/// A message of one type.
pub(super) struct Frame {
    pub(super) kind: &'static str,
    pub(super) summary: &'static str,
    /// Its fields, besides those that every message has.
    pub(super) fields: Vec<Object>,
    pub(super) example: Value,
}

fn frame(
    kind: &'static str,
    summary: &'static str,
    fields: impl IntoIterator<Item = Object>,
    example: Value,
) -> Frame {
    Frame {
        kind,
        summary,
        fields: fields.into_iter().collect(),
        example,
    }
}

/// What clients are told.
pub(super) fn told() -> Vec<Frame> {
    let mut all = about_the_socket();
    all.extend(about_medicine());
    all.extend(about_blood());
    all
}

/// What clients may say.
pub(super) fn said() -> Vec<Frame> {
    let answer = open()
        .with("request_id", ulid())
        .either("response_type", "status", choice())
        .may("text_message", reply_text().or_null())
        .may("message", reply_text().or_null());
    vec![
        frame("ping", "Is still there; gets `pong`.", [open()], json!({})),
        frame(
            "ack",
            "Has a message, and need not hear it again; gets no answer.",
            [open().with("event_id", ulid())],
            json!({"event_id": id('E')}),
        ),
        frame(
            "response",
            "A pharmacy answers a request for medicine, as POST /medicine/response has it; gets \
             `response_recorded`.",
            [answer],
            json!({"request_id": id('R'), "response_type": "ACCEPTED",
                   "text_message": "We have this medicine in stock!"}),
        ),
    ]
}

fn about_the_socket() -> Vec<Frame> {
    let pharmacy = closed()
        .with("message", text())
        .with("pharmacy_id", ulid())
        .with("pharmacy_name", person_name())
        .with("location", place().or_null());
    let other = closed()
        .with("message", text())
        .with("user_id", ulid())
        .with("user_name", person_name());
    let code = any_of([text(), constant(4001)]);
    let error = closed()
        .with(
            "code",
            code.about("As over HTTP; 4001 for who is no longer signed in."),
        )
        .with("error", text())
        .may("fields", open())
        .may("request_id", text());
    vec![
        frame(
            "connection",
            "The first message; what was missed follows, oldest first.",
            [pharmacy, other],
            json!({"message": "Connected to pharmacy channel", "pharmacy_id": id('P'),
                   "pharmacy_name": "City Pharmacy", "location": {"lat": 27.7, "lng": 85.32}}),
        ),
        frame("pong", "The answer to `ping`.", [closed()], json!({})),
        frame(
            "error",
            "What was said changed nothing; before the socket is closed, why.",
            [error],
            json!({"code": "unknown_type", "error": "There are no messages of this type"}),
        ),
    ]
}

fn about_medicine() -> Vec<Frame> {
    let need = closed()
        .with("request_id", ulid())
        .with("patient_name", text())
        .with("patient_phone", text())
        .with("patient_location", place().or_null())
        .with("distance_km", distance_or_null())
        .with("quantity", quantity())
        .with("image_url", link())
        .with("timestamp", moment());
    let answer = closed()
        .with("request_id", ulid())
        .with("pharmacy_id", ulid())
        .with("pharmacy_name", text())
        .with("pharmacy_location", place().or_null())
        .with("response_type", choice())
        .with("status", choice())
        .with("text_message", reply_text().or_null())
        .with("message", reply_text().or_null())
        .with("audio_url", link())
        .with("distance_km", distance_or_null())
        .with("responded_at", moment())
        .with("timestamp", moment());
    let recorded = crate::medicine::response_seen().with("message", text());
    let mut recorded_example = crate::medicine::response_example();
    recorded_example["message"] = json!("Response recorded. Customer will be notified.");
    let request = "01KJ7Y9B8M3XKQ0V5T2W4Z6R8R".parse().unwrap();
    let mut all = vec![
        frame(
            NEW_REQUEST,
            "To pharmacies: somebody needs medicine.",
            [need],
            json!({"request_id": id('R'), "patient_name": "John Doe", "patient_phone": "9841234567",
                   "patient_location": {"lat": 27.7172, "lng": 85.324}, "distance_km": 2.5,
                   "quantity": 10, "image_url": null, "timestamp": "2026-02-24T10:30:00.000Z"}),
        ),
        frame(
            PHARMACY_RESPONSE,
            "To the customer: a pharmacy has answered.",
            [answer],
            json!({"request_id": id('R'), "pharmacy_id": id('P'), "pharmacy_name": "City Pharmacy",
                   "pharmacy_location": {"lat": 27.7, "lng": 85.32}, "response_type": "ACCEPTED",
                   "status": "ACCEPTED", "text_message": "We have this medicine in stock!",
                   "message": "We have this medicine in stock!", "audio_url": null,
                   "distance_km": 2.5, "responded_at": "2026-02-24T10:35:00.000Z",
                   "timestamp": "2026-02-24T10:35:00.000Z"}),
        ),
        frame(
            "response_recorded",
            "To the pharmacy: its `response` is recorded.",
            [recorded],
            recorded_example,
        ),
    ];
    for (kind, summary, message) in [
        (
            "request_taken",
            "To the other pharmacies: one has accepted.",
            medicine::request_taken(request),
        ),
        (
            "request_cancelled",
            "To pharmacies: the customer needs it no more.",
            medicine::request_cancelled(request),
        ),
        (
            "request_completed",
            "To pharmacies: the customer has it.",
            medicine::request_completed(request),
        ),
    ] {
        assert_eq!(kind, message.kind);
        let fields = closed().with("request_id", ulid()).with("message", text());
        all.push(frame(
            kind,
            summary,
            [fields],
            Value::Object(message.fields),
        ));
    }
    all
}

/// A donor who responded, as the requester is shown them.
pub(crate) fn blood_donor() -> Object {
    closed()
        .with("donorId", ulid())
        .with("name", person_name())
        .with("phone", text().or_null())
        .with("bloodGroup", blood_group())
        .with("distance_km", distance_or_null())
        .with("response", standing())
        .with("respondedAt", moment())
}

fn about_blood() -> Vec<Frame> {
    let need = closed()
        .with("requestId", ulid())
        .with("request_id", ulid())
        .with("message", text())
        .with("requesterName", person_name())
        .with("patientName", person_name())
        .with("attenderName", person_name())
        .with("attenderNumber", contact_number())
        .with("bloodGroup", blood_group())
        .with("units", units())
        .with("urgency", urgency())
        .with("hospitalName", hospital_name())
        .with("location", address())
        .with("city", city())
        .with("status", blood_state())
        .with("distance_km", distance_or_null())
        .with("date", moment())
        .with("timestamp", moment())
        .may("note", text());
    let donor = blood_donor()
        .with("requestId", ulid())
        .with("request_id", ulid())
        .with("message", text())
        .with("timestamp", moment());
    let request = "01KJ7Y9B8M3XKQ0V5T2W4Z6R8B".parse().unwrap();
    let mut all = vec![
        frame(
            blood::BLOOD_REQUEST,
            "To donors: somebody needs blood.",
            [need],
            json!({"requestId": id('B'), "request_id": id('B'),
                   "message": "Urgent: O+ needed in Chennai!", "requesterName": "Sarah Kumar",
                   "patientName": "John Doe", "attenderName": "Jane Doe",
                   "attenderNumber": "+91 9876543211", "bloodGroup": "O+", "units": 2,
                   "urgency": "Critical", "hospitalName": "Apollo Hospital",
                   "location": "123 Main St, Chennai", "city": "Chennai", "status": "Active",
                   "distance_km": null, "date": "2026-02-01T18:30:00.000Z",
                   "timestamp": "2026-02-01T18:30:00.000Z"}),
        ),
        frame(
            blood::DONOR_RESPONSE,
            "To the requester: a donor has called, accepted, withdrawn or confirmed.",
            [donor],
            json!({"donorId": id('D'), "name": "Ravi Shankar", "phone": "9876543212",
                   "bloodGroup": "O+", "distance_km": 2.5, "response": "Accepted",
                   "respondedAt": "2026-02-01T18:40:00.000Z", "requestId": id('B'),
                   "request_id": id('B'), "message": "A donor has accepted your blood request",
                   "timestamp": "2026-02-01T18:40:00.000Z"}),
        ),
    ];
    for (kind, summary, message) in [
        (
            "blood_request_completed",
            "To those who had accepted, and to who asked where they did not end it: the blood was given.",
            blood::request_completed(request),
        ),
        (
            "blood_request_cancelled",
            "To those who had accepted: do not come.",
            blood::request_cancelled(request),
        ),
        (
            "blood_request_covered",
            "To the other donors: enough have accepted.",
            blood::request_covered(request),
        ),
        (
            "blood_request_all_ignored",
            "To the requester: everybody who was told has ignored it.",
            blood::all_ignored(request),
        ),
    ] {
        assert_eq!(kind, message.kind);
        let fields = closed()
            .with("requestId", ulid())
            .with("request_id", ulid())
            .with("message", text());
        all.push(frame(
            kind,
            summary,
            [fields],
            Value::Object(message.fields),
        ));
    }
    all
}

impl Frame {
    /// The schema of one that clients are told.
    pub(super) fn as_told(&self) -> Schema {
        self.with(|fields| {
            fields
                .with("event_id", ulid())
                .with("type", constant(self.kind))
                .may(
                    "replayed",
                    constant(true).about("It happened while no socket was open."),
                )
        })
    }

    /// The schema of one that clients say.
    pub(super) fn as_said(&self) -> Schema {
        self.with(|fields| {
            fields
                .with("type", constant(self.kind))
                .may("action", constant("message"))
        })
    }

    fn with(&self, more: impl Fn(Object) -> Object) -> Schema {
        match self.fields.as_slice() {
            [one] => more(one.clone()).into(),
            [one, other] => any_of([more(one.clone()).into(), more(other.clone()).into()]),
            _ => panic!("{} has one form, or two", self.kind),
        }
    }
}
