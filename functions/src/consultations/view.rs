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

/// As [`consultation`] shows it.
#[cfg(test)]
pub(super) fn consultation_seen() -> crate::api::Schema {
    use crate::api::{closed, consultation_state, moment, note, organization, specialty, ulid};
    closed()
        .with("id", ulid())
        .with("patient_id", ulid())
        .with("patient", crate::api::text())
        .with("organization", organization())
        .with("specialty", specialty().or_null())
        .with("description", note().or_null())
        .with("preferred_date", moment().or_null())
        .with("status", consultation_state())
        .with("doctor_id", ulid().or_null())
        .with("doctor", crate::api::text().or_null())
        .with("appointment_date", moment().or_null())
        .with("price", crate::api::text().or_null())
        .with("doctor_message", note().or_null())
        .with("suggestion", suggestion_seen().or_null())
        .with("created_at", moment())
        .named("Consultation")
}

#[cfg(test)]
fn suggestion_seen() -> crate::api::Object {
    use crate::api::{closed, moment, note, one_of_texts, organization, ulid};
    closed()
        .with("id", ulid())
        .with("organization", organization())
        .with("suggestion", note().or_null())
        .with("status", one_of_texts(["accepted", "pending"]))
        .with("created_at", moment())
}

/// As [`suggestion`] shows it.
#[cfg(test)]
pub(super) fn whole_suggestion_seen() -> crate::api::Schema {
    use crate::api::{consultation_state, ulid};
    suggestion_seen()
        .with("consultation_request_id", ulid())
        .with("consultation_status", consultation_state())
        .with("patient", crate::api::text())
        .with("doctor", crate::api::text().or_null())
        .named("Suggestion")
}

/// A consultation such as these.
#[cfg(test)]
pub(super) fn example(status: &str) -> Value {
    use crate::api::id;
    json!({
        "id": id('K'), "patient_id": id('C'), "patient": "John Doe",
        "organization": {"id": id('H'), "name": "City Hospital"}, "specialty": "Cardiology",
        "description": "Chest pain since yesterday", "preferred_date": null, "status": status,
        "doctor_id": null, "doctor": null, "appointment_date": null, "price": null,
        "doctor_message": null, "suggestion": null, "created_at": "2026-02-24T10:30:00.000Z",
    })
}

/// A suggestion such as these.
#[cfg(test)]
pub(super) fn suggestion_example() -> Value {
    use crate::api::id;
    json!({
        "id": id('K'), "organization": {"id": id('H'), "name": "City Hospital"},
        "suggestion": "A stress test", "status": "pending",
        "created_at": "2026-02-25T10:30:00.000Z", "consultation_request_id": id('K'),
        "consultation_status": "Suggested", "patient": "John Doe", "doctor": "Dr. Rai",
    })
}
