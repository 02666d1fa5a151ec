//! By which channels people are told of what, and when they are left alone: what they choose is
//! kept, whoever else chooses at the same time.

use callout_tests::{Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const PATH: &str = "/notifications/preferences/";

/// What those have who never chose.
fn default() -> Value {
    let wanted = json!({"push": true, "mail": false});
    json!({
        "topics": {"medicine": wanted, "blood": wanted, "work": wanted, "consultation": wanted,
                   "conversation": wanted},
        "quiet_hours": null,
    })
}

async fn read(person: &Person) -> Value {
    let read = person.get(PATH).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body
}

/// What is stored of how an account is reached; null for nothing.
async fn stored(stage: &Stage, account: &str) -> Value {
    let key = json!({"pk": {"S": format!("ACCOUNT#{account}")}, "sk": {"S": "CONTACT"}});
    let wanted = json!({"Key": key, "ConsistentRead": true});
    stage.table("Accounts", "GetItem", wanted).await["Item"].clone()
}

#[tokio::test]
async fn who_never_chose_has_the_default_and_what_is_chosen_is_kept() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let other = stage.pharmacy("Near", 27.7172, 85.3240).await;
    for path in [PATH, "/notifications/preferences"] {
        let read = customer.get(path).await;
        assert_eq!((read.status, read.body), (200, default()), "{path}");
    }
    assert_eq!(stored(&stage, &customer.id).await, Value::Null);

    let mut whole = default();
    whole["topics"]["medicine"] = json!({"push": false, "mail": true});
    whole["quiet_hours"] = json!({"start": "22:00", "end": "07:00", "timezone": "Asia/Kathmandu"});
    let put = customer.put(PATH, whole.clone()).await;
    assert_eq!((put.status, &put.body), (200, &whole));
    assert_eq!(read(&customer).await, whole);

    // A part, by the other form of the path.
    let part = json!({"topics": {"medicine": {"push": true}, "blood": {"mail": true}}});
    let put = customer.put("/notifications/preferences", part).await;
    whole["topics"]["medicine"] = json!({"push": true, "mail": true});
    whole["topics"]["blood"] = json!({"push": true, "mail": true});
    assert_eq!((put.status, &put.body), (200, &whole));

    // Quiet hours alone: others, spelled as the tz database spells them, and none.
    let hours = json!({"start": "13:00", "end": "14:30", "timezone": "europe/berlin"});
    let put = customer.put(PATH, json!({"quiet_hours": hours})).await;
    whole["quiet_hours"] = json!({"start": "13:00", "end": "14:30", "timezone": "Europe/Berlin"});
    assert_eq!((put.status, &put.body), (200, &whole));
    let put = customer.put(PATH, json!({"quiet_hours": null})).await;
    whole["quiet_hours"] = Value::Null;
    assert_eq!((put.status, &put.body), (200, &whole));
    assert_eq!(read(&customer).await, whole);

    assert_eq!(read(&other).await, default());
    assert_eq!(stored(&stage, &other.id).await, Value::Null);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_leaves_nothing_behind() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let hours = |start: Value, end: Value, timezone: Value| json!({"quiet_hours": {"start": start, "end": end, "timezone": timezone}});
    let zone = json!("Asia/Kathmandu");
    for (body, fields) in [
        (json!({"topics": null}), vec!["topics"]),
        (json!({"topics": []}), vec!["topics"]),
        (
            json!({"topics": {"weather": {"push": true}}}),
            vec!["topics.weather"],
        ),
        (
            json!({"topics": {"Medicine": {"push": true}}}),
            vec!["topics.Medicine"],
        ),
        (
            json!({"topics": {"medicine": true}}),
            vec!["topics.medicine"],
        ),
        (
            json!({"topics": {"medicine": null}}),
            vec!["topics.medicine"],
        ),
        (
            json!({"topics": {"medicine": {"push": "yes", "mail": 1}, "work": {"push": null}}}),
            vec![
                "topics.medicine.mail",
                "topics.medicine.push",
                "topics.work.push",
            ],
        ),
        (
            json!({"topics": {"medicine": {"socket": false}, "blood": {"sms": true}}}),
            vec!["topics.blood.sms", "topics.medicine.socket"],
        ),
        (json!({"quiet_hours": "night"}), vec!["quiet_hours"]),
        (json!({"quiet_hours": false}), vec!["quiet_hours"]),
        (
            json!({"quiet_hours": {}}),
            vec![
                "quiet_hours.end",
                "quiet_hours.start",
                "quiet_hours.timezone",
            ],
        ),
        (
            json!({"quiet_hours": {"start": "22:00", "end": "07:00"}}),
            vec!["quiet_hours.timezone"],
        ),
        (
            hours(json!("24:00"), json!("07:00"), zone.clone()),
            vec!["quiet_hours.start"],
        ),
        (
            hours(json!("22:00"), json!("7:00"), zone.clone()),
            vec!["quiet_hours.end"],
        ),
        (
            hours(json!("22:00"), json!("22:00"), zone.clone()),
            vec!["quiet_hours.end"],
        ),
        (
            hours(json!(22), json!(null), zone),
            vec!["quiet_hours.end", "quiet_hours.start"],
        ),
        (
            hours(json!("22:00"), json!("07:00"), json!("Mars/Olympus")),
            vec!["quiet_hours.timezone"],
        ),
        (
            hours(json!("22:00"), json!("07:00"), json!("x".repeat(10_000))),
            vec!["quiet_hours.timezone"],
        ),
    ] {
        let mut body = body;
        // What is right beside what is wrong is not taken either.
        if body["topics"].is_object() {
            body["topics"]["conversation"] = json!({"push": false});
        }
        let refused = customer.put(PATH, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert_eq!(refused.body["code"], "invalid_input", "{body}");
        let named: Vec<&String> = refused.body["fields"].as_object().unwrap().keys().collect();
        assert_eq!(named, fields, "{body}: {}", refused.body);
    }
    assert_eq!(customer.put(PATH, json!([])).await.status, 400);
    let large = customer
        .put(PATH, json!({"filler": "x".repeat(65_536)}))
        .await;
    assert_eq!(large.status, 413, "{}", large.body);
    assert_eq!(
        customer
            .put("/notifications/preferences/x", json!({}))
            .await
            .status,
        404
    );
    assert_eq!(stage.get(PATH).await.status, 401);

    assert_eq!(read(&customer).await, default());
    assert_eq!(stored(&stage, &customer.id).await, Value::Null);
}

#[tokio::test]
async fn parts_changed_at_once_are_all_changed() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let hours = json!({"start": "22:00", "end": "07:00", "timezone": "Pacific/Apia"});
    let mut changes = vec![json!({"quiet_hours": hours})];
    let mut expected = default();
    expected["quiet_hours"] = hours;
    for topic in ["medicine", "blood", "work", "consultation", "conversation"] {
        for (channel, wanted) in [("push", false), ("mail", true)] {
            changes.push(json!({"topics": {topic: {channel: wanted}}}));
            expected["topics"][topic][channel] = json!(wanted);
        }
    }
    let answers = join_all(
        changes
            .iter()
            .map(|change| customer.put(PATH, change.clone())),
    )
    .await;
    for (answer, change) in answers.iter().zip(&changes) {
        assert_eq!(answer.status, 200, "{change}: {}", answer.body);
    }
    assert_eq!(read(&customer).await, expected);
}

#[tokio::test]
async fn what_else_is_stored_of_how_somebody_is_reached_stays() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let device = json!({"M": {"endpoint": {"S": "arn"}}});
    let item = json!({
        "pk": {"S": format!("ACCOUNT#{}", customer.id)},
        "sk": {"S": "CONTACT"},
        "device#x": device,
    });
    stage
        .table("Accounts", "PutItem", json!({"Item": item}))
        .await;
    assert_eq!(read(&customer).await, default());
    let part = json!({"topics": {"work": {"push": false}}});
    assert_eq!(customer.put(PATH, part).await.status, 200);
    let kept = stored(&stage, &customer.id).await;
    assert_eq!(kept["device#x"], device);
    assert!(kept["preferences"]["S"].is_string(), "{kept}");
}

#[tokio::test]
async fn a_session_that_was_ended_neither_reads_nor_changes() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let refresh = json!({"refresh": customer.refresh});
    assert_eq!(customer.post("/logout/", refresh).await.status, 200);
    assert_eq!(customer.get(PATH).await.status, 401);
    let change = json!({"topics": {"work": {"push": false}}});
    assert_eq!(customer.put(PATH, change).await.status, 401);
    assert_eq!(stored(&stage, &customer.id).await, Value::Null);
}

#[tokio::test]
async fn who_leaves_while_choosing_chooses_no_more() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let change = |push: bool| json!({"topics": {"work": {"push": push}}});
    let choosing = async {
        let mut statuses = Vec::new();
        while statuses.last() != Some(&401) && statuses.len() < 500 {
            let push = statuses.len() % 2 == 1;
            statuses.push(customer.put(PATH, change(push)).await.status);
        }
        statuses
    };
    let (mut statuses, deleted) = futures::join!(choosing, customer.delete("/customer/profile/"));
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    assert_eq!(statuses.pop(), Some(401));
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn who_has_left_leaves_nothing_by_choosing() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    let change = json!({"topics": {"work": {"push": false}}});
    assert_eq!(customer.put(PATH, change).await.status, 401);
    assert_eq!(customer.get(PATH).await.status, 401);
    assert_eq!(stored(&stage, &customer.id).await, Value::Null);
}
