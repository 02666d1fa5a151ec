//! What remains in consultations of people who deleted their accounts.

use callout_domain::consultation::Step;
use callout_tests::clinic::Clinic;
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// How a consultation stands for somebody.
async fn seen(person: &Person, id: &str) -> Value {
    let answer = person.consultation(id).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Everything that is in somebody's inbox, as text.
async fn told(stage: &Stage, person: &Person) -> String {
    json!(stage.inbox(&person.id).await).to_string()
}

#[tokio::test]
async fn a_patient_who_leaves_takes_along_who_they_were() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let patient = stage.patient("Amina Ben Ali").await;
    let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
    let former = stage.person("doctor", "Dr. Jones", works).await;
    let open = patient.asks(&clinic).await;
    assert_eq!(clinic.clerk.gives(&open, &former.id).await.status, 200);
    let declined = json!({"status": "Declined"});
    let path = format!("/api/consultation-response/{open}/doctor-response/");
    assert_eq!(former.post(&path, declined).await.status, 200);
    let suggested = [Step::Accept, Step::Offer, Step::AcceptOffer];
    clinic.steps(&patient, &open, &suggested).await;
    assert_eq!(clinic.doctor.suggests(&open, &other.id).await.status, 201);
    let over = patient.asks(&clinic).await;
    clinic.steps(&patient, &over, &[Step::Cancel]).await;
    stage.settled().await;
    let everybody = [&clinic.clerk, &clinic.doctor, &other.clerk, &former];
    for person in everybody {
        assert!(told(&stage, person).await.contains("Amina"));
    }
    let mut doctor = clinic.doctor.socket().await;
    let mut clerk = other.clerk.socket().await;
    assert_eq!(patient.delete("/patient/profile/").await.status, 200);
    for socket in [&mut doctor, &mut clerk] {
        loop {
            let told = socket.expect("send_notification").await;
            if told["data"]["status"] == "Cancelled" {
                assert_eq!(told["data"]["patient"], "Deleted account");
                assert_eq!(told["data"]["consultation_request_id"], open.as_str());
                break;
            }
        }
    }
    stage.settled().await;
    for person in everybody {
        let inbox = told(&stage, person).await;
        for secret in ["Amina", "chest", "stress"] {
            assert!(!inbox.contains(secret), "{inbox}");
        }
    }
    for id in [&open, &over] {
        let left = seen(&clinic.clerk, id).await;
        assert_eq!(left["status"], "Cancelled");
        assert_eq!(left["patient"], "Deleted account");
        for gone in ["description", "doctor_message"] {
            assert_eq!(left[gone], Value::Null, "{left}");
        }
    }
    let left = seen(&other.clerk, &open).await;
    assert_eq!(left["suggestion"]["suggestion"], Value::Null);
}

#[tokio::test]
async fn what_waits_for_a_doctor_who_leaves_goes_back_to_the_hospital() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
    let second = stage.person("doctor", "Dr. Jones", works).await;
    let patient = stage.patient("John Doe").await;
    let waiting = patient.asks(&clinic).await;
    clinic
        .steps(&patient, &waiting, &[Step::Accept, Step::Offer])
        .await;
    let suggested = patient.asks(&clinic).await;
    let way = [Step::Accept, Step::Offer, Step::AcceptOffer, Step::Suggest];
    clinic.steps(&patient, &suggested, &way).await;
    let mut clerk = clinic.clerk.socket().await;
    assert_eq!(clinic.doctor.delete("/doctor/profile/").await.status, 200);
    loop {
        let told = clerk.expect("send_notification").await;
        if told["data"]["status"] == "Declined" {
            assert_eq!(told["data"]["consultation_request_id"], waiting.as_str());
            assert_eq!(told["data"]["doctor"], Value::Null);
            break;
        }
    }
    stage.settled().await;
    let left = seen(&patient, &waiting).await;
    assert_eq!(
        (&left["status"], &left["doctor"]),
        (&json!("Declined"), &Value::Null)
    );
    assert!(!told(&stage, &patient).await.contains("Dr. Smith"));
    // They are not to be had any more; another is.
    assert_eq!(clinic.accepts(&waiting).await.status, 400);
    assert_eq!(clinic.clerk.gives(&waiting, &second.id).await.status, 200);
    // Their part of this one was done.
    assert_eq!(seen(&patient, &suggested).await["status"], "Suggested");
    clinic
        .steps(&patient, &suggested, &[Step::AcceptSuggestion])
        .await;
    // A token outlives its account by minutes.
    assert_eq!(clinic.doctor.consultation(&suggested).await.status, 404);
    assert_eq!(clinic.doctor.offers(&waiting).await.status, 404);
}

#[tokio::test]
async fn a_hospital_outlives_its_founder_and_goes_with_its_last_member() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let second = clinic.second_clerk(&stage).await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    assert_eq!(clinic.clerk.delete("/hospital/profile/").await.status, 200);
    stage.settled().await;
    assert_eq!(second.gives(&id, &clinic.doctor.id).await.status, 200);
    let later = patient.asks(&clinic).await;
    let third = clinic.joins(&stage, "Third Clerk").await;
    let approve = format!("/hospital/members/{}/approve/", third.id);

    let mut socket = patient.socket().await;
    assert_eq!(second.delete("/hospital/profile/").await.status, 200);
    let mut cancelled = Vec::new();
    while cancelled.len() < 2 {
        let told = socket.expect("send_notification").await;
        if told["data"]["status"] == "Cancelled" {
            cancelled.push(told["data"]["consultation_request_id"].clone());
        }
    }
    assert!(cancelled.contains(&json!(id)) && cancelled.contains(&json!(later)));
    let form = json!({"hospital_id": clinic.id});
    let refused = patient.tries_to_ask(form).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(third.get("/hospital/members/").await.status, 403);
    assert_eq!(second.post(&approve, json!({})).await.status, 401);
    // Who waited for it may leave too.
    assert_eq!(third.delete("/hospital/profile/").await.status, 200);
}
