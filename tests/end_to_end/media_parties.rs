//! Who is shown a file: whoever sent it, and the parties of what it was sent with.

use callout_local::client::Api;
use callout_tests::{Person, Stage, tiny_png};
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
/// Some hundred kilometres away.
const FAR: f64 = 28.7172;

async fn sends_a_prescription(stage: &Stage, customer: &Person) -> (String, String) {
    let image = customer.uploads(stage, "image/png", &tiny_png()).await;
    let request = customer.requests_with(&json!({"image_id": image})).await;
    assert_eq!(request.status, 201, "{}", request.body);
    assert_eq!(request.body["data"]["image_id"], image.as_str());
    (request.text("request_id"), image)
}

#[tokio::test]
async fn a_prescription_is_shown_to_those_who_were_asked_and_to_nobody_else() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let told = stage.pharmacy("Told", LAT, LNG).await;
    let far = stage.pharmacy("Far", FAR, LNG).await;
    let (request, image) = sends_a_prescription(&stage, &customer).await;
    // It may still answer, and so it may see.
    let late = stage.pharmacy("Late", LAT, LNG).await;
    let stranger = stage.customer("Stranger").await;
    for (person, expected) in [
        (&customer, 302),
        (&told, 302),
        (&late, 302),
        (&far, 404),
        (&stranger, 404),
    ] {
        let (status, link) = person.looks_at(&stage, &image).await;
        assert_eq!(status, expected);
        if let Some(link) = link {
            assert_eq!(stage.download(&link).await, (200, tiny_png()));
            let longer = link.replace("X-Amz-Expires=900", "X-Amz-Expires=9000");
            assert_ne!(longer, link);
            assert_eq!(stage.download(&longer).await.0, 403);
        }
    }
    assert_eq!(late.answers(&request, "ACCEPTED").await.status, 201);
    let later = stage.pharmacy("Later", LAT, LNG).await;
    for (person, expected) in [(&late, 302), (&told, 302), (&later, 404)] {
        assert_eq!(person.looks_at(&stage, &image).await.0, expected);
    }
    let api = Api::new(stage.cloud.http_url());
    let nobody = api.get(&format!("/media/{image}/")).await.unwrap();
    assert_eq!(nobody.status, 401);
    for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "uploads", "..%2fx", "💊"] {
        let answer = customer.get(&format!("/media/{unknown}/")).await;
        assert_eq!(answer.status, 404, "{unknown}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_player_gets_the_link_as_json() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let (_, image) = sends_a_prescription(&stage, &customer).await;
    let api = Api::new(stage.cloud.http_url()).with_token(&customer.access);
    let path = format!("/media/{image}/");
    let json = api
        .send(reqwest::Method::GET, &path, |request| {
            request.header("accept", "application/json")
        })
        .await
        .unwrap();
    assert_eq!((json.status, &json.body["expires_in"]), (200, &json!(900)));
    let link = json.body["url"].as_str().unwrap();
    assert_eq!(stage.download(link).await, (200, tiny_png()));
    // Whoever follows the redirection arrives, and takes no token there.
    let url = format!("{}{path}", stage.cloud.http_url());
    let followed = reqwest::Client::new().get(url);
    let followed = followed.bearer_auth(&customer.access).send().await.unwrap();
    assert_eq!(followed.status(), 200);
    assert_eq!(followed.headers()["content-type"], "image/png");
    assert_eq!(followed.bytes().await.unwrap(), tiny_png());
}

#[tokio::test]
async fn a_recording_is_shown_to_the_parties_of_its_request() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let stranger = stage.customer("Stranger").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let ogg = b"OggS\0\x02\0\0";
    let audio = pharmacy.uploads(&stage, "audio/ogg", ogg).await;
    let sent = json!({"request_id": request, "response_type": "REJECTED", "audio_id": audio});
    let sent = pharmacy.post("/medicine/response/", sent).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    for (person, expected) in [(&customer, 302), (&pharmacy, 302), (&stranger, 404)] {
        assert_eq!(person.looks_at(&stage, &audio).await.0, expected);
    }
}

#[tokio::test]
async fn what_somebody_sent_goes_with_them() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let (_, image) = sends_a_prescription(&stage, &customer).await;
    let (status, link) = pharmacy.looks_at(&stage, &image).await;
    assert_eq!(status, 302);
    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    stage.settled().await;
    assert_eq!(pharmacy.looks_at(&stage, &image).await.0, 404);
    assert_eq!(stage.kept(&image), None);
    assert_eq!(stage.download(&link.unwrap()).await.0, 403);
}
