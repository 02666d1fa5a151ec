//! Uploads: by a link that holds for one file, seen by nobody until something refers to it, and once.

use callout_tests::media::{medicine, tiny_webm};
use callout_tests::{Stage, tiny_png};
use futures::future::join_all;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

#[tokio::test]
async fn a_browser_records_uploads_sends_and_the_other_plays() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("LifeCare Pharmacy", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;

    // new Blob(audioChunks, { type: 'audio/webm' }), as recorders call it.
    let recorded = tiny_webm();
    let asked = pharmacy.asks_to_upload("audio/webm;codecs=opus", recorded.len());
    let asked = asked.await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    assert_eq!(asked.body["expires_in"], 900);
    let preflight = reqwest::Client::new()
        .request(reqwest::Method::OPTIONS, asked.text("upload_url"))
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    assert_eq!(stage.upload(&asked.body, &recorded).await, 200);
    let sent =
        json!({"request_id": request, "status": "ACCEPTED", "audio_id": asked.body["media_id"]});
    let sent = pharmacy.post("/medicine/response/", sent).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(sent.body["audio_id"], asked.body["media_id"]);

    // new Audio(data.audio_url).play()
    let told = socket.expect("pharmacy_response").await;
    let heard = reqwest::get(told["audio_url"].as_str().unwrap()).await;
    let heard = heard.unwrap();
    assert_eq!(heard.headers()["content-type"], "audio/webm");
    assert_eq!(heard.bytes().await.unwrap(), recorded);
    // And when that link is over.
    let id = asked.text("media_id");
    let (status, link) = customer.looks_at(&stage, &id).await;
    assert_eq!(status, 302);
    assert_eq!(stage.download(&link.unwrap()).await, (200, recorded));
    // The upload itself is gone.
    let upload = format!("uploads/{}/{id}", pharmacy.id);
    assert_eq!(stage.object(&upload), None);
}

#[tokio::test]
async fn a_pharmacy_sends_a_recording_over_its_socket() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let audio = pharmacy.uploads(&stage, "audio/webm", &tiny_webm()).await;
    let mut speaking = pharmacy.socket().await;
    let response =
        json!({"type": "response", "request_id": request, "status": "ACCEPTED", "audio_id": audio});
    speaking.send(response).await;
    let recorded = speaking.expect("response_recorded").await;
    let told = socket.expect("pharmacy_response").await;
    for link in [&recorded["audio"], &told["audio_url"]] {
        let played = stage.download(link.as_str().unwrap()).await;
        assert_eq!(played, (200, tiny_webm()));
    }
}

#[tokio::test]
async fn what_is_no_file_of_ours_gets_no_link() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for (content_type, size, status, code) in [
        (json!("image/jpeg"), json!(26_000_000), 413, "too_large"),
        (json!("image/jpeg"), json!(25_000_001), 413, "too_large"),
        (json!("image/jpeg"), json!(0), 400, "invalid_input"),
        (json!("image/jpeg"), json!(-5), 400, "invalid_input"),
        (json!("image/jpeg"), json!("large"), 400, "invalid_input"),
        (json!("image/jpeg"), Value::Null, 400, "invalid_input"),
        (Value::Null, json!(1), 400, "invalid_input"),
        (json!("image/svg+xml"), json!(1), 415, "wrong_media_type"),
        (json!("video/mp4"), json!(1), 415, "wrong_media_type"),
        (json!("दवा 💊"), json!(1), 415, "wrong_media_type"),
    ] {
        let body = json!({"content_type": content_type, "size_bytes": size});
        let refused = customer.post("/media/uploads/", body.clone()).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.body);
        assert_eq!(refused.body["code"], code, "{body}");
    }
    let body = json!({"content_type": "image/jpeg", "size_bytes": 25_000_000});
    assert_eq!(
        stage.post("/media/uploads/", body.clone()).await.status,
        401
    );
    assert_eq!(customer.post("/media/uploads", body).await.status, 201);
}

#[tokio::test]
async fn a_link_takes_what_it_was_signed_for_and_nothing_else() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let png = tiny_png();
    let link = customer.asks_to_upload("image/png", png.len()).await.body;
    let longer = [png.as_slice(), b"!"].concat();
    for wrong in [&longer[..], &png[1..], b""] {
        assert_eq!(stage.upload(&link, wrong).await, 403);
    }
    let mut other = link.clone();
    other["headers"]["Content-Type"] = json!("text/html");
    assert_eq!(stage.upload(&other, &png).await, 403);
    let mut elsewhere = link.clone();
    let url = link["upload_url"].as_str().unwrap();
    for (from, to) in [
        ("/uploads/", "/media/"),
        ("X-Amz-Expires=900", "X-Amz-Expires=604800"),
    ] {
        assert!(url.contains(from), "{url}");
        elsewhere["upload_url"] = json!(url.replace(from, to));
        assert_eq!(stage.upload(&elsewhere, &png).await, 403, "{to}");
    }
    assert_eq!(stage.upload(&link, &png).await, 200);
    // It is for writing.
    assert_eq!(stage.download(url).await.0, 403);
}

#[tokio::test]
async fn an_upload_is_its_owners_and_belongs_to_nothing_before_it_is_there() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let thief = stage.customer("Thief").await;
    let promised = customer.asks_to_upload("image/png", tiny_png().len()).await;
    let id = promised.text("media_id");
    let claims = json!({"image_id": id});
    assert_eq!(customer.requests_with(&claims).await.status, 404);
    assert_eq!(stage.upload(&promised.body, &tiny_png()).await, 200);
    assert_eq!(customer.looks_at(&stage, &id).await.0, 404);
    assert_eq!(thief.requests_with(&claims).await.status, 404);
    let never = json!({"image_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
    assert_eq!(customer.requests_with(&never).await.status, 404);
    for wrong in [json!("../x"), json!(7), json!([id])] {
        let refused = customer.requests_with(&json!({"image_id": wrong})).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(refused.body["fields"]["image_id"].is_string());
    }
    assert_eq!(customer.requests_with(&claims).await.status, 201);
    // Claimed, it is still not somebody else's.
    assert_eq!(thief.requests_with(&claims).await.status, 404);
    assert_eq!(thief.looks_at(&stage, &id).await.0, 404);
    assert_eq!(thief.get("/medicine/request/").await.body["count"], 0);
}

#[tokio::test]
async fn an_upload_that_is_claimed_many_times_at_once_belongs_to_one_request() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for _ in 0..3 {
        let id = customer.uploads(&stage, "image/png", &tiny_png()).await;
        let claims = json!({"image_id": id});
        let answers = join_all((0..6).map(|_| customer.requests_with(&claims))).await;
        let made: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .collect();
        assert_eq!(made.len(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.status, 400, "{}", answer.body);
            assert_eq!(answer.body["code"], "media_used");
        }
        assert_eq!(stage.kept(&id), Some(tiny_png()));
    }
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 3);
}

#[tokio::test]
async fn a_claim_that_died_on_its_way_is_made_again() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let function = "CreateMedicineRequestFunction";
    for fault in [
        "dynamodb.error 100% action=TransactWriteItems",
        "function.killed-after 100%",
    ] {
        let id = customer.uploads(&stage, "image/png", &tiny_png()).await;
        let body = medicine(&json!({"image_id": id}));
        stage.fail(&format!("{fault} function={function}"));
        let lost = customer
            .post_once("/medicine/request/", &id, body.clone())
            .await;
        assert!(lost.status >= 500, "{fault}: {}", lost.body);
        stage.cloud.faults().clear();
        assert_eq!(stage.kept(&id), Some(tiny_png()), "{fault}");
        let again =
            join_all((0..4).map(|_| customer.post_once("/medicine/request/", &id, body.clone())));
        let again = again.await;
        for answer in &again {
            assert_eq!(answer.status, 201, "{fault}: {}", answer.body);
            assert_eq!(answer.body["request_id"], again[0].body["request_id"]);
            let link = answer.body["data"]["image"].as_str().unwrap();
            assert_eq!(stage.download(link).await, (200, tiny_png()));
        }
    }
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 2);
}

#[tokio::test]
async fn the_same_key_gives_a_link_to_the_same_file() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let body = json!({"content_type": "image/png", "size_bytes": tiny_png().len()});
    let tries = (0..4).map(|_| customer.post_once("/media/uploads/", "key", body.clone()));
    let answers = join_all(tries).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body["media_id"], answers[0].body["media_id"]);
        assert_eq!(stage.upload(&answer.body, &tiny_png()).await, 200);
    }
    let other = json!({"content_type": "image/png", "size_bytes": 1});
    let reused = customer.post_once("/media/uploads/", "key", other).await;
    assert_eq!(reused.status, 422, "{}", reused.body);
}

#[tokio::test]
async fn an_account_uploads_sixty_files_an_hour() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut granted = 0;
    // The hour may turn on the way.
    let refused = loop {
        let answer = customer.asks_to_upload("image/png", 1).await;
        if answer.status != 201 {
            break answer;
        }
        granted += 1;
        assert!(granted <= 120);
    };
    assert!(granted >= 60, "{granted}");
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert_eq!(refused.body["code"], "too_many_uploads");
    assert!((1..=3_600).contains(&refused.retry_after.unwrap()));
    let other = stage.customer("Jane Doe").await;
    assert_eq!(other.asks_to_upload("image/png", 1).await.status, 201);
}
