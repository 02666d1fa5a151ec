//! Consultations and suggestions as their parties see them.

use callout_domain::consultation::{Consultation, Note, Suggestion};
use serde_json::{Value, json};

use crate::http::Linked;

/// A consultation.
pub(super) fn consultation(seen: &Consultation) -> Linked {
    let doctor = seen.doctor.as_ref();
    Linked::new(json!({
        "id": seen.header.id,
        "patient_id": seen.header.requester,
        "patient": seen.patient_name,
        "organization": seen.hospital,
        "specialty": seen.specialty,
        "description": text(seen.description.as_ref()),
        "preferred_date": seen.preferred_date,
        "status": seen.state,
        "doctor_id": doctor.map(|doctor| doctor.account),
        "doctor": doctor.map(|doctor| &doctor.name),
        "appointment_date": seen.appointment_date,
        "price": seen.price,
        "doctor_message": text(seen.doctor_message.as_ref()),
        "suggestion": seen.suggestion.as_ref().map(|suggestion| view(seen, suggestion)),
        "created_at": seen.header.created_at,
    }))
}

/// The suggestion of a consultation, if there is one.
pub(super) fn suggestion(seen: &Consultation) -> Option<Linked> {
    let suggestion = seen.suggestion.as_ref()?;
    let doctor = seen.doctor.as_ref();
    let whole = Linked::new(view(seen, suggestion))
        .with("consultation_request_id", json!(seen.header.id))
        .with("consultation_status", json!(seen.state))
        .with("patient", json!(seen.patient_name))
        .with("doctor", json!(doctor.map(|doctor| &doctor.name)));
    Some(whole)
}

/// It bears the consultation's own id: there is one at a time.
fn view(seen: &Consultation, suggestion: &Suggestion) -> Value {
    let status = if suggestion.is_accepted {
        "accepted"
    } else {
        "pending"
    };
    json!({
        "id": seen.header.id,
        "organization": suggestion.hospital,
        "suggestion": text(suggestion.text.as_ref()),
        "status": status,
        "created_at": suggestion.at,
    })
}

fn text(note: Option<&Note>) -> Option<&str> {
    note.map(Note::as_str)
}
