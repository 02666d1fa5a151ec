//! What is said of requests for blood.

use callout_domain::blood;
use serde_json::{Value, json};

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{Object, closed};
use crate::api::types::{
    address, blood_group, blood_state, city, contact_number, distance_or_null, hospital_name,
    moment, person_name, standing, text, ulid, units, urgency,
};

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

pub(super) fn told() -> Vec<Frame> {
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
            "blood_request_expired",
            "To who asked, and to those who had accepted: nobody ended it in time.",
            blood::request_expired(request),
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
