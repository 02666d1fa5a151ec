//! What is said of consultations.

use callout_domain::consultation;
use serde_json::json;

use super::{Frame, frame};
use crate::api::id;
use crate::api::schema::{closed, one_of_texts};
use crate::api::types::{moment, note, organization, specialty, text, ulid};

pub(super) fn told() -> Vec<Frame> {
    let data = closed()
        .with("message", text())
        .with("patient", text())
        .with("doctor", text().or_null())
        .with("appointment_date", moment().or_null())
        .with("organization", organization())
        .with("consultation_request_id", ulid())
        .with("status", text())
        .may("specialty", specialty().or_null())
        .may("description", note().or_null())
        .may("preferred_date", moment().or_null())
        .may("price", text().or_null())
        .may("doctor_message", note().or_null())
        .may("suggestion", note().or_null());
    let channels = one_of_texts(consultation::Channel::ALL.map(consultation::Channel::as_str));
    vec![frame(
        consultation::SEND_NOTIFICATION,
        "To the parties of a consultation: a step of it, on the channel of the seed.",
        [closed().with("channel", channels).with("data", data)],
        json!({
            "channel": "patient-doctor-response",
            "data": {
                "message": "The hospital has accepted your request", "patient": "John Doe",
                "doctor": "Dr. Rai", "appointment_date": null,
                "organization": {"id": id('H'), "name": "City Hospital"},
                "consultation_request_id": id('K'), "status": "Assigned",
            },
        }),
    )]
}
