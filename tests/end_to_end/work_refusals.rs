//! What keeps an order from being made, answered or ended: each thing has its own error, and leaves
//! everything as it was.

use callout_tests::work::{LAT, LNG, assert_refused};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

async fn assert_not_assigned(seeker: &Person, provider: &str, changes: Value, code: &str) {
    let status = if code == "not_found" { 404 } else { 400 };
    let answer = seeker.tries_to_assign(provider, changes).await;
    assert_refused(&answer, status, code);
}

#[tokio::test]
async fn whoever_may_not_be_assigned_work_is_not_and_it_is_said_why() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let other = stage.seeker("Hari Rai").await;
    let provider = stage.provider("John Doe").await;
    let id = provider.id.as_str();
    assert_not_assigned(&seeker, &seeker.id, json!({}), "assigned_to_oneself").await;
    assert_not_assigned(&seeker, &other.id, json!({}), "not_a_provider").await;
    for nobody in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "2", ""] {
        assert_not_assigned(&seeker, nobody, json!({}), "not_found").await;
    }
    assert_not_assigned(&seeker, id, json!({}), "provider_inactive").await;
    provider.is_active_at(LAT, LNG).await;
    let plumbing = json!({"service_type": "plumber"});
    assert_not_assigned(&seeker, id, plumbing, "other_service_type").await;
    // 26 km, whatever an app says that it is.
    let far = json!({"latitude": LAT + 0.234, "distance": "0.1km"});
    assert_not_assigned(&seeker, id, far, "out_of_coverage").await;
    stage.age_position(&provider, 16).await;
    assert_not_assigned(&seeker, id, json!({}), "provider_position_stale").await;
    provider.is_active_at(LAT, LNG).await;
    provider.is_inactive().await;
    assert_not_assigned(&seeker, id, json!({}), "provider_inactive").await;
    provider.is_active_at(LAT, LNG).await;

    let order = seeker.assigns(&provider).await;
    assert_not_assigned(&seeker, id, json!({}), "already_pending").await;
    provider.accepts(&order).await;
    for one in [&seeker, &other] {
        assert_not_assigned(one, id, json!({}), "provider_busy").await;
    }
    assert_eq!(provider.completes(&order).await.status, 200);
    other.assigns(&provider).await;

    assert_eq!(seeker.work_orders("").await.len(), 1);
    stage.settled().await;
    assert_eq!(stage.inbox(id).await.len(), 2, "only what was assigned");
}

#[tokio::test]
async fn whoever_covers_more_or_less_is_assigned_more_or_less() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let near = stage.provider_with("Near", json!({"service_coverage_area": 1}));
    let far = stage.provider_with("Far", json!({"service_coverage_area": 500}));
    let (near, far) = (near.await, far.await);
    near.is_active_at(LAT, LNG).await;
    // Across the pole from there.
    far.is_active_at(89.0, LNG).await;
    let a_mile_away = json!({"latitude": LAT + 0.0145});
    assert_not_assigned(&seeker, &near.id, a_mile_away, "out_of_coverage").await;
    let across = json!({"latitude": 88.0, "longitude": LNG - 180.0});
    let assigned = seeker.tries_to_assign(&far.id, across).await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    assert_eq!(assigned.body["data"]["distance_km"], 333.59);
}

#[tokio::test]
async fn what_is_sent_wrongly_is_named_and_leaves_nothing() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    for (field, value) in [
        ("provider_id", json!(2)),
        ("message", json!("")),
        ("message", json!("म".repeat(1_001))),
        ("service_type", json!("a\u{202E}b")),
        ("distance", json!({"km": 2})),
        ("latitude", json!(-90.5)),
        ("longitude", json!("NaN")),
    ] {
        let answer = seeker
            .tries_to_assign(&provider.id, json!({field: value}))
            .await;
        assert_refused(&answer, 400, "invalid_input");
        assert!(answer.body["fields"][field].is_string(), "{}", answer.body);
    }
    for status in [
        json!({}),
        json!({"is_active_for_work": "perhaps"}),
        json!({"is_active_for_work": true, "latitude": 1}),
        json!({"is_active_for_work": true, "latitude": 91, "longitude": 0}),
    ] {
        let answer = provider.sets_status(status).await;
        assert_refused(&answer, 400, "invalid_input");
    }
    for query in [
        "",
        "?latitude=1",
        "?latitude=x&longitude=1",
        "?latitude=1&longitude=1&radius_km=51",
    ] {
        let path = format!("/api/1/profiles/active-providers/{query}");
        assert_refused(&seeker.get(&path).await, 400, "invalid_input");
    }
    let path = "/api/1/profiles/assign-work/";
    let truncated = seeker.post_raw(path, "application/json", b"{\"provider_id\": \"".to_vec());
    assert_refused(&truncated.await, 400, "malformed_body");
    let form = seeker.post_raw(path, "text/plain", b"{}".to_vec());
    assert_refused(&form.await, 415, "unsupported_media_type");
    assert!(seeker.work_orders("").await.is_empty());
    let words = "घर रंगाउनु पर्‍यो 🎨\nदुई कोठा";
    let assigned = seeker
        .tries_to_assign(&provider.id, json!({"message": words}))
        .await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    assert_eq!(provider.work_orders("").await[0]["message"], words);
}

#[tokio::test]
async fn each_role_does_what_is_its_own() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let customer = stage.customer("Customer").await;
    let order = seeker.assigns(&provider).await;
    for one in [&provider, &customer] {
        let assigned = one.tries_to_assign(&provider.id, json!({})).await;
        assert_refused(&assigned, 403, "forbidden");
        let found = one.get("/api/1/profiles/active-providers/?latitude=1&longitude=1");
        assert_refused(&found.await, 403, "forbidden");
    }
    for one in [&seeker, &customer] {
        assert_refused(&one.responds(&order, true).await, 403, "forbidden");
        let status = one.sets_status(json!({"is_active_for_work": true})).await;
        assert_refused(&status, 403, "forbidden");
    }
    let other = stage.active_provider("Another").await;
    let (yes, done, no) = futures::join!(
        other.responds(&order, true),
        other.completes(&order),
        other.cancels(&order)
    );
    for answer in [yes, done, no] {
        assert_refused(&answer, 404, "not_found");
    }
    let listed = customer.get("/api/1/profiles/work-orders/").await;
    assert_refused(&listed, 403, "forbidden");
    for order in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "1", "%F0%9F%94%A7"] {
        let answer = provider.responds(order, true).await;
        assert_refused(&answer, 404, "not_found");
    }
    let unsaid = provider.tries_on_order("respond", &order, json!({})).await;
    assert_refused(&unsaid, 400, "invalid_input");
    let nobody = stage.post("/api/1/profiles/assign-work/", json!({})).await;
    assert_refused(&nobody, 401, "unauthenticated");
    assert_eq!(seeker.work_order(&order).await["status"], "pending");
}

#[tokio::test]
async fn a_socket_says_what_the_endpoint_says() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let order = seeker.assigns(&provider).await;
    let (mut ours, mut theirs) = (seeker.socket().await, provider.socket().await);
    let says = |order: &str, accepted: Value| json!({"type": "work_response", "order_id": order, "accepted": accepted});
    ours.send(says(&order, json!(true))).await;
    assert_eq!(ours.expect("error").await["code"], "forbidden");
    for (order, accepted, code) in [
        ("1", json!(true), "not_found"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", json!(true), "not_found"),
        (order.as_str(), json!("maybe"), "invalid_input"),
        (order.as_str(), Value::Null, "invalid_input"),
    ] {
        theirs.send(says(order, accepted)).await;
        assert_eq!(theirs.expect("error").await["code"], code);
    }
    theirs.send(says(&order, json!(false))).await;
    let recorded = theirs.expect("work_response_recorded").await;
    assert_eq!(recorded["accepted"], false);
    assert_eq!(recorded["seeker_mobile"], Value::Null);
    assert_eq!(ours.expect("work_response").await["status"], "rejected");
    theirs.send(says(&order, json!(true))).await;
    let late = theirs.expect("error").await;
    assert_eq!(late["code"], "already_rejected");
    assert_eq!(late["error"], "This work order has already been rejected");
    // The pair may try again at once.
    seeker.assigns(&provider).await;
}

#[tokio::test]
async fn a_location_is_a_providers_and_a_place_on_earth() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.provider("John Doe").await;
    let mut ours = seeker.socket().await;
    ours.send(json!({"type": "location_update", "lat": LAT, "lng": LNG}))
        .await;
    assert_eq!(ours.expect("error").await["code"], "forbidden");
    let mut theirs = provider.socket().await;
    for (lat, lng, code) in [
        (json!(LAT), json!(LNG), "provider_inactive"),
        (json!(91), json!(LNG), "invalid_input"),
        (json!(LAT), Value::Null, "invalid_input"),
        (json!("here"), json!("there"), "invalid_input"),
    ] {
        let says = json!({"type": "location_update", "lat": lat, "lng": lng});
        theirs.send(says).await;
        assert_eq!(theirs.expect("error").await["code"], code);
    }
    assert!(seeker.finds(50, "").await.is_empty());
}
