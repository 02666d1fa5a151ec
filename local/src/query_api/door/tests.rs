//! The door, in front of the services that it is for, called as an SDK would.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;

use super::*;
use crate::iam::fixture;
use crate::mail::Mailbox;
use crate::push::Pushes;
use crate::state::State;

const MAIL: &str = "Action=SendEmail&Source=no-reply%40callout.example\
                    &Destination.ToAddresses.member.1=a%40b.c\
                    &Message.Subject.Data=x&Message.Body.Text.Data=y";
const PUSH: &str = "Action=Publish&Message=x\
                    &TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aalarms";

/// A door with a service behind it, and the faults that it meets.
struct Opened {
    url: String,
    faults: Faults,
}

/// The door of a service, where the function `Caller` may do these actions.
async fn open(service: impl Service, actions: &[&str]) -> Opened {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let faults = Faults::default();
    let iam = fixture::allowing("Caller", actions);
    let shutdown = std::future::pending();
    tokio::spawn(serve(listener, service, iam, faults.clone(), shutdown));
    Opened { url, faults }
}

impl Opened {
    /// Makes every call meet a fault from now on.
    fn fail(&self, fault: &str) {
        let plan = format!("seed 1: {fault} 100% function=Caller");
        self.faults.set(plan.parse().unwrap());
    }

    /// The status and body that the function `Caller` is answered.
    async fn call(&self, form: &'static str) -> (u16, String) {
        let scope = "AWS4-HMAC-SHA256 Credential=LOCALCaller/20260101/us-east-1/x/aws4_request";
        let request = reqwest::Client::new().post(&self.url);
        let request = request.header(AUTHORIZATION, scope).body(form);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Throttled, broken and slow, as the service that fails so is called; `kept` counts what it has done.
async fn fails_as_it_is_told(
    door: Opened,
    service: &str,
    other: &str,
    form: &'static str,
    kept: impl Fn() -> usize,
) {
    for (fault, status, code) in [
        ("throttled", 400, "<Code>Throttling</Code>"),
        ("error", 500, "<Code>InternalFailure</Code>"),
    ] {
        door.fail(&format!("{service}.{fault}"));
        let answer = door.call(form).await;
        assert_eq!(answer.0, status, "{service}.{fault}: {}", answer.1);
        assert!(answer.1.contains(code), "{service}.{fault}: {}", answer.1);
        assert_eq!(kept(), 0, "{service}.{fault} did it all the same");
        assert_eq!(door.faults.hits(), [1], "{service}.{fault}");
    }

    let by = Duration::from_millis(150);
    door.fail(&format!("{service}.slow(150ms)"));
    let began = Instant::now();
    let answer = door.call(form).await;
    assert!(began.elapsed() >= by, "{service}: {:?}", began.elapsed());
    assert_eq!((answer.0, kept()), (200, 1), "{}", answer.1);

    door.fail(&format!("{other}.error"));
    let answer = door.call(form).await;
    assert_eq!((answer.0, kept()), (200, 2), "{}", answer.1);
    assert_eq!(door.faults.hits(), [0], "that is another service's");
}

#[tokio::test]
async fn mail_fails_as_it_is_told() {
    let mailbox = Mailbox::default();
    let door = open(mailbox.clone(), &["ses:*"]).await;
    fails_as_it_is_told(door, "ses", "sns", MAIL, || mailbox.all().len()).await;
}

#[tokio::test]
async fn push_fails_as_it_is_told() {
    let pushes = Pushes::open(&State::temporary().unwrap()).unwrap();
    let door = open(pushes.clone(), &["sns:*"]).await;
    fails_as_it_is_told(door, "sns", "ses", PUSH, || pushes.sent().len()).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_read_meets_no_fault() {
    let door = open(Mailbox::default(), &["ses:*"]).await;
    door.fail("ses.error");
    let (status, body) = door.call("Version=2010-12-01").await;
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("<Code>MissingAction</Code>"), "{body}");
    assert_eq!(door.faults.hits(), [0]);
}

#[tokio::test]
async fn a_refusal_names_the_last_resource_that_would_have_done() {
    let mailbox = Mailbox::default();
    let door = open(mailbox.clone(), &["ses:SendRawEmail"]).await;
    let (status, body) = door.call(MAIL).await;
    assert_eq!(status, 403, "{body}");
    assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
    assert!(
        body.contains(":identity/no-reply@callout.example"),
        "{body}"
    );
    assert_eq!(mailbox.all(), []);
}

#[tokio::test]
async fn mail_is_understood_before_it_is_refused_and_push_is_not() {
    let door = open(Mailbox::default(), &["ses:GetSendQuota"]).await;
    let (_, body) = door.call("Action=SendEmail").await;
    assert!(body.contains("<Code>MessageRejected</Code>"), "{body}");

    let pushes = Pushes::open(&State::temporary().unwrap()).unwrap();
    let door = open(pushes, &["sns:ListTopics"]).await;
    let (_, body) = door.call("Action=Publish").await;
    assert!(body.contains("<Code>AuthorizationError</Code>"), "{body}");
}
