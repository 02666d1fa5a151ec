//! Opening an account through the mail, reading, changing and deleting it.

use callout_tests::Stage;
use serde_json::{Value, json};

#[tokio::test]
async fn an_account_is_opened_through_the_mail_and_signs_in() {
    let stage = Stage::set().await;
    let sent = stage
        .post("/send-otp", json!({"email": "User@Example.com"}))
        .await;
    assert_eq!(
        (sent.status, &sent.body),
        (200, &json!({"message": "OTP sent successfully"}))
    );
    let otp = stage.otp("user@example.com").await;
    assert!(otp.len() == 6 && otp.bytes().all(|digit| digit.is_ascii_digit()));

    let register = json!({"email": "user@example.com", "password": "securepassword123",
                          "name": "John Doe", "phone_number": "9841234567"});
    let too_early = stage.post("/customer/register/", register.clone()).await;
    assert_eq!(too_early.status, 400, "{}", too_early.body);

    let verified = stage
        .post(
            "/verify-otp",
            json!({"email": "user@example.com", "otp": otp}),
        )
        .await;
    assert_eq!(
        (verified.status, &verified.body),
        (200, &json!({"message": "Email verified successfully"}))
    );
    let again = stage
        .post(
            "/verify-otp",
            json!({"email": "user@example.com", "otp": otp}),
        )
        .await;
    assert_eq!(again.status, 400, "a code is good once");

    let registered = stage.post("/customer/register/", register.clone()).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    assert_eq!(
        registered.body["message"],
        "Customer registration successful"
    );
    let user = &registered.body["user"];
    assert_eq!(user["email"], "user@example.com");
    assert_eq!(user["name"], "John Doe");
    assert_eq!(user["role"], "CUSTOMER");
    assert_eq!(
        stage.post("/customer/register/", register).await.status,
        400,
        "an address has one account"
    );

    let login = stage
        .post(
            "/login",
            json!({"email": "USER@example.com", "password": "securepassword123"}),
        )
        .await;
    assert_eq!(login.status, 200, "{}", login.body);
    assert_eq!(login.body["role"], "CUSTOMER");
    assert_eq!(login.body["name"], "John Doe");
    assert_eq!(login.body["user_id"], user["id"]);
    assert!(login.body["access"].is_string() && login.body["refresh"].is_string());
}

#[tokio::test]
async fn every_role_registers_with_its_own_fields_but_nobody_as_admin() {
    let stage = Stage::set().await;
    let hospital = stage
        .person(
            "hospital",
            "Clerk",
            json!({"hospital_name": "Tunis Care Hospital", "city": "Tunis", "lat": 36.8, "lng": 10.18}),
        )
        .await;
    for (role, profile) in [
        (
            "pharmacy",
            json!({"lat": 27.7, "lng": 85.3, "address": "New Road 1"}),
        ),
        ("donor", json!({"blood_group": "O+", "city": "Chennai"})),
        ("seeker", json!({})),
        (
            "provider",
            json!({"service_type": "worker", "lat": 12.3, "lng": 67.8, "service_coverage_area": 10}),
        ),
        ("patient", json!({})),
        (
            "doctor",
            json!({"specialty": "Cardiology", "hospital_id": hospital.id}),
        ),
    ] {
        let person = stage.person(role, "Jane Doe", profile.clone()).await;
        let read = person.get(&format!("/{role}/profile/")).await;
        assert_eq!(read.status, 200, "{role}: {}", read.body);
        assert_eq!(read.body["role"], role.to_uppercase());
        for (field, value) in profile.as_object().unwrap() {
            assert_eq!(&read.body[field], value, "{role}.{field}");
        }
    }
    for role in ["admin", "wizard", "CUSTOMER"] {
        let refused = stage
            .register(role, "x@example.com", "Mallory", json!({}))
            .await;
        assert_eq!(refused.status, 404, "{role}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_profile_is_read_changed_and_deleted_by_its_account_alone() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("City Pharmacy", 27.7172, 85.3240).await;
    let customer = stage.customer("John Doe").await;
    assert_eq!(customer.get("/pharmacy/profile/").await.status, 403);
    assert_eq!(stage.get("/pharmacy/profile/").await.status, 401);

    let changed = pharmacy
        .patch(
            "/pharmacy/profile/",
            json!({"name": "Town Pharmacy", "lat": 27.8}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let read = pharmacy.get("/pharmacy/profile").await;
    assert_eq!(read.body["name"], "Town Pharmacy");
    assert_eq!(read.body["lat"], 27.8);
    assert_eq!(read.body["lng"], 85.324);

    // It moved, so it is found where it is now and no longer where it was.
    let at = |lat: f64| format!("/pharmacy/?lat={lat}&lng=85.3240&radius_km=2");
    assert_eq!(
        customer.get(&at(27.8)).await.body["pharmacies"][0]["id"],
        pharmacy.id
    );
    assert_eq!(
        customer.get(&at(27.7172)).await.body["pharmacies"],
        json!([])
    );

    let mut socket = pharmacy.socket().await;
    let deleted = pharmacy.delete("/pharmacy/profile/").await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let goodbye = socket.expect("error").await;
    assert_eq!(goodbye["code"], 4001);
    socket.closed().await;
    assert_eq!(customer.get(&at(27.8)).await.body["pharmacies"], json!([]));
    assert_eq!(
        customer
            .get(&format!("/pharmacy/{}/", pharmacy.id))
            .await
            .status,
        404
    );
    assert_eq!(pharmacy.login().await.status, 401);
    assert_ne!(pharmacy.get("/pharmacy/profile/").await.status, 200);
}

#[tokio::test]
async fn pharmacies_are_listed_nearest_first() {
    let stage = Stage::set().await;
    let far = stage.pharmacy("Far", 27.7572, 85.3240).await;
    let near = stage.pharmacy("Near", 27.7182, 85.3240).await;
    stage.pharmacy("Elsewhere", 28.7172, 85.3240).await;
    let customer = stage.customer("John Doe").await;
    let path = "/pharmacy/?lat=27.7172&lng=85.3240&radius_km=10";
    let list = customer.get(path).await;
    assert_eq!(list.status, 200, "{}", list.body);
    let found: Vec<(&Value, &Value)> = list.body["pharmacies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["id"], &one["distance_km"]))
        .collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, &json!(near.id));
    assert_eq!(found[0].1, &json!(0.11));
    assert_eq!(found[1].0, &json!(far.id));
    assert!(!list.body.to_string().contains("@example.com"));
    let one = customer.get(&format!("/pharmacy/{}", near.id)).await;
    assert_eq!(one.body["name"], "Near");
    assert!(!one.body.to_string().contains("@example.com"));

    let first = customer.get(&format!("{path}&limit=1")).await;
    assert_eq!(first.body["pharmacies"][0]["id"], near.id);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = customer
        .get(&format!("{path}&limit=1&cursor={cursor}"))
        .await;
    assert_eq!(second.body["pharmacies"][0]["id"], far.id);
    assert_eq!(second.body.get("next_cursor"), None);
    assert_eq!(stage.get(path).await.status, 401);
}
