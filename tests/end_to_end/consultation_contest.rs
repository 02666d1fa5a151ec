//! Several who act at once, and who sends what again.

use callout_domain::consultation::Step;
use callout_tests::clinic::Clinic;
use callout_tests::{Answer, Stage};
use serde_json::json;

/// Exactly one succeeded, and the others were told where it stands.
fn one_of(answers: &[Answer], state: &str) {
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.text("error").contains(state), "{}", answer.body);
    }
}

#[tokio::test]
async fn two_clerks_who_accept_at_once_make_one_acceptance() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
    let other_doctor = stage.person("doctor", "Dr. Jones", works).await;
    let second = clinic.second_clerk(&stage).await;
    let patient = stage.patient("John Doe").await;
    let mut socket = patient.socket().await;
    for _ in 0..5 {
        let id = patient.asks(&clinic).await;
        let answers: [Answer; 3] = futures::join!(
            clinic.clerk.gives(&id, &clinic.doctor.id),
            second.gives(&id, &other_doctor.id),
            second.gives(&id, &clinic.doctor.id),
        )
        .into();
        one_of(&answers, "Assigned");
        let won = answers.iter().find(|answer| answer.status == 200).unwrap();
        let seen = patient.consultation(&id).await.body;
        assert_eq!(seen["doctor"], won.body["data"]["doctor"]);
        let told = socket.expect("send_notification").await;
        assert_eq!(told["data"]["doctor"], seen["doctor"]);
        let mut listed = 0;
        for doctor in [&clinic.doctor, &other_doctor] {
            let status = doctor.consultation(&id).await.status;
            listed += usize::from(status == 200);
        }
        assert_eq!(listed, 1, "one doctor has it");
    }
    stage.settled().await;
    socket.ping().await;
    assert!(socket.others().is_empty());
}

#[tokio::test]
async fn who_ends_it_at_once_ends_it_once() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    clinic
        .steps(&patient, &id, &[Step::Accept, Step::Offer])
        .await;
    let path = format!("/api/consultation-request/{id}/cancel/");
    let (one, other, accepted) = futures::join!(
        patient.post(&path, json!({})),
        clinic.clerk.post(&path, json!({})),
        clinic.step(&patient, &id, Step::AcceptOffer),
    );
    one_of(&[one, other], "Cancelled");
    assert!([200, 400].contains(&accepted.status), "{}", accepted.body);
    let seen = patient.consultation(&id).await.body;
    assert_eq!(seen["status"], "Cancelled");
}

#[tokio::test]
async fn what_creates_something_does_so_once_a_key() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let path = "/api/consultation-request/";
    let form = json!({"hospital_id": clinic.id, "description": "Pain in the chest"});
    let (one, other) = futures::join!(
        patient.post_once(path, "once", form.clone()),
        patient.post_once(path, "once", form.clone()),
    );
    assert_eq!(
        (one.status, other.status),
        (201, 201),
        "{} {}",
        one.body,
        other.body
    );
    assert_eq!(one.body, other.body);
    assert_eq!(patient.get(path).await.body["count"], 1);
    let reused = patient
        .post_once(
            path,
            "once",
            json!({"hospital_id": clinic.id, "description": "Cough"}),
        )
        .await;
    assert_eq!(reused.status, 422, "{}", reused.body);

    let id = one.text("consultation_request_id");
    let steps = [Step::Accept, Step::Offer, Step::AcceptOffer];
    clinic.steps(&patient, &id, &steps).await;
    let path = "/api/doctor-suggest/";
    let form = json!({"consultation_request_id": id, "hospital_id": clinic.id,
                      "suggestion": "A stress test"});
    let suggested = clinic.doctor.post_once(path, "once", form.clone()).await;
    assert_eq!(suggested.status, 201, "{}", suggested.body);
    clinic
        .steps(&patient, &id, &[Step::AcceptSuggestion, Step::Complete])
        .await;
    // Long over, and still the same answer.
    let again = clinic.doctor.post_once(path, "once", form.clone()).await;
    assert_eq!((again.status, again.body), (201, suggested.body));
    let anew = clinic.doctor.post_once(path, "another", form).await;
    assert_eq!(anew.status, 400, "{}", anew.body);
    assert_eq!(anew.body["code"], "consultation_completed");
}
