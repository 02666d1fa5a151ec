//! What comes of a need for blood that nobody ends, of people who leave, and of what was sent wrongly.

use std::time::Duration;

use callout_domain::moment::Moment;
use callout_tests::donor::{CITY, LAT, LNG, PATIENT, need};
use callout_tests::{Answer, Person, Stage};
use serde_json::{Value, json};

const PATH: &str = "/api/donor/requests/";

/// A stage on which a need waits for so many hours.
async fn stage_of_hours(hours: u8) -> Stage {
    Stage::set_with(|options| {
        let name = "BloodRequestHours".to_owned();
        options.parameters.insert(name, hours.to_string());
    })
    .await
}

/// Has a request be as old as if it had been made some minutes earlier.
async fn age(stage: &Stage, request: &str, minutes: i64) {
    stage.ages(request, time::Duration::minutes(minutes)).await;
}

#[tokio::test]
async fn what_nobody_ends_expires_after_the_hours_of_the_deployment() {
    for (hours, minutes, expires) in [(2, 119, false), (2, 121, true), (24, 121, false)] {
        let stage = stage_of_hours(hours).await;
        let requester = stage.donor("Sarah Kumar").await;
        let donor = stage.donor("Ravi Shankar").await;
        let request = requester.requests_blood(json!({})).await;
        donor.does("accept-request", &request).await;
        age(&stage, &request, minutes).await;
        let own = requester.own_blood_request(&request).await;
        assert_eq!(donor.active_requests("").await.is_empty(), expires);
        assert_eq!(own["expired"], expires);
        assert_eq!(own["status"], if expires { "Cancelled" } else { "Active" });
        let late = [
            donor.tries_to("call", &request).await,
            donor.tries_to("confirm-donation", &request).await,
            requester.closes(&request, "Completed").await,
        ];
        for answer in late {
            if expires {
                assert_eq!(
                    (answer.status, &answer.body["code"]),
                    (400, &json!("expired"))
                );
            } else {
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        }
        let gave = donor.donor_profile().await["last_donation_date"] != Value::Null;
        assert_eq!(gave, !expires);
    }
}

#[tokio::test]
async fn a_place_among_the_open_ones_ends_with_the_hours_too() {
    let stage = stage_of_hours(3).await;
    let requester = stage.donor("Sarah Kumar").await;
    let around = json!({"lat": LAT, "lng": LNG, "radius_km": 5});
    let request = requester.requests_blood(around).await;
    let query = json!({
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :open)",
        "ExpressionAttributeValues": {
            ":pk": {"S": format!("REQUEST#{request}")},
            ":open": {"S": "OPEN"},
        },
    });
    let places = stage.table("Requests", "Query", query.clone()).await;
    let places = places["Items"].as_array().unwrap().clone();
    assert_eq!(places.len(), 2, "{places:?}");
    for place in &places {
        let made: Moment = place["created_at"]["S"].as_str().unwrap().parse().unwrap();
        let end = made.plus(time::Duration::hours(3)).unix_seconds();
        assert_eq!(place["expires_at"]["N"], end.to_string());
        let text = place.to_string();
        assert!(!text.contains("John") && !text.contains("98765"), "{text}");
    }
    assert_eq!(requester.closes(&request, "Completed").await.status, 200);
    let places = stage.table("Requests", "Query", query).await;
    assert_eq!(places["Count"], 0);
}

/// Waits until something is as it should be: nothing tells when a departure has been taken care of.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(waited.is_ok(), "in vain: {what}");
}

#[tokio::test]
async fn a_donor_who_leaves_makes_room_and_takes_along_who_they_were() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let leaving = stage.donor("Ravi Shankar").await;
    let other = stage.donor("Anil Gupta").await;
    let request = requester.requests_blood(json!({"units": 1})).await;
    leaving.does("accept-request", &request).await;
    assert_eq!(other.tries_to("accept-request", &request).await.status, 400);
    stage.settled().await;
    assert_eq!(leaving.delete("/donor/profile/").await.status, 200);
    until("the unit is free again", async || {
        requester.own_blood_request(&request).await["acceptedCount"] == 0
    })
    .await;
    stage.settled().await;
    let own = requester.own_blood_request(&request).await;
    let inbox = requester.inbox("").await;
    let kept = stage.inbox(&requester.id).await;
    let seen = json!([own, inbox, kept]).to_string();
    for was in [
        "Ravi",
        leaving.phone_number.as_str(),
        leaving.email.as_str(),
    ] {
        assert!(!seen.contains(was), "{was}: {seen}");
    }
    assert_eq!(own["status"], "Active");
    other.does("accept-request", &request).await;
    // A donor who is gone is told of nothing new.
    let (_, count) = {
        let created = requester.asks_for_blood(json!({})).await;
        (created.status, created.body["notifiedCount"].clone())
    };
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_requester_who_leaves_takes_the_need_along() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let comes = stage.donor("Ravi Shankar").await;
    let other = stage.donor("Anil Gupta").await;
    let request = requester.requests_blood(json!({})).await;
    comes.does("accept-request", &request).await;
    stage.settled().await;
    let mut socket = comes.socket().await;
    assert_eq!(requester.delete("/donor/profile/").await.status, 200);
    let told = socket.expect("blood_request_cancelled").await;
    assert_eq!(told["requestId"], request.as_str());
    until("it is gone from every inbox", async || {
        let all = json!([stage.inbox(&comes.id).await, stage.inbox(&other.id).await]);
        !all.to_string().contains("Sarah")
    })
    .await;
    stage.settled().await;
    for donor in [&comes, &other] {
        assert!(donor.active_requests("").await.is_empty());
        let late = donor.tries_to("call", &request).await;
        assert!([400, 404].contains(&late.status), "{}", late.body);
        let kept = json!(stage.inbox(&donor.id).await).to_string();
        for was in [
            "Sarah",
            "John Doe",
            PATIENT,
            requester.phone_number.as_str(),
        ] {
            assert!(!kept.contains(was), "{was}: {kept}");
        }
    }
}

fn assert_names(answer: &Answer, field: &str, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    let fields = &answer.body["fields"];
    assert!(fields[field].is_string(), "{what}: {}", answer.body);
}

async fn nothing_left(requester: &Person, donor: &Person) {
    assert_eq!(
        requester.get("/api/donor/my-requests/").await.body,
        json!([])
    );
    assert!(donor.active_requests("").await.is_empty());
    assert_eq!(donor.badge().await, 0);
}

#[tokio::test]
async fn a_form_with_a_wrong_field_names_it_and_leaves_nothing_behind() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    let place = json!({"lat": LAT, "lng": LNG, "radius_km": 5});
    for (field, value) in [
        ("patientName", json!("")),
        ("patientName", json!(7)),
        ("patientName", json!("x".repeat(101))),
        ("patientNumber", json!("call me")),
        ("attenderName", json!("\u{202e}Jane")),
        ("attenderNumber", json!("12345")),
        ("bloodGroup", json!("C+")),
        ("bloodGroup", json!("O")),
        ("units", json!(0)),
        ("units", json!(21)),
        ("units", json!("two")),
        ("units", json!(1.5)),
        ("urgency", json!("BANANA")),
        ("hospitalName", json!("x".repeat(201))),
        ("location", json!(["123 Main St"])),
        ("city", json!("  ")),
        ("match", json!("perfect")),
        ("lat", json!(91)),
        ("lng", json!("east")),
        ("radius_km", json!(0)),
        ("radius_km", json!(50_000)),
    ] {
        let mut form = need(&place);
        form[field] = value.clone();
        let answer = requester.post(PATH, form).await;
        assert_names(&answer, field, &format!("{field} = {value}"));
    }
    let fields = need(&json!({}));
    for missing in fields.as_object().unwrap().keys() {
        let mut form = fields.clone();
        form[missing] = Value::Null;
        assert_names(&requester.post(PATH, form).await, missing, missing);
    }
    for half in [json!({"lat": LAT, "lng": LNG}), json!({"radius_km": 5})] {
        let refused = requester.asks_for_blood(half.clone()).await;
        assert_eq!(refused.status, 400, "{half}");
    }
    for (status, content_type, body) in [
        (400, "application/json", "{"),
        (400, "application/json", "[]"),
        (415, "text/plain", "{}"),
    ] {
        let answer = requester.post_raw(PATH, content_type, body.into()).await;
        assert_eq!(answer.status, status, "{content_type} {body}");
    }
    nothing_left(&requester, &donor).await;
}

#[tokio::test]
async fn a_move_that_names_no_request_changes_nothing() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    let request = requester.requests_blood(json!({})).await;
    for step in [
        "call",
        "accept-request",
        "withdraw-request",
        "confirm-donation",
        "ignore-request",
    ] {
        let path = format!("/api/donor/{step}/");
        let nothing = donor.post(&path, json!({})).await;
        assert_names(&nothing, "requestId", step);
        assert_names(
            &donor.post(&path, json!({"requestId": 7})).await,
            "requestId",
            step,
        );
        for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "67a3f2c1...", "../requests"] {
            let answer = donor.tries_to(step, unknown).await;
            assert_eq!(answer.status, 404, "{step} {unknown}");
        }
    }
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["responders"], json!([]));
    // Either spelling of the field will do.
    let other = json!({"request_id": request});
    let called = donor.post("/api/donor/call", other).await;
    assert_eq!(called.status, 200, "{}", called.body);
}

#[tokio::test]
async fn the_same_key_asks_once() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    let form = need(&json!({}));
    let first = requester.post_once(PATH, "key", form.clone()).await;
    let again = requester.post_once(PATH, "key", form).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    let other = requester
        .post_once(PATH, "key", need(&json!({"units": 3})))
        .await;
    assert_eq!(other.status, 422);
    stage.settled().await;
    assert_eq!(donor.active_ids("").await, [first.text("requestId")]);
    assert_eq!(donor.badge().await, 1);
    assert_eq!(
        first.body["message"],
        format!("Request sent to 1 donor in {CITY}!")
    );
}
