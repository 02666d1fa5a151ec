//! What two do to one account, or one address, at once; and who learns what of an address.

use callout_tests::{Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

fn registration(email: &str) -> Value {
    json!({"email": email, "password": "securepassword123", "name": "John Doe",
           "phone_number": "9841234567"})
}

#[tokio::test]
async fn of_registrations_made_at_once_one_opens_the_account() {
    let stage = Stage::set().await;
    stage.prove("new@example.com").await;
    let answers = join_all(
        (0..8).map(|_| stage.post("/customer/register/", registration("new@example.com"))),
    )
    .await;
    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert_eq!(
            refused.body["code"], "email_not_verified",
            "the proof was used"
        );
    }
}

#[tokio::test]
async fn one_key_opens_one_account_and_another_password_is_another_body() {
    let stage = Stage::set().await;
    let anyone = stage.customer("Anyone").await;
    stage.prove("new@example.com").await;
    let register = |body: Value| anyone.post_once("/customer/register/", "key-1", body);
    let answers = join_all((0..4).map(|_| register(registration("new@example.com")))).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body, answers[0].body);
    }
    let mut other = registration("new@example.com");
    other["password"] = json!("securepassword124");
    assert_eq!(register(other).await.status, 422);
    let mut confirmed = registration("new@example.com");
    confirmed["confirm_password"] = confirmed["password"].clone();
    assert_eq!(register(confirmed).await.status, 201, "it means the same");

    // Whether a password is the one that was sent with a key is not to be found out by trying.
    let mut guess = registration("new@example.com");
    let mut statuses = Vec::new();
    for number in 0..6 {
        guess["password"] = json!(format!("a guessed password {number}"));
        statuses.push(register(guess.clone()).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 429, 429]);
}

#[tokio::test]
async fn thirty_changes_of_one_field_at_once_are_all_made() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let answers = join_all((0..30).map(|number| {
        customer.patch(
            "/customer/profile/",
            json!({"name": format!("John {number}")}),
        )
    }))
    .await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn only_who_proved_an_address_learns_that_it_is_taken() {
    let stage = Stage::set().await;
    let email = "taken@example.com";
    stage.prove(email).await;
    let register = || stage.post("/customer/register/", registration(email));
    assert_eq!(register().await.status, 201);
    let stranger = register().await;
    let unknown = stage
        .post("/customer/register/", registration("unknown@example.com"))
        .await;
    assert_eq!(stranger.status, 400);
    assert_eq!(stranger.body["code"], "email_not_verified");
    assert_eq!(stranger.body, unknown.body);
}

#[tokio::test]
async fn changes_made_at_once_are_all_made() {
    let stage = Stage::set().await;
    let donor: Person = stage
        .person(
            "donor",
            "Donor",
            json!({"blood_group": "O+", "city": "Chennai"}),
        )
        .await;
    let changes = [
        json!({"name": "Renamed"}),
        json!({"phone_number": "+9779800000000"}),
        json!({"city": "Madurai"}),
        json!({"last_donation_date": "2026-01-31"}),
        json!({"lat": 9.9252, "lng": 78.1198}),
    ];
    let answers = join_all(
        changes
            .iter()
            .map(|change| donor.patch("/donor/profile/", change.clone())),
    )
    .await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let profile = donor.get("/donor/profile/").await.body;
    for change in &changes {
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&profile[field], value, "{field}");
        }
    }
    assert_eq!(profile["blood_group"], "O+");
    assert_eq!(donor.login().await.body["name"], "Renamed");
}

#[tokio::test]
async fn what_a_profile_may_not_become_it_does_not() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("City Pharmacy", 27.7172, 85.3240).await;
    let hospital =
        json!({"hospital_name": "Tunis Care", "city": "Tunis", "lat": 36.8, "lng": 10.18});
    let hospital = stage.person("hospital", "Clerk", hospital).await;
    let doctor = json!({"specialty": "Cardiology", "hospital_id": hospital.id});
    let doctor = stage.person("doctor", "Doctor", doctor).await;

    let before = pharmacy.get("/pharmacy/profile/").await.body;
    for (field, value) in [
        ("email", json!("other@example.com")),
        ("password", json!("another good one")),
        ("role", json!("ADMIN")),
        ("name", Value::Null),
        ("name", json!("\u{200b}")),
        ("phone_number", json!("1")),
        ("lat", json!(91)),
        ("lng", Value::Null),
        ("address", json!("x".repeat(301))),
    ] {
        let mut change = json!({"name": "Never"});
        change[field] = value;
        let refused = pharmacy.patch("/pharmacy/profile/", change).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.body);
        assert!(
            refused.body["fields"][field].is_string(),
            "{}",
            refused.body
        );
    }
    assert_eq!(pharmacy.get("/pharmacy/profile/").await.body, before);
    assert_eq!(
        pharmacy.patch("/customer/profile/", json!({})).await.status,
        403
    );
    assert_eq!(pharmacy.delete("/customer/profile/").await.status, 403);

    for nobody in [pharmacy.id.as_str(), "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        let moved = doctor
            .patch("/doctor/profile/", json!({"hospital_id": nobody}))
            .await;
        assert_eq!(moved.status, 400, "{}", moved.body);
        assert!(moved.body["fields"]["hospital_id"].is_string());
    }
}

#[tokio::test]
async fn a_pharmacy_without_a_position_is_found_nowhere() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("City Pharmacy", 1e-200, 0.0).await;
    let path = "/pharmacy/?lat=0&lng=0&radius_km=1";
    assert_eq!(pharmacy.get(path).await.body["count"], 1);
    let cleared = json!({"lat": null, "lng": null, "address": null});
    let cleared = pharmacy.patch("/pharmacy/profile/", cleared).await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    assert_eq!(cleared.body["lat"], Value::Null);
    assert_eq!(pharmacy.get(path).await.body["count"], 0);
}

#[tokio::test]
async fn a_deleted_account_is_nobodys() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let answers = join_all((0..4).map(|_| customer.delete("/customer/profile/"))).await;
    let deleted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(deleted, 1);
    for late in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(late.status, 401, "{}", late.body);
    }
    assert_eq!(customer.get("/customer/profile/").await.status, 401);
    assert_eq!(
        customer
            .patch("/customer/profile/", json!({"name": "X"}))
            .await
            .status,
        401
    );
    assert_eq!(customer.login().await.status, 401);
    let refreshed = stage
        .post("/token/refresh/", json!({"refresh": customer.refresh}))
        .await;
    assert_eq!(refreshed.status, 401, "{}", refreshed.body);
}
