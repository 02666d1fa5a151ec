//! The conversation that follows a yes: what the parties say to each other, through both doors.

mod consultations;
mod crowd;
mod ends;
mod media;
mod presence;
mod reach;
mod work;

use callout_tests::Stage;
use serde_json::{Value, json};

#[tokio::test]
async fn what_one_party_says_the_other_hears_at_once_and_both_read_later() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut at_the_counter = pharmacy.socket().await;
    let mut other_phone = customer.socket().await;

    let text = " Is it ready? तयार छ? 🙏🏽\n";
    let said = customer
        .tries_to_say(&request, json!({"message_id": "m-1", "message": text}))
        .await;
    assert_eq!(said.status, 201, "{}", said.body);
    for (name, value) in [
        ("request_id", json!(request)),
        ("message_id", json!("m-1")),
        ("sequence", json!(1)),
        ("sender_id", json!(customer.id)),
        ("sender_type", json!("CUSTOMER")),
        ("message_type", json!("text")),
        ("text", json!(text)),
        ("message", json!(text)),
        ("audio_url", Value::Null),
        ("image_url", Value::Null),
        ("status", json!("sent")),
    ] {
        assert_eq!(said.body[name], value, "{name}");
    }
    assert_eq!(said.body["sent_at"], said.body["timestamp"]);

    // Their other phone, too.
    for socket in [&mut at_the_counter, &mut other_phone] {
        let heard = socket.expect("chat_message").await;
        let fields = said.body.as_object().unwrap().iter();
        for (name, value) in fields.filter(|(name, _)| *name != "status") {
            assert_eq!(&heard[name], value, "{name}");
        }
    }

    let answer = json!({"type": "chat_message", "request_id": request, "text": "In ten minutes",
                        "message_id": "m-1"});
    at_the_counter.send(answer).await;
    let sent = at_the_counter.expect("message_sent").await;
    assert_eq!(
        (&sent["sequence"], &sent["status"]),
        (&json!(2), &json!("sent"))
    );
    let heard = other_phone.expect("chat_message").await;
    assert_eq!(heard["text"], "In ten minutes");
    assert_eq!(heard["sender_type"], "PHARMACY");

    for party in [&customer, &pharmacy] {
        let history = party.history(&request, "").await;
        let messages = history["messages"].as_array().unwrap();
        let texts: Vec<&Value> = messages.iter().map(|message| &message["text"]).collect();
        assert_eq!(texts, [text, "In ten minutes"]);
        assert_eq!(history["last_sequence"], 2);
        assert_eq!(history["is_open"], true);
    }
    // Without its trailing slash, too.
    let bare = customer.get(&format!("/requests/{request}/messages")).await;
    assert_eq!(bare.body["count"], 2);
}

#[tokio::test]
async fn a_message_is_said_once_however_often_it_is_sent_and_through_whichever_door() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    let message = json!({"message_id": "once", "text": "Hello"});

    let tries = (0..8).map(|_| customer.tries_to_say(&request, message.clone()));
    let first = customer.tries_to_say(&request, message.clone()).await;
    for again in futures::future::join_all(tries).await {
        assert_eq!((again.status, again.body), (201, first.body.clone()));
    }
    phone
        .send(
            json!({"type": "chat_message", "request_id": request, "message_id": "once",
                     "message": "Hello"}),
        )
        .await;
    assert_eq!(phone.expect("message_sent").await["sequence"], 1);

    // The same under a key, which knows nothing of the client's own id.
    let path = format!("/requests/{request}/messages/");
    let keyed = json!({"text": "With a key"});
    let one = customer.post_once(&path, "k", keyed.clone()).await;
    let other = customer.post_once(&path, "k", keyed).await;
    assert_eq!((one.status, &one.body), (201, &other.body));

    // The same id with something else is a mistake of the client's.
    let other_text = json!({"message_id": "once", "text": "Good bye"});
    let refused = customer.tries_to_say(&request, other_text).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.body["code"], "message_id_reused");
    // Another's ids are another's.
    let theirs = pharmacy.tries_to_say(&request, message).await;
    assert_eq!(theirs.body["sequence"], 3);
    assert_eq!(customer.whole_history(&request).await.len(), 3);
}

#[tokio::test]
async fn how_far_a_message_has_come_only_grows_and_its_sender_sees_it() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    for nth in 1..=3 {
        let message = json!({"message_id": format!("m-{nth}"), "text": "Hello"});
        customer.tries_to_say(&request, message).await;
    }
    let mut phone = customer.socket().await;
    let mut counter = pharmacy.socket().await;
    let statuses = async || {
        let history = customer.history(&request, "").await;
        let messages = history["messages"].as_array().unwrap().clone();
        let statuses = messages.iter().map(|message| message["status"].clone());
        statuses.collect::<Vec<_>>()
    };
    let mark = |kind: &str, place: (&str, Value)| json!({"type": kind, "request_id": request, place.0: place.1});

    counter
        .send(mark("message_delivered", ("message_id", json!("m-2"))))
        .await;
    let told = phone.expect("message_delivered").await;
    assert_eq!(
        (&told["sequence"], &told["account"]),
        (&json!(2), &json!(pharmacy.id))
    );
    assert_eq!((&told["delivered"], &told["read"]), (&json!(2), &json!(0)));
    assert_eq!(statuses().await, ["delivered", "delivered", "sent"]);

    counter
        .send(mark("message_read", ("sequence", json!(3))))
        .await;
    let told = phone.expect("message_read").await;
    assert_eq!((&told["delivered"], &told["read"]), (&json!(3), &json!(3)));
    assert_eq!(statuses().await, ["read", "read", "read"]);

    // Backwards, twice, and in a wrong order: nothing changes, and nobody is told.
    for kind in ["message_read", "message_delivered"] {
        counter.send(mark(kind, ("sequence", json!(1)))).await;
    }
    counter
        .send(mark("message_read", ("sequence", json!(3))))
        .await;
    counter.ping().await;
    for (kind, place) in [
        ("message_read", ("sequence", json!(4))),
        ("message_read", ("sequence", json!(0))),
        ("message_read", ("sequence", json!(-1))),
        ("message_delivered", ("message_id", json!("m-4"))),
        ("message_delivered", ("x", json!(1))),
    ] {
        counter.send(mark(kind, place)).await;
        assert_eq!(counter.expect("error").await["code"], "invalid_input");
    }
    assert_eq!(statuses().await, ["read", "read", "read"]);
    phone.ping().await;
    let others = phone.others();
    let is_mark = |told: &Value| told["type"].as_str().unwrap().starts_with("message_");
    assert!(!others.iter().any(is_mark), "{others:?}");
}

#[tokio::test]
async fn who_types_is_seen_by_the_other_and_kept_nowhere() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    let mut counter = pharmacy.socket().await;
    for is_typing in [true, false] {
        let typing = json!({"type": "typing_indicator", "request_id": request,
                            "is_typing": is_typing});
        phone.send(typing).await;
        let seen = counter.expect("typing_indicator").await;
        assert_eq!(seen["is_typing"], is_typing);
        assert_eq!(seen["sender_id"], json!(customer.id));
    }
    phone
        .send(json!({"type": "typing_indicator", "request_id": request, "is_typing": "yes"}))
        .await;
    assert_eq!(phone.expect("error").await["code"], "invalid_input");
    let inbox = stage.inbox(&pharmacy.id).await;
    assert!(!json!(inbox).to_string().contains("typing"));
    assert_eq!(pharmacy.whole_history(&request).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_history_of_ten_thousand_is_read_to_its_start_from_either_end() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    stage
        .fill_history(&request, [&customer, &pharmacy], 10_000)
        .await;
    let all = customer.whole_history(&request).await;
    assert_eq!(all.len(), 10_000);
    for (number, message) in (1..).zip(&all) {
        assert_eq!(message["sequence"], number);
        assert_eq!(message["text"], format!("message {number}"));
    }

    // The other way round, and over the socket.
    let forward = pharmacy.history(&request, "?after=9989&limit=7").await;
    let numbers = |page: &Value| -> Vec<u64> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["sequence"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(numbers(&forward), (9_990..=9_996).collect::<Vec<_>>());
    let cursor = forward["next_cursor"].as_str().unwrap();
    let rest = pharmacy
        .history(&request, &format!("?cursor={cursor}"))
        .await;
    assert_eq!(numbers(&rest), (9_997..=10_000).collect::<Vec<_>>());
    assert_eq!(rest["next_cursor"], Value::Null);
    let mut socket = pharmacy.socket().await;
    socket
        .send(
            json!({"type": "request_chat_history", "request_id": request, "limit": 5,
                     "before": 6}),
        )
        .await;
    let first = socket.expect("chat_history").await;
    assert_eq!(numbers(&first), [1, 2, 3, 4, 5]);
    assert_eq!(first["next_cursor"], Value::Null);

    let said = customer.says(&request, "And one more").await;
    assert_eq!(said["sequence"], 10_001);
    for wrong in [
        "limit=0",
        "limit=101",
        "cursor=1",
        "before=x",
        "after=-1",
        "before=1&after=1",
    ] {
        let refused = customer.reads(&request, &format!("?{wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_text_has_1_to_4000_characters_of_any_script() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let longest = "🩸".repeat(4_000);
    let mut socket = pharmacy.socket().await;
    customer.says(&request, &longest).await;
    assert_eq!(socket.expect("chat_message").await["text"], json!(longest));
    // The most that JSON makes of a character.
    customer.says(&request, &"\u{1}".repeat(4_000)).await;
    let heard = socket.expect("chat_message").await;
    assert_eq!(heard["text"].as_str().unwrap().len(), 4_000);

    for wrong in [
        json!({}),
        json!({"text": ""}),
        json!({"text": " \u{3000}\n"}),
        json!({"text": "x".repeat(4_001)}),
        json!({"text": ["a"]}),
        json!({"text": "a", "message_id": ""}),
        json!({"text": "a", "message_id": "x".repeat(65)}),
        json!({"text": "a", "media_id": "../../etc/passwd"}),
        json!({"text": "a", "audio": "response.webm"}),
        json!({"text": "a", "with": "somebody"}),
    ] {
        let refused = customer.tries_to_say(&request, wrong.clone()).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
        assert_eq!(refused.body["code"], "invalid_input", "{wrong}");
    }
    let nothing = json!({"text": "a", "media_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
    let refused = customer.tries_to_say(&request, nothing).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (404, &json!("not_found"))
    );
    // A socket's frame holds as much as API Gateway takes, and the rest comes in the next.
    for _ in 0..4 {
        customer.says(&request, &"\u{1}".repeat(4_000)).await;
    }
    let mut before = json!(null);
    let mut read = Vec::new();
    while read.first() != Some(&1) {
        let ask = json!({"type": "request_chat_history", "request_id": request, "limit": 100,
                         "cursor": before});
        socket.send(ask).await;
        let page = socket.expect("chat_history").await;
        let messages = page["messages"].as_array().unwrap().iter();
        let numbers: Vec<u64> = messages
            .map(|message| message["sequence"].as_u64().unwrap())
            .collect();
        read.splice(0..0, numbers);
        before = page["next_cursor"].clone();
    }
    assert_eq!(read, [1, 2, 3, 4, 5, 6]);
}
