//! The inbox: whole, in order and page by page, and a bell whose number is right whatever happens
//! beside it.

use std::collections::BTreeSet;

use callout_local::dynamodb::Metering;
use callout_tests::{Answer, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
const INBOX: &str = "/notifications/";
const READ: &str = "/notifications/read/";

/// Checks that the bell says what the list says; what is unread.
async fn exact(person: &Person) -> Vec<String> {
    let current = person.inbox("").await;
    let unread: Vec<&Value> = current
        .iter()
        .filter(|one| one["status"] == "UNREAD")
        .collect();
    let listed = person.inbox("unread=true").await;
    assert!(listed.iter().eq(unread.iter().copied()), "{listed:?}");
    assert_eq!(person.badge().await, listed.len() as u64);
    ids(&listed)
}

fn ids(notifications: &[Value]) -> Vec<String> {
    let ids = notifications.iter().map(|one| one["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

fn kinds(notifications: &[Value]) -> Vec<&str> {
    let kinds = notifications.iter().map(|one| one["type"].as_str());
    kinds.map(Option::unwrap).collect()
}

async fn reads(person: &Person, body: Value) -> u64 {
    let answer = person.post(READ, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["unread_count"].as_u64().unwrap()
}

/// An event's id of a moment.
fn event_at(moment: OffsetDateTime, number: u128) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap();
    let id = milliseconds << 80 | number;
    let digit = |place: u32| DIGITS[usize::try_from(id >> (5 * place) & 31).unwrap()];
    String::from_utf8((0..26).rev().map(digit).collect()).unwrap()
}

/// Puts so many unread notifications into an inbox that has one, as they would be had they been told
/// at a moment, one a millisecond.
async fn fill(
    stage: &Stage,
    person: &Person,
    count: u16,
    from: OffsetDateTime,
) -> BTreeSet<String> {
    let sample = stage.inbox(&person.id).await[0].clone();
    let day = from.date();
    let end = (day + Duration::days(91)).midnight().assume_utc();
    let mut told = BTreeSet::new();
    let items = (0..count).map(|number| {
        let moment = from + Duration::milliseconds(number.into());
        assert_eq!(moment.date(), day);
        let event = event_at(moment, number.into());
        let mut item = sample.clone();
        for name in ["sk", "unread", "current", "unheard"] {
            item[name] = json!({"S": event});
        }
        item["created_at"] = json!({"S": moment.format(&Rfc3339).unwrap()});
        item["expires_at"] = json!({"N": end.unix_timestamp().to_string()});
        told.insert(event);
        item
    });
    stage
        .cloud
        .fill("Notifications", items.collect())
        .await
        .unwrap();
    let change = json!({
        "Key": {"pk": {"S": format!("ACCOUNT#{}", person.id)}, "sk": {"S": "BADGE"}},
        "UpdateExpression": "ADD #day :count",
        "ExpressionAttributeNames": {"#day": format!("unread#{day}")},
        "ExpressionAttributeValues": {":count": {"N": count.to_string()}},
    });
    stage.table("Notifications", "UpdateItem", change).await;
    told
}

/// A moment some days ago, far from midnight.
fn noon(days_ago: i64) -> OffsetDateTime {
    let day = OffsetDateTime::now_utc().date() - Duration::days(days_ago);
    day.with_hms(12, 0, 0).unwrap().assume_utc()
}

#[tokio::test]
async fn the_bell_is_exact_through_a_request_s_whole_life() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let leaving = stage.customer("Jane Roe").await;
    let winner = stage.pharmacy("Winner", LAT, LNG).await;
    let other = stage.pharmacy("Other", LAT, LNG).await;
    let everybody = [&customer, &winner, &other];
    let all_exact = async || {
        stage.settled().await;
        for person in everybody {
            exact(person).await;
        }
    };
    // Every batch comes again half of the time.
    stage.fail("stream.twice 50% function=DeliveryFunction");
    let mut requests = Vec::new();
    for _ in 0..4 {
        requests.push(customer.requests_medicine(LAT, LNG, 5.0).await);
    }
    leaving.requests_medicine(LAT, LNG, 5.0).await;
    all_exact().await;
    assert_eq!(other.badge().await, 5);

    // The same ids twice, at once, with strangers' and unknown ones among them.
    let unread = exact(&other).await;
    let two = json!({"ids": [unread[3], unread[2], unread[3], event_at(noon(0), 7)]});
    let (first, second) = futures::join!(reads(&other, two.clone()), reads(&other, two.clone()));
    assert_eq!(first.min(second), 3);
    assert_eq!(reads(&other, two).await, 3);
    assert_eq!(reads(&customer, json!({"ids": unread})).await, 0);
    assert_eq!(winner.badge().await, 5, "nobody reads for somebody else");
    all_exact().await;

    // One is taken, and completed; one is cancelled; one stays.
    assert_eq!(winner.answers(&requests[0], "ACCEPTED").await.status, 201);
    assert_eq!(winner.answers(&requests[1], "REJECTED").await.status, 201);
    all_exact().await;
    assert_eq!(kinds(&customer.inbox("").await), ["pharmacy_response"; 2]);
    let of_other = other.inbox("").await;
    assert!(kinds(&of_other).contains(&"request_taken"));
    let taken = |one: &Value| one["request_id"] == requests[0] && one["type"] == "new_request";
    assert!(!of_other.iter().any(taken), "it is archived");
    assert!(other.inbox("archived=true").await.iter().any(taken));

    let completed = format!("/medicine/request/{}/complete/", requests[0]);
    let cancelled = format!("/medicine/request/{}/cancel/", requests[1]);
    for path in [completed, cancelled] {
        let answer = customer.post(&path, json!({})).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    all_exact().await;
    assert_eq!(customer.inbox("").await, Vec::<Value>::new());
    let archived = customer.inbox("archived=true").await;
    assert_eq!(kinds(&archived), ["pharmacy_response"; 2]);
    for person in [&winner, &other] {
        for one in person.inbox("archived=true").await {
            assert_eq!(one["status"], "ARCHIVED");
            assert!(
                requests[..2]
                    .iter()
                    .any(|request| one["request_id"] == *request)
            );
        }
        let current = person.inbox("").await;
        let over = |kind: &str| kinds(&current).iter().filter(|one| **one == kind).count();
        assert_eq!(over("request_completed"), 1, "{current:?}");
        assert_eq!(over("request_cancelled"), 1, "{current:?}");
        assert_eq!(over("new_request"), 3);
    }

    // What says who somebody was is taken back when they leave.
    assert_eq!(leaving.delete("/customer/profile/").await.status, 200);
    all_exact().await;
    for person in [&winner, &other] {
        let everything = [person.inbox("").await, person.inbox("archived=true").await];
        assert!(!json!(everything).to_string().contains("Jane Roe"));
    }
    assert_eq!(reads(&other, json!({"all": true})).await, 0);
    assert_eq!(reads(&other, json!({"all": true})).await, 0);
    all_exact().await;
}

#[tokio::test]
async fn the_bell_is_exact_when_all_is_read_while_more_arrives() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customers = join_all((0..4).map(|n| stage.customer_owned(format!("John {n}")))).await;
    stage.fail("dynamodb.conflict 10%; dynamodb.lost 3% function=DeliveryFunction");
    let asking = join_all(customers.iter().map(async |customer| {
        let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
        for number in 0..4 {
            let key = number.to_string();
            while customer
                .post_once("/medicine/request/", &key, body.clone())
                .await
                .status
                != 201
            {}
        }
    }));
    let reading = async {
        while pharmacy.inbox("").await.len() < 16 {
            let answer = pharmacy.post(READ, json!({"all": true})).await;
            assert!([200, 500].contains(&answer.status), "{}", answer.body);
        }
    };
    futures::join!(asking, reading);
    stage.cloud.faults().clear();
    stage.settled().await;
    exact(&pharmacy).await;
    assert_eq!(pharmacy.inbox("").await.len(), 16);
    assert_eq!(reads(&pharmacy, json!({"all": true})).await, 0);
    assert_eq!(exact(&pharmacy).await, Vec::<String>::new());
}

#[tokio::test]
async fn two_thousand_are_paged_to_the_end_while_more_arrive() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    let mut told = fill(&stage, &pharmacy, 9, noon(3)).await;
    let few = cost_of_counting(&stage, &pharmacy, 10).await;
    told.extend(fill(&stage, &pharmacy, 1_000, noon(2)).await);
    told.extend(fill(&stage, &pharmacy, 991, noon(1)).await);
    let many = cost_of_counting(&stage, &pharmacy, 2_001).await;
    assert_eq!(few, many, "a bell costs the same however much is behind it");
    assert_eq!(few, ["GetItem"]);

    let (paged, ()) = futures::join!(pharmacy.inbox(""), async {
        for _ in 0..5 {
            customer.requests_medicine(LAT, LNG, 5.0).await;
        }
    });
    let listed = ids(&paged);
    assert!(
        listed.is_sorted_by(|a, b| a > b),
        "newest first, none twice"
    );
    let listed: BTreeSet<String> = listed.into_iter().collect();
    assert!(
        told.is_subset(&listed),
        "{}",
        told.difference(&listed).count()
    );

    stage.settled().await;
    assert_eq!(exact(&pharmacy).await.len(), 2_006);
    // All of them, or five hundred by their names.
    let some: Vec<&String> = told.iter().take(500).collect();
    assert_eq!(reads(&pharmacy, json!({"ids": some})).await, 1_506);
    assert_eq!(reads(&pharmacy, json!({"all": true})).await, 0);
    assert_eq!(exact(&pharmacy).await, Vec::<String>::new());
    assert_eq!(pharmacy.inbox("").await.len(), 2_006);
}

/// Which calls of DynamoDB it takes to count the unread.
async fn cost_of_counting(stage: &Stage, person: &Person, expected: u64) -> Vec<&'static str> {
    let function = "CountUnreadNotificationsFunction";
    stage.cloud.meter().start(Metering::default());
    assert_eq!(person.badge().await, expected);
    let mut calls = stage.cloud.meter().stop();
    calls.retain(|call| call.function.as_deref() == Some(function));
    calls.iter().map(|call| call.operation).collect()
}

#[tokio::test]
async fn a_thousand_people_are_all_told_of_one_event() {
    let stage = Stage::set().await;
    let people: Vec<String> = (0..1_000).map(|n| event_at(noon(1), n)).collect();
    let event = event_at(noon(0), 1);
    let at = noon(0).format(&Rfc3339).unwrap();
    let message = json!({"type": "news", "fields": {"message": "Something happened"}});
    stage.tells(&event, &at, message, &people).await;
    stage.settled().await;
    let (mut told, mut badges) = (BTreeSet::new(), BTreeSet::new());
    let mut scan = json!({"ConsistentRead": true});
    loop {
        let page = stage.table("Notifications", "Scan", scan.clone()).await;
        for item in page["Items"].as_array().unwrap() {
            let owner = item["pk"]["S"].as_str().unwrap().to_owned();
            if item["sk"]["S"] == event.as_str() {
                assert!(told.insert(owner), "{item}");
            } else if item["sk"]["S"] == "BADGE" {
                let days: Vec<&Value> = item
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(name, _)| name.starts_with("unread#"))
                    .map(|(_, count)| &count["N"])
                    .collect();
                assert_eq!(days, ["1"], "{item}");
                badges.insert(owner);
            }
        }
        match page.get("LastEvaluatedKey") {
            Some(key) => scan["ExclusiveStartKey"] = key.clone(),
            None => break,
        }
    }
    let everybody: BTreeSet<String> = people.iter().map(|id| format!("ACCOUNT#{id}")).collect();
    assert_eq!(told, everybody);
    assert_eq!(badges, everybody);
}

#[tokio::test]
async fn what_has_ended_is_gone_from_list_and_bell_and_can_still_be_named() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    let kept = fill(&stage, &pharmacy, 3, noon(90)).await;
    // TTL deletes days late.
    let mut ended = fill(&stage, &pharmacy, 3, noon(91)).await;
    ended.extend(fill(&stage, &pharmacy, 3, noon(92)).await);
    assert_eq!(exact(&pharmacy).await.len(), 4);
    assert_eq!(reads(&pharmacy, json!({"ids": ended})).await, 4);
    assert_eq!(reads(&pharmacy, json!({"ids": kept})).await, 1);
    assert_eq!(pharmacy.answers(&request, "ACCEPTED").await.status, 201);
    let path = format!("/medicine/request/{request}/complete/");
    assert_eq!(customer.post(&path, json!({})).await.status, 200);
    stage.settled().await;
    assert_eq!(
        kinds(&pharmacy.inbox("unread=true").await),
        ["request_completed"]
    );
    exact(&pharmacy).await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    customer.requests_medicine(LAT, LNG, 5.0).await;
    stage.settled().await;
    let before = stage.inbox(&pharmacy.id).await;
    let event = exact(&pharmacy).await.remove(0);
    let invalid = |answer: &Answer, field: &str| {
        assert_eq!(answer.status, 400, "{field}: {}", answer.body);
        assert_eq!(answer.body["code"], "invalid_input", "{}", answer.body);
        let fields = answer.body["fields"].as_object().unwrap();
        assert!(fields.keys().eq([field]), "{field}: {}", answer.body);
    };
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("cursor=", "cursor"),
        ("cursor=BADGE", "cursor"),
        ("cursor=01KJ7E4Q0G000000000000000!", "cursor"),
        ("unread=1", "unread"),
        ("unread=", "unread"),
        ("archived=yes", "archived"),
        ("unread=true&archived=true", "archived"),
    ] {
        invalid(&pharmacy.get(&format!("{INBOX}?{query}")).await, field);
    }
    for (body, field) in [
        (json!({}), "ids"),
        (json!({"ids": event}), "ids"),
        (json!({"ids": [event, 7]}), "ids"),
        (json!({"ids": [event, "BADGE"]}), "ids"),
        (json!({"ids": null}), "ids"),
        (json!({"ids": vec![&event; 501]}), "ids"),
        (json!({"ids": [event], "all": true}), "ids"),
        (json!({"all": false}), "all"),
        (json!({"all": "true"}), "all"),
    ] {
        invalid(&pharmacy.post(READ, body).await, field);
    }
    assert_eq!(pharmacy.post(READ, json!([event])).await.status, 400);
    let text = pharmacy.post_raw(READ, "text/plain", b"all".to_vec()).await;
    assert!([400, 415].contains(&text.status), "{}", text.body);
    for path in [INBOX, "/notifications", "/notifications/unread-count"] {
        assert_eq!(stage.get(path).await.status, 401, "{path}");
        assert_eq!(stage.get_with(path, "nonsense").await.status, 401, "{path}");
        assert_eq!(pharmacy.get(path).await.status, 200, "{path}");
    }
    for path in ["/notifications/x", "/notifications/unread-count/x"] {
        assert_eq!(pharmacy.get(path).await.status, 404, "{path}");
    }
    let nobody = stage.post(READ, json!({"all": true})).await;
    assert_eq!(nobody.status, 401, "{}", nobody.body);
    assert_eq!(reads(&customer, json!({"ids": [event]})).await, 0);
    assert_eq!(stage.inbox(&pharmacy.id).await, before);
    assert_eq!(stage.inbox(&customer.id).await, Vec::<Value>::new());
    let without_slash = pharmacy
        .post("/notifications/read", json!({"ids": []}))
        .await;
    assert_eq!(without_slash.body["unread_count"], 1);
}
