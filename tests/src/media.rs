//! Files that people send, and how they send them.

use reqwest::{Method, header, redirect};
use serde_json::{Value, json};

use crate::person::Person;
use crate::stage::Stage;
use crate::{Answer, tiny_png};

/// Pictures as programs write them, turned by a quarter and full of metadata: the media type, the file's
/// name, its content.
pub const PICTURES: [(&str, &str, &[u8]); 4] = [
    (
        "image/jpeg",
        "photo.jpg",
        include_bytes!("../../shared/domain/fixtures/gps.jpg"),
    ),
    (
        "image/png",
        "photo.png",
        include_bytes!("../../shared/domain/fixtures/gps.png"),
    ),
    (
        "image/webp",
        "photo.webp",
        include_bytes!("../../shared/domain/fixtures/gps.webp"),
    ),
    (
        "image/heic",
        "IMG_0001.HEIC",
        include_bytes!("../../shared/domain/fixtures/gps.heic"),
    ),
];

/// Sound as a browser's recorder writes it, as far as anybody looks: the header of a `WebM` file.
pub fn tiny_webm() -> Vec<u8> {
    b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08\
      \x42\x82\x84webm\x42\x87\x81\x04\x42\x85\x81\x02"
        .to_vec()
}

/// A whole PNG whose header declares more pixels than anybody can show.
pub fn huge_png() -> Vec<u8> {
    let mut png = tiny_png();
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    png
}

impl Person {
    /// Asks for a link to upload a file by.
    pub async fn asks_to_upload(&self, content_type: &str, size: usize) -> Answer {
        let body = json!({"content_type": content_type, "size_bytes": size});
        self.post("/media/uploads/", body).await
    }

    /// Uploads a file as an app does; its id.
    pub async fn uploads(&self, stage: &Stage, content_type: &str, bytes: &[u8]) -> String {
        let asked = self.asks_to_upload(content_type, bytes.len()).await;
        assert_eq!(asked.status, 201, "{}", asked.body);
        assert_eq!(stage.upload(&asked.body, bytes).await, 200);
        asked.text("media_id")
    }

    /// Asks for medicine around a place, with more fields.
    pub async fn requests_with(&self, more: &Value) -> Answer {
        self.post("/medicine/request/", medicine(more)).await
    }

    /// `GET /media/{id}/` without following it: the status, and where it leads.
    pub async fn looks_at(&self, stage: &Stage, id: &str) -> (u16, Option<String>) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let url = format!("{}/media/{id}/", stage.cloud.http_url());
        let answer = client.get(url).bearer_auth(&self.access).send().await;
        let answer = answer.unwrap();
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|location| location.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    }
}

impl Stage {
    /// Uploads by the link that was given, with its method and headers; the status.
    pub async fn upload(&self, link: &Value, bytes: &[u8]) -> u16 {
        let method: Method = link["method"].as_str().unwrap().parse().unwrap();
        let mut put = reqwest::Client::new().request(method, link["upload_url"].as_str().unwrap());
        for (name, value) in link["headers"].as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        put.body(bytes.to_vec())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    /// What is kept of a file, past every function.
    pub fn kept(&self, id: &str) -> Option<Vec<u8>> {
        self.object(&format!("media/{id}"))
    }

    /// An object of the media bucket.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        let bucket = &self.cloud.stack().buckets["Media"].name;
        std::fs::read(self.cloud.state().join("s3").join(bucket).join(key)).ok()
    }
}

/// A broadcast for medicine, with more fields.
pub fn medicine(more: &Value) -> Value {
    let mut body =
        json!({"patient_lat": 27.7172, "patient_lng": 85.3240, "radius_km": 5, "quantity": 1});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}
