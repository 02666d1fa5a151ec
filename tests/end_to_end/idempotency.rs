//! The same key and body are one piece of work, however often and however close together.

use callout_tests::{Stage, tiny_png};
use futures::future::join_all;
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

#[tokio::test]
async fn one_key_creates_one_request_also_at_the_same_time() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    let answers =
        join_all((0..10).map(|_| customer.post_once("/medicine/request/", "key-1", body.clone())))
            .await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body["request_id"], answers[0].body["request_id"]);
    }
    let later = customer
        .post_once("/medicine/request", "key-1", body.clone())
        .await;
    assert_eq!(later.body, answers[0].body);
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 1);
    socket.expect("new_request").await;

    let mut other = body.clone();
    other["quantity"] = json!(2);
    let reused = customer
        .post_once("/medicine/request/", "key-1", other)
        .await;
    assert_eq!(reused.status, 422, "{}", reused.body);

    let stranger = stage.customer("Stranger").await;
    let own = stranger
        .post_once("/medicine/request/", "key-1", body.clone())
        .await;
    assert_eq!(own.status, 201);
    assert_ne!(own.body["request_id"], answers[0].body["request_id"]);

    for bad in ["", &"k".repeat(256)] {
        let answer = customer
            .post_once("/medicine/request/", bad, body.clone())
            .await;
        assert_eq!(answer.status, 400, "{bad:?}");
    }
}

#[tokio::test]
async fn a_retried_form_is_the_same_though_its_boundary_differs() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let fields = [
        ("patient_lat", "27.7172"),
        ("patient_lng", "85.3240"),
        ("radius_km", "10.0"),
        ("quantity", "10"),
    ];
    let mut requests = Vec::new();
    for _ in 0..2 {
        let answer = customer
            .post_form_once(
                "/medicine/request/",
                "form-1",
                &fields,
                Some(("image", "prescription.png", tiny_png())),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let link = answer.body["data"]["image"].as_str().unwrap().to_owned();
        assert_eq!(stage.download(&link).await.0, 200);
        requests.push(answer.text("request_id"));
    }
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test]
async fn one_answer_sent_many_times_at_once_is_one_answer() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    for choice in ["ACCEPTED", "REJECTED"] {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let body = json!({"request_id": request, "response_type": choice});
        let answers = join_all(
            (0..10).map(|_| pharmacy.post_once("/medicine/response/", &request, body.clone())),
        )
        .await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert_eq!(answer.body, answers[0].body);
        }
    }
}

#[tokio::test]
async fn an_answer_is_given_once_and_repeated_by_its_key() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let body = json!({"request_id": request, "response_type": "ACCEPTED"});
    let first = pharmacy
        .post_once("/medicine/response/", "yes", body.clone())
        .await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = pharmacy.post_once("/medicine/response/", "yes", body).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.body, first.body);

    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let body = json!({"request_id": request, "response_type": "ACCEPTED"});
    let answers =
        join_all((0..20).map(|_| pharmacy.post_once("/medicine/response/", "yes-2", body.clone())))
            .await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
}

#[tokio::test]
async fn one_key_is_answered_the_same_however_close_together_a_pharmacy_tries() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    for round in 0..5 {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let body = json!({"request_id": request, "response_type": "ACCEPTED"});
        let key = format!("yes-{round}");
        // Some find the key used, some the work done between two of their steps.
        let tries = (0..10).map(|_| pharmacy.post_once("/medicine/response/", &key, body.clone()));
        let answers = join_all(tries).await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert_eq!(answer.body, answers[0].body);
        }
    }
}
