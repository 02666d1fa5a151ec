//! Links to images and recordings: whatever shows one, its link opens. Each is signed by the function
//! that shows it, which must itself be allowed what it passes on.

use callout_tests::{Answer, Person, Stage, tiny_png, tiny_wav};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// Every link in a body.
fn links(body: &Value) -> Vec<&str> {
    match body {
        Value::String(text) if text.contains("/media/") => vec![text],
        Value::Array(items) => items.iter().flat_map(links).collect(),
        Value::Object(fields) => fields.values().flat_map(links).collect(),
        _ => Vec::new(),
    }
}

async fn opens(stage: &Stage, answer: &Answer, content: &[u8]) {
    assert!(answer.status < 300, "{}", answer.body);
    let found = links(&answer.body);
    assert_eq!(found.len(), 1, "{}", answer.body);
    assert_eq!(stage.download(found[0]).await, (200, content.to_vec()));
}

async fn requests_with_image(customer: &Person) -> Answer {
    customer
        .post_form(
            "/medicine/request/",
            &[
                ("patient_lat", "27.7172"),
                ("patient_lng", "85.3240"),
                ("radius_km", "10.0"),
                ("quantity", "10"),
            ],
            Some(("image", "prescription.png", tiny_png())),
        )
        .await
}

#[tokio::test]
async fn a_prescription_opens_wherever_its_request_is_shown() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let created = requests_with_image(&customer).await;
    opens(&stage, &created, &tiny_png()).await;
    let path = format!("/medicine/request/{}/", created.text("request_id"));
    for viewer in [&customer, &pharmacy] {
        for path in ["/medicine/request/", &path] {
            opens(&stage, &viewer.get(path).await, &tiny_png()).await;
        }
    }
    let cancelled = customer.post(&format!("{path}cancel/"), json!({})).await;
    opens(&stage, &cancelled, &tiny_png()).await;

    let request = requests_with_image(&customer).await.text("request_id");
    let accepted = pharmacy.answers(&request, "ACCEPTED").await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let complete = format!("/medicine/request/{request}/complete/");
    opens(
        &stage,
        &customer.post(&complete, json!({})).await,
        &tiny_png(),
    )
    .await;
}

#[tokio::test]
async fn a_recorded_answer_opens_wherever_it_is_shown() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let answered = pharmacy
        .post_form(
            "/medicine/response/",
            &[("request_id", &request), ("response_type", "ACCEPTED")],
            Some(("audio", "answer.wav", tiny_wav())),
        )
        .await;
    opens(&stage, &answered, &tiny_wav()).await;
    let told = socket.expect("pharmacy_response").await;
    let link = told["audio_url"].as_str().unwrap();
    assert_eq!(stage.download(link).await, (200, tiny_wav()));
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    opens(&stage, &read, &tiny_wav()).await;
}
