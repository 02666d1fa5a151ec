//! The mail door, called by the SDK.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{Body, Content, Destination, Message, RawMessage};

use super::*;
use crate::iam::fixture;

async fn open() -> (Client, Mailbox) {
    open_to("SendOtp", &["ses:*"]).await
}

/// The door where a function may do these actions; the caller is always `SendOtp`.
async fn open_to(function: &str, actions: &[&str]) -> (Client, Mailbox) {
    open_under(fixture::allowing(function, actions)).await
}

async fn open_under(iam: Arc<Iam>) -> (Client, Mailbox) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mailbox = Mailbox::keeping(3);
    tokio::spawn(serve(
        listener,
        mailbox.clone(),
        iam,
        Faults::default(),
        std::future::pending(),
    ));
    let config = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(aws_sdk_ses::config::Credentials::new(
            "LOCALSendOtp",
            "secret",
            None,
            None,
            "test",
        ))
        .build();
    (Client::from_conf(config), mailbox)
}

fn content(text: &str) -> Content {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .unwrap()
}

async fn send(client: &Client, to: &str, text: &str) -> Result<String, String> {
    client
        .send_email()
        .source("Callout <no-reply@callout.example>")
        .destination(Destination::builder().to_addresses(to).build())
        .message(
            Message::builder()
                .subject(content("Your code"))
                .body(Body::builder().text(content(text)).build())
                .build(),
        )
        .send()
        .await
        .map(|sent| sent.message_id().to_owned())
        .map_err(|error| error.code().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn captures_what_the_sdk_sends() {
    let (client, mailbox) = open().await;
    let id = send(&client, "Ram <ram@example.com>", "123456 & <more>\nनमस्ते")
        .await
        .unwrap();
    let mail = mailbox.all().pop().unwrap();
    assert_eq!(mail.message_id, id);
    assert_eq!(mail.number, 1);
    assert_eq!(mail.subject, "Your code");
    assert_eq!(mail.text, "123456 & <more>\nनमस्ते");
    assert_eq!(mail.caller, "LOCALSendOtp");
    assert_eq!(mailbox.to("RAM@example.com", 0), [mail]);
    assert!(mailbox.to("shyam@example.com", 0).is_empty());
}

#[tokio::test]
async fn refuses_an_address_that_is_none() {
    let (client, mailbox) = open().await;
    let refused = send(&client, "nobody", "x").await.unwrap_err();
    assert_eq!(refused, "InvalidParameterValue");
    assert!(mailbox.all().is_empty());
}

#[tokio::test]
async fn waits_for_the_next_mail_and_not_an_older_one() {
    let (client, mailbox) = open().await;
    send(&client, "a@example.com", "first").await.unwrap();
    let first = mailbox.wait_for("a@example.com", 0).await;
    assert_eq!(first.text, "first");
    let waiting = tokio::spawn({
        let mailbox = mailbox.clone();
        async move { mailbox.wait_for("a@example.com", first.number).await }
    });
    send(&client, "b@example.com", "other").await.unwrap();
    send(&client, "a@example.com", "second").await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert_eq!(second.unwrap().unwrap().text, "second");
}

#[tokio::test]
async fn forgets_the_oldest_beyond_its_bound() {
    let (client, mailbox) = open().await;
    for text in ["1", "2", "3", "4"] {
        send(&client, "a@example.com", text).await.unwrap();
    }
    let kept: Vec<_> = mailbox
        .all()
        .into_iter()
        .map(|mail| (mail.number, mail.text))
        .collect();
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[0], (2, "2".to_owned()));
}

#[tokio::test]
async fn reads_raw_messages() {
    let (client, mailbox) = open().await;
    let raw = "From: Callout <no-reply@callout.example>\r\nTo: Ram <ram@example.com>\r\n\
               Subject: =?UTF-8?B?4pyTIGNvZGU=?=\r\nMIME-Version: 1.0\r\n\
               Content-Type: multipart/alternative; boundary=b\r\n\r\n\
               --b\r\nContent-Type: text/plain; charset=utf-8\r\n\
               Content-Transfer-Encoding: quoted-printable\r\n\r\n1=3D1\r\n\
               --b\r\nContent-Type: text/html\r\n\r\n<p>1</p>\r\n--b--\r\n";
    client
        .send_raw_email()
        .raw_message(RawMessage::builder().data(Blob::new(raw)).build().unwrap())
        .send()
        .await
        .unwrap();
    let mail = mailbox.all().pop().unwrap();
    assert_eq!(mail.to, ["ram@example.com"]);
    assert_eq!(mail.subject, "✓ code");
    assert_eq!(mail.text.trim(), "1=1");
    assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>1</p>"));
}

#[tokio::test]
async fn who_may_not_send_does_not() {
    for (function, actions, code) in [
        ("SendOtp", ["ses:SendRawEmail"], "AccessDenied"),
        ("Login", ["ses:*"], "InvalidClientTokenId"),
    ] {
        let (client, mailbox) = open_to(function, &actions).await;
        let refused = send(&client, "john@example.com", "1").await;
        assert_eq!(refused, Err(code.to_owned()));
        assert_eq!(mailbox.all(), []);
    }
}

#[tokio::test]
async fn the_identity_is_the_senders_address_or_its_domain() {
    for (identity, is_sent) in [
        ("no-reply@callout.example", true),
        ("callout.example", true),
        ("other.example", false),
    ] {
        let statement = serde_json::json!({
            "Effect": "Allow",
            "Action": "ses:SendEmail",
            "Resource": resource::mail_identity(identity),
        });
        let policies = serde_json::json!([{ "Statement": statement }]);
        let iam = Iam::of(&fixture::stack([("SendOtp", policies)])).unwrap();
        let (client, mailbox) = open_under(Arc::new(iam)).await;
        let sent = send(&client, "a@example.com", "x").await;
        assert_eq!(sent.is_ok(), is_sent, "{identity}");
        assert_eq!(mailbox.all().len(), usize::from(is_sent), "{identity}");
    }
}
