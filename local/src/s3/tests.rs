//! The S3 door, called by the SDK.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;

use super::*;
use crate::iam::fixture;
use crate::template::model::{Bucket, CorsRule};

struct Door {
    url: String,
    state: State,
}

/// A bucket for the browsers of one origin.
fn bucket() -> Bucket {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Bucket {
        name: "callout-media".to_owned(),
        cors: vec![CorsRule {
            allowed_origins: texts(&["https://app.example"]),
            allowed_methods: texts(&["GET", "PUT"]),
            allowed_headers: texts(&["content-type"]),
            exposed_headers: texts(&["ETag"]),
            max_age_seconds: Some(60),
        }],
        expirations: Vec::new(),
    }
}

async fn open() -> Door {
    open_to(&["s3:*"]).await
}

/// The door where `Uploads` may do these actions.
async fn open_to(actions: &[&str]) -> Door {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let state = State::temporary().unwrap();
    let held = state.clone();
    let stack = Stack {
        buckets: BTreeMap::from([("MediaBucket".to_owned(), bucket())]),
        ..Stack::default()
    };
    let iam = fixture::allowing("Uploads", actions);
    tokio::spawn(async move {
        let credentials = Credentials {
            secret: "right".to_owned(),
        };
        let ended = std::future::pending();
        serve(listener, &held, &stack, credentials, iam, ended).await
    });
    Door { url, state }
}

impl Door {
    /// A client as a function makes it: the endpoint's URL and nothing else.
    fn client(&self, key: &str, secret: &str) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.url)
            .credentials_provider(aws_sdk_s3::config::Credentials::new(
                key, secret, None, None, "test",
            ))
            .build();
        Client::from_conf(config)
    }
}

fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

#[tokio::test]
async fn keeps_objects_for_the_sdk_without_being_told_path_style() {
    let door = open().await;
    let client = door.client("LOCALUploads", "right");
    client
        .put_object()
        .bucket("callout-media")
        .key("images/one")
        .content_type("image/png")
        .body(ByteStream::from_static(b"pixels"))
        .send()
        .await
        .unwrap();
    let found = client
        .get_object()
        .bucket("callout-media")
        .key("images/one")
        .send()
        .await
        .unwrap();
    assert_eq!(found.content_type(), Some("image/png"));
    assert_eq!(
        found.body.collect().await.unwrap().into_bytes().as_ref(),
        b"pixels"
    );
    assert!(
        door.state
            .path()
            .join("s3/callout-media/images/one")
            .exists()
    );

    client
        .delete_object()
        .bucket("callout-media")
        .key("images/one")
        .send()
        .await
        .unwrap();
    let gone = client
        .head_object()
        .bucket("callout-media")
        .key("images/one")
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_not_found());
}

#[tokio::test]
async fn refuses_wrong_secrets_and_strange_keys() {
    let door = open().await;
    for (key, secret, code) in [
        ("LOCALUploads", "wrong", "SignatureDoesNotMatch"),
        ("AKIASTRANGER", "right", "InvalidAccessKeyId"),
        ("LOCAL", "right", "InvalidAccessKeyId"),
        ("LOCALLogin", "right", "InvalidAccessKeyId"),
    ] {
        let refused = door
            .client(key, secret)
            .get_object()
            .bucket("callout-media")
            .key("x")
            .send()
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Some(code), "{key} {secret}");
    }
    let unsigned = reqwest::get(format!("{}/callout-media/x", door.url))
        .await
        .unwrap();
    assert_eq!(unsigned.status(), 403);
}

#[tokio::test]
async fn a_presigned_upload_and_download_work_and_a_tampered_one_does_not() {
    let door = open().await;
    let client = door.client("LOCALUploads", "right");
    let put = client
        .put_object()
        .bucket("callout-media")
        .key("up/a b+c")
        .content_type("image/jpeg")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let http = reqwest::Client::new();
    let upload = |url: String, body: &'static str| {
        http.put(url)
            .header("content-type", "image/jpeg")
            .body(body)
            .send()
    };
    assert_eq!(
        upload(put.uri().to_owned(), "photo")
            .await
            .unwrap()
            .status(),
        200
    );
    let elsewhere = put.uri().replace("/up/", "/down/");
    assert_eq!(upload(elsewhere, "photo").await.unwrap().status(), 403);

    let get = client
        .get_object()
        .bucket("callout-media")
        .key("up/a b+c")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let found = http.get(get.uri()).send().await.unwrap();
    assert_eq!(found.status(), 200);
    assert_eq!(found.headers()["content-type"], "image/jpeg");
    assert_eq!(found.text().await.unwrap(), "photo");
    let longer = get.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    assert_ne!(longer, get.uri());
    assert_eq!(http.get(longer).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn an_expired_link_is_refused() {
    let door = open().await;
    let client = door.client("LOCALUploads", "right");
    let earlier = std::time::SystemTime::now() - Duration::from_mins(2);
    let config = PresigningConfig::builder()
        .start_time(earlier)
        .expires_in(Duration::from_mins(1))
        .build()
        .unwrap();
    let get = client
        .get_object()
        .bucket("callout-media")
        .key("x")
        .presigned(config)
        .await
        .unwrap();
    let late = reqwest::get(get.uri()).await.unwrap();
    assert_eq!(late.status(), 403);
    assert!(late.text().await.unwrap().contains("expired"));
}

#[tokio::test]
async fn browsers_may_what_the_bucket_allows_them() {
    let door = open().await;
    let http = reqwest::Client::new();
    let url = format!("{}/callout-media/x", door.url);
    let asks = |origin: &str, method: &str, header: &str| {
        http.request(reqwest::Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", header)
            .send()
    };
    let (ours, theirs) = ("https://app.example", "https://other.example");
    let allowed = asks(ours, "PUT", "Content-Type").await.unwrap();
    assert_eq!(allowed.status(), 200);
    for (name, value) in [
        ("access-control-allow-origin", ours),
        ("access-control-allow-headers", "Content-Type"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-max-age", "60"),
    ] {
        assert_eq!(allowed.headers()[name], value, "{name}");
    }
    for (origin, method, header) in [
        (theirs, "PUT", "content-type"),
        (ours, "DELETE", "content-type"),
        (ours, "PUT", "authorization"),
    ] {
        let refused = asks(origin, method, header).await.unwrap();
        assert_eq!(refused.status(), 403, "{origin} {method} {header}");
        assert!(
            !refused
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
    for (origin, may_read) in [(ours, true), (theirs, false)] {
        let answer = http
            .get(&url)
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403);
        let is_readable = answer.headers().contains_key("access-control-allow-origin");
        assert_eq!(is_readable, may_read, "{origin}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_to_those_who_may_list_the_bucket() {
    for (actions, code) in [
        (&["s3:GetObject"][..], "AccessDenied"),
        (&["s3:GetObject", "s3:ListBucket"], "NoSuchKey"),
    ] {
        let door = open_to(actions).await;
        let client = door.client("LOCALUploads", "right");
        let get = client.get_object().bucket("callout-media").key("x");
        let refused = get.send().await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{actions:?}");
    }
}

#[tokio::test]
async fn a_link_is_judged_by_what_its_signer_may() {
    let door = open_to(&["s3:PutObject"]).await;
    let client = door.client("LOCALUploads", "right");
    client
        .put_object()
        .bucket("callout-media")
        .key("x")
        .body(ByteStream::from_static(b"pixels"))
        .send()
        .await
        .unwrap();
    let get = client.get_object().bucket("callout-media").key("x");
    let refused = get.clone().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let said = refused.message().unwrap();
    assert!(
        said.contains("perform: s3:GetObject on resource: arn:aws:s3:::callout-media/x"),
        "{said}"
    );
    let link = get.presigned(for_a_minute()).await.unwrap();
    let followed = reqwest::get(link.uri()).await.unwrap();
    assert_eq!(followed.status().as_u16(), 403);
    assert!(followed.text().await.unwrap().contains("AccessDenied"));

    let put = client.put_object().bucket("callout-media").key("y");
    let link = put.presigned(for_a_minute()).await.unwrap();
    let upload = reqwest::Client::new().put(link.uri()).body("pixels");
    assert_eq!(upload.send().await.unwrap().status().as_u16(), 200);
}
