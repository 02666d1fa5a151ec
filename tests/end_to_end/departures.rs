//! What remains of people who deleted their accounts: what happened, without who they were.

use std::time::Duration;

use callout_tests::{Person, Stage, tiny_png};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

async fn read(person: &Person, request: &str) -> Value {
    let read = person.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body
}

/// Reads a request until who `was` in `field` is gone from it: nothing tells when a departure has
/// been taken care of.
async fn read_without(person: &Person, request: &str, field: &str, was: &str) -> Value {
    let patience = Duration::from_secs(30);
    let forgotten = async {
        loop {
            let seen = read(person, request).await;
            if seen[field] != was {
                return seen;
            }
        }
    };
    tokio::time::timeout(patience, forgotten).await.unwrap()
}

#[tokio::test]
async fn a_customer_who_leaves_takes_along_who_they_were() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let accepted = customer
        .post_form(
            "/medicine/request/",
            &[
                ("patient_lat", "27.7172"),
                ("patient_lng", "85.3240"),
                ("radius_km", "5"),
                ("quantity", "3"),
            ],
            Some(("image", "rx.png", tiny_png())),
        )
        .await;
    let prescription = accepted.body["data"]["image"].as_str().unwrap().to_owned();
    let accepted = accepted.text("request_id");
    assert_eq!(pharmacy.answers(&accepted, "ACCEPTED").await.status, 201);
    let open = customer.requests_medicine(LAT, LNG, 5.0).await;

    let mut socket = pharmacy.socket().await;
    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    let told = socket.expect("request_cancelled").await;
    assert_eq!(told["request_id"], open.as_str());

    assert_eq!(pharmacy.get("/medicine/request/").await.body["count"], 0);
    assert_eq!(read(&pharmacy, &open).await["status"], "CANCELLED");
    let late = pharmacy.answers(&open, "ACCEPTED").await;
    assert!([400, 403].contains(&late.status), "{}", late.body);
    for (request, status) in [(&accepted, "ACCEPTED"), (&open, "CANCELLED")] {
        let seen = read_without(&pharmacy, request, "patient_name", "John Doe").await;
        assert_eq!(seen["status"], status);
        assert_eq!(seen["patient_name"], "Deleted account");
        assert_eq!(seen["image"], Value::Null);
        assert_eq!(seen["patient_lat"], 28.0);
        assert_eq!(seen["patient_lng"], 85.0);
        let text = seen.to_string();
        assert!(!text.contains(&customer.phone_number), "{text}");
    }
    assert_ne!(stage.download(&prescription).await.0, 200);
}

#[tokio::test]
async fn a_pharmacy_that_leaves_takes_along_what_it_said() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("LifeCare Pharmacy", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let answer = json!({"request_id": request, "response_type": "ACCEPTED",
                        "text_message": "Ask for Ram at the counter"});
    let answer = pharmacy.post("/medicine/response/", answer).await;
    assert_eq!(answer.status, 201, "{}", answer.body);

    assert_eq!(pharmacy.delete("/pharmacy/profile/").await.status, 200);
    let seen = read_without(&customer, &request, "pharmacy_name", "LifeCare Pharmacy").await;
    assert_eq!(seen["status"], "ACCEPTED");
    assert_eq!(seen["pharmacy_name"], "Deleted account");
    let response = &seen["responses"][0];
    assert_eq!(response["response_type"], "ACCEPTED");
    assert_eq!(response["pharmacy_name"], "Deleted account");
    assert_eq!(response["text_message"], Value::Null);
}
