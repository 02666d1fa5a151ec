//! The three scenarios of the seed of work, and what it asks of who watches over it.

use callout_local::push::Behaviour;
use callout_tests::work::{LAT, assert_refused, order_of};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// `fcm_sent` and `websocket_sent`.
fn sent(assigned: &callout_tests::Answer) -> (bool, bool) {
    let data = &assigned.body["data"];
    let of = |name: &str| data[name].as_bool().unwrap();
    (of("fcm_sent"), of("websocket_sent"))
}

fn attempt(attempts: &[Value], kind: &str, channel: &str) -> Value {
    let found = attempts
        .iter()
        .find(|one| one["type"] == kind && one["channel"] == channel);
    found
        .unwrap_or_else(|| panic!("no {kind} by {channel} in {attempts:?}"))
        .clone()
}

#[tokio::test]
async fn a_complete_assignment_from_the_offer_to_the_end() {
    let stage = Stage::set().await;
    let (seeker, provider) = (
        stage.seeker("Sita Rai").await,
        stage.provider("John Doe").await,
    );
    seeker.registers_device("seekers-phone").await;
    provider.registers_device("providers-phone").await;
    let status = provider.sets_status(json!({"is_active_for_work": true}));
    let status = status.await;
    assert_eq!(status.status, 200, "{}", status.body);
    assert_eq!(status.body["data"]["is_active_for_work"], true);
    // Whoever does not say where they are is where their profile has them.
    assert_eq!(status.body["data"]["latitude"], LAT);
    let mut theirs = provider.socket_at("/ws/work/provider/").await.unwrap();
    let mut ours = seeker.socket_at("/ws/work/seeker/").await.unwrap();

    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    assert_eq!(assigned.body["status"], "success");
    assert_eq!(assigned.body["message"], "Work assigned successfully");
    let order = order_of(&assigned);
    let data = &assigned.body["data"];
    assert_eq!(data["provider_name"], "John Doe");
    assert_eq!(data["provider_mobile"], provider.phone_number.as_str());
    assert_eq!(data["service_type"], "worker");
    assert!(data["created_at"].is_string());
    assert_eq!(sent(&assigned), (true, true));

    let told = theirs.expect("work_assigned").await;
    for name in ["work_id", "order_id"] {
        assert_eq!(told[name], order.as_str(), "{name}");
    }
    assert_eq!(told["seeker_name"], "Sita Rai");
    assert_eq!(told["message"], "Need help with painting work");
    // Ours, and not what an app says.
    assert_eq!(told["distance"], "0km");
    assert_eq!(told["distance_km"], 0.0);
    assert!(!told.to_string().contains(&seeker.phone_number));
    let pushed = stage.pushed("providers-phone");
    assert_eq!(pushed[0]["data"]["type"], "work_assigned");
    for secret in ["Sita", "painting", "27.7"] {
        assert!(!pushed[0].to_string().contains(secret), "{secret}");
    }

    let yes = json!({"type": "work_response", "work_id": told["work_id"], "accepted": true});
    theirs.send(yes).await;
    let recorded = theirs.expect("work_response_recorded").await;
    assert_eq!(recorded["status"], "accepted");
    assert_eq!(recorded["seeker_mobile"], seeker.phone_number.as_str());
    let answered = ours.expect("work_response").await;
    assert_eq!(answered["accepted"], true);
    assert_eq!(answered["status"], "accepted");
    assert_eq!(answered["provider_name"], "John Doe");
    assert_eq!(answered["work_id"], order.as_str());
    stage.settled().await;
    let back = stage.pushed("seekers-phone");
    assert_eq!(back[0]["data"]["type"], "work_response");

    let done = seeker.completes(&order).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.body["data"]["status"], "completed");
    let told = theirs.expect("work_completed").await;
    assert_eq!(told["by"], "seeker");
    for person in [&seeker, &provider] {
        assert_eq!(person.work_order(&order).await["status"], "completed");
    }
}

#[tokio::test]
async fn a_device_that_takes_nothing_leaves_it_to_the_socket_and_both_are_on_record() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let mut socket = provider.socket().await;
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(sent(&assigned), (false, true));
    let told = socket.expect("work_assigned").await;
    assert_eq!(
        provider.responds(&order_of(&assigned), false).await.status,
        200
    );

    provider.registers_device("disabled").await;
    let pushes = stage.cloud.pushes();
    pushes
        .set_behaviour("disabled", Behaviour::Disabled)
        .unwrap();
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(sent(&assigned), (false, true));
    let order = order_of(&assigned);
    let again = socket.expect("work_assigned").await;
    assert_ne!(again["work_id"], told["work_id"]);
    assert_eq!(again["work_id"], order.as_str());
    socket
        .send(json!({"type": "ack", "event_id": again["event_id"]}))
        .await;
    socket.ping().await;

    for person in [&seeker, &provider] {
        let attempts = person.attempts(&order).await;
        let push = attempt(&attempts, "work_assigned", "push");
        assert_eq!(push["delivery_status"], "failed");
        assert_eq!(push["error"], "disabled");
        let socket = attempt(&attempts, "work_assigned", "socket");
        assert_eq!(socket["delivery_status"], "delivered");
        assert_eq!(socket["recipient"], "provider");
        assert!(socket["sent_at"].is_string() && socket["delivered_at"].is_string());
    }
    provider.accepts(&order).await;
    stage.settled().await;
    let attempts = seeker.attempts(&order).await;
    assert_eq!(attempts.len(), 2, "nobody told the seeker: {attempts:?}");
    // It is nobody else's.
    let stranger = stage.seeker("Stranger").await;
    let path = format!("/api/1/profiles/work-orders/{order}/notifications/");
    assert_refused(&stranger.get(&path).await, 404, "not_found");
}

#[tokio::test]
async fn a_provider_who_is_offline_is_pushed_and_sees_it_when_they_are_back() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(sent(&assigned), (false, false), "{}", assigned.body);
    assert!(seeker.attempts(&order_of(&assigned)).await.is_empty());
    assert_eq!(seeker.cancels(&order_of(&assigned)).await.status, 200);

    provider.registers_device("phone").await;
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(sent(&assigned), (true, false), "{}", assigned.body);
    assert!(!stage.pushed("phone").is_empty());
    let mut socket = provider.socket().await;
    loop {
        let missed = socket.expect("work_assigned").await;
        assert_eq!(missed["replayed"], true);
        if missed["work_id"] == order_of(&assigned).as_str() {
            break;
        }
    }
    // Whoever wants no push of work gets none, and nobody says that they did.
    assert_eq!(seeker.cancels(&order_of(&assigned)).await.status, 200);
    drop(socket);
    let quiet = json!({"topics": {"work": {"push": false}}});
    let changed = provider.put("/notifications/preferences/", quiet).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    stage.settled().await;
    let handed = stage.pushed("phone").len();
    let assigned = seeker.tries_to_assign(&provider.id, json!({})).await;
    let (fcm, _) = sent(&assigned);
    assert!(!fcm, "{}", assigned.body);
    assert_eq!(stage.pushed("phone").len(), handed);
}

#[tokio::test]
async fn the_same_key_is_the_same_order_with_what_the_record_says_then() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let form = callout_tests::work::assignment(&provider.id, &json!({}));
    let path = "/api/1/profiles/assign-work/";
    let tries = (0..6).map(|_| seeker.post_once(path, "key", form.clone()));
    let first = futures::future::join_all(tries).await;
    let order = order_of(&first[0]);
    for answer in &first {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(order_of(answer), order);
        assert_eq!(sent(answer), (false, false));
    }
    assert_eq!(provider.work_orders("").await.len(), 1);
    let mut socket = provider.socket().await;
    socket.expect("work_assigned").await;
    stage
        .until("the replay is on record", async |_| {
            !seeker.attempts(&order).await.is_empty()
        })
        .await;
    let again = seeker.post_once(path, "key", form.clone()).await;
    assert_eq!(order_of(&again), order);
    assert_eq!(sent(&again), (false, true));
    let mut other = form;
    other["message"] = json!("Something else");
    let reused = seeker.post_once(path, "key", other).await;
    assert_refused(&reused, 422, "idempotency_key_reused");
}

#[tokio::test]
async fn what_is_still_on_its_way_was_not_handed_over() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    provider.registers_device("phone").await;
    let mut socket = provider.socket().await;
    stage.settled().await;
    stage.fail("dynamodb.slow(6000ms) 100% function=DeliveryFunction");
    let form = callout_tests::work::assignment(&provider.id, &json!({}));
    let path = "/api/1/profiles/assign-work/";
    let assigned = seeker.post_once(path, "key", form.clone()).await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    assert_eq!(sent(&assigned), (false, false));
    stage.cloud.faults().clear();
    let told = socket.expect("work_assigned").await;
    assert_eq!(told["work_id"], order_of(&assigned).as_str());
    stage.settled().await;
    let again = seeker.post_once(path, "key", form).await;
    assert_eq!(order_of(&again), order_of(&assigned));
    assert_eq!(sent(&again), (true, true));
}

/// The seed's three queries.
#[tokio::test]
async fn whoever_watches_sees_delivery_rates_recent_orders_and_active_providers() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let mut providers: Vec<Person> = Vec::new();
    for name in ["A", "B", "C", "D"] {
        providers.push(stage.active_provider(name).await);
    }
    let mut socket = seeker.socket().await;
    let mut orders = Vec::new();
    for provider in &providers {
        orders.push(seeker.assigns(provider).await);
    }
    providers[0].accepts(&orders[0]).await;
    assert_eq!(providers[1].responds(&orders[1], false).await.status, 200);
    assert_eq!(seeker.cancels(&orders[2]).await.status, 200);
    for status in ["accepted", "rejected"] {
        assert_eq!(socket.expect("work_response").await["status"], status);
    }
    stage.settled().await;

    let ids = |listed: &[Value]| -> Vec<String> {
        let ids = listed.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    let newest_first: Vec<String> = orders.iter().rev().cloned().collect();
    assert_eq!(ids(&seeker.work_orders("").await), newest_first);
    for (status, nth) in [
        ("accepted", 0),
        ("rejected", 1),
        ("cancelled", 2),
        ("pending", 3),
    ] {
        let query = format!("?status={status}");
        assert_eq!(
            ids(&seeker.work_orders(&query).await),
            [orders[nth].clone()]
        );
        assert_eq!(
            ids(&providers[nth].work_orders(&query).await),
            [orders[nth].clone()]
        );
    }
    assert!(seeker.work_orders("?status=completed").await.is_empty());

    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/1/profiles/work-orders/?limit=1{cursor}");
        let page = seeker.get(&path).await;
        let data = &page.body["data"];
        paged.extend(ids(data["work_orders"].as_array().unwrap()));
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, newest_first);
    for wrong in ["?status=expired", "?limit=0", "?cursor=x"] {
        let path = format!("/api/1/profiles/work-orders/{wrong}");
        assert_refused(&seeker.get(&path).await, 400, "invalid_input");
    }

    let active = seeker.finds(5, "&service_type=WORKER").await;
    assert_eq!(active.len(), 4);
    for one in &active {
        assert_eq!(one["busy"], one["id"] == providers[0].id.as_str(), "{one}");
        assert!(!one.to_string().contains(&providers[0].phone_number));
    }
    assert!(seeker.finds(5, "&service_type=plumber").await.is_empty());

    let admin = stage.administrator().await;
    assert_eq!(admin.finds(5, "").await.len(), 4);
    let rates = admin
        .get("/admin/deliveries/?kind=work_response&channel=socket")
        .await;
    assert_eq!(rates.status, 200, "{}", rates.body);
    assert_eq!(rates.body["deliveries"][0]["sent"], 2, "{}", rates.body);
}
