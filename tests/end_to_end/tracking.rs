//! Who is told, and who hears: as people chose, and as the numbers say afterwards.

use std::time::SystemTime;

use callout_tests::{Answer, Outcome, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const DELIVERIES: &str = "/admin/deliveries/";
const PREFERENCES: &str = "/notifications/preferences/";
/// An event of no request, and when it was.
const EVENT: &str = "01KJ7E4Q0G0000000000000001";

/// Attempted, pending, sent, delivered and failed, of a kind on a channel today; zeros for none.
async fn tally(admin: &Person, kind: &str, channel: &str) -> [u64; 5] {
    let answer = admin
        .get(&format!("{DELIVERIES}?kind={kind}&channel={channel}"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let lines = answer.body["deliveries"].as_array().unwrap();
    assert!(lines.len() <= 1, "{lines:?}");
    ["attempted", "pending", "sent", "delivered", "failed"]
        .map(|name| lines.first().map_or(0, |line| line[name].as_u64().unwrap()))
}

fn seconds() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    now.format(&time::format_description::well_known::Rfc3339)
        .unwrap()
}

/// Quiet hours from an hour ago to in an hour, in Kathmandu.
fn quiet_now() -> Value {
    let minutes = seconds() / 60 + 5 * 60 + 45;
    let clock = |minutes: u64| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    json!({"start": clock(minutes - 60), "end": clock(minutes + 60), "timezone": "Asia/Kathmandu"})
}

#[tokio::test]
async fn people_are_reached_as_they_chose_and_the_inbox_has_everything() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let off = json!({"topics": {"medicine": {"push": false}}});
    let other = json!({"topics": {"blood": {"push": false}}});
    let mail = json!({"topics": {"medicine": {"push": false, "mail": true}}});
    let quiet = json!({"topics": {"medicine": {"mail": true}}, "quiet_hours": quiet_now()});
    // With how many pushes and letters each gets, of what is urgent and of what is critical.
    let cases = [
        ("default", json!({}), (1, 0), (1, 0)),
        ("off", off, (0, 0), (0, 0)),
        ("other", other, (1, 0), (1, 0)),
        ("mail", mail, (0, 1), (0, 1)),
        ("quiet", quiet, (0, 0), (1, 1)),
    ];
    let mut people = Vec::new();
    for (name, chosen, _, _) in &cases {
        let person = stage.pharmacy_with_device(name, LAT, LNG).await;
        let put = person.put(PREFERENCES, chosen.clone()).await;
        assert_eq!(put.status, 200, "{}", put.body);
        people.push(person);
    }
    stage.fail("stream.twice 50% function=DeliveryFunction");
    customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    // No medicine message is critical.
    let alarm = json!({"type": "alarm", "fields": {}, "notice": {
        "topic": "medicine", "title": "Alarm", "body": "Now", "urgency": "critical",
    }});
    let all: Vec<String> = people.iter().map(|person| person.id.clone()).collect();
    stage.tells(EVENT, &now(), alarm, &all).await;
    stage.settled().await;

    for (person, (name, _, urgent, critical)) in people.iter().zip(&cases) {
        let count = |kind: &str, title: &str| {
            let mut pushes = stage.pushed(name);
            pushes.retain(|message| message["data"]["type"] == kind);
            let mut letters = stage.cloud.mailbox().to(&person.email, 0);
            letters.retain(|letter| letter.subject == title);
            (pushes.len(), letters.len())
        };
        assert_eq!(
            count("new_request", "New Medicine Request"),
            *urgent,
            "{name}"
        );
        assert_eq!(count("alarm", "Alarm"), *critical, "{name}");
        let inbox = stage.inbox(&person.id).await;
        assert_eq!(inbox.len(), 2, "{name}");
        let tried = inbox.iter().map(|item| Outcome::all_of(item).len());
        let expected = urgent.0 + urgent.1 + critical.0 + critical.1;
        assert_eq!(tried.sum::<usize>(), expected, "{name}");
    }
}

#[tokio::test]
async fn the_numbers_are_what_was_done() {
    let stage = Stage::set().await;
    let admin = stage.administrator().await;
    let customer = stage.customer("John Doe").await;
    let online = stage.pharmacy_with_device("online", LAT, LNG).await;
    let offline = stage.pharmacy_with_device("offline", LAT, LNG).await;
    let disabled = stage.pharmacy_with_device("disabled", LAT, LNG).await;
    let pushes = stage.cloud.pushes();
    pushes
        .set_behaviour("disabled", callout_local::push::Behaviour::Disabled)
        .unwrap();
    let mails = json!({"topics": {"medicine": {"mail": true}}});
    assert_eq!(offline.put(PREFERENCES, mails).await.status, 200);
    let mut sockets = [online.socket().await, disabled.socket().await];
    stage.settled().await;

    stage.fail("stream.twice 50% function=DeliveryFunction");
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let path = format!("/medicine/request/{request}/");
    let mut events = Vec::new();
    for socket in &mut sockets {
        events.push(socket.expect("new_request").await["event_id"].clone());
    }
    stage.settled().await;
    assert_eq!(
        tally(&admin, "new_request", "socket").await,
        [2, 0, 2, 0, 0]
    );
    assert_eq!(tally(&admin, "new_request", "push").await, [3, 0, 2, 0, 1]);
    assert_eq!(tally(&admin, "new_request", "mail").await, [1, 0, 1, 0, 0]);
    let seen = customer.get(&path).await;
    assert_eq!(seen.body["pharmacies_notified"], 3, "{}", seen.body);
    assert_eq!(seen.body["pharmacies_heard"], 0, "{}", seen.body);

    // An acknowledgement counts once, whoever repeats it and whatever comes at once.
    let mut second = online.socket().await;
    let replayed = second.expect("new_request").await;
    assert_eq!(replayed["event_id"], events[0]);
    let ack = json!({"type": "ack", "event_id": events[0]});
    for _ in 0..2 {
        let [first, _] = &mut sockets;
        futures::join!(first.send(ack.clone()), second.send(ack.clone()));
    }
    sockets[0].ping().await;
    second.ping().await;
    assert_eq!(
        tally(&admin, "new_request", "socket").await,
        [2, 0, 2, 1, 0]
    );
    let seen = customer.get(&path).await;
    assert_eq!(seen.body["pharmacies_heard"], 1, "{}", seen.body);
    // The pharmacies do not learn it.
    let theirs = online.get(&path).await;
    assert_eq!(theirs.body.get("pharmacies_heard"), None, "{}", theirs.body);

    // Nobody acknowledges for others, or what is not there.
    let mut stranger = customer.socket().await;
    for event in [events[0].clone(), events[1].clone(), json!(EVENT)] {
        stranger
            .send(json!({"type": "ack", "event_id": event}))
            .await;
    }
    stranger.ping().await;
    assert_eq!(
        tally(&admin, "new_request", "socket").await,
        [2, 0, 2, 1, 0]
    );

    // Who comes later hears it by the replay, once.
    let mut late = offline.socket().await;
    let missed = late.expect("new_request").await;
    late.send(json!({"type": "ack", "event_id": missed["event_id"]}))
        .await;
    late.ping().await;
    stage.settled().await;
    assert_eq!(
        tally(&admin, "new_request", "socket").await,
        [3, 0, 3, 2, 0]
    );
    let seen = customer.get(&path).await;
    assert_eq!(seen.body["pharmacies_heard"], 2, "{}", seen.body);
}

#[tokio::test]
async fn a_delivery_beside_a_slow_one_changes_neither_the_record_nor_the_numbers() {
    let stage = Stage::set().await;
    let admin = stage.administrator().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy_with_device("phone", LAT, LNG).await;
    let mut socket = pharmacy.socket().await;
    stage.settled().await;
    stage.fail("sns.slow(2500ms) 100% action=Publish");
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    socket.expect("new_request").await;
    stage
        .until("it is being pushed", async |stage| {
            stage.cloud.faults().hits()[0] > 0
        })
        .await;
    // The stream hands the same batch to a second process before the first is done.
    let outbox = stage
        .table(
            "Outbox",
            "Query",
            json!({
                "KeyConditionExpression": "pk = :request",
                "ExpressionAttributeValues": {":request": {"S": format!("REQUEST#{request}")}},
            }),
        )
        .await;
    let item = outbox["Items"][0].clone();
    let batch = json!({"Records": [{
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_771_929_000,
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "SequenceNumber": "1", "SizeBytes": 100, "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Outbox/stream/1",
    }]});
    let answer = stage.invoke("delivery", &batch.to_string()).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    stage.settled().await;

    assert_eq!(stage.pushed("phone").len(), 1);
    let mut outcomes = Outcome::all_of(&stage.inbox(&pharmacy.id).await[0]);
    outcomes.sort_by(|a, b| a.channel.cmp(&b.channel));
    let [push, by_socket] = outcomes.try_into().unwrap();
    assert_eq!(push, Outcome::sent("push"), "it went");
    assert_eq!(by_socket, Outcome::sent("socket"));
    assert_eq!(tally(&admin, "new_request", "push").await, [1, 0, 1, 0, 0]);
    assert_eq!(
        tally(&admin, "new_request", "socket").await,
        [1, 0, 1, 0, 0]
    );
}

#[tokio::test]
async fn only_administrators_see_the_numbers() {
    let stage = Stage::set().await;
    let person = stage.customer("Root").await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let refused = |answer: &Answer, status: u16, code: &str| {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.body["code"], code, "{}", answer.body);
    };
    for path in [DELIVERIES, DELIVERIES.trim_end_matches('/')] {
        refused(&stage.get(path).await, 401, "unauthenticated");
        refused(
            &stage.get_with(path, "nonsense").await,
            401,
            "unauthenticated",
        );
        refused(&person.get(path).await, 403, "forbidden");
        refused(&pharmacy.get(path).await, 403, "forbidden");
    }
    let admin = stage.made_administrator(&person).await;
    // The token of before says what the account was then.
    refused(&person.get(DELIVERIES).await, 403, "forbidden");
    for path in [DELIVERIES, DELIVERIES.trim_end_matches('/')] {
        let answer = admin.get(path).await;
        assert_eq!(answer.body, json!({"count": 0, "deliveries": []}));
    }
    for (query, field) in [
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-2-3", "from"),
        ("to=", "to"),
        ("to=2026-13-01", "to"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("from=2026-01-01&to=2026-02-01", "from"),
        ("from=0001-01-01", "from"),
        ("from=-9999-01-01&to=9999-12-31", "from"),
        ("from=9999-12-31&to=-9999-01-01", "from"),
        ("channel=pigeon", "channel"),
        ("channel=", "channel"),
    ] {
        let answer = admin.get(&format!("{DELIVERIES}?{query}")).await;
        refused(&answer, 400, "invalid_input");
        let fields = answer.body["fields"].as_object().unwrap();
        assert!(fields.keys().eq([field]), "{query}: {}", answer.body);
    }
    for query in [
        "from=2026-01-01&to=2026-01-31",
        "to=9999-12-31",
        "to=0001-01-01",
    ] {
        let answer = admin.get(&format!("{DELIVERIES}?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    }
    assert_eq!(admin.get("/admin/deliveries/x").await.status, 404);
    assert_eq!(admin.post(DELIVERIES, json!({})).await.status, 404);
}

#[tokio::test]
async fn who_leaves_while_being_told_leaves_no_inbox() {
    let stage = Stage::set().await;
    let pharmacies =
        join_all((0..4).map(|n| stage.pharmacy_owned(format!("Pharmacy {n}"), LAT, LNG))).await;
    let customers = join_all((0..4).map(|n| stage.customer_owned(format!("John {n}")))).await;
    stage.fail("dynamodb.slow(30ms) 30% function=DeliveryFunction");
    let asking = join_all(customers.iter().map(async |customer| {
        for _ in 0..3 {
            customer.requests_medicine(LAT, LNG, 5.0).await;
        }
    }));
    let leaving = join_all(pharmacies.iter().map(async |pharmacy| {
        let left = pharmacy.delete("/pharmacy/profile/").await;
        assert_eq!(left.status, 200, "{}", left.body);
    }));
    futures::join!(asking, leaving);
    stage.settled().await;
    for pharmacy in &pharmacies {
        let left = json!({
            "KeyConditionExpression": "pk = :account",
            "ExpressionAttributeValues": {":account": {"S": format!("ACCOUNT#{}", pharmacy.id)}},
        });
        let left = stage.table("Notifications", "Query", left).await;
        let mut kept = left["Items"].as_array().unwrap().clone();
        kept.retain(|item| item["sk"]["S"] != "BADGE");
        assert_eq!(kept, Vec::<Value>::new());
    }
}
