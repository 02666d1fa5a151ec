//! What an operator does with a running stack: redrives what could not be delivered, rotates the keys
//! of the tokens, plays the demo against it as if it were far away, runs one function.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_local::client::Proof;
use callout_local::cloud::TokenKey;
use callout_local::demo::{self, Deployed, Options};
use callout_local::operator;
use callout_local::redrive::{Redrive, Summary};
use callout_tests::{Answer, Person, Stage};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// Redrives, and gives with the summary how many lines were told.
async fn redrive(stage: &Stage, dry: bool) -> (Summary, usize) {
    let mut lines = 0;
    let redrive = Redrive::local(stage.cloud.operator()).unwrap();
    let summary = redrive.run(dry, |_| lines += 1).await.unwrap();
    (summary, lines)
}

/// A stack on which delivery is given up after its second failure.
async fn impatient() -> Stage {
    let once =
        |template: &str| template.replace("MaximumRetryAttempts: 20", "MaximumRetryAttempts: 1");
    Stage::set_on(once).await.unwrap()
}

#[tokio::test]
async fn what_could_not_be_delivered_is_delivered_once_by_redriving() {
    let stage = impatient().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    stage.fail("function.killed-before 100% function=DeliveryFunction");
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.cloud.streams_idle().await.unwrap();
    let letters = stage.cloud.dead_letters().list();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(stage.inbox(&pharmacy.id).await, Vec::<Value>::new());
    stage.cloud.faults().clear();

    // Looking changes nothing, and takes the letter away from nobody.
    let there = Summary {
        letters: 1,
        records: 1,
        reposted: 1,
        ..Summary::default()
    };
    for _ in 0..2 {
        assert_eq!(redrive(&stage, true).await, (there, 1));
    }
    stage.cloud.streams_idle().await.unwrap();
    assert_eq!(stage.inbox(&pharmacy.id).await.len(), 0);
    assert_eq!(stage.cloud.dead_letters().list().len(), 1);

    // Two operators at once leave one copy between them.
    let copied = stage.cloud.dead_letters().list();
    let (one, other) = tokio::join!(redrive(&stage, false), redrive(&stage, false));
    assert_eq!(one.0.reposted + other.0.reposted, 1, "{one:?} {other:?}");
    stage.settled().await;
    let heard = socket.expect("new_request").await;
    assert_eq!(heard["request_id"], request);
    assert_eq!(stage.inbox(&pharmacy.id).await.len(), 1);

    // The same letter comes again, as SQS may bring one twice: it is known by its copy.
    let (message, records) = (&copied[0]["message"], &copied[0]["records"]);
    let records = records.as_array().unwrap();
    let queue = copied[0]["queue"].as_str().unwrap();
    stage
        .cloud
        .dead_letters()
        .add(queue, message, records)
        .unwrap();
    let (again, _) = redrive(&stage, false).await;
    assert_eq!((again.reposted, again.there_already), (0, 1));
    stage.settled().await;
    assert_eq!(socket.others(), Vec::<Value>::new());
    assert_eq!(stage.inbox(&pharmacy.id).await.len(), 1);
}

#[tokio::test]
async fn a_letter_that_points_nowhere_is_left() {
    let stage = Stage::set().await;
    let letters = stage.cloud.dead_letters();
    letters
        .add("DeadLetters", &json!({"requestPayload": {}}), &[])
        .unwrap();
    let (summary, _) = redrive(&stage, false).await;
    assert_eq!((summary.letters, summary.left, summary.reposted), (1, 1, 0));
    assert_eq!(letters.list().len(), 1);
}

#[tokio::test]
async fn nobody_but_the_operator_reads_dead_letters() {
    let stage = Stage::set().await;
    let mut other = stage.cloud.operator().clone();
    other.insert(
        "AWS_ACCESS_KEY_ID".to_owned(),
        "LOCALDeliveryFunction".to_owned(),
    );
    let redrive = Redrive::local(&other).unwrap();
    let refused = redrive.run(true, |_| {}).await.unwrap_err().to_string();
    assert!(refused.contains("only the operator"), "{refused}");
}

/// `kid` of a token's header.
fn kid(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn login(stage: &Stage, person: &Person) -> Answer {
    let body = json!({"email": person.email, "password": person.password});
    stage.post("/login", body).await
}

async fn status_with(stage: &Stage, token: &str) -> u16 {
    stage.get_with("/customer/profile/", token).await.status
}

/// docs/operations.md, "To rotate the keys of the tokens", step by step.
#[tokio::test]
async fn a_key_is_rotated_and_nobody_is_signed_out() {
    let (old, new) = (TokenKey::generate().unwrap(), TokenKey::generate().unwrap());
    let stage = Stage::set().await.set_again(&old.public_entry()).await;
    stage.sign_with(&old);
    let customer = stage.customer("John Doe").await;
    assert_eq!(kid(&customer.access), old.kid());

    // 1. Both are listed; who signs has the old one.
    let both = format!("{},{}", old.public_entry(), new.public_entry());
    let stage = stage.set_again(&both).await;
    stage.sign_with(&old);
    let before = login(&stage, &customer).await.text("access");
    assert_eq!(kid(&before), old.kid());
    assert_eq!(status_with(&stage, &before).await, 200);

    // 2. The secret is the new one. A process that has read the old one goes on with it.
    stage.sign_with(&new);
    let still = login(&stage, &customer).await.text("access");
    assert_eq!(kid(&still), old.kid());
    assert_eq!(status_with(&stage, &still).await, 200);
    stage.cloud.lambdas().kill("LoginFunction").await;
    let fresh = login(&stage, &customer).await.text("access");
    assert_eq!(kid(&fresh), new.kid());
    for token in [&before, &fresh] {
        assert_eq!(status_with(&stage, token).await, 200);
    }

    // 3. The old one is listed no more: its tokens are nobody's, and whoever has one refreshes it.
    let stage = stage.set_again(&new.public_entry()).await;
    stage.sign_with(&new);
    assert_eq!(status_with(&stage, &before).await, 401);
    assert_eq!(status_with(&stage, &fresh).await, 200);
    let body = json!({"refresh": customer.refresh});
    let refreshed = stage.post("/token/refresh/", body).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let refreshed = refreshed.text("access");
    assert_eq!(kid(&refreshed), new.kid());
    assert_eq!(status_with(&stage, &refreshed).await, 200);
}

#[tokio::test]
async fn a_key_that_nobody_could_verify_signs_nothing() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    stage.sign_with(&TokenKey::generate().unwrap());
    stage.cloud.lambdas().kill("LoginFunction").await;
    let answer = login(&stage, &customer).await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    assert_eq!(answer.body["code"], "internal");
    // Nor is it kept: the process that met it takes the right one once it is there.
    stage.sign_with(stage.cloud.token_key());
    let answer = login(&stage, &customer).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Plays the demo as if the stage were far away; what came of it, and what it told.
async fn plays_from_afar(stage: &Stage) -> (Result<(), demo::DemoError>, String) {
    let environment = stage.cloud.operator();
    let config = operator::config(environment, "AWS_ENDPOINT_URL_DYNAMODB").unwrap();
    let table = environment[operator::ACCOUNTS].clone();
    let options = Options {
        url: stage.cloud.http_url().to_owned(),
        deployed: Some(Deployed {
            // The WebSocket API's own address, as if there were no edge.
            sockets: Some(stage.cloud.socket_url().to_owned()),
            proof: Proof::mark(&config, table),
        }),
        accounts: None,
        events: None,
        patience: demo::PATIENCE,
    };
    let page = Page::default();
    let played = demo::run(&options, page.clone()).await;
    let page = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    (played, page)
}

async fn nobody_is_left(stage: &Stage) {
    stage.settled().await;
    let left = stage.table("Accounts", "Scan", json!({})).await;
    let left = left["Items"].as_array().unwrap();
    let profiles = left.iter().filter(|item| item["sk"]["S"] == "PROFILE");
    assert_eq!(profiles.count(), 0, "{left:?}");
}

#[tokio::test]
async fn the_demo_plays_against_a_stack_whose_mail_it_cannot_read_and_leaves_nothing() {
    let stage = Stage::set().await;
    let (played, page) = plays_from_afar(&stage).await;
    assert!(played.is_ok(), "{played:?}\n{page}");
    assert!(page.contains("All as it should be."), "{page}");
    assert!(stage.cloud.mailbox().all().is_empty(), "nothing was mailed");
    nobody_is_left(&stage).await;
}

#[tokio::test]
async fn a_demo_that_fails_before_everybody_is_there_leaves_nothing_either() {
    let stage = Stage::set().await;
    stage.fail("function.killed-before 100% function=ListPharmaciesFunction");
    let (played, page) = plays_from_afar(&stage).await;
    assert!(played.is_err(), "{page}");
    nobody_is_left(&stage).await;
}

#[tokio::test]
async fn a_function_is_run_on_an_event_by_its_name() {
    let stage = Stage::set().await;
    let event = std::fs::read(callout_tests::workspace_root().join("events/accounts.login.json"));
    let event: Value = serde_json::from_slice(&event.unwrap()).unwrap();
    for name in ["accounts.login", "LoginFunction"] {
        let path = format!("/_local/invoke/{name}");
        let answer = stage.post(&path, event.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["statusCode"], 401, "{}", answer.body);
    }
    let answer = stage.post("/_local/invoke/accounts.nobody", event).await;
    assert_eq!(answer.status, 404);
}
