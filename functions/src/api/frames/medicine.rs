//! What is said of requests for medicine.

use callout_domain::medicine::{self, NEW_REQUEST, PHARMACY_RESPONSE};
use serde_json::{Value, json};

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{closed, open};
use crate::api::types::{
    choice, distance_or_null, link, moment, place, quantity, reply_text, text, ulid,
};

pub(super) fn told() -> Vec<Frame> {
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
            "request_expired",
            "To the customer: nobody has accepted it in time.",
            medicine::request_expired(request),
        ),
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

pub(super) fn said() -> Vec<Frame> {
    let answer = open()
        .with("request_id", ulid())
        .either("response_type", "status", choice())
        .may("text_message", reply_text().or_null())
        .may("message", reply_text().or_null());
    vec![frame(
        "response",
        "A pharmacy answers a request for medicine, as POST /medicine/response has it; gets \
             `response_recorded`.",
        [answer],
        json!({"request_id": id('R'), "response_type": "ACCEPTED",
                   "text_message": "We have this medicine in stock!"}),
    )]
}
