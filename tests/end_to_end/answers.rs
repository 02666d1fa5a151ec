//! What pharmacies answer, and what becomes of a request that nobody accepts.

use callout_tests::media::tiny_webm;
use callout_tests::{Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

async fn read(person: &Person, request: &str) -> Value {
    let read = person.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body
}

#[tokio::test]
async fn what_a_pharmacy_says_reaches_the_customer() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("LifeCare Pharmacy", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let answer = pharmacy
        .post_form(
            "/medicine/response/",
            &[
                ("request_id", &request),
                ("status", "ACCEPTED"),
                ("text_message", "  Your medicine is ready  "),
            ],
            Some(("audio", "response.webm", tiny_webm())),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["response_type"], "ACCEPTED");
    assert_eq!(answer.body["text_message"], "Your medicine is ready");

    let told = socket.expect("pharmacy_response").await;
    let read = read(&customer, &request).await;
    assert_eq!(read["status"], "ACCEPTED");
    assert_eq!(read["pharmacy"], pharmacy.id.as_str());
    assert_eq!(read["pharmacy_name"], "LifeCare Pharmacy");
    assert_eq!(read["responses"][0]["id"], answer.body["id"]);
    assert_eq!(read["responses"][0]["distance_km"], 0.0);
    for link in [
        &answer.body["audio"],
        &told["audio_url"],
        &read["responses"][0]["audio"],
    ] {
        let heard = reqwest::get(link.as_str().unwrap()).await.unwrap();
        assert_eq!(heard.status(), 200);
        assert_eq!(heard.headers()["content-type"], "audio/webm");
        assert_eq!(heard.bytes().await.unwrap(), tiny_webm());
    }
}

#[tokio::test]
async fn a_no_leaves_the_request_open_and_is_said_once() {
    let stage = Stage::set().await;
    let chosen = stage.pharmacy("Chosen", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let directed = json!({"pharmacy": chosen.id, "quantity": 1});
    let directed = customer.post("/medicine/request/", directed).await;
    assert_eq!(directed.body["data"]["pharmacy"], chosen.id.as_str());
    for request in [
        directed.text("request_id"),
        customer.requests_medicine(LAT, LNG, 5.0).await,
    ] {
        assert_eq!(chosen.answers(&request, "REJECTED").await.status, 201);
        let told = socket.expect("pharmacy_response").await;
        assert_eq!(told["request_id"], request.as_str());
        assert_eq!(told["response_type"], "REJECTED");
        assert_eq!(read(&customer, &request).await["status"], "PENDING");
        let again = chosen.answers(&request, "ACCEPTED").await;
        assert_eq!(again.status, 400, "{}", again.body);
        assert_eq!(again.body["code"], "already_responded");
    }
    let seen = chosen.get("/medicine/request/").await;
    assert_eq!(seen.body["count"], 2, "{}", seen.body);
    for open in seen.body["requests"].as_array().unwrap() {
        assert_eq!(open["my_response"], "REJECTED");
    }
    let first = chosen.get("/medicine/request/?limit=1").await.body;
    assert_eq!(first["history"].as_array().unwrap().len(), 1);
    let (next, older) = (&first["next_cursor"], &first["next_history_cursor"]);
    let path = format!(
        "/medicine/request/?limit=1&cursor={}&history_cursor={}",
        next.as_str().unwrap(),
        older.as_str().unwrap()
    );
    let second = chosen.get(&path).await.body;
    for list in ["requests", "history"] {
        assert_eq!(second[list].as_array().unwrap().len(), 1);
        assert_ne!(second[list][0]["id"], first[list][0]["id"]);
    }
    assert_eq!(second.get("next_cursor"), None);
    assert_eq!(second.get("next_history_cursor"), None);
    for person in [&chosen, &customer] {
        let wrong = person.get("/medicine/request/?history_cursor=1").await;
        assert_eq!(wrong.status, 400, "{}", wrong.body);
    }
}

#[tokio::test]
async fn one_pharmacy_answers_once_however_close_together() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let answers = join_all((0..8).map(|n| {
        let choice = if n % 2 == 0 { "ACCEPTED" } else { "REJECTED" };
        pharmacy.answers(&request, choice)
    }))
    .await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(taken, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.body["code"], "already_responded", "{}", answer.body);
    }
    let stats = &pharmacy.get("/medicine/request/").await.body["stats"];
    let counted = stats["accepted"].as_u64().unwrap() + stats["rejected"].as_u64().unwrap();
    assert_eq!(counted, 1, "{stats}");
}

#[tokio::test]
async fn a_cancel_and_an_accept_at_once_agree_on_what_happened() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    for _ in 0..5 {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let path = format!("/medicine/request/{request}/cancel/");
        let (accepted, cancelled) = futures::join!(
            pharmacy.answers(&request, "ACCEPTED"),
            customer.post(&path, json!({}))
        );
        let status = read(&customer, &request).await["status"].clone();
        match (accepted.status, cancelled.status) {
            (201, 400) => {
                assert_eq!(status, "ACCEPTED");
                assert_eq!(cancelled.body["code"], "already_assigned");
            }
            (400, 200) => {
                assert_eq!(status, "CANCELLED");
                assert_eq!(accepted.body["code"], "cancelled");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_nobody_accepted_in_a_day_has_expired() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.ages(&request, time::Duration::DAY).await;
    assert_eq!(read(&customer, &request).await["status"], "EXPIRED");
    let listed = customer.get("/medicine/request/").await;
    assert_eq!(listed.body["requests"][0]["status"], "EXPIRED");
    assert_eq!(pharmacy.get("/medicine/request/").await.body["count"], 0);
    let cancel = format!("/medicine/request/{request}/cancel/");
    for late in [
        pharmacy.answers(&request, "ACCEPTED").await,
        pharmacy.answers(&request, "REJECTED").await,
        customer.post(&cancel, json!({})).await,
    ] {
        assert_eq!(late.status, 400, "{}", late.body);
        assert_eq!(late.body["error"], "This request has expired");
    }
}

/// More pharmacies than one chunk of an audience holds; all but two of them are in the tables only.
#[tokio::test]
async fn everybody_in_reach_is_told_however_many_they_are() {
    const EXTRAS: usize = 505;
    let stage = Stage::set().await;
    let nearest = stage.pharmacy("Nearest", LAT, LNG).await;
    let farthest = stage.pharmacy("Farthest", LAT + 0.02, LNG).await;
    let between = stage.pharmacy("Between", LAT + 0.01, LNG).await;
    let key = json!({"pk": {"S": format!("ACCOUNT#{}", between.id)}, "sk": {"S": "PROFILE"}});
    let found = stage
        .table("Accounts", "GetItem", json!({"Key": key}))
        .await;
    let profile = found["Item"].to_string();
    for n in 0..EXTRAS {
        let id = format!("{}{n:04}", &between.id[..22]);
        let item: Value = serde_json::from_str(&profile.replace(&between.id, &id)).unwrap();
        stage
            .table("Accounts", "PutItem", json!({"Item": item}))
            .await;
    }
    let customer = stage.customer("John Doe").await;
    let mut near_socket = nearest.socket().await;
    let mut far_socket = farthest.socket().await;
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 10, "quantity": 1});
    let created = customer.post("/medicine/request/", body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["pharmacies_notified"], EXTRAS + 3);
    let request = created.text("request_id");
    assert_eq!(near_socket.expect("new_request").await["distance_km"], 0.0);
    let told = far_socket.expect("new_request").await;
    assert_eq!(told["distance_km"], 2.22);
    assert_eq!(read(&farthest, &request).await["distance_km"], 2.22);
    assert_eq!(nearest.answers(&request, "ACCEPTED").await.status, 201);
    far_socket.expect("request_taken").await;
}
