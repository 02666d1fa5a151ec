//! Needs for blood whose time is over end by themselves, once, and who is concerned is told.

use callout_tests::donor::{LAT, LNG};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};
use time::Duration;

const SWEEP: &str = "ExpireRequestsFunction";

/// What a run says that ended so many requests and found nothing else.
fn ended(count: usize) -> Value {
    json!({"ended": count, "over": 0, "waiting": 0, "failed": 0})
}

async fn kinds(person: &Person) -> Vec<String> {
    let inbox = person.inbox("").await;
    let kinds = inbox.iter().map(|one| one["type"].as_str().unwrap());
    kinds.map(str::to_owned).collect()
}

/// What a request still has among the open ones and those that end by themselves.
async fn places(stage: &Stage, request: &str) -> Value {
    let query = json!({
        "KeyConditionExpression": "pk = :pk",
        "FilterExpression": "attribute_exists(gpk)",
        "ExpressionAttributeValues": {":pk": {"S": format!("REQUEST#{request}")}},
    });
    stage.table("Requests", "Query", query).await["Count"].clone()
}

#[tokio::test]
async fn who_asked_and_who_had_accepted_are_told_once_and_for_the_others_it_is_gone() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let comes = stage.donor("Ravi Shankar").await;
    let other = stage.donor("Anil Gupta").await;
    let around = json!({"lat": LAT, "lng": LNG, "radius_km": 5});
    // Around a place where nobody is known to be.
    let quiet = requester.requests_blood(around).await;
    let request = requester.requests_blood(json!({})).await;
    comes.does("accept-request", &request).await;
    stage.settled().await;
    assert_eq!(places(&stage, &quiet).await, 3);
    let mut sockets = [requester.socket().await, comes.socket().await];
    let mut silent = other.socket().await;

    for one in [&quiet, &request] {
        stage.ages(one, Duration::DAY).await;
    }
    let runs = [stage.fire(SWEEP).await, stage.fire(SWEEP).await];
    assert_eq!(runs, [ended(2), ended(0)]);
    stage.settled().await;
    for socket in &mut sockets {
        socket.ping().await;
    }
    let told = |all: Vec<Value>| {
        let ids = all.into_iter().map(|one| one["requestId"].clone());
        ids.collect::<Vec<_>>()
    };
    let [asked, came] = sockets
        .each_ref()
        .map(|socket| told(socket.all("blood_request_expired")));
    assert_eq!(asked.len(), 2);
    assert!(asked.contains(&json!(quiet)) && asked.contains(&json!(request)));
    assert_eq!(came, [request.as_str()]);
    silent.ping().await;
    assert_eq!(silent.all("blood_request_expired"), Vec::<Value>::new());

    assert_eq!(kinds(&requester).await, ["blood_request_expired"; 2]);
    assert_eq!(kinds(&comes).await, ["blood_request_expired"]);
    assert_eq!(kinds(&other).await, [""; 0]);
    for one in [&quiet, &request] {
        assert_eq!(places(&stage, one).await, 0);
        let own = requester.own_blood_request(one).await;
        assert_eq!(
            (&own["status"], &own["expired"]),
            (&json!("Cancelled"), &json!(true))
        );
    }
    for step in ["accept-request", "call", "ignore-request"] {
        let late = other.tries_to(step, &request).await;
        assert_eq!((late.status, &late.body["code"]), (400, &json!("expired")));
    }
    assert_eq!(requester.closes(&request, "Completed").await.status, 400);
}

#[tokio::test]
async fn an_accept_and_runs_at_once_agree_on_what_happened() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    stage.fire(SWEEP).await;
    donor.active_requests("").await;
    for remaining in [60, 30, 10, 0] {
        let request = requester.requests_blood(json!({})).await;
        let age = Duration::DAY - Duration::milliseconds(remaining);
        stage.ages(&request, age).await;
        let (accepted, _, _) = futures::join!(
            donor.tries_to("accept-request", &request),
            stage.fire(SWEEP),
            stage.fire(SWEEP)
        );
        stage.ages(&request, Duration::DAY).await;
        stage.fire(SWEEP).await;
        stage.settled().await;
        // Whoever had accepted knows of the end, and nobody else.
        let inbox = donor.inbox("").await;
        let is_told = |one: &&Value| {
            one["type"] == "blood_request_expired" && one["request_id"] == request.as_str()
        };
        let told = inbox.iter().filter(is_told).count();
        match accepted.status {
            200 => assert_eq!(told, 1, "{inbox:?}"),
            400 => {
                assert_eq!(accepted.body["code"], "expired", "{}", accepted.body);
                assert_eq!(told, 0, "{inbox:?}");
            }
            other => panic!("{other}: {}", accepted.body),
        }
        let own = requester.own_blood_request(&request).await;
        assert_eq!(own["expired"], true);
    }
    assert_eq!(kinds(&requester).await, ["blood_request_expired"; 4]);
}

#[tokio::test]
async fn hours_that_the_deployment_has_lengthened_are_waited_for() {
    let stage = Stage::set_with(|options| {
        let name = "BloodRequestHours".to_owned();
        options.parameters.insert(name, "48".to_owned());
    })
    .await;
    let requester = stage.donor("Sarah Kumar").await;
    let request = requester.requests_blood(json!({})).await;
    // Made when it was to wait for 24.
    let key = json!({"pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": "DUE"}});
    let found = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    let due = found["Item"].clone();
    let mut early = due.clone();
    early["due_at"]["S"] = json!("2026-01-01T00:00:00.000Z");
    early["gsk"]["S"] = json!(format!("2026-01-01T00:00:00.000Z#{request}"));
    stage
        .table("Requests", "PutItem", json!({"Item": early}))
        .await;
    let run = stage.fire(SWEEP).await;
    assert_eq!((&run["ended"], &run["waiting"]), (&json!(0), &json!(1)));
    let found = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    assert_eq!(found["Item"], due);
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    assert_eq!(
        requester.own_blood_request(&request).await["status"],
        "Active"
    );
    stage.ages(&request, Duration::days(2)).await;
    assert_eq!(stage.fire(SWEEP).await, ended(1));
}

#[tokio::test]
async fn what_its_requester_took_along_is_forgotten() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let closed = requester.requests_blood(json!({})).await;
    assert_eq!(requester.closes(&closed, "Cancelled").await.status, 200);
    let request = requester.requests_blood(json!({})).await;
    for one in [&closed, &request] {
        stage.ages(one, Duration::DAY).await;
    }
    assert_eq!(requester.delete("/donor/profile/").await.status, 200);
    stage.settled().await;
    let run = stage.fire(SWEEP).await;
    assert_eq!((&run["ended"], &run["over"]), (&json!(0), &json!(1)));
    assert_eq!(stage.fire(SWEEP).await, ended(0));
    stage.settled().await;
}
