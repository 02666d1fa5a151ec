//! Against an SNS that answers what it is told, and counts how often it was asked.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use aws_sdk_sns::Config;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use callout_domain::device::DeviceToken;
use callout_domain::ids::EventId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const APPLICATION: &str = "arn:aws:sns:us-east-1:000000000000:app/GCM/callout";
const ENDPOINT: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/callout/1";

/// What SNS does with one call.
enum Turn {
    /// Answers so.
    Says(u16, String),
    /// Takes it and hangs up.
    HangsUp,
    /// Takes it and says nothing.
    IsSilent,
}

/// What SNS was asked, call by call.
type Asked = Arc<Mutex<Vec<String>>>;

async fn sns(turns: impl IntoIterator<Item = Turn>) -> (Push, Asked) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("LOCAL", "secret", None, None, "test"))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()));
    let asked = Asked::default();
    tokio::spawn(serve(
        listener,
        turns.into_iter().collect(),
        Arc::clone(&asked),
    ));
    let push = Push {
        clients: Clients::new(&config, Duration::from_millis(200)),
        application: Some(APPLICATION.to_owned()),
    };
    (push, asked)
}

async fn serve(listener: TcpListener, mut turns: VecDeque<Turn>, asked: Asked) {
    let mut open = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(call) = call(&mut stream).await else {
            continue;
        };
        asked.lock().unwrap().push(call);
        match turns.pop_front().unwrap_or(Turn::HangsUp) {
            Turn::HangsUp => {}
            Turn::IsSilent => open.push(stream),
            Turn::Says(status, body) => {
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    }
}

/// The body of one request.
async fn call(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let (_, length) = head.split_once("content-length: ")?;
            let length: usize = length.lines().next()?.parse().ok()?;
            if body.len() >= length {
                return Some(body.to_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn done(action: &str, result: &str) -> Turn {
    Turn::Says(
        200,
        format!(
            "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <{action}Result>{result}</{action}Result></{action}Response>"
        ),
    )
}

fn refusal(status: u16, code: &str, message: &str) -> Turn {
    Turn::Says(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>1</RequestId></ErrorResponse>"
        ),
    )
}

fn taken() -> Turn {
    done("Publish", "<MessageId>1</MessageId>")
}

fn attributes(token: &str, enabled: bool) -> Turn {
    let entry = |key, value: &str| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries = entry("Token", token) + &entry("Enabled", &enabled.to_string());
    done(
        "GetEndpointAttributes",
        &format!("<Attributes>{entries}</Attributes>"),
    )
}

fn created(arn: &str) -> Turn {
    done(
        "CreatePlatformEndpoint",
        &format!("<EndpointArn>{arn}</EndpointArn>"),
    )
}

fn message() -> PushMessage {
    PushMessage {
        title: "Medicine".to_owned(),
        body: "Somebody needs medicine".to_owned(),
        kind: "new_request".to_owned(),
        request: None,
        event: EventId::new(ulid::Ulid::from(1)),
        urgency: Urgency::Urgent,
    }
}

/// What becomes of a message, and how often it was handed to SNS.
async fn publish(turns: impl IntoIterator<Item = Turn>) -> (Pushed, usize) {
    let (push, asked) = sns(turns).await;
    let pushed = push.publish(&EndpointArn::new(ENDPOINT), &message()).await;
    let count = asked.lock().unwrap().len();
    (pushed.unwrap(), count)
}

/// What becomes of a token, and which actions SNS was asked for.
async fn register(
    known: Option<&str>,
    turns: impl IntoIterator<Item = Turn>,
) -> (Result<Registration, CloudError>, Vec<String>) {
    let (push, asked) = sns(turns).await;
    let token = DeviceToken::parse("token-1").unwrap();
    let outcome = push.register(&token, known.map(EndpointArn::new)).await;
    let action = |call: &String| {
        let (_, action) = call.split_once("Action=").unwrap();
        action.split('&').next().unwrap().to_owned()
    };
    let actions = asked.lock().unwrap().iter().map(action).collect();
    (outcome, actions)
}

fn is_at(outcome: Result<Registration, CloudError>, arn: &str) {
    assert_eq!(outcome.unwrap(), Registration::At(EndpointArn::new(arn)));
}

#[tokio::test]
async fn what_sns_takes_is_handed_over_once() {
    let (push, asked) = sns([taken()]).await;
    let pushed = push.publish(&EndpointArn::new(ENDPOINT), &message()).await;
    assert_eq!(pushed.unwrap(), Pushed::Sent);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    for field in [
        "Action=Publish&",
        "MessageStructure=json",
        "endpoint%2FGCM%2Fcallout%2F1",
        "fcmV1Message",
    ] {
        assert!(asked[0].contains(field), "no {field} in {}", asked[0]);
    }
}

#[tokio::test]
async fn what_was_not_answered_may_have_gone_and_is_never_handed_over_again() {
    assert_eq!(
        publish([Turn::HangsUp, taken()]).await,
        (Pushed::Unknown, 1)
    );
    assert_eq!(
        publish([Turn::IsSilent, taken()]).await,
        (Pushed::Unknown, 1)
    );
    let lost = Turn::Says(504, "<html>Gateway Timeout</html>".to_owned());
    assert_eq!(publish([lost, taken()]).await, (Pushed::Unknown, 1));
}

#[tokio::test]
async fn what_is_refused_for_now_is_handed_over_again() {
    let throttled = || refusal(400, "Throttling", "Rate exceeded");
    let failing = || refusal(500, "InternalError", "Internal server error");
    let turns = [
        throttled(),
        failing(),
        refusal(429, "Throttled", "Rate exceeded"),
        taken(),
    ];
    assert_eq!(publish(turns).await, (Pushed::Sent, 4));
}

#[tokio::test]
async fn patience_ends() {
    let throttled = || refusal(400, "Throttling", "Rate exceeded");
    let unavailable = || Turn::Says(503, String::new());
    let started = Instant::now();
    let (throttled, unavailable) = tokio::join!(
        publish((0..50).map(|_| throttled())),
        publish((0..50).map(|_| unavailable())),
    );
    assert_eq!(
        (throttled.0, unavailable.0),
        (Pushed::Throttled, Pushed::Unavailable)
    );
    for (_, tries) in [throttled, unavailable] {
        assert!((5..=12).contains(&tries), "{tries}");
    }
    assert!(started.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn what_is_refused_for_good_is_told_apart_and_not_tried_again() {
    for (status, code, message, pushed) in [
        (
            400,
            "EndpointDisabled",
            "Endpoint is disabled",
            Pushed::Disabled,
        ),
        (404, "NotFound", "Endpoint does not exist", Pushed::Disabled),
        (
            400,
            "InvalidParameter",
            "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified",
            Pushed::Disabled,
        ),
        (
            400,
            "InvalidParameter",
            "Invalid parameter: Message too long",
            Pushed::Rejected,
        ),
        (400, "PlatformApplicationDisabled", "…", Pushed::Rejected),
        (403, "AuthorizationError", "…", Pushed::Rejected),
    ] {
        let outcome = publish([refusal(status, code, message), taken()]).await;
        assert_eq!(outcome, (pushed, 1), "{code}: {message}");
    }
}

#[tokio::test]
async fn a_new_token_gets_an_endpoint_that_is_read_back() {
    let (outcome, actions) = register(None, [created(ENDPOINT), attributes("token-1", true)]).await;
    is_at(outcome, ENDPOINT);
    assert_eq!(actions, ["CreatePlatformEndpoint", "GetEndpointAttributes"]);
}

#[tokio::test]
async fn a_known_endpoint_that_works_is_left_as_it_is() {
    let (outcome, actions) = register(Some(ENDPOINT), [attributes("token-1", true)]).await;
    is_at(outcome, ENDPOINT);
    assert_eq!(actions, ["GetEndpointAttributes"]);
}

#[tokio::test]
async fn an_endpoint_that_is_disabled_or_has_another_token_is_repaired() {
    for found in [attributes("token-1", false), attributes("token-0", true)] {
        let turns = [found, done("SetEndpointAttributes", "")];
        let (outcome, actions) = register(Some(ENDPOINT), turns).await;
        is_at(outcome, ENDPOINT);
        assert_eq!(actions, ["GetEndpointAttributes", "SetEndpointAttributes"]);
    }
}

#[tokio::test]
async fn an_endpoint_that_was_deleted_is_created_again() {
    let gone = refusal(404, "NotFound", "Endpoint does not exist");
    let other = ENDPOINT.replace("callout/1", "callout/2");
    let turns = [gone, created(&other), attributes("token-1", true)];
    let (outcome, _) = register(Some(ENDPOINT), turns).await;
    is_at(outcome, &other);
}

#[tokio::test]
async fn an_endpoint_that_a_token_has_already_is_taken() {
    let there = || {
        let sentence = format!(
            "Invalid parameter: Token Reason: Endpoint {ENDPOINT} already exists with the same \
             Token, but different attributes."
        );
        refusal(400, "InvalidParameter", &sentence)
    };
    let (outcome, _) = register(None, [there(), attributes("token-1", true)]).await;
    is_at(outcome, ENDPOINT);
    let renamed = ENDPOINT.replace("callout/1", "callout/2");
    let turns = [
        attributes("token-0", true),
        there(),
        attributes("token-1", true),
    ];
    let (outcome, _) = register(Some(&renamed), turns).await;
    is_at(outcome, ENDPOINT);
}

#[tokio::test]
async fn what_is_no_token_is_said_so_and_what_fails_shows_neither_token_nor_endpoint() {
    let refused = "Invalid parameter: Token Reason: must be at most 8192 bytes in UTF-8 encoding";
    let (outcome, _) = register(None, [refusal(400, "InvalidParameter", refused)]).await;
    assert_eq!(outcome.unwrap(), Registration::NotAToken);
    let quoting = format!("token-1 may not have {ENDPOINT}");
    let (outcome, _) = register(None, [refusal(403, "AuthorizationError", &quoting)]).await;
    let said = outcome.unwrap_err().chain();
    assert_eq!(said, "CreatePlatformEndpoint failed: AuthorizationError");
    assert!(!format!("{:?}", EndpointArn::new(ENDPOINT)).contains("GCM"));
}

#[tokio::test]
async fn what_may_be_done_twice_is_tried_again() {
    let throttled = refusal(400, "Throttling", "Rate exceeded");
    let turns = [throttled, created(ENDPOINT), attributes("token-1", true)];
    let (outcome, actions) = register(None, turns).await;
    is_at(outcome, ENDPOINT);
    assert_eq!(actions.len(), 3);
}
