//! A consultation from the question to the end, over the sockets of all three parties, every message
//! asserted field by field.

use callout_domain::consultation::Step;
use callout_tests::clinic::{Clinic, in_days};
use callout_tests::{Heard, Person, Stage};
use serde_json::{Value, json};

/// The next message of a socket on a notification channel; all but its event id.
async fn heard(socket: &mut Heard) -> Value {
    let mut message = socket.expect("send_notification").await;
    let fields = message.as_object_mut().unwrap();
    assert!(fields.remove("event_id").unwrap().is_string());
    message
}

/// A message of the seed, with what it is about besides.
fn message(channel: &str, data: &Value, besides: Value) -> Value {
    let mut data = data.clone();
    for (name, value) in besides.as_object().unwrap() {
        data[name] = value.clone();
    }
    json!({"type": "send_notification", "channel": channel, "data": data})
}

async fn hears_of(person: &Person, channel: &str, id: &str) -> Heard {
    let socket = person.hears_of(channel, id).await.unwrap();
    let greeting = format!("Connected to {channel} channel");
    assert_eq!(socket.greeting["message"], greeting.as_str());
    socket
}

#[tokio::test]
async fn the_whole_flow_is_told_to_all_three_parties_on_the_seeds_channels() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let second = clinic.second_clerk(&stage).await;
    let patient = stage.patient("John Doe").await;
    let (doctor, clerk) = (&clinic.doctor, &clinic.clerk);
    let mut asked = [
        hears_of(clerk, "hospital-new-consultation", &clinic.id).await,
        hears_of(&second, "hospital-new-consultation", &clinic.id).await,
    ];
    let mut accepted = hears_of(&patient, "patient-doctor-response", &patient.id).await;
    let channel = "doctor-consultation-request-assigned";
    let mut assigned = hears_of(doctor, channel, &doctor.id).await;
    let channel = "doctor-consultation-response-accepted";
    let mut offered = hears_of(&patient, channel, &patient.id).await;
    let mut offer_accepted = [
        hears_of(doctor, "patient-offer-accepted", &doctor.id).await,
        hears_of(clerk, "patient-offer-accepted", &clinic.id).await,
        hears_of(&second, "patient-offer-accepted", &clinic.id).await,
    ];
    let mut suggested = hears_of(&patient, "patient-doctor-suggest", &patient.id).await;
    let channel = "hospital-selected-by-doctor";
    let mut selected = hears_of(&other.clerk, channel, &other.id).await;
    let mut updated = hears_of(doctor, "consultation-update", &doctor.id).await;
    let mut everything = patient.socket().await;

    let form = json!({"hospital_id": clinic.id, "preferred_date": in_days(2)});
    let created = patient.tries_to_ask(form).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["message"], "Consultation request submitted");
    let id = created.text("consultation_request_id");
    let mut data = json!({
        "patient": "John Doe", "doctor": null, "appointment_date": null,
        "organization": clinic.organization(), "consultation_request_id": id, "status": "Pending",
    });
    let besides = json!({
        "message": "A patient has sent a new consultation request",
        "specialty": "Cardiology", "description": "Pain in the chest", "preferred_date": in_days(2),
    });
    for socket in &mut asked {
        let expected = message("hospital-new-consultation", &data, besides.clone());
        assert_eq!(heard(socket).await, expected);
    }

    let path = format!("/api/consultation-request/{id}/accept/");
    let with = json!({"doctor_id": doctor.id, "appointment_date": in_days(4)});
    let answer = clerk.post(&path, with).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "Assigned");
    data["doctor"] = json!("Dr. Smith");
    data["appointment_date"] = json!(in_days(4));
    data["status"] = json!("Assigned");
    let said = "Your consultation request has been accepted by the hospital";
    let expected = message("patient-doctor-response", &data, json!({"message": said}));
    assert_eq!(heard(&mut accepted).await, expected);
    let besides = json!({
        "message": "A consultation request has been assigned to you",
        "specialty": "Cardiology", "description": "Pain in the chest", "preferred_date": in_days(2),
    });
    let expected = message("doctor-consultation-request-assigned", &data, besides);
    assert_eq!(heard(&mut assigned).await, expected);

    clinic.steps(&patient, &id, &[Step::Offer]).await;
    data["appointment_date"] = json!(in_days(3));
    data["status"] = json!("Offered");
    let besides = json!({
        "message": "The doctor has responded to your consultation request with an offer",
        "price": "150.00", "doctor_message": "Come early",
    });
    let expected = message("doctor-consultation-response-accepted", &data, besides);
    assert_eq!(heard(&mut offered).await, expected);

    clinic.steps(&patient, &id, &[Step::AcceptOffer]).await;
    data["status"] = json!("Accepted");
    let said = json!({"message": "The patient has accepted the doctor's offer"});
    for socket in &mut offer_accepted {
        let expected = message("patient-offer-accepted", &data, said.clone());
        assert_eq!(heard(socket).await, expected);
    }

    let answer = doctor.suggests(&id, &other.id).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    data["status"] = json!("Suggested");
    data["organization"] = other.organization();
    let besides = json!({"message": "Your doctor has sent you a suggestion",
                         "suggestion": "A stress test"});
    let expected = message("patient-doctor-suggest", &data, besides);
    assert_eq!(heard(&mut suggested).await, expected);
    let besides = json!({"message": "A doctor has selected your hospital for a patient",
                         "suggestion": "A stress test"});
    let expected = message("hospital-selected-by-doctor", &data, besides);
    assert_eq!(heard(&mut selected).await, expected);

    let path = format!("/api/doctor-suggest/{id}/hospital-accept/");
    let refused = clerk.post(&path, json!({})).await;
    assert_eq!(
        refused.status, 403,
        "another was suggested: {}",
        refused.body
    );
    let answer = other.clerk.post(&path, json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "Confirmed");
    data["status"] = json!("accepted");
    let said = json!({"message": "The hospital has accepted your doctor's suggestion"});
    let expected = message("patient-doctor-suggest", &data, said);
    assert_eq!(heard(&mut suggested).await, expected);
    let said = json!({"message": "The hospital has accepted your suggestion"});
    let expected = message("consultation-update", &data, said);
    assert_eq!(heard(&mut updated).await, expected);

    // By a clerk, and so to everybody else.
    let path = format!("/api/consultation-request/{id}/complete/");
    let answer = second.post(&path, json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    data["status"] = json!("Completed");
    data["organization"] = clinic.organization();
    let said = json!({"message": "The consultation is completed"});
    let expected = message("consultation-update", &data, said);
    assert_eq!(heard(&mut updated).await, expected);

    // The socket of the role has heard all of the patient's, and each of the others only its own.
    let mut channels = Vec::new();
    for _ in 0..5 {
        channels.push(heard(&mut everything).await["channel"].clone());
    }
    assert_eq!(
        channels,
        [
            "patient-doctor-response",
            "doctor-consultation-response-accepted",
            "patient-doctor-suggest",
            "patient-doctor-suggest",
            "consultation-update",
        ]
    );
    let [first, second] = asked;
    for mut socket in [
        first, second, accepted, assigned, offered, suggested, selected,
    ] {
        socket.ping().await;
        assert_eq!(socket.others(), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_declined_offer_is_followed_by_a_new_one_and_by_another_doctor() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
    let second = stage.person("doctor", "Dr. Jones", works).await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    let mut doctor_socket = clinic.doctor.socket().await;
    let mut clerk_socket = clinic.clerk.socket().await;
    let offer = [Step::Accept, Step::Offer, Step::DeclineOffer];
    clinic.steps(&patient, &id, &offer).await;
    doctor_socket.expect("send_notification").await;
    clerk_socket.expect("send_notification").await;
    for socket in [&mut doctor_socket, &mut clerk_socket] {
        let told = socket.expect("send_notification").await;
        assert_eq!(told["channel"], "consultation-update");
        assert_eq!(told["data"]["status"], "Declined");
    }
    clinic.steps(&patient, &id, &[Step::Offer]).await;
    assert_eq!(patient.consultation(&id).await.body["status"], "Offered");

    // The doctor cannot come after all, and the hospital finds another, whose it is then alone.
    clinic
        .steps(&patient, &id, &[Step::AcceptOffer, Step::Decline])
        .await;
    let seen = patient.consultation(&id).await.body;
    assert_eq!(
        (&seen["status"], &seen["price"]),
        (&json!("Declined"), &Value::Null)
    );
    assert_eq!(seen["doctor_message"], "I am away");
    let assigned = clinic.clerk.accepts(&id, &second.id).await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    assert_eq!(clinic.doctor.consultation(&id).await.status, 404);
    let list = "/api/consultation-request/";
    assert_eq!(clinic.doctor.get(list).await.body["count"], 0);
    assert_eq!(second.get(list).await.body["count"], 1);
    assert_eq!(clinic.doctor.offers(&id).await.status, 404);
    assert_eq!(second.offers(&id).await.status, 200);
    clinic.steps(&patient, &id, &[Step::AcceptOffer]).await;
}

#[tokio::test]
async fn whoever_was_away_catches_up_on_the_channel_that_it_is_for() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    // Open, and for something else: what it is not told stays unheard.
    let channel = "patient-doctor-suggest";
    let mut elsewhere = patient.hears_of(channel, &patient.id).await.unwrap();
    let id = patient.asks(&clinic).await;
    clinic
        .steps(&patient, &id, &[Step::Accept, Step::Offer])
        .await;
    stage.settled().await;
    elsewhere.ping().await;
    assert_eq!(elsewhere.others(), Vec::<Value>::new());
    for item in stage.inbox(&patient.id).await {
        assert!(item.get("unheard").is_some(), "{item}");
        assert!(item.get("sent_at").is_none(), "no socket took it: {item}");
    }

    let channel = "doctor-consultation-response-accepted";
    let mut offered = patient.hears_of(channel, &patient.id).await.unwrap();
    let missed = offered.expect("send_notification").await;
    assert_eq!(missed["channel"], channel);
    assert_eq!(missed["replayed"], true);
    offered.ping().await;
    assert_eq!(offered.others(), Vec::<Value>::new());
    offered
        .send(json!({"type": "ack", "event_id": missed["event_id"]}))
        .await;
    offered.ping().await;

    // What the other channel's socket acknowledged is not said again; the rest is.
    let mut everything = patient.socket().await;
    let missed = everything.expect("send_notification").await;
    assert_eq!(missed["channel"], "patient-doctor-response");
    everything.ping().await;
    assert_eq!(everything.others(), Vec::<Value>::new());

    let mut doctor = clinic.doctor.socket().await;
    let missed = doctor.expect("send_notification").await;
    assert_eq!(missed["channel"], "doctor-consultation-request-assigned");
    let channel = "hospital-new-consultation";
    let mut clerk = clinic.clerk.hears_of(channel, &clinic.id).await.unwrap();
    let missed = clerk.expect("send_notification").await;
    assert_eq!(missed["data"]["consultation_request_id"], id.as_str());
}

#[tokio::test]
async fn the_end_archives_all_that_was_told() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    let steps = [Step::Accept, Step::Offer, Step::AcceptOffer, Step::Cancel];
    clinic.steps(&patient, &id, &steps).await;
    stage.settled().await;
    for (person, left) in [(&patient, 0), (&clinic.doctor, 1), (&clinic.clerk, 1)] {
        let inbox = person.get("/notifications/").await.body;
        let current = inbox["notifications"].as_array().unwrap();
        assert_eq!(current.len(), left, "{inbox}");
        for one in current {
            assert_eq!(one["data"]["data"]["status"], "Cancelled", "{one}");
        }
    }
}
