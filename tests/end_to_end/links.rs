//! Links to images: wherever one is shown, it opens. Each is signed by the function that shows it, which
//! must itself be allowed what it passes on.

use callout_tests::{Answer, Person, Stage, tiny_png};
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

/// The answer shows the image, by a link that opens.
async fn opens(stage: &Stage, answer: &Answer) {
    assert!(answer.status < 300, "{}", answer.body);
    let found = links(&answer.body);
    assert_eq!(found.len(), 1, "{}", answer.body);
    assert_eq!(stage.download(found[0]).await, (200, tiny_png()));
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
    opens(&stage, &created).await;
    let path = format!("/medicine/request/{}/", created.text("request_id"));
    for viewer in [&customer, &pharmacy] {
        for path in ["/medicine/request/", &path] {
            opens(&stage, &viewer.get(path).await).await;
        }
    }
    stage.cloud.streams_idle().await.unwrap();
    opens(&stage, &pharmacy.get("/notifications/").await).await;
    let cancelled = customer.post(&format!("{path}cancel/"), json!({})).await;
    opens(&stage, &cancelled).await;

    let request = requests_with_image(&customer).await.text("request_id");
    let accepted = pharmacy.answers(&request, "ACCEPTED").await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let complete = format!("/medicine/request/{request}/complete/");
    opens(&stage, &customer.post(&complete, json!({})).await).await;
}
