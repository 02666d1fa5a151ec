//! Every state of the machine is reached through REST, and every step is tried in it: what the machine
//! allows happens, and all the rest is refused by the name of the state.

use std::collections::{BTreeMap, VecDeque};

use callout_domain::consultation::{Party, State, Step};
use callout_tests::clinic::{Clinic, in_days};
use callout_tests::{Person, Stage};
use serde_json::json;

/// The shortest way to each state.
fn ways() -> BTreeMap<&'static str, (State, Vec<Step>)> {
    let mut ways = BTreeMap::from([(State::Pending.as_str(), (State::Pending, Vec::new()))]);
    let mut next = VecDeque::from([(State::Pending, Vec::new())]);
    while let Some((state, way)) = next.pop_front() {
        for step in Step::ALL {
            let Ok(reached) = state.after(step) else {
                continue;
            };
            let way: Vec<Step> = way.iter().copied().chain([step]).collect();
            if !ways.contains_key(reached.as_str()) {
                ways.insert(reached.as_str(), (reached, way.clone()));
                next.push_back((reached, way));
            }
        }
    }
    ways
}

async fn status(patient: &Person, id: &str) -> String {
    let seen = patient.consultation(id).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    seen.text("status")
}

#[tokio::test]
async fn every_step_is_tried_in_every_state() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let ways = ways();
    assert_eq!(ways.len(), State::ALL.len());
    let (mut legal, mut illegal) = (0, 0);
    for (state, way) in ways.into_values() {
        let id = patient.asks(&clinic).await;
        clinic.steps(&patient, &id, &way).await;
        assert_eq!(status(&patient, &id).await, state.as_str());
        for step in Step::ALL {
            let Err(refused) = state.after(step) else {
                continue;
            };
            let answer = clinic.step(&patient, &id, step).await;
            // Who takes it may not be a party yet, or any more.
            let is_doctors = step == Step::Complete || step.by() == [Party::Doctor];
            let has_doctor = way.contains(&Step::Accept);
            if is_doctors && !has_doctor {
                assert_eq!(answer.status, 404, "{state:?} {step:?}: {}", answer.body);
            } else {
                assert_eq!(answer.status, 400, "{state:?} {step:?}: {}", answer.body);
                assert_eq!(answer.text("error"), refused.to_string());
                assert!(answer.text("error").contains(state.as_str()));
                assert_eq!(answer.text("code"), refused.code());
            }
            assert_eq!(status(&patient, &id).await, state.as_str(), "{step:?}");
            illegal += 1;
        }
        for step in Step::ALL {
            let Ok(next) = state.after(step) else {
                continue;
            };
            let id = patient.asks(&clinic).await;
            clinic.steps(&patient, &id, &way).await;
            clinic.steps(&patient, &id, &[step]).await;
            assert_eq!(status(&patient, &id).await, next.as_str());
            legal += 1;
        }
    }
    assert_eq!(legal + illegal, State::ALL.len() * Step::ALL.len());
}

#[tokio::test]
async fn no_step_is_taken_by_the_wrong_party_or_a_stranger() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let elsewhere = Clinic::open(&stage, "Sousse Clinic").await;
    let patient = stage.patient("John Doe").await;
    let stranger = stage.patient("Jane Roe").await;
    let customer = stage.customer("Jim").await;
    let id = patient.asks(&clinic).await;
    let request = |what: &str| format!("/api/consultation-request/{id}/{what}/");
    let response = |what: &str| format!("/api/consultation-response/{id}/{what}/");
    let suggestion = format!("/api/doctor-suggest/{id}/hospital-accept/");
    let offer = json!({"status": "Offered", "appointment_date": in_days(3)});
    let suggest = json!({"consultation_request_id": id, "hospital_id": clinic.id,
                         "suggestion": "A stress test"});
    let with = json!({"doctor_id": clinic.doctor.id});
    let own = json!({"doctor_id": elsewhere.doctor.id});
    let (clerk, doctor) = (&clinic.clerk, &clinic.doctor);
    for (who, path, body, status) in [
        (&patient, request("accept"), &with, 403),
        (doctor, request("accept"), &with, 403),
        (&customer, request("accept"), &with, 403),
        (&elsewhere.clerk, request("accept"), &own, 404),
        (&elsewhere.clerk, request("accept"), &with, 404),
        (clerk, request("accept"), &own, 400),
        (&patient, response("doctor-response"), &offer, 403),
        (clerk, response("doctor-response"), &offer, 403),
        (doctor, response("doctor-response"), &offer, 404),
        (doctor, response("accept-offer"), &json!({}), 403),
        (&stranger, response("accept-offer"), &json!({}), 404),
        (&stranger, response("decline-offer"), &json!({}), 404),
        (&patient, "/api/doctor-suggest/".to_owned(), &suggest, 403),
        (doctor, "/api/doctor-suggest/".to_owned(), &suggest, 404),
        (&patient, suggestion.clone(), &json!({}), 403),
        (&elsewhere.clerk, suggestion, &json!({}), 404),
        (&patient, request("complete"), &json!({}), 403),
        (doctor, request("cancel"), &json!({}), 403),
        (&stranger, request("cancel"), &json!({}), 404),
        (&elsewhere.clerk, request("cancel"), &json!({}), 404),
    ] {
        let answer = who.post(&path, body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
    }
    for who in [&stranger, &elsewhere.clerk, &elsewhere.doctor, doctor] {
        assert_eq!(who.consultation(&id).await.status, 404);
    }
    assert_eq!(customer.consultation(&id).await.status, 403);
    assert_eq!(status(&patient, &id).await, "Pending");
    for id in ["0", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "..%2f"] {
        assert_eq!(patient.consultation(id).await.status, 404, "{id}");
    }
    // Another kind of request is no consultation.
    let medicine = patient.requests_medicine(36.8, 10.18, 5.0).await;
    assert_eq!(patient.consultation(&medicine).await.status, 404);
    let read = patient.get(&format!("/medicine/request/{id}/")).await;
    assert_eq!(read.status, 404);
}

#[tokio::test]
async fn a_consultation_takes_so_many_changes_and_then_its_end() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    clinic.steps(&patient, &id, &[Step::Accept]).await;
    for _ in 0..23 {
        clinic
            .steps(&patient, &id, &[Step::Offer, Step::DeclineOffer])
            .await;
    }
    clinic.steps(&patient, &id, &[Step::Offer]).await;
    let refused = clinic.step(&patient, &id, Step::DeclineOffer).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.body["code"], "too_many_changes");
    clinic.steps(&patient, &id, &[Step::Cancel]).await;
    stage.settled().await;
    // With its end, all that was told of it is over.
    let inbox = patient.get("/notifications/?limit=100").await.body;
    assert_eq!(
        inbox["notifications"].as_array().unwrap().len(),
        0,
        "{inbox}"
    );
    let inbox = clinic.doctor.get("/notifications/?limit=100").await.body;
    assert_eq!(
        inbox["notifications"].as_array().unwrap().len(),
        1,
        "{inbox}"
    );
}
