//! What people are told of a request for medicine: every field of both seeds, and both spellings
//! where they spell one thing differently. What a locked screen shows of it names no patient, no
//! number and no place: anybody may look.

use serde_json::{Value, json};

use crate::event::Message;
use crate::geo::GeoPoint;
use crate::ids::RequestId;
use crate::medicine::{Choice, MedicineRequest, MedicineResponse, Reach, ReplyText};
use crate::notice::{Notice, Topic, Urgency};

/// The type of [`new_request`].
pub const NEW_REQUEST: &str = "new_request";
/// The type of [`pharmacy_response`].
pub const PHARMACY_RESPONSE: &str = "pharmacy_response";

/// To the pharmacies: there is a need. Each adds its own `distance_km`.
pub fn new_request(request: &MedicineRequest) -> Message {
    let fields = json!({
        "request_id": request.header.id,
        "patient_name": request.patient_name,
        "patient_phone": request.patient_phone,
        "patient_location": match request.reach {
            Reach::Around { center, .. } => place(center),
            Reach::Directed { .. } => Value::Null,
        },
        "distance_km": null,
        "quantity": request.quantity,
        "timestamp": request.header.created_at,
    });
    Message::new(NEW_REQUEST, fields)
        .with_link("image_url", request.image)
        .with_notice(notice(
            "New Medicine Request",
            "New medicine request received! Tap to view details",
            Urgency::Urgent,
        ))
}

/// To the customer: a pharmacy has answered.
pub fn pharmacy_response(response: &MedicineResponse) -> Message {
    let text = response.text.as_ref().map(ReplyText::as_str);
    let fields = json!({
        "request_id": response.request,
        "pharmacy_id": response.pharmacy,
        "pharmacy_name": response.pharmacy_name,
        "pharmacy_location": response.pharmacy_location.map(place),
        "response_type": response.choice,
        "status": response.choice,
        "text_message": text,
        "message": text,
        "distance_km": response.distance_km,
        "responded_at": response.responded_at,
        "timestamp": response.responded_at,
    });
    let (did, urgency) = match response.choice {
        Choice::Accepted => ("accepted", Urgency::Urgent),
        Choice::Rejected => ("rejected", Urgency::Routine),
    };
    let sentence = format!("Your request has been {did} by {}", response.pharmacy_name);
    Message::new(PHARMACY_RESPONSE, fields)
        .with_link("audio_url", response.audio)
        .with_notice(notice("Pharmacy Responded", &sentence, urgency))
}

/// To the other pharmacies: one has accepted.
pub fn request_taken(request: RequestId) -> Message {
    ended(
        "request_taken",
        "Medicine Request Taken",
        request,
        "This request has been accepted by another pharmacy",
    )
}

/// To the pharmacies: the customer needs it no more.
pub fn request_cancelled(request: RequestId) -> Message {
    ended(
        "request_cancelled",
        "Medicine Request Cancelled",
        request,
        "This request has been cancelled by the customer",
    )
}

/// To the pharmacies: the customer has what was needed.
pub fn request_completed(request: RequestId) -> Message {
    ended(
        "request_completed",
        "Medicine Request Completed",
        request,
        "This request has been completed",
    )
}

/// To the customer: nobody accepted in time.
pub fn request_expired(request: RequestId) -> Message {
    let sentence = "No pharmacy has accepted your request in time";
    let fields = json!({"request_id": request, "message": sentence});
    Message::new("request_expired", fields).with_notice(notice(
        "Medicine Request Expired",
        sentence,
        Urgency::Urgent,
    ))
}

fn ended(kind: &str, title: &str, request: RequestId, sentence: &str) -> Message {
    Message::new(kind, json!({"request_id": request, "message": sentence})).with_notice(notice(
        title,
        sentence,
        Urgency::Routine,
    ))
}

fn notice(title: &str, body: &str, urgency: Urgency) -> Notice {
    Notice {
        topic: Topic::Medicine,
        title: title.to_owned(),
        body: body.to_owned(),
        urgency,
    }
}

fn place(point: GeoPoint) -> Value {
    json!({"lat": point.lat(), "lng": point.lng()})
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{
        new_request, pharmacy_response, request_cancelled, request_completed, request_expired,
        request_taken,
    };
    use crate::event::Message;
    use crate::geo::GeoPoint;
    use crate::ids::{MediaId, RequestId, ResponseId};
    use crate::medicine::request::tests::{account, request};
    use crate::medicine::{Choice, MedicineRequest, MedicineResponse, Reach, ReplyText};
    use crate::notice::{Topic, Urgency};

    /// The names of all fields, those that become links among them, and `type`.
    fn names(message: &Message) -> BTreeSet<&str> {
        message
            .fields
            .keys()
            .chain(message.links.keys())
            .map(String::as_str)
            .chain(["type"])
            .collect()
    }

    /// The names of the fields of a seed's example.
    fn seed(example: &Value) -> BTreeSet<&str> {
        example
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    fn response() -> MedicineResponse {
        MedicineResponse {
            id: ResponseId::new(Ulid::from(5)),
            request: RequestId::new(Ulid::from(1)),
            pharmacy: account(3),
            pharmacy_name: "City Pharmacy".to_owned(),
            pharmacy_location: GeoPoint::new(27.7, 85.32).ok(),
            distance_km: Some(2.5),
            choice: Choice::Accepted,
            text: ReplyText::parse("We have this medicine in stock!").unwrap(),
            audio: None,
            responded_at: "2026-02-24T10:35:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn new_request_has_every_field_of_both_seeds() {
        let broadcast = json!({
            "type": "new_request",
            "request_id": "00000000000000000000000001",
            "patient_name": "John Doe",
            "patient_phone": "9841234567",
            "patient_location": {"lat": 27.7172, "lng": 85.324},
            "distance_km": null,
            "quantity": 10,
            "image_url": "a link",
            "timestamp": "2026-02-24T10:30:00.000Z"
        });
        let message = new_request(&request());
        assert_eq!(message.kind, "new_request");
        assert_eq!(names(&message), seed(&broadcast));
        for (name, value) in &message.fields {
            assert_eq!(value, &broadcast[name], "{name}");
        }
        assert_eq!(message.links["image_url"], MediaId::new(Ulid::from(2)));
    }

    #[test]
    fn a_directed_request_without_a_picture_says_so_by_null() {
        let directed = MedicineRequest {
            reach: Reach::Directed {
                pharmacy: account(3),
            },
            image: None,
            ..request()
        };
        let message = new_request(&directed);
        assert_eq!(names(&message), names(&new_request(&request())));
        for name in ["patient_location", "distance_km", "image_url"] {
            assert_eq!(message.fields[name], Value::Null, "{name}");
        }
    }

    #[test]
    fn pharmacy_response_has_every_field_of_both_seeds_in_both_spellings() {
        let broadcast = json!({
            "type": "pharmacy_response",
            "request_id": "00000000000000000000000001",
            "pharmacy_id": "00000000000000000000000003",
            "pharmacy_name": "City Pharmacy",
            "pharmacy_location": {"lat": 27.7, "lng": 85.32},
            "response_type": "ACCEPTED",
            "text_message": "We have this medicine in stock!",
            "audio_url": null,
            "distance_km": 2.5,
            "responded_at": "2026-02-24T10:35:00.000Z"
        });
        let directed = json!({
            "type": "pharmacy_response",
            "request_id": "00000000000000000000000001",
            "status": "ACCEPTED",
            "message": "We have this medicine in stock!",
            "audio_url": null,
            "pharmacy_name": "City Pharmacy",
            "timestamp": "2026-02-24T10:35:00.000Z"
        });
        let message = pharmacy_response(&response());
        assert_eq!(message.kind, "pharmacy_response");
        assert_eq!(names(&message), &seed(&broadcast) | &seed(&directed));
        for (name, value) in &message.fields {
            let expected = broadcast.get(name).or(directed.get(name)).unwrap();
            assert_eq!(value, expected, "{name}");
        }
    }

    #[test]
    fn what_was_recorded_becomes_a_link() {
        let audio = MediaId::new(Ulid::from(9));
        let message = pharmacy_response(&MedicineResponse {
            audio: Some(audio),
            ..response()
        });
        assert_eq!(message.links["audio_url"], audio);
        assert!(!message.fields.contains_key("audio_url"));
    }

    #[test]
    fn the_end_of_a_request_is_told_by_a_sentence() {
        let id = RequestId::new(Ulid::from(1));
        for (message, kind, sentence) in [
            (
                request_taken(id),
                "request_taken",
                "This request has been accepted by another pharmacy",
            ),
            (
                request_cancelled(id),
                "request_cancelled",
                "This request has been cancelled by the customer",
            ),
            (
                request_completed(id),
                "request_completed",
                "This request has been completed",
            ),
            (
                request_expired(id),
                "request_expired",
                "No pharmacy has accepted your request in time",
            ),
        ] {
            let expected = json!({"request_id": "00000000000000000000000001", "message": sentence});
            let told = Message {
                notice: None,
                ..message.clone()
            };
            assert_eq!(told, Message::new(kind, expected));
            assert_eq!(message.notice.unwrap().body, sentence);
        }
    }

    /// Every message there is, of requests that tell and show all that they can.
    fn messages() -> Vec<Message> {
        let directed = MedicineRequest {
            reach: Reach::Directed {
                pharmacy: account(3),
            },
            ..request()
        };
        let talkative = "John Doe, 9841234567, 27.7172 N 85.324 E: ready at 27.7, 85.32";
        let answered = |choice| MedicineResponse {
            choice,
            text: ReplyText::parse(talkative).unwrap(),
            ..response()
        };
        let id = request().header.id;
        vec![
            new_request(&request()),
            new_request(&directed),
            pharmacy_response(&answered(Choice::Accepted)),
            pharmacy_response(&answered(Choice::Rejected)),
            request_taken(id),
            request_cancelled(id),
            request_completed(id),
            request_expired(id),
        ]
    }

    #[test]
    fn a_locked_screen_shows_no_patient_no_number_and_no_place() {
        for message in messages() {
            let notice = message.notice.unwrap();
            let shown = format!("{}\n{}", notice.title, notice.body);
            for secret in ["John", "Doe", "9841234567", "27.7", "85.32", "2.5", "ready"] {
                assert!(!shown.contains(secret), "{}: {shown}", message.kind);
            }
            // Whatever is a place or a number has digits.
            assert!(
                !shown.contains(|c: char| c.is_numeric()),
                "{}: {shown}",
                message.kind
            );
        }
    }

    #[test]
    fn a_need_and_a_yes_are_urgent_and_the_rest_can_wait() {
        let notices: Vec<(String, String, Urgency)> = messages()
            .into_iter()
            .map(|message| {
                let notice = message.notice.unwrap();
                assert_eq!(notice.topic, Topic::Medicine);
                (notice.title, notice.body, notice.urgency)
            })
            .collect();
        let notices: Vec<(&str, &str, Urgency)> = notices
            .iter()
            .map(|(title, body, urgency)| (title.as_str(), body.as_str(), *urgency))
            .collect();
        let need = (
            "New Medicine Request",
            "New medicine request received! Tap to view details",
            Urgency::Urgent,
        );
        assert_eq!(
            notices,
            [
                need,
                need,
                (
                    "Pharmacy Responded",
                    "Your request has been accepted by City Pharmacy",
                    Urgency::Urgent
                ),
                (
                    "Pharmacy Responded",
                    "Your request has been rejected by City Pharmacy",
                    Urgency::Routine
                ),
                (
                    "Medicine Request Taken",
                    "This request has been accepted by another pharmacy",
                    Urgency::Routine
                ),
                (
                    "Medicine Request Cancelled",
                    "This request has been cancelled by the customer",
                    Urgency::Routine
                ),
                (
                    "Medicine Request Completed",
                    "This request has been completed",
                    Urgency::Routine
                ),
                (
                    "Medicine Request Expired",
                    "No pharmacy has accepted your request in time",
                    Urgency::Urgent
                ),
            ]
        );
    }
}
