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
    assert!(fields.remove("trace_id").unwrap().is_string());
    message
}

/// Who is on stage, what they hear, and what every message about the consultation says by now.
struct Flow {
    clinic: Clinic,
    other: Clinic,
    second: Person,
    patient: Person,
    ears: Ears,
    id: String,
    data: Value,
}

/// A socket on each channel, for whom it is.
struct Ears {
    asked: [Heard; 2],
    accepted: Heard,
    assigned: Heard,
    offered: Heard,
    offer_accepted: [Heard; 3],
    suggested: Heard,
    selected: Heard,
    updated: Heard,
    everything: Heard,
}

async fn hears_of(person: &Person, channel: &str, id: &str) -> Heard {
    let socket = person.hears_of(channel, id).await.unwrap();
    let greeting = format!("Connected to {channel} channel");
    assert_eq!(socket.greeting["message"], greeting.as_str());
    socket
}

impl Ears {
    async fn open(clinic: &Clinic, other: &Clinic, second: &Person, patient: &Person) -> Self {
        let (doctor, clerk) = (&clinic.doctor, &clinic.clerk);
        let of_doctor = "doctor-consultation-request-assigned";
        let of_patient = "doctor-consultation-response-accepted";
        Self {
            asked: [
                hears_of(clerk, "hospital-new-consultation", &clinic.id).await,
                hears_of(second, "hospital-new-consultation", &clinic.id).await,
            ],
            accepted: hears_of(patient, "patient-doctor-response", &patient.id).await,
            assigned: hears_of(doctor, of_doctor, &doctor.id).await,
            offered: hears_of(patient, of_patient, &patient.id).await,
            offer_accepted: [
                hears_of(doctor, "patient-offer-accepted", &doctor.id).await,
                hears_of(clerk, "patient-offer-accepted", &clinic.id).await,
                hears_of(second, "patient-offer-accepted", &clinic.id).await,
            ],
            suggested: hears_of(patient, "patient-doctor-suggest", &patient.id).await,
            selected: hears_of(&other.clerk, "hospital-selected-by-doctor", &other.id).await,
            updated: hears_of(doctor, "consultation-update", &doctor.id).await,
            everything: patient.socket().await,
        }
    }
}

impl Flow {
    /// The message of the seed, with what it is about besides.
    fn message(&self, channel: &str, besides: &Value) -> Value {
        let mut data = self.data.clone();
        for (name, value) in besides.as_object().unwrap() {
            data[name] = value.clone();
        }
        json!({"type": "send_notification", "channel": channel, "data": data})
    }

    /// The patient asks.
    async fn begin(stage: &Stage) -> Self {
        let clinic = Clinic::open(stage, "Tunis Care Hospital").await;
        let other = Clinic::open(stage, "Sousse Clinic").await;
        let second = clinic.second_clerk(stage).await;
        let patient = stage.patient("John Doe").await;
        let ears = Ears::open(&clinic, &other, &second, &patient).await;
        let form = json!({"hospital_id": clinic.id, "preferred_date": in_days(2)});
        let created = patient.tries_to_ask(form).await;
        assert_eq!(created.status, 201, "{}", created.body);
        assert_eq!(created.body["message"], "Consultation request submitted");
        let id = created.text("consultation_request_id");
        let data = json!({
            "patient": "John Doe", "doctor": null, "appointment_date": null,
            "organization": clinic.organization(), "consultation_request_id": id,
            "status": "Pending",
        });
        Self {
            clinic,
            other,
            second,
            patient,
            ears,
            id,
            data,
        }
    }

    /// The hospital hears of it, and gives it to its doctor.
    async fn is_assigned(&mut self) {
        let asks = json!({
            "specialty": "Cardiology", "description": "Pain in the chest",
            "preferred_date": in_days(2),
        });
        let mut besides = asks.clone();
        besides["message"] = json!("A patient has sent a new consultation request");
        let expected = self.message("hospital-new-consultation", &besides);
        for socket in &mut self.ears.asked {
            assert_eq!(heard(socket).await, expected);
        }
        let path = format!("/api/consultation-request/{}/accept/", self.id);
        let with = json!({"doctor_id": self.clinic.doctor.id, "appointment_date": in_days(4)});
        let answer = self.clinic.clerk.post(&path, with).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["status"], "Assigned");
        self.data["doctor"] = json!("Dr. Smith");
        self.data["appointment_date"] = json!(in_days(4));
        self.data["status"] = json!("Assigned");
        let said = "Your consultation request has been accepted by the hospital";
        let expected = self.message("patient-doctor-response", &json!({"message": said}));
        assert_eq!(heard(&mut self.ears.accepted).await, expected);
        let mut besides = asks;
        besides["message"] = json!("A consultation request has been assigned to you");
        let expected = self.message("doctor-consultation-request-assigned", &besides);
        assert_eq!(heard(&mut self.ears.assigned).await, expected);
    }

    /// The doctor offers, and the patient accepts.
    async fn is_accepted(&mut self) {
        let (clinic, patient) = (&self.clinic, &self.patient);
        clinic.steps(patient, &self.id, &[Step::Offer]).await;
        self.data["appointment_date"] = json!(in_days(3));
        self.data["status"] = json!("Offered");
        let besides = json!({
            "message": "The doctor has responded to your consultation request with an offer",
            "price": "150.00", "doctor_message": "Come early",
        });
        let expected = self.message("doctor-consultation-response-accepted", &besides);
        assert_eq!(heard(&mut self.ears.offered).await, expected);

        let (clinic, patient) = (&self.clinic, &self.patient);
        clinic.steps(patient, &self.id, &[Step::AcceptOffer]).await;
        self.data["status"] = json!("Accepted");
        let said = json!({"message": "The patient has accepted the doctor's offer"});
        let expected = self.message("patient-offer-accepted", &said);
        for socket in &mut self.ears.offer_accepted {
            assert_eq!(heard(socket).await, expected);
        }
    }

    /// The doctor suggests another hospital, which accepts.
    async fn is_confirmed(&mut self) {
        let answer = self.clinic.doctor.suggests(&self.id, &self.other.id).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.data["status"] = json!("Suggested");
        self.data["organization"] = self.other.organization();
        let besides = json!({"message": "Your doctor has sent you a suggestion",
                             "suggestion": "A stress test"});
        let expected = self.message("patient-doctor-suggest", &besides);
        assert_eq!(heard(&mut self.ears.suggested).await, expected);
        let besides = json!({"message": "A doctor has selected your hospital for a patient",
                             "suggestion": "A stress test"});
        let expected = self.message("hospital-selected-by-doctor", &besides);
        assert_eq!(heard(&mut self.ears.selected).await, expected);

        let path = format!("/api/doctor-suggest/{}/hospital-accept/", self.id);
        let refused = self.clinic.clerk.post(&path, json!({})).await;
        assert_eq!(refused.status, 403, "not suggested: {}", refused.body);
        let answer = self.other.clerk.post(&path, json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["status"], "Confirmed");
        self.data["status"] = json!("accepted");
        let said = json!({"message": "The hospital has accepted your doctor's suggestion"});
        let expected = self.message("patient-doctor-suggest", &said);
        assert_eq!(heard(&mut self.ears.suggested).await, expected);
        let said = json!({"message": "The hospital has accepted your suggestion"});
        let expected = self.message("consultation-update", &said);
        assert_eq!(heard(&mut self.ears.updated).await, expected);
    }

    /// A clerk closes it, and everybody else hears of it.
    async fn is_completed(&mut self) {
        let path = format!("/api/consultation-request/{}/complete/", self.id);
        let answer = self.second.post(&path, json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.data["status"] = json!("Completed");
        self.data["organization"] = self.clinic.organization();
        let said = json!({"message": "The consultation is completed"});
        let expected = self.message("consultation-update", &said);
        assert_eq!(heard(&mut self.ears.updated).await, expected);
    }
}

#[tokio::test]
async fn the_whole_flow_is_told_to_all_three_parties_on_the_seeds_channels() {
    let stage = Stage::set().await;
    let mut flow = Box::pin(Flow::begin(&stage)).await;
    flow.is_assigned().await;
    flow.is_accepted().await;
    flow.is_confirmed().await;
    flow.is_completed().await;

    // The socket of the role has heard all of the patient's, and each of the others only its own.
    let mut ears = flow.ears;
    let mut channels = Vec::new();
    for _ in 0..5 {
        channels.push(heard(&mut ears.everything).await["channel"].clone());
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
    let single = [
        ears.accepted,
        ears.assigned,
        ears.offered,
        ears.suggested,
        ears.selected,
    ];
    let several = ears.asked.into_iter().chain(ears.offer_accepted);
    for mut socket in several.chain(single) {
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
    let assigned = clinic.clerk.gives(&id, &second.id).await;
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
