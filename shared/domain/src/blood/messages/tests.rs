#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use ulid::Ulid;

use super::{
    all_ignored, blood_request, donor_response, request_cancelled, request_completed,
    request_covered, request_expired, responder,
};
use crate::account::{BloodGroup, PersonName, PhoneNumber};
use crate::audience::Told;
use crate::blood::request::tests::{account, request};
use crate::blood::{
    Around, BloodRequest, CROSS_MATCH, DonorResponse, Matching, Standing, Urgency as Need,
};
use crate::event::Message;
use crate::geo::{GeoPoint, RadiusKm};
use crate::ids::{RequestId, ResponseId};
use crate::notice::{Topic, Urgency};

const ID: &str = "00000000000000000000000001";

fn response(standing: Standing) -> DonorResponse {
    DonorResponse {
        id: ResponseId::new(Ulid::from(5)),
        request: RequestId::new(Ulid::from(1)),
        donor: account(3),
        name: PersonName::parse("Ravi Shankar").unwrap(),
        phone_number: PhoneNumber::parse("9841234567").ok(),
        blood_group: BloodGroup::OPositive,
        distance_km: Some(2.5),
        standing,
        at: "2026-02-01T18:35:00Z".parse().unwrap(),
        was_told: true,
        reported: Vec::new(),
    }
}

/// Every message there is, of requests that tell all that they can.
fn messages() -> Vec<Message> {
    let around = |matching| BloodRequest {
        around: Some(Around {
            center: GeoPoint::new(13.0827, 80.2707).unwrap(),
            radius: RadiusKm::new(12.5).unwrap(),
        }),
        matching,
        ..request()
    };
    let id = request().header.id;
    let mut messages = vec![
        blood_request(&request()),
        blood_request(&around(Matching::Everyone)),
        blood_request(&around(Matching::Compatible)),
        request_completed(id),
        request_cancelled(id),
        request_covered(id),
        request_expired(id),
        all_ignored(id),
    ];
    messages.extend(
        Standing::ALL
            .map(response)
            .iter()
            .filter_map(donor_response),
    );
    messages
}

#[test]
fn the_announcement_has_every_field_of_the_seed_but_the_patients_number() {
    let seed = json!({
        "requesterName": "Sarah Kumar",
        "patientName": "John Doe",
        "bloodGroup": "O+",
        "units": 2,
        "urgency": "Critical",
        "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai",
        "city": "Chennai",
        "status": "Active",
        "date": "2026-02-01T18:30:00.000Z",
        "attenderName": "Jane Doe",
        "attenderNumber": "+91 9876543211",
        // Of its notification.
        "message": "Urgent: O+ needed in Chennai!",
        "requestId": ID,
        "timestamp": "2026-02-01T18:30:00.000Z",
        // Callout's own.
        "request_id": ID,
        "distance_km": null,
    });
    let message = blood_request(&request());
    assert_eq!(message.kind, "blood_request");
    assert_eq!(Value::Object(message.fields), seed);
    assert!(message.links.is_empty());
}

#[test]
fn each_donor_is_told_their_own_distance() {
    let near = Told {
        account: account(3),
        distance_km: Some(0.99),
    };
    let recipient = near.recipient_of(&blood_request(&request()));
    assert_eq!(recipient.fields["distance_km"], 0.99);
}

#[test]
fn where_groups_are_called_compatible_the_cross_match_is_spoken_of() {
    let note = |matching| {
        let request = BloodRequest {
            matching,
            ..request()
        };
        blood_request(&request).fields.remove("note")
    };
    assert_eq!(note(Matching::Everyone), None);
    assert_eq!(note(Matching::Compatible), Some(json!(CROSS_MATCH)));
    assert!(CROSS_MATCH.contains("cross-match"));
}

#[test]
fn the_announcement_disturbs_as_the_need_presses() {
    for (need, urgency) in [
        (Need::Critical, Urgency::Critical),
        (Need::Urgent, Urgency::Urgent),
        (Need::Moderate, Urgency::Routine),
    ] {
        let pressing = BloodRequest {
            urgency: need,
            ..request()
        };
        let message = blood_request(&pressing);
        assert_eq!(message.fields["urgency"], need.as_str());
        let notice = message.notice.unwrap();
        assert_eq!(notice.title, "Emergency Blood Request");
        assert_eq!(notice.body, "Urgent: O+ needed in Chennai!");
        assert_eq!(notice.urgency, urgency);
    }
}

#[test]
fn the_requester_is_told_who_did_what_and_when() {
    let shown = json!({
        "donorId": "00000000000000000000000003",
        "name": "Ravi Shankar",
        "phone": "9841234567",
        "bloodGroup": "O+",
        "distance_km": 2.5,
        "response": "Accepted",
        "respondedAt": "2026-02-01T18:35:00.000Z",
    });
    let accepted = response(Standing::Accepted);
    assert_eq!(Value::Object(responder(&accepted)), shown);

    let message = donor_response(&accepted).unwrap();
    assert_eq!(message.kind, "donor_response");
    let mut told = shown;
    told["requestId"] = ID.into();
    told["request_id"] = ID.into();
    told["message"] = "A donor has accepted your blood request".into();
    told["timestamp"] = "2026-02-01T18:35:00.000Z".into();
    assert_eq!(Value::Object(message.fields), told);
}

#[test]
fn who_ignores_a_request_does_so_in_silence() {
    for (standing, notice) in [
        (Standing::Silent, None),
        (Standing::Ignored, None),
        (Standing::Called, Some(("Donor Called", Urgency::Routine))),
        (
            Standing::Accepted,
            Some(("Donor Accepted", Urgency::Urgent)),
        ),
        (
            Standing::Withdrawn,
            Some(("Donor Withdrew", Urgency::Urgent)),
        ),
        (
            Standing::Confirmed,
            Some(("Donation Confirmed", Urgency::Routine)),
        ),
    ] {
        let message = donor_response(&response(standing));
        let shown = message.as_ref().map(|message| {
            assert_eq!(message.fields["response"], standing.as_str());
            let notice = message.notice.as_ref().unwrap();
            assert_eq!(message.fields["message"], notice.body);
            (notice.title.as_str(), notice.urgency)
        });
        assert_eq!(shown, notice, "{standing:?}");
    }
}

#[test]
fn the_rest_is_told_by_a_sentence() {
    let id = request().header.id;
    for (message, kind, sentence, urgency) in [
        (
            request_completed(id),
            "blood_request_completed",
            "This blood request has been completed",
            Urgency::Routine,
        ),
        (
            request_cancelled(id),
            "blood_request_cancelled",
            "This blood request has been cancelled",
            Urgency::Urgent,
        ),
        (
            request_expired(id),
            "blood_request_expired",
            "This blood request has expired",
            Urgency::Urgent,
        ),
        (
            request_covered(id),
            "blood_request_covered",
            "Enough donors have accepted this blood request",
            Urgency::Routine,
        ),
        (
            all_ignored(id),
            "blood_request_all_ignored",
            "Every donor who was notified has ignored your blood request",
            Urgency::Urgent,
        ),
    ] {
        assert_eq!(message.kind, kind);
        let fields = json!({"requestId": ID, "request_id": ID, "message": sentence});
        assert_eq!(Value::Object(message.fields), fields, "{kind}");
        let notice = message.notice.unwrap();
        assert_eq!((notice.body.as_str(), notice.urgency), (sentence, urgency));
    }
}

#[test]
fn the_patients_number_is_in_no_message() {
    for message in messages() {
        let text = serde_json::to_string(&message).unwrap();
        assert!(!text.contains("9876543210"), "{}", message.kind);
        assert!(!text.contains("patientNumber"), "{}", message.kind);
    }
}

#[test]
fn a_locked_screen_shows_the_group_and_the_city_and_nobody() {
    for message in messages() {
        let notice = message.notice.unwrap();
        assert_eq!(notice.topic, Topic::Blood);
        let shown = format!("{}\n{}", notice.title, notice.body);
        for secret in [
            "John", "Jane", "Doe", "Sarah", "Kumar", "Ravi", "Shankar", "Apollo", "Main",
        ] {
            assert!(!shown.contains(secret), "{}: {shown}", message.kind);
        }
        // Whatever is a number or an exact place has digits.
        assert!(
            !shown.contains(|c: char| c.is_numeric()),
            "{}: {shown}",
            message.kind
        );
        let is_announcement = message.kind == super::BLOOD_REQUEST;
        assert_eq!(shown.contains("Chennai"), is_announcement);
        assert_eq!(shown.contains("O+"), is_announcement);
    }
}
