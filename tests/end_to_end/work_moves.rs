//! Providers who move: who is found where, and what the seeker hears of it.

use callout_tests::work::{LAT, LNG};
use callout_tests::{Heard, Person, Stage};
use serde_json::{Value, json};

async fn moves(socket: &mut Heard, lat: f64, lng: f64) {
    let says = json!({"type": "location_update", "lat": lat, "lng": lng});
    socket.send(says).await;
}

/// Waits until a provider is found so far away.
async fn is_found_at(stage: &Stage, seeker: &Person, kilometres: f64) -> Value {
    let mut found = Value::Null;
    stage
        .until(&format!("found at {kilometres} km"), async |_| {
            let all = seeker.finds(50, "").await;
            found = all.first().cloned().unwrap_or_default();
            found["distance_km"] == kilometres
        })
        .await;
    found
}

#[tokio::test]
async fn whoever_moves_is_found_where_they_are_and_nowhere_else() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let mut socket = provider.socket().await;
    is_found_at(&stage, &seeker, 0.0).await;
    // 0.1 degrees of latitude are 11.12 km.
    moves(&mut socket, LAT + 0.1, LNG).await;
    let found = is_found_at(&stage, &seeker, 11.12).await;
    assert_eq!(found["latitude"], LAT + 0.1);
    assert!(seeker.finds(10, "").await.is_empty());
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(assigned.body["data"]["distance_km"], 11.12);
    // Out of what they cover: shown, and said so.
    moves(&mut socket, LAT + 0.3, LNG).await;
    let far = is_found_at(&stage, &seeker, 33.36).await;
    assert_eq!(far["in_coverage"], false);
    // In the other spelling.
    let says = json!({"type": "location_update", "latitude": LAT, "longitude": LNG});
    socket.send(says).await;
    let near = is_found_at(&stage, &seeker, 0.0).await;
    assert_eq!(near["in_coverage"], true);
}

#[tokio::test]
async fn only_who_is_active_and_was_heard_of_lately_is_offered() {
    let stage = Stage::set_with(|options| {
        let name = "ProviderPositionMinutes".to_owned();
        options.parameters.insert(name, "2".to_owned());
    })
    .await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.provider("John Doe").await;
    assert!(seeker.finds(50, "").await.is_empty());
    provider.is_active_at(LAT, LNG).await;
    stage.age_position(&provider, 1).await;
    assert_eq!(seeker.finds(50, "").await.len(), 1);
    stage.age_position(&provider, 1).await;
    assert!(seeker.finds(50, "").await.is_empty());
    // One word of where they are, be it the same place, and they are offered again.
    let mut socket = provider.socket().await;
    moves(&mut socket, LAT, LNG).await;
    is_found_at(&stage, &seeker, 0.0).await;
    provider.is_inactive().await;
    assert!(seeker.finds(50, "").await.is_empty());
    // Back, without saying where: what they said before they left is forgotten.
    let status = provider
        .sets_status(json!({"is_active_for_work": true}))
        .await;
    assert_eq!(status.body["data"]["latitude"], LAT, "{}", status.body);
    assert_eq!(seeker.finds(50, "").await.len(), 1);
    let left = json!({
        "KeyConditionExpression": "pk = :account AND begins_with(sk, :place)",
        "ExpressionAttributeValues": {
            ":account": {"S": format!("ACCOUNT#{}", provider.id)},
            ":place": {"S": "PLACE#"},
        },
    });
    let places = stage.table("Connections", "Query", left).await;
    assert_eq!(places["Count"], 1);
    assert!(places["Items"][0]["expires_at"]["N"].is_string());
}

#[tokio::test]
async fn those_near_come_first_in_pages_that_hold_everybody_once() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let mut expected = Vec::new();
    for (name, away) in [
        ("C", 0.03),
        ("A", 0.01),
        ("E", 0.05),
        ("B", 0.02),
        ("D", 0.04),
    ] {
        let provider = stage.provider(name).await;
        provider.is_active_at(LAT, LNG + away).await;
        expected.push((away, provider.id));
    }
    expected.sort_by(|one, other| one.0.total_cmp(&other.0));
    let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
    assert_eq!(seeker.finds_ids(6, "").await, expected);
    assert_eq!(seeker.finds_ids(2, "").await, expected[..2]);
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!(
            "/api/1/profiles/active-providers/?latitude={LAT}&longitude={LNG}&limit=2{cursor}"
        );
        let page = seeker.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let data = &page.body["data"];
        let ids = data["providers"].as_array().unwrap();
        paged.extend(ids.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, expected);
}

#[tokio::test]
async fn the_poles_and_the_date_line_hide_nobody() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.provider("John Doe").await;
    for (at, from) in [
        ((89.999, 10.0), (89.999, -170.0)),
        ((-90.0, 0.0), (-89.99, 123.0)),
        ((0.0, 179.999), (0.0, -179.999)),
        ((0.0, -180.0), (0.0, 180.0)),
    ] {
        provider.is_active_at(at.0, at.1).await;
        let path = format!(
            "/api/1/profiles/active-providers/?latitude={}&longitude={}&radius_km=5",
            from.0, from.1
        );
        let found = seeker.get(&path).await;
        assert_eq!(found.body["data"]["count"], 1, "{at:?}: {}", found.body);
    }
}

#[tokio::test]
async fn the_seeker_hears_how_far_away_the_provider_is_at_most_every_five_seconds() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let order = seeker.assigns(&provider).await;
    let (mut hears, mut also) = (seeker.socket().await, seeker.socket().await);
    let (mut one, mut other) = (provider.socket().await, provider.socket().await);
    // Not before they have said yes.
    moves(&mut one, LAT + 0.02, LNG).await;
    is_found_at(&stage, &seeker, 2.22).await;
    provider.accepts(&order).await;
    hears.expect("work_response").await;
    // Two devices in one pocket.
    let says = |away: f64| json!({"type": "location_update", "lat": LAT + away, "lng": LNG});
    futures::join!(one.send(says(0.01)), other.send(says(0.01)));
    for socket in [&mut hears, &mut also] {
        let told = socket.expect("distance_update").await;
        assert_eq!(told["work_id"], order.as_str());
        assert_eq!(told["distance_km"], 1.11);
        assert!(told["event_id"].is_string());
    }
    // Of the two, one was heard of: the other is read, too, before they move on.
    futures::join!(one.ping(), other.ping());
    // Too soon after that: where they are is written once that was decided.
    one.send(says(0.005)).await;
    is_found_at(&stage, &seeker, 0.56).await;
    due(&stage, &provider).await;
    other.send(says(0.003)).await;
    let told = hears.expect("distance_update").await;
    assert_eq!(told["distance_km"], 0.33);
    assert_eq!(hears.all("distance_update").len(), 2);
    // While they are at work they need not be on offer for their seeker to hear of them.
    provider.is_inactive().await;
    due(&stage, &provider).await;
    one.send(says(0.001)).await;
    assert_eq!(hears.expect("distance_update").await["distance_km"], 0.11);
    assert!(seeker.finds(50, "").await.is_empty());
    // Nothing of it is kept, and it ends with the order.
    assert_eq!(provider.completes(&order).await.status, 200);
    hears.expect("work_completed").await;
    one.send(says(0.0)).await;
    assert_eq!(one.expect("error").await["code"], "provider_inactive");
    let inbox = stage.inbox(&seeker.id).await;
    let kept = inbox
        .iter()
        .any(|one| one["kind"]["S"] == "distance_update");
    assert!(!kept, "{inbox:?}");
}

/// Has five seconds go by since the seeker was told last.
async fn due(stage: &Stage, provider: &Person) {
    let key = json!({"pk": {"S": format!("RESPONDER#{}", provider.id)}, "sk": {"S": "WORK"}});
    let change = json!({
        "Key": key,
        "UpdateExpression": "SET told_at = :then",
        "ConditionExpression": "attribute_exists(told_at)",
        "ExpressionAttributeValues": {":then": {"S": "2026-01-01T00:00:00.000Z"}},
    });
    stage.table("Requests", "UpdateItem", change).await;
}
