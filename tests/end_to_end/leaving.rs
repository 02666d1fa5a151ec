//! Who deletes their account is taken out of what others have: requests, answers, inboxes, media.

use callout_tests::{Stage, tiny_png, tiny_wav};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const NOBODY: &str = "Deleted account";

async fn item(stage: &Stage, pk: &str, sk: &str) -> Value {
    let key = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let read = json!({"Key": key, "ConsistentRead": true});
    stage.table("Requests", "GetItem", read).await["Item"].clone()
}

#[tokio::test]
async fn a_customer_who_leaves_takes_their_requests_along() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    let created = customer
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
        .await;
    let request = created.text("request_id");
    let told = socket.expect("new_request").await;
    let link = told["image_url"].as_str().unwrap();
    assert_eq!(stage.download(link).await.0, 200);

    let left = customer.delete("/customer/profile/").await;
    assert_eq!(left.status, 200, "{}", left.body);
    let cancelled = socket.expect("request_cancelled").await;
    assert_eq!(cancelled["request_id"], request.as_str());

    // The name goes last of all.
    let partition = format!("REQUEST#{request}");
    stage
        .until("the request names nobody", async |stage| {
            item(stage, &partition, "REQUEST").await["patient_name"]["S"] == NOBODY
        })
        .await;
    let kept = item(&stage, &partition, "REQUEST").await;
    assert_eq!(kept["state"]["S"], "CANCELLED", "{kept}");
    assert_eq!(kept["patient_phone"]["S"], "");
    assert_eq!(kept["image"], Value::Null);
    assert!(matches!(stage.download(link).await.0, 403 | 404));
    let inbox = stage.inbox(&pharmacy.id).await;
    let kinds = inbox.iter().map(|item| item["kind"]["S"].as_str().unwrap());
    assert_eq!(kinds.collect::<Vec<_>>(), ["request_cancelled"]);
}

#[tokio::test]
async fn a_pharmacy_that_leaves_takes_its_answers_along() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let answered = pharmacy
        .post_form(
            "/medicine/response/",
            &[
                ("request_id", &request),
                ("response_type", "ACCEPTED"),
                ("text_message", "Ask for Mary"),
            ],
            Some(("audio", "answer.wav", tiny_wav())),
        )
        .await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let told = socket.expect("pharmacy_response").await;
    let link = told["audio_url"].as_str().unwrap();
    assert_eq!(stage.download(link).await.0, 200);

    let left = pharmacy.delete("/pharmacy/profile/").await;
    assert_eq!(left.status, 200, "{}", left.body);
    // The counters go last of all.
    let responder = format!("RESPONDER#{}", pharmacy.id);
    stage
        .until("the pharmacy has no counters", async |stage| {
            item(stage, &responder, "STATS#MEDICINE").await.is_null()
        })
        .await;
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let shown = read.body.to_string();
    assert!(
        shown.contains(NOBODY) && !shown.contains("Near") && !shown.contains("Mary"),
        "{shown}"
    );
    assert!(matches!(stage.download(link).await.0, 403 | 404));
    assert_eq!(stage.inbox(&customer.id).await, Vec::<Value>::new());
}
