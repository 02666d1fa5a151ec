//! What people are told of a request for blood: every field of the seed that the contract lets them
//! see, and the request's id in both spellings. The patient's number and the requester's own are in
//! none of them. What a locked screen shows is the seed's sentence, with group and city, and else
//! no name, no number and no place: anybody may look.

use serde_json::{Map, Value, json};

use super::{BloodRequest, CROSS_MATCH, DonorResponse, Matching, Standing, State};
use crate::event::Message;
use crate::ids::RequestId;
use crate::notice::{Notice, Topic, Urgency};

/// The type of [`blood_request`].
pub const BLOOD_REQUEST: &str = "blood_request";
/// The type of [`donor_response`].
pub const DONOR_RESPONSE: &str = "donor_response";

/// To the donors: blood is needed. Each adds their own `distance_km`.
pub fn blood_request(request: &BloodRequest) -> Message {
    let sentence = format!(
        "{}: {} needed in {}!",
        request.urgency.word(),
        request.blood_group,
        request.city.as_str(),
    );
    let mut fields = json!({
        "requestId": request.header.id,
        "request_id": request.header.id,
        "message": sentence,
        "requesterName": request.requester_name,
        "patientName": request.patient_name,
        "attenderName": request.attender_name,
        "attenderNumber": request.attender_number,
        "bloodGroup": request.blood_group,
        "units": request.units,
        "urgency": request.urgency,
        "hospitalName": request.hospital_name,
        "location": request.location,
        "city": request.city,
        "status": State::Active.as_str(),
        "distance_km": null,
        "date": request.header.created_at,
        "timestamp": request.header.created_at,
    });
    match request.matching {
        Matching::Everyone => {}
        Matching::Compatible => fields["note"] = CROSS_MATCH.into(),
    }
    Message::new(BLOOD_REQUEST, fields).with_notice(notice(
        "Emergency Blood Request",
        &sentence,
        request.urgency.disturbs(),
    ))
}

/// To the requester: a donor has done something. None where that is nothing to be told of: who
/// ignores a request does so in silence.
pub fn donor_response(response: &DonorResponse) -> Option<Message> {
    let (title, sentence, urgency) = match response.standing {
        Standing::Silent | Standing::Ignored => return None,
        Standing::Called => (
            "Donor Called",
            "A donor called the attender about your blood request",
            Urgency::Routine,
        ),
        Standing::Accepted => (
            "Donor Accepted",
            "A donor has accepted your blood request",
            Urgency::Urgent,
        ),
        Standing::Withdrawn => (
            "Donor Withdrew",
            "A donor has withdrawn from your blood request",
            Urgency::Urgent,
        ),
        Standing::Confirmed => (
            "Donation Confirmed",
            "A donor has confirmed the donation for your blood request",
            Urgency::Routine,
        ),
    };
    let mut fields = responder(response);
    fields.insert("requestId".to_owned(), json!(response.request));
    fields.insert("request_id".to_owned(), json!(response.request));
    fields.insert("message".to_owned(), sentence.into());
    fields.insert("timestamp".to_owned(), json!(response.at));
    let message = Message::new(DONOR_RESPONSE, Value::Object(fields));
    Some(message.with_notice(notice(title, sentence, urgency)))
}

/// A donor who responded, as the requester is shown them.
pub fn responder(response: &DonorResponse) -> Map<String, Value> {
    let fields = [
        ("donorId", json!(response.donor)),
        ("name", json!(response.name)),
        ("phone", json!(response.phone_number)),
        ("bloodGroup", json!(response.blood_group)),
        ("distance_km", json!(response.distance_km)),
        ("response", json!(response.standing)),
        ("respondedAt", json!(response.at)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// To those who had accepted: the blood was given.
pub fn request_completed(request: RequestId) -> Message {
    sentence(
        "blood_request_completed",
        "Blood Request Completed",
        request,
        "This blood request has been completed",
        Urgency::Routine,
    )
}

/// To those who had accepted: do not come. Somebody may be on their way.
pub fn request_cancelled(request: RequestId) -> Message {
    sentence(
        "blood_request_cancelled",
        "Blood Request Cancelled",
        request,
        "This blood request has been cancelled",
        Urgency::Urgent,
    )
}

/// To the requester and to those who had accepted: its time is over.
pub fn request_expired(request: RequestId) -> Message {
    sentence(
        "blood_request_expired",
        "Blood Request Expired",
        request,
        "This blood request has expired",
        Urgency::Urgent,
    )
}

/// To the other donors: enough have accepted.
pub fn request_covered(request: RequestId) -> Message {
    sentence(
        "blood_request_covered",
        "Blood Request Covered",
        request,
        "Enough donors have accepted this blood request",
        Urgency::Routine,
    )
}

/// To the requester: nobody will come unless others are asked.
pub fn all_ignored(request: RequestId) -> Message {
    sentence(
        "blood_request_all_ignored",
        "No Donor Available",
        request,
        "Every donor who was notified has ignored your blood request",
        Urgency::Urgent,
    )
}

fn sentence(
    kind: &str,
    title: &str,
    request: RequestId,
    sentence: &str,
    urgency: Urgency,
) -> Message {
    let fields = json!({"requestId": request, "request_id": request, "message": sentence});
    Message::new(kind, fields).with_notice(notice(title, sentence, urgency))
}

fn notice(title: &str, body: &str, urgency: Urgency) -> Notice {
    Notice {
        topic: Topic::Blood,
        title: title.to_owned(),
        body: body.to_owned(),
        urgency,
    }
}

#[cfg(test)]
mod tests;
