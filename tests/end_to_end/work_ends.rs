//! How orders end: by either party, by nobody, and with the accounts of those who made and had them.

use callout_tests::work::{LAT, LNG, assert_refused};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// What of an inbox is not over, by type.
async fn current(person: &Person) -> Vec<String> {
    let inbox = person.inbox("").await;
    let kinds = inbox.iter().map(|one| one["type"].as_str().unwrap());
    kinds.map(str::to_owned).collect()
}

#[tokio::test]
async fn whoever_ends_an_order_has_the_other_told_and_what_came_before_is_over() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    for (ends, by_seeker, news, code) in [
        ("complete", true, "work_completed", "already_completed"),
        ("complete", false, "work_completed", "already_completed"),
        ("cancel", true, "work_cancelled", "cancelled"),
        ("cancel", false, "work_cancelled", "cancelled"),
    ] {
        let order = seeker.assigns(&provider).await;
        let (actor, other) = if by_seeker {
            (&seeker, &provider)
        } else {
            (&provider, &seeker)
        };
        if ends == "complete" || !by_seeker {
            let early = actor.tries_on_order(ends, &order, json!({})).await;
            assert_refused(&early, 400, "not_accepted");
        }
        provider.accepts(&order).await;
        let mut socket = other.socket().await;
        let ended = actor.tries_on_order(ends, &order, json!({})).await;
        assert_eq!(ended.status, 200, "{}", ended.body);
        loop {
            let told = socket.expect(news).await;
            if told["work_id"] == order.as_str() {
                let by = if by_seeker { "seeker" } else { "provider" };
                assert_eq!(told["by"], by);
                assert_eq!(told["status"], ended.body["data"]["status"]);
                break;
            }
        }
        for late in [
            seeker.cancels(&order).await,
            provider.completes(&order).await,
            provider.responds(&order, true).await,
        ] {
            assert_refused(&late, 400, code);
        }
        stage.settled().await;
        let kinds = current(actor).await;
        assert!(
            !kinds.iter().any(|kind| kind == "work_assigned"),
            "{kinds:?}"
        );
        assert_eq!(current(other).await.first().map(String::as_str), Some(news));
        let kinds = current(other).await;
        let before = ["work_assigned", "work_response"];
        assert!(
            !kinds.iter().any(|kind| before.contains(&kind.as_str())),
            "{kinds:?}"
        );
        assert_eq!(seeker.finds(5, "").await[0]["busy"], false);
    }
}

#[tokio::test]
async fn what_nobody_answers_is_over_after_the_minutes_of_the_deployment() {
    let stage = Stage::set_with(|options| {
        let name = "WorkOrderMinutes".to_owned();
        options.parameters.insert(name, "5".to_owned());
    })
    .await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let order = seeker.assigns(&provider).await;
    stage.age_order(&order, &seeker, &provider, 4).await;
    assert_eq!(seeker.work_order(&order).await["status"], "pending");
    let again = seeker.tries_to_assign(&provider.id, json!({})).await;
    assert_refused(&again, 400, "already_pending");
    stage.age_order(&order, &seeker, &provider, 1).await;
    for person in [&seeker, &provider] {
        let seen = person.work_order(&order).await;
        assert_eq!(
            (&seen["status"], &seen["expired"]),
            (&json!("cancelled"), &json!(true))
        );
        assert!(person.work_orders("?status=pending").await.is_empty());
    }
    assert_refused(&provider.responds(&order, true).await, 400, "expired");
    assert_refused(&seeker.cancels(&order).await, 400, "expired");
    // It stands in nobody's way.
    let next = seeker.assigns(&provider).await;
    provider.accepts(&next).await;
}

#[tokio::test]
async fn a_seeker_who_leaves_frees_the_provider_and_takes_along_who_they_were() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let (at_work, asked) = (
        stage.active_provider("John Doe").await,
        stage.active_provider("Hari Rai").await,
    );
    let accepted = seeker.assigns(&at_work).await;
    at_work.accepts(&accepted).await;
    let pending = seeker.assigns(&asked).await;
    let (mut one, mut other) = (at_work.socket().await, asked.socket().await);
    assert_eq!(seeker.delete("/seeker/profile/").await.status, 200);
    for (socket, order) in [(&mut one, &accepted), (&mut other, &pending)] {
        let told = socket.expect("work_cancelled").await;
        assert_eq!(told["work_id"], order.as_str());
    }
    stage.settled().await;
    for (provider, order) in [(&at_work, &accepted), (&asked, &pending)] {
        assert_refused(&provider.responds(order, true).await, 400, "cancelled");
        let left = provider.work_order(order).await;
        assert_eq!(left["status"], "cancelled");
        assert_eq!(left["seeker_name"], "Deleted account");
        assert_eq!(
            (&left["latitude"], &left["longitude"]),
            (&json!(28.0), &json!(85.0))
        );
        let everything = json!([
            left,
            provider.inbox("").await,
            provider.inbox("archived=true").await
        ]);
        let everything = everything.to_string();
        for was in ["Sita", "painting", &seeker.phone_number] {
            assert!(!everything.contains(was), "{was}: {everything}");
        }
    }
    let next = stage.seeker("Another").await;
    next.assigns(&at_work).await;
}

#[tokio::test]
async fn a_provider_who_leaves_is_found_nowhere_and_their_seekers_hear_that_nobody_comes() {
    let stage = Stage::set().await;
    let (waits, asks) = (
        stage.seeker("Sita Rai").await,
        stage.seeker("Hari Rai").await,
    );
    let provider = stage.active_provider("John Doe").await;
    let accepted = waits.assigns(&provider).await;
    let pending = asks.assigns(&provider).await;
    provider.accepts(&accepted).await;
    let (mut one, mut other) = (waits.socket().await, asks.socket().await);
    assert_eq!(provider.delete("/provider/profile/").await.status, 200);
    for (socket, order) in [(&mut one, &accepted), (&mut other, &pending)] {
        let told = socket.expect("work_cancelled").await;
        assert_eq!(told["work_id"], order.as_str());
    }
    stage.settled().await;
    let account = json!({
        "KeyConditionExpression": "pk = :account",
        "ExpressionAttributeValues": {":account": {"S": format!("ACCOUNT#{}", provider.id)}},
    });
    let left = stage.table("Connections", "Query", account).await;
    let items = left["Items"].as_array().unwrap();
    let places: Vec<&Value> = items
        .iter()
        .filter(|item| item["sk"]["S"] != "SOCKETS")
        .collect();
    assert!(places.is_empty(), "{places:?}");
    assert!(waits.finds(50, "").await.is_empty());
    for (seeker, order) in [(&waits, &accepted), (&asks, &pending)] {
        let left = seeker.work_order(order).await;
        assert_eq!(left["status"], "cancelled");
        assert_eq!(left["provider_name"], "Deleted account");
        let everything = json!([
            left,
            seeker.inbox("").await,
            seeker.inbox("archived=true").await
        ]);
        let everything = everything.to_string();
        for was in ["John", provider.phone_number.as_str()] {
            assert!(!everything.contains(was), "{was}: {everything}");
        }
        let again = seeker.tries_to_assign(&provider.id, json!({})).await;
        assert_refused(&again, 404, "not_found");
    }
    // Their token outlives them by some minutes.
    let status = json!({"is_active_for_work": true, "latitude": LAT, "longitude": LNG});
    assert_refused(&provider.sets_status(status).await, 401, "unauthenticated");
    assert!(waits.finds(50, "").await.is_empty());
}
