//! Fifty pharmacies accept one request at the same instant: one of them has it.

use callout_tests::{Person, Stage};
use futures::future::join_all;
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const PHARMACIES: usize = 50;

/// Rounds: 20, or `CALLOUT_CONTESTS` of them.
fn rounds() -> usize {
    std::env::var("CALLOUT_CONTESTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_accepts_at_once_exactly_one_wins() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut customer_socket = customer.socket().await;
    let pharmacies =
        join_all((0..PHARMACIES).map(|n| stage.pharmacy_owned(format!("Pharmacy {n}"), LAT, LNG)))
            .await;
    let mut sockets = join_all(pharmacies.iter().map(Person::socket)).await;

    for round in 0..rounds() {
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let answers = join_all(
            pharmacies
                .iter()
                .map(|pharmacy| pharmacy.answers(&request, "ACCEPTED")),
        )
        .await;
        let winners: Vec<usize> = (0..PHARMACIES)
            .filter(|&n| answers[n].status == 201)
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        for (n, answer) in answers.iter().enumerate() {
            if n == winners[0] {
                continue;
            }
            assert_eq!(answer.status, 400, "round {round}: {}", answer.body);
            assert_eq!(
                answer.body["error"],
                "This request has already been assigned to a pharmacy"
            );
        }

        // The end of the request is told last, and to everybody who was told of it.
        let ended = customer
            .post(&format!("/medicine/request/{request}/complete/"), json!({}))
            .await;
        assert_eq!(ended.status, 200, "{}", ended.body);
        let told = customer_socket.expect("pharmacy_response").await;
        assert_eq!(told["pharmacy_id"], pharmacies[winners[0]].id);
        assert_eq!(told["response_type"], "ACCEPTED");
        customer_socket.ping().await;
        assert!(customer_socket.others().is_empty(), "more than one answer");
        let heard = join_all(
            sockets
                .iter_mut()
                .map(|socket| socket.until("request_completed")),
        )
        .await;
        for (n, messages) in heard.iter().enumerate() {
            let kinds: Vec<_> = messages
                .iter()
                .map(|message| message["type"].as_str().unwrap())
                .collect();
            if n == winners[0] {
                assert_eq!(kinds, ["new_request"], "round {round}: the winner");
            } else {
                assert_eq!(kinds, ["new_request", "request_taken"], "round {round}");
            }
            assert!(
                messages
                    .iter()
                    .all(|message| message["request_id"] == request.as_str())
            );
        }
    }
}
