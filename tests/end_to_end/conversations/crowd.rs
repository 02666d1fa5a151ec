//! Both parties say much at once, while their sockets come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use callout_tests::{Person, Stage};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// How much each party says.
const EACH: usize = 500;
/// How much of it at once: more than a person could.
const AT_ONCE: usize = 4;

/// How often a message may have to be said again because it did not get through in time: a machine
/// with much else to do may be slow, but not always.
const MOST_AGAIN: usize = EACH / 20;

/// How long the next message may take: one key in ten shares its lane of the stream with the conversation, and a
/// socket of such an account is greeted once all has been delivered that was said before it opened.
const PATIENCE: Duration = Duration::from_mins(4);
/// How much a socket is told again at least of what was missed: the newest 500 by their events' ids, which
/// are not quite in the order of the numbers.
const TOLD_AGAIN: usize = 400;

/// Says so much, each message under an id of its own; now and then twice. What is not answered in time is
/// said again under the same id, as by every client.
async fn talks(person: &Person, request: &str, name: &str) {
    let again = AtomicUsize::new(0);
    let again = &again;
    futures::stream::iter(0..EACH)
        .for_each_concurrent(AT_ONCE, |nth| async move {
            let message =
                json!({"message_id": format!("{name}-{nth}"), "text": format!("{name} {nth}")});
            for _ in 0..=usize::from(nth % 50 == 7) {
                let mut said = person.tries_to_say(request, message.clone()).await;
                while said.status >= 500 && again.fetch_add(1, Ordering::Relaxed) < MOST_AGAIN {
                    said = person.tries_to_say(request, message.clone()).await;
                }
                assert_eq!(said.status, 201, "{}", said.body);
            }
        })
        .await;
    eprintln!("{name} said {} again", again.load(Ordering::Relaxed));
}

/// Hears all that is said, on sockets that are dropped after some messages and opened again: what was
/// heard by number, as a client that acknowledges what it has keeps it. More than is told again, each
/// may have missed: that it reads in the history, once it was greeted. The newest it has heard.
async fn hears(person: &Person, request: &str) -> Vec<(u64, String)> {
    let mut heard: BTreeMap<u64, String> = BTreeMap::new();
    let mut read: BTreeMap<u64, String> = BTreeMap::new();
    let newest = (2 * EACH - TOLD_AGAIN) as u64;
    let is_all = |heard: &BTreeMap<u64, String>, read: &BTreeMap<u64, String>| {
        let numbers: BTreeSet<&u64> = heard.keys().chain(read.keys()).collect();
        numbers.len() == 2 * EACH && heard.range(newest + 1..).count() == TOLD_AGAIN
    };
    while !is_all(&heard, &read) {
        let mut socket = person.socket().await;
        let missed = person.whole_history(request).await;
        read.extend(missed.iter().map(numbered));
        let before = heard.len();
        while !is_all(&heard, &read) && heard.len() < before + 230 {
            let message = socket.expect_within(PATIENCE, "chat_message").await;
            heard.extend([numbered(&message)]);
            // A socket takes 20 messages in ten seconds: the last ones that it heard.
            if heard.len().is_multiple_of(60) {
                let ack = json!({"type": "ack", "event_id": message["event_id"]});
                socket.send(ack).await;
            }
        }
        // Dropped without a word.
    }
    for (number, text) in read {
        assert_eq!(heard.entry(number).or_insert(text.clone()), &text);
    }
    heard.into_iter().collect()
}

fn numbered(message: &Value) -> (u64, String) {
    let number = message["sequence"].as_u64().unwrap();
    (number, message["text"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn both_say_five_hundred_things_at_once_and_hear_the_same_in_the_same_order() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let stranger = stage.pharmacy("Third Pharmacy", 27.7172, 85.3240).await;
    let mut overhearing = stranger.socket().await;

    let started = Instant::now();
    let (at_customer, at_pharmacy, (), ()) = tokio::join!(
        Box::pin(hears(&customer, &request)),
        Box::pin(hears(&pharmacy, &request)),
        Box::pin(talks(&customer, &request, "customer")),
        Box::pin(async {
            talks(&pharmacy, &request, "pharmacy").await;
            eprintln!("all said after {:?}", started.elapsed());
        }),
    );
    eprintln!("all heard after {:?}", started.elapsed());

    let history = customer.whole_history(&request).await;
    assert_eq!(pharmacy.whole_history(&request).await, history);
    let by_number: Vec<(u64, String)> = history.iter().map(numbered).collect();
    assert!((1..).zip(&by_number).all(|(number, (is, _))| number == *is));
    assert_eq!(by_number.len(), 2 * EACH);
    for name in ["customer", "pharmacy"] {
        for nth in 0..EACH {
            let text = format!("{name} {nth}");
            let times = by_number.iter().filter(|(_, said)| *said == text).count();
            assert_eq!(times, 1, "{text}");
        }
    }
    for heard in [at_customer, at_pharmacy] {
        assert_eq!(heard, by_number);
    }
    overhearing.ping().await;
    assert_eq!(overhearing.all("chat_message"), [] as [Value; 0]);
}
