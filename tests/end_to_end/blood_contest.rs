//! Donors who act at the same moment, and each one's way: units are counted exactly, a request is
//! completed once, and nobody gives twice.

use callout_tests::donor::PATIENT;
use callout_tests::{Answer, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const DONORS: usize = 20;

/// A day so many days ago.
fn day(days_ago: i64) -> String {
    let day = OffsetDateTime::now_utc().date() - Duration::days(days_ago);
    day.to_string()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

fn count(inbox: &[Value], kind: &str) -> usize {
    inbox.iter().filter(|one| one["type"] == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_who_accept_two_units_at_once_exactly_two_are_accepted() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donors = stage.donors(DONORS).await;
    let request = requester.requests_blood(json!({"units": 2})).await;
    let answers = join_all(
        donors
            .iter()
            .map(|donor| donor.tries_to("accept-request", &request)),
    )
    .await;
    let (accepted, refused): (Vec<_>, Vec<_>) = donors
        .iter()
        .zip(&answers)
        .partition(|(_, answer)| answer.status == 200);
    assert_eq!(accepted.len(), 2, "{answers:?}");
    for (_, answer) in refused {
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_eq!(answer.body["code"], "covered");
        assert_eq!(answer.body["error"], "The units needed are covered already");
    }
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["acceptedCount"], 2);
    assert_eq!(own["status"], "Active");
    let mut named: Vec<_> = own["responders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["donorId"].as_str().unwrap())
        .collect();
    named.sort_unstable();
    let mut expected: Vec<_> = accepted
        .iter()
        .map(|(donor, _)| donor.id.as_str())
        .collect();
    expected.sort_unstable();
    assert_eq!(named, expected);

    stage.settled().await;
    assert_eq!(count(&requester.inbox("").await, "donor_response"), 2);
    for donor in &donors {
        let comes = accepted.iter().any(|(one, _)| one.id == donor.id);
        let inbox = donor.inbox("").await;
        let covered = count(&inbox, "blood_request_covered");
        // Whoever was second brought it about and knows; the other one was one of those who come.
        assert_eq!(covered, usize::from(!comes), "{inbox:?}");
        let listed = donor.active_requests("").await;
        assert_eq!(listed[0]["patientNumber"] == PATIENT, comes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_confirm_the_last_unit_at_once_both_gave_and_it_is_completed_once() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let mut socket = requester.socket().await;
    let donors = stage.donors(4).await;
    for round in 0..5 {
        let request = requester.requests_blood(json!({"units": 2})).await;
        let pair = if round % 2 == 0 {
            &donors[..2]
        } else {
            &donors[2..]
        };
        for donor in &donors {
            let never = json!({"last_donation_date": null});
            assert_eq!(donor.patch("/donor/profile/", never).await.status, 200);
        }
        for donor in pair {
            donor.does("accept-request", &request).await;
        }
        let confirmed = join_all(
            pair.iter()
                .map(|donor| donor.tries_to("confirm-donation", &request)),
        )
        .await;
        assert_eq!(statuses(&confirmed), [200, 200], "{confirmed:?}");
        let own = requester.own_blood_request(&request).await;
        assert_eq!(
            (&own["status"], &own["confirmedCount"]),
            (&json!("Completed"), &json!(2))
        );
        for donor in pair {
            assert_eq!(donor.donor_profile().await["last_donation_date"], day(0));
            let again = donor.tries_to("confirm-donation", &request).await;
            assert_eq!(again.status, 400, "{}", again.body);
            assert_eq!(again.body["code"], "already_completed");
        }
        stage.settled().await;
        for donor in &donors {
            assert!(donor.active_requests("").await.is_empty());
            // Nobody is told twice of one end, and those who did not come are told of none.
            let told = donor.inbox("").await;
            let told = told.iter().filter(|one| {
                one["type"] == "blood_request_completed" && one.to_string().contains(&request)
            });
            let came = pair.iter().any(|one| one.id == donor.id);
            assert!(told.count() <= usize::from(came), "round {round}");
        }
        for _ in 0..4 {
            assert_eq!(
                socket.expect("donor_response").await["requestId"],
                request.as_str()
            );
        }
    }
    // That it was completed is all that the requester is left with of each.
    let inbox = requester.inbox("").await;
    assert_eq!(count(&inbox, "blood_request_completed"), 5, "{inbox:?}");
    assert_eq!(inbox.len(), 5, "{inbox:?}");
}

#[tokio::test]
async fn confirming_twice_is_giving_once() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    let request = requester.requests_blood(json!({"units": 3})).await;
    let early = donor.tries_to("confirm-donation", &request).await;
    assert_eq!(
        (early.status, &early.body["code"]),
        (400, &json!("not_accepted"))
    );
    donor.does("accept-request", &request).await;
    let twice = join_all((0..2).map(|_| donor.tries_to("confirm-donation", &request))).await;
    assert_eq!(statuses(&twice), [200, 400], "{twice:?}");
    let again = donor.tries_to("confirm-donation", &request).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (400, &json!("already_confirmed"))
    );
    let own = requester.own_blood_request(&request).await;
    assert_eq!(
        (&own["acceptedCount"], &own["confirmedCount"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(own["status"], "Active");
    assert_eq!(donor.donor_profile().await["last_donation_date"], day(0));
}

#[tokio::test]
async fn a_donor_who_gave_too_short_a_while_ago_is_told_from_when_on_they_may() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let rested = json!({"last_donation_date": day(90)});
    let rested = stage.donor_with("Rested", rested).await;
    let tired = json!({"last_donation_date": day(89)});
    let tired = stage.donor_with("Tired", tired).await;
    let request = requester.requests_blood(json!({})).await;
    let refused = tired.tries_to("accept-request", &request).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let sentence = refused.text("error");
    assert!(
        sentence.contains("90 days") && sentence.contains(&day(-1)),
        "{sentence}"
    );
    rested.does("accept-request", &request).await;
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["acceptedCount"], 1);
    assert_eq!(own["responders"][0]["name"], "Rested");
}

#[tokio::test]
async fn who_withdraws_makes_room_and_may_come_again() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let [first, second] = [stage.donor("First").await, stage.donor("Second").await];
    let request = requester.requests_blood(json!({"units": 1})).await;
    first.does("accept-request", &request).await;
    let covered = second.tries_to("accept-request", &request).await;
    assert_eq!(
        (covered.status, &covered.body["code"]),
        (400, &json!("covered"))
    );
    first.does("withdraw-request", &request).await;
    assert!(first.active_requests("").await.is_empty());
    let own = requester.own_blood_request(&request).await;
    assert_eq!(
        (&own["acceptedCount"], &own["rejectedCount"]),
        (&json!(0), &json!(1))
    );
    second.does("accept-request", &request).await;
    let late = first.tries_to("accept-request", &request).await;
    assert_eq!((late.status, &late.body["code"]), (400, &json!("covered")));
    second.does("withdraw-request", &request).await;
    first.does("accept-request", &request).await;
    assert_eq!(first.active_ids("").await, [request.as_str()]);
    let twice = first.tries_to("accept-request", &request).await;
    assert_eq!(
        (twice.status, &twice.body["code"]),
        (400, &json!("already_accepted"))
    );
    let own = requester.own_blood_request(&request).await;
    assert_eq!(
        (&own["acceptedCount"], &own["rejectedCount"]),
        (&json!(1), &json!(1))
    );
}

/// Each time is a push at any hour, and one more message to take back if the donor leaves.
#[tokio::test]
async fn who_comes_and_goes_without_end_is_stopped_and_others_are_not() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let [wavers, other] = [stage.donor("Wavers").await, stage.donor("Other").await];
    let request = requester.requests_blood(json!({"units": 1})).await;
    for _ in 0..10 {
        wavers.does("accept-request", &request).await;
        wavers.does("withdraw-request", &request).await;
    }
    for _ in 0..2 {
        let refused = wavers.tries_to("accept-request", &request).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (400, &json!("too_often"))
        );
        // Nor by a detour.
        let _ = wavers.tries_to("ignore-request", &request).await;
    }
    other.does("accept-request", &request).await;
    stage.settled().await;
    assert_eq!(count(&requester.inbox("").await, "donor_response"), 21);
}

async fn told_that_all_ignored(requester: &Person) -> usize {
    count(&requester.inbox("").await, "blood_request_all_ignored")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_have_ignored_it_the_requester_is_told_once() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donors = stage.donors(5).await;
    let request = requester.requests_blood(json!({})).await;
    // One who came to the city later is not of those who were told.
    let passer_by = stage.donor("Passer By").await;
    passer_by.does("ignore-request", &request).await;
    let (last, others) = donors.split_last().unwrap();
    let ignored = join_all(
        others
            .iter()
            .map(|donor| donor.tries_to("ignore-request", &request)),
    )
    .await;
    assert_eq!(statuses(&ignored), [200; 4]);
    stage.settled().await;
    assert_eq!(told_that_all_ignored(&requester).await, 0);
    let twice = join_all((0..2).map(|_| last.tries_to("ignore-request", &request))).await;
    assert!(statuses(&twice).contains(&200), "{twice:?}");
    stage.settled().await;
    assert_eq!(told_that_all_ignored(&requester).await, 1);
    for donor in &donors {
        assert!(donor.active_requests("").await.is_empty());
    }
    let own = requester.own_blood_request(&request).await;
    assert_eq!(
        (&own["rejectedCount"], &own["status"]),
        (&json!(5), &json!("Active"))
    );
    assert_eq!(own["responders"], json!([]));

    // Somebody changes their mind, and back: that is no news.
    last.does("accept-request", &request).await;
    last.does("withdraw-request", &request).await;
    last.does("ignore-request", &request).await;
    stage.settled().await;
    assert_eq!(told_that_all_ignored(&requester).await, 1);
}

/// Whoever was answered that they are accepted must hear that the request is over: they may be on
/// their way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_accepts_while_it_is_closed_is_told_of_the_end_or_refused() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donors = stage.donors(8).await;
    for round in 0..6 {
        let request = requester.requests_blood(json!({"units": 8})).await;
        let accepting = async |donor: &Person| donor.tries_to("accept-request", &request).await;
        let (answers, closed) = futures::join!(
            join_all(donors.iter().map(accepting)),
            requester.closes(&request, "Cancelled"),
        );
        assert_eq!(closed.status, 200, "{}", closed.body);
        stage.settled().await;
        let own = requester.own_blood_request(&request).await;
        assert_eq!(own["status"], "Cancelled");
        let accepted = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(own["acceptedCount"], accepted.count());
        for (donor, answer) in donors.iter().zip(&answers) {
            let about = |one: &&Value| one.to_string().contains(&request);
            let inbox = donor.inbox("").await;
            let left: Vec<_> = inbox.iter().filter(about).map(|one| &one["type"]).collect();
            if answer.status == 200 {
                assert_eq!(left, ["blood_request_cancelled"], "round {round}");
            } else {
                assert_eq!(
                    (answer.status, &answer.body["code"]),
                    (400, &json!("cancelled"))
                );
                assert!(left.is_empty(), "round {round}: {left:?}");
            }
        }
    }
}
