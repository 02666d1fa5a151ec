//! Whom a need for blood reaches, and who finds it: by city however it is spelt, by distance, by what
//! the patient can take; and as many as a city has.

use std::collections::BTreeSet;

use callout_tests::donor::{CITY, LAT, LNG};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// How far a degree of latitude is.
const KM: f64 = 111.195;
const LIST: &str = "/api/donor/active-requests/";

async fn donor_of(stage: &Stage, city: &str) -> Person {
    stage.donor_with("Sarah Kumar", json!({"city": city})).await
}

async fn donor_north(stage: &Stage, name: &str, kilometres: f64) -> Person {
    let place = json!({"city": "Delhi", "lat": LAT + kilometres / KM, "lng": LNG});
    stage.donor_with(name, place).await
}

async fn notified(person: &Person, changes: Value) -> (String, u64) {
    let created = person.asks_for_blood(changes).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let count = created.body["notifiedCount"].as_u64().unwrap();
    (created.text("requestId"), count)
}

#[tokio::test]
async fn a_city_is_one_however_it_is_spelt_and_no_other_is_told() {
    let stage = Stage::set().await;
    let mut chennai = Vec::new();
    for city in ["Chennai", " chennai ", "CHENNAI"] {
        chennai.push(donor_of(&stage, city).await);
    }
    let north = donor_of(&stage, "Chennai North").await;
    for (asking, city) in chennai.iter().zip(["CHENNAI", "Chennai", "  cHennai"]) {
        let (request, count) = notified(asking, json!({"city": city})).await;
        assert_eq!(count, 2, "{city}");
        for other in chennai.iter().filter(|other| other.id != asking.id) {
            assert!(other.active_ids("").await.contains(&request), "{city}");
        }
    }
    stage.settled().await;
    for donor in &chennai {
        assert_eq!(donor.badge().await, 2);
        assert_eq!(donor.active_requests("").await.len(), 2);
    }
    assert_eq!(north.badge().await, 0);
    assert!(north.active_requests("").await.is_empty());
}

#[tokio::test]
async fn a_radius_reaches_those_within_it_nearest_first_and_nobody_by_their_city() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let in_city = stage.donor("In the city").await;
    let [at_nine, at_one, at_eleven] = [
        donor_north(&stage, "At nine", 9.0).await,
        donor_north(&stage, "At one", 1.0).await,
        donor_north(&stage, "At eleven", 11.0).await,
    ];
    let around = json!({"lat": LAT, "lng": LNG, "radius_km": 10});
    let mut sockets = [at_one.socket().await, at_nine.socket().await];
    let (request, count) = notified(&requester, around).await;
    assert_eq!(count, 2);
    for (socket, distance) in sockets.iter_mut().zip([1.0, 9.0]) {
        let heard = socket.expect("blood_request").await;
        assert_eq!(heard["distance_km"], distance);
    }
    stage.settled().await;
    for (donor, told) in [(&at_one, 1), (&at_nine, 1), (&at_eleven, 0), (&in_city, 0)] {
        assert_eq!(donor.badge().await, told);
    }
    let key = json!({"pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": "AUDIENCE#0000"}});
    let audience = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    let told = audience["Item"]["told"]["L"].as_array().unwrap();
    let told: Vec<_> = told.iter().map(|one| &one["M"]["account"]["S"]).collect();
    assert_eq!(told, [&at_one.id, &at_nine.id]);

    // Whom it reaches finds it from home, whose city it is finds it too, and nobody else.
    for (donor, listed) in [(&at_one, 1), (&at_nine, 1), (&at_eleven, 0), (&in_city, 1)] {
        assert_eq!(donor.active_requests("").await.len(), listed);
    }
    at_nine.does("accept-request", &request).await;
    at_one.does("accept-request", &request).await;
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["responders"][0]["distance_km"], 9.0);
    assert_eq!(own["responders"][1]["distance_km"], 1.0);
}

#[tokio::test]
async fn compatible_is_those_whose_cells_the_patient_takes_and_who_have_rested() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let recently = time::OffsetDateTime::now_utc().date() - time::Duration::days(30);
    let cases = [
        ("A-", Value::Null, true),
        ("O-", Value::Null, true),
        ("O-", json!(recently.to_string()), false),
        ("A+", Value::Null, false),
        ("AB-", Value::Null, false),
    ];
    let mut donors = Vec::new();
    for (group, last, _) in &cases {
        let mut profile = json!({"blood_group": group});
        if !last.is_null() {
            profile["last_donation_date"] = last.clone();
        }
        donors.push(stage.donor_with("Ravi Shankar", profile).await);
    }
    let compatible = json!({"bloodGroup": "A-", "match": "compatible"});
    let (_, count) = notified(&requester, compatible).await;
    assert_eq!(count, 2);
    stage.settled().await;
    for (donor, (group, _, told)) in donors.iter().zip(&cases) {
        assert_eq!(donor.badge().await, u64::from(*told), "{group}");
    }
    let inbox = donors[0].inbox("").await;
    assert!(inbox[0].to_string().contains("cross-match"), "{inbox:?}");
    let (_, count) = notified(&requester, json!({"bloodGroup": "A-"})).await;
    assert_eq!(count, 5, "everybody, if nobody says otherwise");
}

#[tokio::test]
async fn the_list_is_filtered_and_read_whole_or_in_parts() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let donor = stage.donor("Ravi Shankar").await;
    let mut newest_first = Vec::new();
    for group in ["O+", "AB-", "O+", "B+", "AB-"] {
        let request = requester.requests_blood(json!({"bloodGroup": group})).await;
        newest_first.insert(0, request);
    }
    assert_eq!(donor.active_ids("").await, newest_first);
    for (query, count) in [("O%2B", 2), ("O+", 2), ("AB-", 2), ("b%2b", 1), ("A-", 0)] {
        let listed = donor.active_ids(&format!("?blood_group={query}")).await;
        assert_eq!(listed.len(), count, "{query}");
    }
    for (list, person) in [(LIST, &donor), ("/api/donor/my-requests/", &requester)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = person.get(&format!("{list}?limit=2{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let requests = page.body["requests"].as_array().unwrap();
            assert_eq!(page.body["count"], requests.len());
            assert!(requests.len() <= 2);
            seen.extend(
                requests
                    .iter()
                    .map(|one| one["id"].as_str().unwrap().to_owned()),
            );
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, newest_first, "{list}");
        for bad in [
            "limit=0",
            "limit=101",
            "limit=two",
            "cursor=%00",
            "cursor=AAAA",
        ] {
            assert_eq!(
                person.get(&format!("{list}?{bad}")).await.status,
                400,
                "{bad}"
            );
        }
    }
    for (bad, field) in [
        ("blood_group=C", "blood_group"),
        ("lat=91&lng=80&radius_km=5", "lat"),
        ("lat=13&lng=80&radius_km=0", "radius_km"),
        ("lat=13&lng=80", "radius_km"),
        ("radius_km=5", "lat"),
    ] {
        let refused = donor.get(&format!("{LIST}?{bad}")).await;
        assert_eq!(refused.status, 400, "{bad}");
        assert!(
            refused.body["fields"][field].is_string(),
            "{bad}: {}",
            refused.body
        );
    }
}

#[tokio::test]
async fn who_looks_around_a_place_finds_what_is_there_nearest_first() {
    let stage = Stage::set().await;
    let requester = stage
        .donor_with("Sarah Kumar", json!({"city": "Delhi"}))
        .await;
    let donor = stage.donor("Ravi Shankar").await;
    let north = async |kilometres: f64, city: &str| {
        let lat = LAT + kilometres / KM;
        let place = json!({"city": city, "lat": lat, "lng": LNG, "radius_km": 1});
        requester.requests_blood(place).await
    };
    let far = north(30.0, "Delhi").await;
    let nearer = north(1.0, "Mumbai").await;
    let near = north(2.0, "Delhi").await;
    let at_home = requester.requests_blood(json!({"city": CITY})).await;
    assert_eq!(donor.active_ids("").await, [at_home.as_str()]);
    let around = format!("?lat={LAT}&lng={LNG}&radius_km=5");
    assert_eq!(
        donor.active_ids(&around).await,
        [nearer, near, at_home.clone()]
    );
    let there = format!("?lat={}&lng={LNG}&radius_km=1", LAT + 30.0 / KM);
    assert_eq!(donor.active_ids(&there).await, [far, at_home]);
    assert_eq!(donor.active_requests(&around).await[1]["distance_km"], 2.0);
}

#[tokio::test]
async fn what_a_donor_finds_away_from_home_they_can_answer() {
    let stage = Stage::set().await;
    let delhi = json!({"city": "Delhi"});
    let requester = stage.donor_with("Sarah Kumar", delhi.clone()).await;
    let donor = stage.donor("Ravi Shankar").await;
    let place = json!({"city": "Delhi", "lat": 28.6139, "lng": 77.209, "radius_km": 1});
    let request = requester.requests_blood(place).await;
    // Only a place can be looked around.
    let placeless = requester.requests_blood(delhi).await;
    let there = donor.active_ids("?lat=28.6&lng=77.2&radius_km=10").await;
    assert_eq!(there, [request.as_str()]);
    for step in [
        "call",
        "accept-request",
        "withdraw-request",
        "ignore-request",
    ] {
        donor.does(step, &request).await;
        let unknown = donor.tries_to(step, &placeless).await;
        assert_eq!(unknown.status, 404, "{step}: {}", unknown.body);
    }
    donor.does("accept-request", &request).await;
    donor.does("confirm-donation", &request).await;
    let own = requester.own_blood_request(&request).await;
    assert_eq!(
        (&own["acceptedCount"], &own["confirmedCount"]),
        (&json!(1), &json!(1))
    );
}

/// Donors as they would stand in the index of their city, had so many registered.
fn settled(count: usize) -> Vec<(String, Value)> {
    let donor = |number: usize| {
        let id = format!("01ARZ3NDEKTSV4RRFFQ{number:07}");
        let item = json!({
            "pk": {"S": format!("ACCOUNT#{id}")},
            "sk": {"S": "DONOR"},
            "account_id": {"S": id},
            "blood_group": {"S": "O+"},
            "gpk": {"S": format!("DONOR#CITY#chennai#{}", number % 8)},
            "gsk": {"S": id},
        });
        (id, item)
    };
    (0..count).map(donor).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_donors_of_a_city_are_all_told_and_counted() {
    const DONORS: usize = 2_000;
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let (ids, items): (BTreeSet<String>, Vec<Value>) = settled(DONORS).into_iter().unzip();
    stage.cloud.fill("Accounts", items).await.unwrap();
    let (request, count) = notified(&requester, json!({})).await;
    assert_eq!(count, DONORS as u64);
    stage.settled().await;
    let unread = async || {
        let mut told = BTreeSet::new();
        let mut scan = json!({
            "FilterExpression": "request_id = :request AND attribute_exists(#unread)",
            "ExpressionAttributeNames": {"#unread": "unread"},
            "ExpressionAttributeValues": {":request": {"S": request}},
        });
        loop {
            let page = stage.table("Notifications", "Scan", scan.clone()).await;
            for item in page["Items"].as_array().unwrap() {
                let inbox = item["pk"]["S"].as_str().unwrap();
                let account = inbox.strip_prefix("ACCOUNT#").unwrap().to_owned();
                assert!(told.insert(account), "{inbox} was told twice");
            }
            if page["LastEvaluatedKey"].is_null() {
                return told;
            }
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
    };
    assert!(unread().await == ids, "not all are told, or others");
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["notifiedCount"], DONORS);
    // And it is as gone for all of them when it ends.
    assert_eq!(requester.closes(&request, "Cancelled").await.status, 200);
    stage.settled().await;
    assert_eq!(unread().await.len(), 0);
}
