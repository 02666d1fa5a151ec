//! What was missed is replayed in the order in which it was committed, whatever the ids say: of two
//! calls at once, the one that drew its event's id first may commit last.

use std::time::SystemTime;

use callout_domain::event::{Errand, Event, Message, Recipient, Recipients, Subject};
use callout_domain::ids::{EventId, RequestId};
use callout_domain::moment::Moment;
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

fn now() -> Moment {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Moment::from_unix_milliseconds(since.as_millis().try_into().unwrap()).unwrap()
}

/// An id that was drawn when another one was; the higher the last digit, the later.
fn beside(id: &str, last: char) -> String {
    format!("{}{last}", &id[..id.len() - 1])
}

/// Commits an event about a request for one person, past the functions.
async fn commit(stage: &Stage, id: &str, request: &str, kind: &str, to: &Person) {
    let request: RequestId = request.parse().unwrap();
    let id: EventId = id.parse().unwrap();
    let event = Event {
        id,
        subject: Subject::Request(request),
        at: now(),
        errand: Errand::Tell {
            message: Message::new(kind, json!({"request_id": request})),
            to: Recipients::Listed(vec![Recipient::plain(to.id.parse().unwrap())]),
            archives: Vec::new(),
        },
    };
    let item = json!({
        "pk": {"S": format!("REQUEST#{request}")},
        "sk": {"S": format!("{id}#0000")},
        "event": {"S": serde_json::to_string(&event).unwrap()},
        "expires_at": {"N": now().plus(time::Duration::DAY).unix_seconds().to_string()},
    });
    stage
        .table("Outbox", "PutItem", json!({ "Item": item }))
        .await;
}

#[tokio::test]
async fn what_was_missed_of_a_request_is_replayed_in_the_order_of_its_commits() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let (lower, higher) = (beside(&customer.id, '1'), beside(&customer.id, '2'));
    let request = beside(&customer.id, '3');
    commit(&stage, &higher, &request, "test_committed_first", &customer).await;
    commit(&stage, &lower, &request, "test_committed_last", &customer).await;
    stage.cloud.streams_idle().await.unwrap();

    let mut socket = customer.socket().await;
    let before = socket.until("test_committed_last").await;
    let kinds: Vec<&Value> = before.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["test_committed_first"]);
    assert_eq!(before[0]["replayed"], true);
}
