//! People who act at the same moment: each order, each provider and each pair of people has exactly one
//! outcome, and whoever comes second is told which.

use std::sync::atomic::{AtomicBool, Ordering};

use callout_tests::work::{LAT, LNG, order_of};
use callout_tests::{Answer, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

/// How many of these were done; each of the others has one of these codes.
fn done(answers: &[&Answer], status: u16, codes: &[&str]) -> usize {
    let (done, refused): (Vec<&&Answer>, Vec<&&Answer>) =
        answers.iter().partition(|answer| answer.status == status);
    for answer in refused {
        assert_eq!(answer.status, 400, "{}", answer.body);
        let code = answer.body["code"].as_str().unwrap();
        assert!(codes.contains(&code), "{}", answer.body);
    }
    done.len()
}

fn count(inbox: &[Value], kind: &str) -> usize {
    inbox.iter().filter(|one| one["type"] == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_seekers_the_first_whose_order_is_accepted_has_the_provider() {
    let stage = Stage::set().await;
    let seekers = [stage.seeker("One").await, stage.seeker("Two").await];
    let provider = stage.active_provider("John Doe").await;
    let (one, two) = futures::join!(seekers[0].assigns(&provider), seekers[1].assigns(&provider));
    // On two devices.
    let other_device = provider.signed_in_again().await;
    let (a, b) = futures::join!(
        provider.responds(&one, true),
        other_device.responds(&two, true)
    );
    assert_eq!(done(&[&a, &b], 200, &["provider_busy"]), 1);
    let (taken, left) = if a.status == 200 {
        ((&one, &seekers[0]), (&two, &seekers[1]))
    } else {
        ((&two, &seekers[1]), (&one, &seekers[0]))
    };
    assert_eq!(taken.1.work_order(taken.0).await["status"], "accepted");
    assert_eq!(left.1.work_order(left.0).await["status"], "pending");
    // The other waits, and may be accepted once the first is done.
    assert_eq!(provider.completes(taken.0).await.status, 200);
    provider.accepts(left.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_devices_that_answer_at_once_one_has_answered() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let mut socket = provider.socket().await;
    let phone = provider.signed_in_again().await;
    for (round, accepted) in [true, false, true, false].into_iter().enumerate() {
        let order = seeker.assigns(&provider).await;
        let says = json!({"type": "work_response", "work_id": order, "accepted": !accepted});
        let (answer, ()) = futures::join!(phone.responds(&order, accepted), socket.send(says));
        let seen = seeker.work_order(&order).await;
        let by_phone = answer.status == 200;
        if by_phone {
            let refused = socket.expect("error").await;
            let code = if accepted {
                "already_accepted"
            } else {
                "already_rejected"
            };
            assert_eq!(refused["code"], code, "{round}: {refused}");
        } else {
            let recorded = socket.expect("work_response_recorded").await;
            assert_eq!(recorded["accepted"], !accepted, "{round}");
            let codes = ["already_accepted", "already_rejected"];
            assert_eq!(done(&[&answer], 200, &codes), 0, "{round}");
        }
        let outcome = if by_phone == accepted {
            "accepted"
        } else {
            "rejected"
        };
        assert_eq!(seen["status"], outcome, "{round}");
        if outcome == "accepted" {
            assert_eq!(seeker.completes(&order).await.status, 200);
        }
    }
    stage.settled().await;
    let told = stage.inbox(&seeker.id).await;
    let told = told
        .iter()
        .filter(|one| one["kind"]["S"] == "work_response");
    assert_eq!(told.count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_and_a_cancellation_at_once_come_to_one_of_both_in_the_order_they_came() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    for _ in 0..4 {
        let order = seeker.assigns(&provider).await;
        let (yes, no) = futures::join!(provider.responds(&order, true), seeker.cancels(&order));
        // Who cancels may come after the answer, too; who answers comes before the end, or not at all.
        assert_eq!(no.status, 200, "{}", no.body);
        done(&[&yes], 200, &["cancelled"]);
        assert_eq!(seeker.work_order(&order).await["status"], "cancelled");
        let late = provider.responds(&order, true).await;
        assert_eq!(late.body["code"], "cancelled", "{}", late.body);
        assert_eq!(provider.completes(&order).await.body["code"], "cancelled");
        let found = seeker.finds(5, "").await;
        assert_eq!(found[0]["busy"], false);
    }
    let order = seeker.assigns(&provider).await;
    provider.accepts(&order).await;
    let ends = futures::join!(
        seeker.cancels(&order),
        provider.cancels(&order),
        seeker.completes(&order),
        provider.completes(&order)
    );
    let all = [&ends.0, &ends.1, &ends.2, &ends.3];
    assert_eq!(done(&all, 200, &["cancelled", "already_completed"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_orders_between_two_at_once_one_is_made() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let tries = (0..8).map(|_| seeker.tries_to_assign(&provider.id, json!({})));
    let answers = join_all(tries).await;
    let all: Vec<&Answer> = answers.iter().collect();
    assert_eq!(done(&all, 201, &["already_pending"]), 1);
    stage.settled().await;
    assert_eq!(count(&provider.inbox("").await, "work_assigned"), 1);
    assert_eq!(provider.work_orders("").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_the_offer_at_that_moment_is_assigned_work_or_not_and_both_know() {
    let stage = Stage::set().await;
    let seekers = join_all((0..4).map(|n| async move { format!("Seeker {n}") })).await;
    let seekers = join_all(seekers.iter().map(|name| stage.seeker(name))).await;
    let provider = stage.active_provider("John Doe").await;
    let assigning = seekers
        .iter()
        .map(|seeker| seeker.tries_to_assign(&provider.id, json!({})));
    let (answers, ()) = futures::join!(join_all(assigning), provider.is_inactive());
    let all: Vec<&Answer> = answers.iter().collect();
    let made = done(&all, 201, &["provider_inactive"]);
    assert_eq!(provider.work_orders("").await.len(), made);
    let late = seekers[0].tries_to_assign(&provider.id, json!({})).await;
    assert_eq!(late.body["code"], "provider_inactive");
}

/// Has somebody move about within two kilometres, as fast as they can, until it is enough.
async fn wander(provider: &Person, nth: u32, enough: &AtomicBool) {
    let mut step = 0;
    while !enough.load(Ordering::Relaxed) {
        let angle = f64::from(nth * 37 + step * 101).to_radians();
        let away = 0.004 + 0.001 * f64::from(step % 9);
        let (lat, lng) = (LAT + away * angle.sin(), LNG + away * angle.cos());
        provider.is_active_at(lat, lng).await;
        step += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_who_move_while_searches_run_none_is_lost_and_none_is_there_twice() {
    const PROVIDERS: usize = 100;
    const SEARCHES: usize = 12;
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let names: Vec<String> = (0..PROVIDERS).map(|n| format!("Provider {n}")).collect();
    let mut providers = Vec::new();
    for names in names.chunks(10) {
        let some = names.iter().map(|name| stage.active_provider(name));
        providers.extend(join_all(some).await);
    }
    let mut everybody: Vec<String> = providers.iter().map(|one| one.id.clone()).collect();
    everybody.sort();

    let enough = AtomicBool::new(false);
    let wandering = (0..).zip(&providers);
    let moving = join_all(wandering.map(|(nth, provider)| wander(provider, nth, &enough)));
    let searching = async {
        for search in 0..SEARCHES {
            let mut found = seeker.finds_ids(5, "").await;
            found.sort();
            assert_eq!(found, everybody, "search {search}");
        }
        enough.store(true, Ordering::Relaxed);
    };
    futures::join!(moving, searching);
    let found = seeker.finds(5, "").await;
    let distances: Vec<f64> = found
        .iter()
        .map(|one| one["distance_km"].as_f64().unwrap())
        .collect();
    assert!(distances.is_sorted(), "{distances:?}");
    // They are where they are: assigning reaches whoever was found.
    let first = found[0]["id"].as_str().unwrap();
    let assigned = seeker.tries_to_assign(first, json!({})).await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    assert!(!order_of(&assigned).is_empty());
}
