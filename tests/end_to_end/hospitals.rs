//! Who speaks for a hospital, and which doctors are its own.

use callout_domain::consultation::Step;
use callout_tests::clinic::Clinic;
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// The members that somebody sees: ids and standings, the newest account first.
async fn members(person: &Person) -> Vec<(String, String)> {
    let seen = person.get("/hospital/members/").await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let member = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        (text("id"), text("status"))
    };
    seen.body["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(member)
        .collect()
}

#[tokio::test]
async fn whoever_asks_to_join_does_nothing_until_a_member_approves() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    let second = clinic.joins(&stage, "Second Clerk").await;
    let profile = second.get("/hospital/profile/").await.body;
    assert_eq!(profile["hospital_id"], clinic.id.as_str());
    assert_eq!(profile.get("hospital_name"), None);

    let approve = format!("/hospital/members/{}/approve/", second.id);
    let remove = format!("/hospital/members/{}/", second.id);
    for refused in [
        second.get("/api/consultation-request/").await,
        second.consultation(&id).await,
        second.gives(&id, &clinic.doctor.id).await,
        second.get("/api/doctor-suggest/").await,
        second.get("/hospital/members/").await,
        second.post(&approve, json!({})).await,
        second.delete(&remove).await,
    ] {
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert_eq!(refused.body["code"], "membership_pending");
    }
    for (who, status) in [(&other.clerk, 404), (&patient, 403), (&clinic.doctor, 403)] {
        assert_eq!(who.post(&approve, json!({})).await.status, status);
        assert_eq!(who.delete(&remove).await.status, status);
        assert!([200, 403].contains(&who.get("/hospital/members/").await.status));
    }
    let first = (clinic.clerk.id.clone(), "approved".to_owned());
    let waits = (second.id.clone(), "pending".to_owned());
    assert_eq!(members(&clinic.clerk).await, [waits, first.clone()]);

    assert_eq!(clinic.clerk.post(&approve, json!({})).await.status, 200);
    let again = clinic.clerk.post(&approve, json!({})).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (400, &json!("not_pending"))
    );
    let joined = (second.id.clone(), "approved".to_owned());
    assert_eq!(members(&second).await, [joined, first.clone()]);
    assert_eq!(second.gives(&id, &clinic.doctor.id).await.status, 200);

    // The page goes on behind its last.
    let page = second.get("/hospital/members/?limit=1").await.body;
    assert_eq!(page["members"][0]["id"], second.id.as_str());
    let next = page["next_cursor"].as_str().unwrap();
    let page = second
        .get(&format!("/hospital/members/?limit=1&cursor={next}"))
        .await
        .body;
    assert_eq!(page["members"][0]["id"], clinic.clerk.id.as_str());
    assert_eq!(page.get("next_cursor"), None);

    // All members may do the same, be it to the founder, who describes it no more.
    let founder = format!("/hospital/members/{}/", clinic.clerk.id);
    assert_eq!(second.delete(&founder).await.status, 200);
    let renamed = json!({"hospital_name": "Mine Again"});
    let refused = clinic.clerk.patch("/hospital/profile/", renamed).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (403, &json!("not_a_member"))
    );
    assert_eq!(clinic.clerk.get("/hospital/members/").await.status, 403);
    let last = second.delete(&remove).await;
    assert_eq!(
        (last.status, &last.body["code"]),
        (400, &json!("last_member"))
    );
    assert_eq!(second.delete("/hospital/members/nobody/").await.status, 404);
    assert_eq!(second.delete(&founder).await.status, 404);
    clinic.steps(&patient, &id, &[Step::Offer]).await;
}

#[tokio::test]
async fn nobody_is_left_out_when_two_leave_at_once() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let second = clinic.second_clerk(&stage).await;
    let path = |person: &Person| format!("/hospital/members/{}/", person.id);
    let (first_path, second_path) = (path(&clinic.clerk), path(&second));
    let (one, other) = futures::join!(
        clinic.clerk.delete(&second_path),
        second.delete(&first_path),
    );
    let outcome = (one.status, other.status);
    // The slower one finds that it speaks no more, or that nobody would be left.
    let refused = if one.status == 200 {
        other.status
    } else {
        one.status
    };
    assert!(outcome.0 == 200 || outcome.1 == 200, "{outcome:?}");
    assert!([400, 403].contains(&refused), "{outcome:?}");
    let left = if one.status == 200 {
        &clinic.clerk
    } else {
        &second
    };
    assert_eq!(members(left).await.len(), 1);
    assert_eq!(left.delete("/hospital/profile/").await.status, 200);
    let form = json!({"hospital_id": clinic.id});
    let patient = stage.patient("John Doe").await;
    assert_eq!(patient.tries_to_ask(form).await.status, 400);
}

#[tokio::test]
async fn a_hospital_is_described_by_its_founder_and_joined_by_its_id_alone() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let renamed = json!({"hospital_name": "Tunis Heart Hospital"});
    assert_eq!(
        clinic
            .clerk
            .patch("/hospital/profile/", renamed)
            .await
            .status,
        200
    );
    let patient = stage.patient("John Doe").await;
    let id = patient.asks(&clinic).await;
    let seen = patient.consultation(&id).await.body;
    assert_eq!(seen["organization"]["name"], "Tunis Heart Hospital");

    let second = clinic.second_clerk(&stage).await;
    for (change, field) in [
        (json!({"hospital_id": patient.id}), "hospital_id"),
        (json!({"hospital_id": null}), "hospital_id"),
    ] {
        let refused = second.patch("/hospital/profile/", change).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(refused.body["fields"][field].is_string());
    }
    let changed = second
        .patch("/hospital/profile/", json!({"name": "Clerk"}))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for wrong in [json!(patient.id), json!(second.id), json!("x"), json!(1)] {
        let email = "clerk@example.com";
        stage.forget_code_sent_to(email).await;
        stage.prove(email).await;
        let joins = json!({"hospital_id": wrong});
        let refused = stage.register("hospital", email, "Clerk", joins).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(refused.body["fields"]["hospital_id"].is_string());
    }
}

#[tokio::test]
async fn a_hospitals_doctors_are_those_who_name_it_now() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let patient = stage.patient("John Doe").await;
    let path = format!("/hospital/{}/doctors/", clinic.id);
    let seen = patient.get(&path).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let smith = json!({"id": clinic.doctor.id, "name": "Dr. Smith", "specialty": "Cardiology"});
    assert_eq!(
        seen.body,
        json!({"organization": clinic.organization(), "count": 1, "doctors": [smith]})
    );
    let id = patient.asks(&clinic).await;
    let elsewhere = clinic.clerk.gives(&id, &other.doctor.id).await;
    assert_eq!(elsewhere.status, 400, "{}", elsewhere.body);
    assert!(elsewhere.body["fields"]["doctor_id"].is_string());

    let moves = json!({"hospital_id": clinic.id, "name": "Dr. Jones"});
    assert_eq!(
        other.doctor.patch("/doctor/profile/", moves).await.status,
        200
    );
    let there = patient
        .get(&format!("/hospital/{}/doctors/", other.id))
        .await
        .body;
    assert_eq!(there["count"], 0);
    let first = patient.get(&format!("{path}?limit=1")).await.body;
    assert_eq!(first["doctors"][0]["name"], "Dr. Jones");
    let next = first["next_cursor"].as_str().unwrap();
    let rest = patient
        .get(&format!("{path}?limit=1&cursor={next}"))
        .await
        .body;
    assert_eq!(rest["doctors"][0]["name"], "Dr. Smith");
    assert_eq!(clinic.clerk.gives(&id, &other.doctor.id).await.status, 200);
    assert_eq!(patient.get("/hospital/nowhere/doctors/").await.status, 404);
    let of_patient = format!("/hospital/{}/doctors/", patient.id);
    assert_eq!(patient.get(&of_patient).await.status, 404);
    assert_eq!(stage.get(&path).await.status, 401);
}
