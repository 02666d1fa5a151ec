//! A need for blood from its making to its end: the seed's test as it is written, who is shown which
//! number, what the requester sees of those who respond, and who may close it.

use std::ops::Range;

use callout_tests::donor::{ATTENDER, CITY, PATIENT};
use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// Somebody's number as it may be written.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// What somebody is shown must not say where the requester is reached.
fn hides(shown: &Value, person: &Person) {
    let text = digits(&shown.to_string());
    assert!(!text.contains(&digits(&person.phone_number)), "{shown}");
    assert!(!shown.to_string().contains(&person.email), "{shown}");
}

#[tokio::test]
async fn the_seeds_end_to_end_test() {
    let stage = Stage::set().await;
    // 1. Two users of Chennai, O+.
    let a = stage.donor("Sarah Kumar").await;
    let b = stage.donor("Ravi Shankar").await;
    b.registers_device("b-phone").await;
    let mut socket = b.socket().await;

    // 2. A asks.
    let created = a.asks_for_blood(json!({})).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["success"], true);
    assert_eq!(created.body["notifiedCount"], 1);
    let message = created.text("message");
    assert!(message.starts_with("Request sent to 1 donor"), "{message}");
    assert!(message.contains(CITY), "{message}");
    let request = created.text("requestId");

    // 3. One of one is pushed to.
    let heard = socket.expect("blood_request").await;
    stage.settled().await;
    let pushed = stage.pushed("b-phone");
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    let shown =
        json!({"title": "Emergency Blood Request", "body": "Urgent: O+ needed in Chennai!"});
    assert_eq!(pushed[0]["notification"], shown);
    assert_eq!(pushed[0]["data"]["requestId"], request.as_str());

    // 4. The drawer, the bell, the list.
    assert_eq!(heard["requestId"], request.as_str());
    assert_eq!(heard["message"], "Urgent: O+ needed in Chennai!");
    assert_eq!(b.badge().await, 1);
    let inbox = b.inbox("").await;
    assert_eq!(inbox[0]["type"], "blood_request");
    assert_eq!(inbox[0]["status"], "UNREAD");
    let listed = b.active_requests("").await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let seed = json!({
        "id": request,
        "requesterName": "Sarah Kumar",
        "patientName": "John Doe",
        "attenderName": "Jane Doe",
        "attenderNumber": ATTENDER,
        "bloodGroup": "O+",
        "units": "2",
        "urgency": "Critical",
        "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai",
        "city": "Chennai",
        "status": "Active",
        "type": "P2P",
    });
    for (field, value) in seed.as_object().unwrap() {
        assert_eq!(&listed[0][field], value, "{field}");
    }
    assert!(listed[0]["date"].is_string(), "{listed:?}");
    // It is nobody's own who made it, and A was not told of it.
    assert!(a.active_requests("").await.is_empty());
    assert_eq!(a.badge().await, 0);

    // 5. B calls.
    b.does("call", &request).await;
    stage.settled().await;
    let own = a.own_blood_request(&request).await;
    assert_eq!(own["status"], "Active");
    assert_eq!(own["responders"][0]["name"], "Ravi Shankar");
    assert_eq!(own["responders"][0]["response"], "Called");

    // 6. A completes it.
    let closed = a.closes(&request, "Completed").await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!(closed.body["success"], true);
    assert!(b.active_requests("").await.is_empty(), "at once");
    assert_eq!(a.own_blood_request(&request).await["status"], "Completed");
    stage.settled().await;
    for person in [&a, &b] {
        assert_eq!(person.badge().await, 0);
        assert_eq!(person.inbox("").await, Vec::<Value>::new());
    }
    // B had not accepted, and so was not disturbed again.
    assert_eq!(stage.pushed("b-phone").len(), 1);
    socket.ping().await;
    assert!(socket.others().is_empty());
    let kept = stage.inbox(&b.id).await;
    assert!(kept[0]["archived_at"]["S"].is_string(), "{kept:?}");
}

#[tokio::test]
async fn each_is_shown_the_number_that_is_for_them_and_nobody_the_requesters() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let comes = stage.donor("Ravi Shankar").await;
    let watches = stage.donor("Anil Gupta").await;
    for (person, token) in [(&comes, "comes"), (&watches, "watches")] {
        person.registers_device(token).await;
    }
    let mut sockets = [comes.socket().await, watches.socket().await];
    let request = requester.requests_blood(json!({})).await;
    for socket in &mut sockets {
        let heard = socket.expect("blood_request").await;
        assert_eq!(heard["attenderNumber"], ATTENDER);
        assert!(!digits(&heard.to_string()).contains(&digits(PATIENT)));
        hides(&heard, &requester);
    }
    let number = async |person: &Person| {
        let listed = person.active_requests("").await;
        assert_eq!(listed[0]["attenderNumber"], ATTENDER);
        hides(&json!(listed), &requester);
        listed[0]["patientNumber"].clone()
    };
    assert_eq!(number(&comes).await, Value::Null);
    let accepted = comes.does("accept-request", &request).await;
    hides(&accepted.body, &requester);
    assert_eq!(number(&comes).await, PATIENT);
    assert_eq!(number(&watches).await, Value::Null);
    let called = watches.does("call", &request).await;
    hides(&called.body, &requester);
    assert!(!digits(&called.body.to_string()).contains(&digits(PATIENT)));
    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["patientNumber"], PATIENT);

    comes.does("withdraw-request", &request).await;
    comes.does("accept-request", &request).await;
    assert_eq!(requester.closes(&request, "Cancelled").await.status, 200);
    stage.settled().await;
    for (person, token) in [(&comes, "comes"), (&watches, "watches")] {
        let record = json!([stage.inbox(&person.id).await, stage.pushed(token)]);
        assert!(
            !digits(&record.to_string()).contains(&digits(PATIENT)),
            "{record}"
        );
        hides(&record, &requester);
    }
}

#[tokio::test]
async fn the_requester_hears_of_every_donor_as_they_come_by_socket_inbox_and_push() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    requester.registers_device("requesters-phone").await;
    let place = json!({"lat": 13.1, "lng": 80.3});
    let donor = stage.donor_with("Ravi Shankar", place).await;
    let silent = stage.donor("Anil Gupta").await;
    let mut socket = requester.socket().await;
    let around = json!({"lat": 13.0827, "lng": 80.2707, "radius_km": 25});
    let request = requester.requests_blood(around).await;
    let steps = [
        ("call", "Called"),
        ("accept-request", "Accepted"),
        ("withdraw-request", "Withdrawn"),
        ("accept-request", "Accepted"),
        ("confirm-donation", "Confirmed"),
    ];
    let mut events = Vec::new();
    for (step, did) in steps {
        donor.does(step, &request).await;
        let heard = socket.expect("donor_response").await;
        assert_eq!(heard["response"], did);
        for name in ["requestId", "request_id"] {
            assert_eq!(heard[name], request.as_str());
        }
        assert_eq!(heard["donorId"], donor.id.as_str());
        assert_eq!(heard["name"], "Ravi Shankar");
        assert_eq!(heard["phone"], donor.phone_number.as_str());
        assert_eq!(heard["bloodGroup"], "O+");
        let distance = heard["distance_km"].as_f64().unwrap();
        assert!((3.0..5.0).contains(&distance), "{heard}");
        assert!(heard["respondedAt"].is_string(), "{heard}");
        events.push(heard["event_id"].clone());
    }
    // The request has no position of the other donor, who is reached by it through their city alone.
    silent.does("ignore-request", &request).await;
    stage.settled().await;
    assert!(socket.others().is_empty(), "silence is silent");
    let pushed = stage.pushed("requesters-phone");
    let pushed: Vec<_> = pushed.iter().map(|one| &one["data"]["event_id"]).collect();
    assert_eq!(pushed, events.iter().collect::<Vec<_>>());
    let mut inbox: Vec<_> = requester
        .inbox("")
        .await
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    inbox.reverse();
    assert_eq!(inbox, events);

    let own = requester.own_blood_request(&request).await;
    assert_eq!(own["notifiedCount"], 1);
    assert_eq!(own["acceptedCount"], 1);
    assert_eq!(own["confirmedCount"], 1);
    let responders = own["responders"].as_array().unwrap();
    assert_eq!(responders.len(), 1, "who ignores it is not named: {own}");
    assert_eq!(responders[0]["response"], "Confirmed");
    assert_eq!(responders[0]["phone"], donor.phone_number.as_str());
}

/// What is kept of donors of these numbers who did that, had they been there.
fn answers(request: &str, like: &Value, donors: Range<usize>, standing: &str) -> Vec<Value> {
    let answer = |number: usize| {
        let donor = format!("01ARZ3NDEKTSV4RRFFQ{number:07}");
        let mut item = like.clone();
        item["pk"] = json!({"S": format!("REQUEST#{request}")});
        item["sk"] = json!({"S": format!("RESPONSE#{donor}")});
        for name in ["id", "responder", "mine_sk"] {
            item[name] = json!({"S": donor});
        }
        item["mine_pk"] = json!({"S": format!("RESPONDER#{donor}")});
        item["standing"] = json!({"S": standing});
        item
    };
    donors.map(answer).collect()
}

/// However many ignore a request or call, its requester's list stays short and its counts true.
#[tokio::test]
async fn of_hundreds_who_respond_the_requester_sees_the_newest_and_all_who_come() {
    let stage = Stage::set().await;
    let requester = stage.donor("Sarah Kumar").await;
    let comes = stage.donor("Ravi Shankar").await;
    let withdraws = stage.donor("Anil Gupta").await;
    let request = requester.requests_blood(json!({})).await;
    for step in ["accept-request", "withdraw-request"] {
        withdraws.does(step, &request).await;
    }
    comes.does("accept-request", &request).await;
    let key = json!({
        "pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": format!("RESPONSE#{}", comes.id)},
    });
    let like = stage
        .table("Requests", "GetItem", json!({"Key": key}))
        .await;
    let mut like = like["Item"].clone();
    let mut callers = answers(&request, &like, 0..300, "Called");
    for caller in &mut callers {
        // Later than anybody.
        caller["named"] =
            json!({"S": caller["id"]["S"].as_str().unwrap().replace("01ARZ", "7ZARZ")});
    }
    like.as_object_mut().unwrap().remove("named");
    let ignorers = answers(&request, &like, 300..2_300, "Ignored");
    for items in [callers, ignorers] {
        stage.cloud.fill("Requests", items).await.unwrap();
    }

    let own = requester.own_blood_request(&request).await;
    let responders = own["responders"].as_array().unwrap();
    assert_eq!(responders.len(), 201);
    let accepted: Vec<_> = responders
        .iter()
        .filter(|one| one["response"] == "Accepted")
        .collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["donorId"], comes.id.as_str());
    assert_eq!(
        (&own["acceptedCount"], &own["rejectedCount"]),
        (&json!(1), &json!(1)),
        "who withdrew is counted, though 300 came after them"
    );
}

#[tokio::test]
async fn nobody_but_its_owner_closes_a_request_and_only_while_it_is_active() {
    let stage = Stage::set().await;
    let owner = stage.donor("Sarah Kumar").await;
    let other = stage.donor("Ravi Shankar").await;
    let customer = stage.customer("John Doe").await;
    let request = owner.requests_blood(json!({})).await;
    other.does("accept-request", &request).await;
    for status in ["Completed", "Cancelled"] {
        assert_eq!(other.closes(&request, status).await.status, 404);
        assert_eq!(customer.closes(&request, status).await.status, 403);
        let body = json!({"requestId": request, "status": status});
        let nobody = stage.post("/api/donor/requests/complete/", body).await;
        assert_eq!(nobody.status, 401);
        for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "67a3f2c1", ""] {
            assert_eq!(owner.closes(unknown, status).await.status, 404, "{unknown}");
        }
    }
    for wrong in ["Active", "Expired", "completed?", ""] {
        let refused = owner.closes(&request, wrong).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.body["fields"]["status"].is_string(), "{wrong}");
    }
    assert_eq!(owner.own_blood_request(&request).await["status"], "Active");

    let mut socket = other.socket().await;
    let closed = owner.closes(&request, "Cancelled").await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    let told = socket.expect("blood_request_cancelled").await;
    assert_eq!(told["requestId"], request.as_str());
    for status in ["Completed", "Cancelled"] {
        let again = owner.closes(&request, status).await;
        assert_eq!(
            (again.status, &again.body["code"]),
            (400, &json!("cancelled"))
        );
    }
    for step in [
        "call",
        "accept-request",
        "withdraw-request",
        "confirm-donation",
        "ignore-request",
    ] {
        let late = other.tries_to(step, &request).await;
        assert_eq!(
            (late.status, &late.body["code"]),
            (400, &json!("cancelled")),
            "{step}"
        );
    }
    // What is told of the end stays; what was told before it is archived.
    stage.settled().await;
    let inbox = other.inbox("").await;
    let kinds: Vec<_> = inbox.iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, ["blood_request_cancelled"]);
}

#[tokio::test]
async fn only_donors_ask_for_blood_and_answer() {
    let stage = Stage::set().await;
    let owner = stage.donor("Sarah Kumar").await;
    let request = owner.requests_blood(json!({})).await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("Near", 13.08, 80.27).await;
    let steps = [
        "call",
        "accept-request",
        "withdraw-request",
        "confirm-donation",
        "ignore-request",
    ];
    for stranger in [&customer, &pharmacy] {
        assert_eq!(stranger.asks_for_blood(json!({})).await.status, 403);
        for list in ["active-requests", "my-requests"] {
            let refused = stranger.get(&format!("/api/donor/{list}/")).await;
            assert_eq!(refused.status, 403, "{list}");
        }
        for step in steps {
            assert_eq!(
                stranger.tries_to(step, &request).await.status,
                403,
                "{step}"
            );
        }
    }
    for list in ["active-requests", "my-requests"] {
        assert_eq!(stage.get(&format!("/api/donor/{list}")).await.status, 401);
    }
    // Nor does anybody answer themselves.
    for step in steps {
        assert_eq!(owner.tries_to(step, &request).await.status, 400, "{step}");
    }
    let far = stage
        .donor_with("Elsewhere", json!({"city": "Delhi"}))
        .await;
    for step in steps {
        let unknown = far.tries_to(step, &request).await;
        assert_eq!(unknown.status, 404, "{step}: {}", unknown.body);
    }
    let own = owner.own_blood_request(&request).await;
    assert_eq!(
        (&own["acceptedCount"], &own["rejectedCount"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(own["responders"], json!([]));
}
