//! Lists of consultations and suggestions, and forms that make no sense.

use callout_domain::consultation::Step;
use callout_tests::clinic::{Clinic, in_days};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// All ids of a list, page by page.
async fn pages(person: &Person, path: &str, list: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = format!("{path}?limit={limit}");
    loop {
        let page = person.get(&next).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body[list].as_array().unwrap();
        assert_eq!(page.body["count"], items.len());
        assert!(items.len() <= limit);
        ids.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            return ids;
        };
        next = format!("{path}?limit={limit}&cursor={cursor}");
    }
}

#[tokio::test]
async fn every_party_lists_its_own_newest_first_to_the_end() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let second = clinic.second_clerk(&stage).await;
    let patient = stage.patient("John Doe").await;
    let mut asked = Vec::new();
    for _ in 0..5 {
        asked.insert(0, patient.asks(&clinic).await);
    }
    stage.patient("Jane Roe").await.asks(&other).await;
    let (consultations, suggestions) = ("/api/consultation-request/", "/api/doctor-suggest/");
    for person in [&patient, &clinic.clerk, &second] {
        assert_eq!(pages(person, consultations, "requests", 2).await, asked);
        assert_eq!(pages(person, suggestions, "suggestions", 2).await, [""; 0]);
    }
    let mut assigned = Vec::new();
    for id in [&asked[3], &asked[1], &asked[0]] {
        clinic.steps(&patient, id, &[Step::Accept]).await;
        assigned.insert(0, id.clone());
    }
    assert_eq!(
        pages(&clinic.doctor, consultations, "requests", 2).await,
        assigned
    );

    let way = [Step::Offer, Step::AcceptOffer];
    let mut suggested = Vec::new();
    for id in [&asked[3], &asked[0]] {
        clinic.steps(&patient, id, &way).await;
        let answer = clinic.doctor.suggests(id, &other.id).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        suggested.insert(0, id.clone());
    }
    for person in [&patient, &clinic.clerk, &clinic.doctor, &other.clerk] {
        for limit in [1, 2, 20] {
            assert_eq!(
                pages(person, suggestions, "suggestions", limit).await,
                suggested
            );
        }
    }
    let accept = format!("/api/doctor-suggest/{}/hospital-accept/", suggested[0]);
    assert_eq!(other.clerk.post(&accept, json!({})).await.status, 200);
    // Chosen again, the first hospital takes the other's place.
    assert_eq!(
        clinic
            .doctor
            .suggests(&suggested[1], &clinic.id)
            .await
            .status,
        201
    );
    assert_eq!(other.clerk.consultation(&suggested[1]).await.status, 404);
    assert_eq!(
        pages(&other.clerk, suggestions, "suggestions", 20).await,
        suggested[..1]
    );
    let seen = patient.get(suggestions).await.body["suggestions"].clone();
    assert_eq!(seen[0]["status"], "accepted");
    assert_eq!(seen[0]["organization"], other.organization());
    assert_eq!(seen[0]["suggestion"], "A stress test");
    assert_eq!(seen[0]["consultation_request_id"], suggested[0].as_str());
    assert_eq!(seen[0]["consultation_status"], "Confirmed");
    assert_eq!(seen[1]["status"], "pending");
    assert_eq!(seen[1]["organization"], clinic.organization());
    for bad in ["limit=0", "limit=101", "cursor=AAAA"] {
        for path in [consultations, suggestions, "/hospital/members/"] {
            let answer = clinic.clerk.get(&format!("{path}?{bad}")).await;
            assert_eq!(answer.status, 400, "{path}{bad}: {}", answer.body);
        }
    }
}

/// The fields that an answer refuses.
async fn refused(person: &Person, path: &str, body: Value) -> Vec<String> {
    let answer = person.post(path, body.clone()).await;
    assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    let fields = answer.body["fields"].as_object();
    fields
        .unwrap_or_else(|| panic!("{body}: {}", answer.body))
        .keys()
        .cloned()
        .collect()
}

#[tokio::test]
async fn forms_that_make_no_sense_are_refused_field_by_field() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let path = "/api/consultation-request/";
    assert_eq!(
        refused(&patient, path, json!({})).await,
        ["description", "hospital_id"]
    );
    let nobody = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (field, wrong) in [
        ("hospital_id", json!(nobody)),
        ("hospital_id", json!(patient.id)),
        ("hospital_id", json!(clinic.doctor.id)),
        ("hospital_id", json!(12)),
        ("description", json!("")),
        ("description", json!("a\u{202E}b")),
        ("description", json!("é".repeat(2_001))),
        ("specialty", json!("\u{200B}")),
        ("preferred_date", json!("2020-01-01T00:00:00Z")),
        ("preferred_date", json!("2999-01-01T00:00:00Z")),
        ("preferred_date", json!("9999-12-31T23:59:59-23:59")),
        ("preferred_date", json!("tomorrow")),
    ] {
        let mut form = json!({"hospital_id": clinic.id, "description": "Pain in the chest"});
        form[field] = wrong;
        assert_eq!(refused(&patient, path, form).await, [field]);
    }
    let whole = json!({"hospital_id": clinic.id, "description": "آلام في الصدر\nمنذ الاثنين 🫀",
                       "preferred_date": in_days(700)});
    let asked = patient.post(path, whole).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    let id = asked.text("consultation_request_id");
    assert_eq!(
        asked.body["data"]["description"],
        "آلام في الصدر\nمنذ الاثنين 🫀"
    );

    let accept = format!("/api/consultation-request/{id}/accept/");
    for wrong in [
        json!(nobody),
        json!(patient.id),
        json!(clinic.id),
        json!([]),
    ] {
        let fields = refused(&clinic.clerk, &accept, json!({"doctor_id": wrong})).await;
        assert_eq!(fields, ["doctor_id"]);
    }
    let past = json!({"doctor_id": clinic.doctor.id, "appointment_date": "2020-01-01T00:00:00Z"});
    assert_eq!(
        refused(&clinic.clerk, &accept, past).await,
        ["appointment_date"]
    );
    clinic.steps(&patient, &id, &[Step::Accept]).await;
    let respond = format!("/api/consultation-response/{id}/doctor-response/");
    let wrong = json!({"status": "Reviewed", "message": "a\u{0}"});
    assert_eq!(
        refused(&clinic.doctor, &respond, wrong).await,
        ["message", "status"]
    );
    for price in [
        json!(-1),
        json!("1e9"),
        json!("1,5"),
        json!(0.0001),
        json!({"a": 1}),
    ] {
        let offer = json!({"status": "Offered", "appointment_date": in_days(1), "price": price});
        assert_eq!(refused(&clinic.doctor, &respond, offer).await, ["price"]);
    }
    let offer = json!({"status": "accepted", "appointment_date": in_days(1), "price": 150.1});
    let offered = clinic.doctor.post(&respond, offer).await;
    assert_eq!(offered.body["data"]["price"], "150.1", "{}", offered.body);
    clinic.steps(&patient, &id, &[Step::AcceptOffer]).await;
    let suggest = "/api/doctor-suggest/";
    assert_eq!(
        refused(&clinic.doctor, suggest, json!({})).await,
        ["consultation_request_id", "hospital_id", "suggestion"]
    );
    let elsewhere = json!({"consultation_request_id": id, "hospital_id": nobody,
                           "suggestion": "A stress test"});
    assert_eq!(
        refused(&clinic.doctor, suggest, elsewhere).await,
        ["hospital_id"]
    );
    let truncated = patient.post_raw(path, "application/json", b"{\"hospital_id\":".to_vec());
    assert_eq!(truncated.await.status, 400);
}
