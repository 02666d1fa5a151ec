//! What is said of work.

use callout_domain::work;
use serde_json::{Value, json};

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{Object, closed, one_of_texts, open};
use crate::api::types::{
    distance, flag, given_flag, given_latitude, given_longitude, latitude, longitude, moment,
    person_name, phone_number, service_type, task, text, ulid, work_state,
};

pub(super) fn told() -> Vec<Frame> {
    let assigned = named()
        .with("seeker_id", ulid())
        .with("seeker_name", person_name())
        .with("service_type", service_type())
        .with("message", task())
        .with("distance", text())
        .with("distance_km", distance())
        .with("latitude", latitude())
        .with("longitude", longitude())
        .with("lat", latitude())
        .with("lng", longitude())
        .with("status", work_state())
        .with("created_at", moment())
        .with("timestamp", moment());
    let response = named()
        .with("accepted", flag())
        .with("status", work_state())
        .with("provider_id", ulid())
        .with("provider_name", person_name())
        .with("provider_mobile", phone_number().or_null())
        .with("service_type", service_type())
        .with("message", text())
        .with("responded_at", moment().or_null())
        .with("timestamp", moment().or_null());
    let mut recorded = crate::work::order_example("accepted");
    recorded["accepted"] = json!(true);
    let all = vec![
        frame(
            work::WORK_ASSIGNED,
            "To the provider: there is work.",
            [assigned],
            ids(json!({
                "seeker_id": id('C'), "seeker_name": "Sita Rai", "service_type": "worker",
                "message": "Need help with painting work", "distance": "2.5km", "distance_km": 2.5,
                "latitude": 12.345, "longitude": 67.89, "lat": 12.345, "lng": 67.89,
                "status": "pending", "created_at": "2025-01-30T10:30:00.000Z",
                "timestamp": "2025-01-30T10:30:00.000Z",
            })),
        ),
        frame(
            work::WORK_RESPONSE,
            "To the seeker: the provider has answered.",
            [response],
            ids(json!({
                "accepted": true, "status": "accepted", "provider_id": id('P'),
                "provider_name": "John Doe", "provider_mobile": "9876543210",
                "service_type": "worker", "message": "Your work order has been accepted",
                "responded_at": "2025-01-30T10:31:00.000Z", "timestamp": "2025-01-30T10:31:00.000Z",
            })),
        ),
        frame(
            "work_response_recorded",
            "To the provider: their `work_response` is recorded.",
            [crate::work::order_seen().with("accepted", flag())],
            recorded,
        ),
        frame(
            work::DISTANCE_UPDATE,
            "To the seeker, in no inbox: how far away the provider is, at most every 5 seconds.",
            [named()
                .with("distance", text())
                .with("distance_km", distance())
                .with("timestamp", moment())],
            ids(json!({
                "distance": "1.2km", "distance_km": 1.2, "timestamp": "2025-01-30T10:40:00.000Z",
            })),
        ),
    ];
    all.into_iter().chain(ended()).collect()
}

/// The ends that it takes.
fn ended() -> [Frame; 3] {
    [
        (
            "work_completed",
            "To the other party: the work is done.",
            "completed",
            json!("seeker"),
        ),
        (
            "work_cancelled",
            "To the other party: it is withdrawn, or given back.",
            "cancelled",
            json!("seeker"),
        ),
        (
            "work_expired",
            "To both: nobody has answered in time.",
            "cancelled",
            Value::Null,
        ),
    ]
    .map(|(kind, summary, status, by)| {
        let fields = named()
            .with("status", work_state())
            .with("expired", flag())
            .with("by", one_of_texts(["seeker", "provider"]).or_null())
            .with("message", text())
            .with("timestamp", moment().or_null());
        let example = json!({
            "status": status, "expired": by.is_null(), "by": by, "message": "…",
            "timestamp": "2025-01-30T11:30:00.000Z",
        });
        frame(kind, summary, [fields], ids(example))
    })
}

/// By these names the seed's apps know an order.
const NAMES: [&str; 4] = ["work_id", "order_id", "work_order_id", "request_id"];

fn named() -> Object {
    let fields = NAMES.into_iter();
    fields.fold(closed(), |fields, name| fields.with(name, ulid()))
}

fn ids(mut example: Value) -> Value {
    for name in NAMES {
        example[name] = json!(id('W'));
    }
    example
}

pub(super) fn said() -> Vec<Frame> {
    vec![
        frame(
            "work_response",
            "A provider answers a work order, as POST …/work-orders/{id}/respond has it; gets \
             `work_response_recorded`.",
            [open()
                .either("work_id", "order_id", ulid())
                .with("accepted", given_flag())],
            json!({"work_id": id('W'), "accepted": true}),
        ),
        frame(
            "location_update",
            "A provider is somewhere; gets no answer.",
            [open().either("lat", "latitude", given_latitude()).either(
                "lng",
                "longitude",
                given_longitude(),
            )],
            json!({"lat": 12.345, "lng": 67.89}),
        ),
    ]
}
