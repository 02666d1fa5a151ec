//! Push as its devices meet it: once for each event, whatever SNS does and whenever delivery dies, and
//! what became of it is on record. The inbox and the sockets lose nothing by it.

use std::collections::BTreeMap;

use callout_local::push::Behaviour;
use callout_tests::{Outcome, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

async fn pharmacy_with_device(stage: &Stage, name: &str) -> Person {
    stage.pharmacy_with_device(name, LAT, LNG).await
}

/// The events that a device was told of.
fn events_at(stage: &Stage, token: &str) -> Vec<String> {
    let pushed = stage.pushed(token);
    let events = pushed.iter().map(|message| &message["data"]["event_id"]);
    events
        .map(|event| event.as_str().unwrap().to_owned())
        .collect()
}

/// What became of the only notification of an inbox by a channel.
async fn outcome(stage: &Stage, person: &Person, channel: &str) -> Outcome {
    let inbox = stage.inbox(&person.id).await;
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    let mut outcomes = Outcome::all_of(&inbox[0]);
    outcomes.retain(|outcome| outcome.channel == channel);
    assert_eq!(outcomes.len(), 1, "{channel}: {inbox:?}");
    outcomes.remove(0)
}

async fn devices_of(stage: &Stage, person: &Person) -> usize {
    let key = json!({"pk": {"S": format!("ACCOUNT#{}", person.id)}, "sk": {"S": "CONTACT"}});
    let wanted = json!({"Key": key, "ConsistentRead": true});
    let contact = stage.table("Accounts", "GetItem", wanted).await;
    let attributes = contact["Item"].as_object();
    attributes.map_or(0, |all| {
        all.keys()
            .filter(|name| name.starts_with("device#"))
            .count()
    })
}

#[tokio::test]
async fn both_sides_with_devices_hear_the_whole_flow_on_each_channel() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    customer.registers_device("customers-phone").await;
    let pharmacy = pharmacy_with_device(&stage, "LifeCare").await;
    let (mut theirs, mut ours) = (pharmacy.socket().await, customer.socket().await);

    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let heard = theirs.expect("new_request").await;
    assert_eq!(heard["request_id"], request.as_str());
    assert_eq!(pharmacy.answers(&request, "ACCEPTED").await.status, 201);
    let answered = ours.expect("pharmacy_response").await;
    stage.settled().await;

    let told = stage.pushed("LifeCare");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["notification"],
        json!({
            "title": "New Medicine Request",
            "body": "New medicine request received! Tap to view details",
        })
    );
    assert_eq!(
        told[0]["data"],
        json!({"type": "new_request", "requestId": request, "event_id": heard["event_id"]})
    );
    assert_eq!(told[0]["android"]["priority"], "HIGH");
    assert_eq!(told[0]["apns"]["headers"]["apns-priority"], "10");
    // A locked screen is read by anybody.
    let shown = told[0].to_string();
    for secret in ["John", "Doe", &customer.phone_number, "27.7", "85.3"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }

    let back = stage.pushed("customers-phone");
    assert_eq!(back.len(), 1, "{back:?}");
    assert_eq!(back[0]["data"]["type"], "pharmacy_response");
    assert_eq!(back[0]["data"]["event_id"], answered["event_id"]);
    assert_eq!(
        back[0]["notification"]["body"],
        "Your request has been accepted by LifeCare"
    );
    for (person, channel) in [(&pharmacy, "push"), (&customer, "socket")] {
        let outcome = outcome(&stage, person, channel).await;
        assert_eq!(outcome, Outcome::sent(channel));
    }
}

#[tokio::test]
async fn what_a_device_cannot_take_the_socket_says_and_all_is_on_record() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let without = stage.pharmacy("without", LAT, LNG).await;
    let cases = [
        ("works", Behaviour::Working, Outcome::sent("push"), 1),
        // SNS takes it, and learns only then that the app is gone.
        ("gone", Behaviour::Unregistered, Outcome::sent("push"), 1),
        (
            "disabled",
            Behaviour::Disabled,
            Outcome::failed("push", "disabled"),
            0,
        ),
        (
            "throttled",
            Behaviour::Throttled,
            Outcome::failed("push", "throttled"),
            1,
        ),
        (
            "failing",
            Behaviour::Failing,
            Outcome::failed("push", "unavailable"),
            1,
        ),
    ];
    let mut people = Vec::new();
    for (name, behaviour, _, _) in &cases {
        people.push(pharmacy_with_device(&stage, name).await);
        let pushes = stage.cloud.pushes();
        pushes.set_behaviour(name, *behaviour).unwrap();
    }
    let all = people.iter().chain([&without]);
    let mut sockets = join_all(all.clone().map(Person::socket)).await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    for socket in &mut sockets {
        assert_eq!(socket.expect("new_request").await["request_id"], request);
    }
    stage.settled().await;
    for person in all {
        let by_socket = outcome(&stage, person, "socket").await;
        assert_eq!(by_socket, Outcome::sent("socket"));
    }
    for (person, (name, _, expected, devices)) in people.iter().zip(&cases) {
        assert_eq!(&outcome(&stage, person, "push").await, expected, "{name}");
        let taken = usize::from(*expected == Outcome::sent("push"));
        assert_eq!(stage.pushed(name).len(), taken, "{name}");
        assert_eq!(devices_of(&stage, person).await, *devices, "{name}");
    }
    assert_eq!(
        stage.inbox(&without.id).await[0]["deliveries"]["M"]
            .as_object()
            .unwrap()
            .len(),
        1
    );

    // The next one is refused for the app that is gone, which is forgotten too.
    customer.requests_medicine(LAT, LNG, 5.0).await;
    stage
        .cloud
        .pushes()
        .set_behaviour("throttled", Behaviour::Working)
        .unwrap();
    stage.settled().await;
    assert_eq!(devices_of(&stage, &people[1]).await, 0);
    assert_eq!(stage.pushed("gone").len(), 1);
    assert_eq!(stage.pushed("throttled").len(), 1);
    assert_eq!(stage.pushed("works").len(), 2);
}

#[tokio::test]
async fn who_is_offline_is_pushed_to_and_finds_it_until_it_is_acknowledged() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = pharmacy_with_device(&stage, "offline").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let push = stage.cloud.pushes().wait_for("offline", 0).await;
    let message = &push.message["fcmV1Message"]["message"];
    assert_eq!(message["data"]["requestId"], request);

    // It comes until somebody says that they have it.
    for _ in 0..2 {
        let mut socket = pharmacy.socket().await;
        let missed = socket.expect("new_request").await;
        assert_eq!(missed["replayed"], true, "{missed}");
        assert_eq!(missed["event_id"], message["data"]["event_id"]);
        socket.ping().await;
        assert_eq!(socket.all("new_request").len(), 1);
    }
    let mut socket = pharmacy.socket().await;
    let missed = socket.expect("new_request").await;
    let event = missed["event_id"].clone();
    socket.send(json!({"type": "ack", "event_id": event})).await;
    socket.ping().await;
    stage.settled().await;

    let mut again = pharmacy.socket().await;
    stage.settled().await;
    again.ping().await;
    assert_eq!(again.all("new_request"), Vec::<Value>::new());
    assert_eq!(events_at(&stage, "offline").len(), 1);
    let outcome = outcome(&stage, &pharmacy, "push").await;
    assert_eq!(outcome, Outcome::sent("push"));
}

#[tokio::test]
async fn sns_that_fails_for_a_while_or_is_slow_has_each_device_told_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = pharmacy_with_device(&stage, "phone").await;
    let mut socket = pharmacy.socket().await;
    for (told, rule) in (1..).zip(["sns.throttled", "sns.error", "sns.slow(3000ms)"]) {
        stage.fail(&format!("{rule} 100% action=Publish"));
        customer.requests_medicine(LAT, LNG, 5.0).await;
        // Whatever SNS does, the socket has it at once.
        let heard = socket.expect("new_request").await;
        let refusals = if rule.contains("slow") { 1 } else { 2 };
        stage
            .until(rule, async |stage| {
                stage.cloud.faults().hits()[0] >= refusals
            })
            .await;
        assert_eq!(stage.pushed("phone").len(), told - 1, "{rule}");
        stage.cloud.faults().clear();
        stage.settled().await;
        let events = events_at(&stage, "phone");
        assert_eq!(events.len(), told, "{rule}");
        assert_eq!(heard["event_id"], events[told - 1].as_str());
    }
    for item in stage.inbox(&pharmacy.id).await {
        for outcome in Outcome::all_of(&item) {
            assert_eq!(outcome, Outcome::sent(&outcome.channel), "{item}");
        }
    }
}

#[tokio::test]
async fn a_delivery_that_dies_anywhere_pushes_never_twice_and_loses_no_message() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let online = pharmacy_with_device(&stage, "online").await;
    let offline = pharmacy_with_device(&stage, "offline").await;
    let mut socket = online.socket().await;
    stage.settled().await;

    let function = "DeliveryFunction";
    let mut told = Vec::new();
    for (operation, call) in [
        ("BatchGetItem", 1),
        ("BatchGetItem", 2),
        ("TransactWriteItems", 1),
        ("TransactWriteItems", 2),
        ("GetItem", 1),
    ] {
        let crash = stage.cloud.faults().crash_after(function, operation, call);
        customer.requests_medicine(LAT, LNG, 5.0).await;
        told.push(socket.expect("new_request").await["event_id"].clone());
        crash.happens().await;
        stage.settled().await;
    }
    for death in ["killed-before", "killed-during", "killed-after"] {
        stage.fail(&format!("function.{death} 100% function={function}"));
        customer.requests_medicine(LAT, LNG, 5.0).await;
        stage
            .until(death, async |stage| stage.cloud.faults().hits()[0] > 0)
            .await;
        stage.cloud.faults().clear();
        told.push(socket.expect("new_request").await["event_id"].clone());
        stage.settled().await;
    }

    let mut interrupted = 0;
    for person in [&online, &offline] {
        let inbox = stage.inbox(&person.id).await;
        let events: Vec<Value> = inbox.iter().map(|item| item["sk"]["S"].clone()).collect();
        assert_eq!(events.len(), told.len(), "each is there once");
        assert!(told.iter().all(|event| events.contains(event)));
        for item in &inbox {
            // No attempt is left without an end.
            for outcome in Outcome::all_of(item) {
                let is_lost = outcome == Outcome::failed("push", "unanswered");
                let is_sent = outcome == Outcome::sent(&outcome.channel);
                assert!(is_lost || is_sent, "{item}");
                interrupted += usize::from(is_lost);
            }
        }
    }
    assert!(interrupted > 0, "nothing was interrupted");
    for token in ["online", "offline"] {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for event in events_at(&stage, token) {
            *times.entry(event).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{times:?}");
        assert!(times.len() >= 3, "{times:?}");
    }
}

#[tokio::test]
async fn three_sockets_and_two_devices_hear_it_once_each_though_it_comes_twice() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = pharmacy_with_device(&stage, "phone").await;
    pharmacy.registers_device("tablet").await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(pharmacy.socket().await);
    }
    stage.settled().await;
    stage.fail("stream.twice 100% function=DeliveryFunction");
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    for socket in &mut sockets {
        socket.expect("new_request").await;
    }
    stage
        .until("it has come again", async |stage| {
            stage.cloud.faults().hits()[0] > 1
        })
        .await;
    stage.cloud.faults().clear();
    stage.settled().await;
    for socket in &mut sockets {
        socket.ping().await;
        let heard = socket.all("new_request");
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0]["request_id"], request);
    }
    for token in ["phone", "tablet"] {
        assert_eq!(stage.pushed(token).len(), 1, "{token}");
    }
    let inbox = stage.inbox(&pharmacy.id).await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(
        Outcome::all_of(&inbox[0]).len(),
        3,
        "a socket and two devices"
    );
}
