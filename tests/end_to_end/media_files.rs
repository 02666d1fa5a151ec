//! What becomes of a file's content: it is what its bytes are, it can be shown, and it says no more than
//! what it shows.

use callout_domain::media::{Clean, Wanted};
use callout_tests::media::{PICTURES, huge_png, medicine, tiny_webm};
use callout_tests::{Answer, Person, Stage, tiny_png};
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const FIELDS: [(&str, &str); 4] = [
    ("patient_lat", "27.7172"),
    ("patient_lng", "85.3240"),
    ("radius_km", "5"),
    ("quantity", "1"),
];

async fn sends_in_form(customer: &Person, name: &str, bytes: &[u8]) -> Answer {
    let file = ("image", name, bytes.to_vec());
    let path = "/medicine/request/";
    customer.post_form(path, &FIELDS, Some(file)).await
}

fn says(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|part| part == secret)
}

#[tokio::test]
async fn a_picture_tells_nobody_where_and_by_whom_it_was_taken() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    for (content_type, name, bytes) in PICTURES {
        let id = customer.uploads(&stage, content_type, bytes).await;
        let before = customer.requests_with(&json!({"image_id": id})).await;
        let in_form = sends_in_form(&customer, name, bytes).await;
        for answer in [before, in_form] {
            assert_eq!(answer.status, 201, "{name}: {}", answer.body);
            let told = socket.expect("new_request").await;
            let shown = reqwest::get(told["image_url"].as_str().unwrap()).await;
            let shown = shown.unwrap();
            assert_eq!(shown.headers()["content-type"], content_type);
            let shown = shown.bytes().await.unwrap().to_vec();
            let kept = stage.kept(answer.body["data"]["image_id"].as_str().unwrap());
            assert_eq!(kept.as_ref(), Some(&shown));
            for secret in [
                b"SECRET".as_slice(),
                b"GPSLatitude",
                b"2026:02:24",
                b"xmpmeta",
            ] {
                assert!(!says(&shown, secret), "{name}: {secret:?}");
            }
            // The rule that strips it, and that the picture, its colours and its side stay, is proved
            // with the rule itself.
            let expected = Clean::of(bytes.to_vec(), Wanted::Image).unwrap();
            assert_eq!(shown, expected.bytes, "{name}");
        }
    }
}

#[tokio::test]
async fn a_picture_that_is_called_a_recording_is_a_picture() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let id = pharmacy.uploads(&stage, "audio/mpeg", &tiny_png()).await;
    let uploaded = json!({"request_id": request, "response_type": "ACCEPTED", "audio_id": id});
    let uploaded = pharmacy.post("/medicine/response/", uploaded).await;
    let in_form = pharmacy
        .post_form(
            "/medicine/response/",
            &[("request_id", &request), ("response_type", "ACCEPTED")],
            Some(("audio", "response.mp3", tiny_png())),
        )
        .await;
    for answer in [uploaded, in_form] {
        assert_eq!(answer.status, 415, "{}", answer.body);
        assert_eq!(answer.body["code"], "wrong_media_type");
    }
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.body["status"], "PENDING");
    assert_eq!(stage.kept(&id), None);
    // And a recording that is called a picture is none.
    let id = customer.uploads(&stage, "image/png", &tiny_webm()).await;
    let refused = customer.requests_with(&json!({"image_id": id})).await;
    assert_eq!(refused.status, 415, "{}", refused.body);
}

#[tokio::test]
async fn a_picture_that_nobody_could_show_is_refused() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let cut = &PICTURES[0].2[..1_000];
    for (bytes, status, code) in [
        (huge_png().as_slice(), 413, "too_many_pixels"),
        (cut, 400, "damaged_file"),
        (&tiny_png()[..40], 400, "damaged_file"),
        (b"<svg onload='alert(1)'/>", 415, "wrong_media_type"),
        (b"\0", 415, "wrong_media_type"),
    ] {
        let id = customer.uploads(&stage, "image/png", bytes).await;
        let uploaded = customer.requests_with(&json!({"image_id": id})).await;
        let in_form = sends_in_form(&customer, "rx.png", bytes).await;
        for answer in [uploaded, in_form] {
            assert_eq!(answer.status, status, "{}", answer.body);
            assert_eq!(answer.body["code"], code);
        }
        assert_eq!(stage.kept(&id), None);
    }
    let both = [("image_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV")];
    let fields = [&FIELDS[..], &both].concat();
    let file = Some(("image", "rx.png", tiny_png()));
    let both = customer
        .post_form("/medicine/request/", &fields, file)
        .await;
    assert_eq!(both.status, 400, "{}", both.body);
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 0);
}

#[tokio::test]
async fn what_was_sent_stays_what_it_is_whatever_is_uploaded_after_it() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let (_, _, webp) = PICTURES[2];
    let mut other = webp.to_vec();
    let last = other.len() - 1;
    other[last] = b'?';
    let link = customer.asks_to_upload("image/webp", webp.len()).await;
    assert_eq!(stage.upload(&link.body, webp).await, 200);
    let id = link.text("media_id");
    let body = medicine(&json!({"image_id": id}));
    let sent = customer.post("/medicine/request/", body.clone()).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let kept = stage.kept(&id);
    // The link still holds, and leads nowhere any more.
    assert_eq!(stage.upload(&link.body, &other).await, 200);
    assert_eq!(customer.post("/medicine/request/", body).await.status, 400);
    assert_eq!(stage.kept(&id), kept);
}

#[tokio::test]
async fn the_largest_file_is_taken_whole() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let mut recorded = b"OggS\0\x02".to_vec();
    recorded.resize(25_000_000, 7);
    let id = pharmacy.uploads(&stage, "audio/ogg", &recorded).await;
    let sent = json!({"request_id": request, "response_type": "ACCEPTED", "audio_id": id});
    let sent = pharmacy.post("/medicine/response/", sent).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let (status, link) = customer.looks_at(&stage, &id).await;
    assert_eq!(status, 302);
    let (status, played) = stage.download(&link.unwrap()).await;
    assert_eq!(status, 200);
    assert!(played == recorded);
}
