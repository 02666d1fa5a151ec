//! What a donor's move leaves for everybody else, once.

use callout_tests::{Answer, Person, Stage};
use serde_json::{Value, json};

async fn donor(stage: &Stage, name: &str, city: &str) -> Person {
    let profile = json!({"blood_group": "O-", "city": city});
    stage.person("donor", name, profile).await
}

async fn asks(person: &Person, units: u8) -> String {
    let need = json!({
        "patientName": "John Doe", "patientNumber": "+91 9876543210",
        "attenderName": "Jane Doe", "attenderNumber": "+91 9876543211",
        "bloodGroup": "O+", "units": units, "urgency": "Critical",
        "hospitalName": "Apollo Hospital", "location": "123 Main St, Chennai", "city": "Chennai"
    });
    let asked = person.post("/api/donor/requests/", need).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    asked.text("requestId")
}

async fn tries(person: &Person, step: &str, request: &str) -> Answer {
    let path = format!("/api/donor/{step}/");
    person.post(&path, json!({"requestId": request})).await
}

async fn does(person: &Person, step: &str, request: &str) -> Value {
    let done = tries(person, step, request).await;
    assert_eq!(done.status, 200, "{step}: {}", done.body);
    done.body
}

async fn is_refused(person: &Person, step: &str, request: &str, status: u16, code: &str) {
    let refused = tries(person, step, request).await;
    let got = (refused.status, refused.body["code"].as_str());
    assert_eq!(got, (status, Some(code)), "{step}: {}", refused.body);
}

/// How often an inbox has a type, archived or not.
async fn heard(stage: &Stage, person: &Person, kind: &str) -> usize {
    let inbox = stage.inbox(&person.id).await;
    inbox.iter().filter(|one| one["kind"]["S"] == kind).count()
}

#[tokio::test]
async fn the_others_hear_once_that_it_is_covered_and_those_who_come_do_not() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let comes = donor(&stage, "Ravi Shankar", "Chennai").await;
    let other = donor(&stage, "Anil Gupta", "chennai").await;
    let request = asks(&requester, 1).await;
    let (mut waits, mut hears) = (other.socket().await, requester.socket().await);

    does(&comes, "accept-request", &request).await;
    assert_eq!(hears.expect("donor_response").await["response"], "Accepted");
    waits.expect("blood_request_covered").await;
    is_refused(&other, "accept-request", &request, 400, "covered").await;
    does(&comes, "withdraw-request", &request).await;
    assert_eq!(
        hears.expect("donor_response").await["response"],
        "Withdrawn"
    );
    does(&other, "accept-request", &request).await;
    assert_eq!(hears.expect("donor_response").await["response"], "Accepted");
    is_refused(&comes, "accept-request", &request, 400, "covered").await;
    // Told after all that could have been told of these.
    does(&other, "confirm-donation", &request).await;
    hears.expect("blood_request_completed").await;
    stage
        .until("the donor hears of the end", async |stage| {
            heard(stage, &other, "blood_request_completed").await > 0
        })
        .await;
    assert_eq!(heard(&stage, &other, "blood_request_covered").await, 1);
    assert_eq!(heard(&stage, &comes, "blood_request_covered").await, 0);
}

#[tokio::test]
async fn a_donation_moves_the_day_of_the_last_and_completes_what_needs_no_more() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let comes = donor(&stage, "Ravi Shankar", "Chennai").await;
    let (request, another) = (asks(&requester, 1).await, asks(&requester, 1).await);
    let mut socket = requester.socket().await;

    is_refused(&comes, "confirm-donation", &request, 400, "not_accepted").await;
    let accepted = does(&comes, "accept-request", &request).await;
    assert_eq!(accepted["patientNumber"], "+91 9876543210");
    let confirmed = does(&comes, "confirm-donation", &request).await;
    assert_eq!(
        (&confirmed["response"], &confirmed["status"]),
        (&json!("Confirmed"), &json!("Completed"))
    );
    let profile = comes.get("/donor/profile/").await.body.to_string();
    let day = time::OffsetDateTime::now_utc().date().to_string();
    assert!(profile.contains(&day), "{profile}");
    let key = json!({"Key": {
        "pk": {"S": format!("ACCOUNT#{}", comes.id)}, "sk": {"S": "DONOR"}
    }});
    let item = stage.table("Accounts", "GetItem", key).await;
    assert_eq!(item["Item"]["last_donation_date"]["S"], day);

    is_refused(
        &comes,
        "confirm-donation",
        &request,
        400,
        "already_completed",
    )
    .await;
    let too_soon = tries(&comes, "accept-request", &another).await;
    assert_eq!(
        (too_soon.status, &too_soon.body["code"]),
        (400, &json!("too_soon"))
    );
    let from = time::OffsetDateTime::now_utc().date() + time::Duration::days(90);
    let sentence = too_soon.text("error");
    assert!(sentence.ends_with(&from.to_string()), "{sentence}");

    let completed = socket.expect("blood_request_completed").await;
    assert_eq!(completed["requestId"], request.as_str());
    // All else that they were told of it is over.
    stage
        .until("the rest is archived", async |_| {
            let current = requester.inbox("").await;
            current.len() == 1 && current[0]["type"] == "blood_request_completed"
        })
        .await;
}

#[tokio::test]
async fn what_a_donor_does_again_changes_nothing_and_what_does_not_reach_them_is_unknown() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let told = donor(&stage, "Ravi Shankar", "Chennai").await;
    let stranger = donor(&stage, "Anil Gupta", "Chennai North").await;
    let request = asks(&requester, 2).await;
    let mut socket = requester.socket().await;

    for step in ["accept-request", "call", "ignore-request"] {
        is_refused(&requester, step, &request, 400, "own_request").await;
        is_refused(&stranger, step, &request, 404, "not_found").await;
    }
    for _ in 0..2 {
        let called = does(&told, "call", &request).await;
        assert_eq!(called["attenderNumber"], "+91 9876543211");
        assert_eq!(called.get("patientNumber"), None);
    }
    for _ in 0..2 {
        does(&told, "ignore-request", &request).await;
    }
    let said = socket.until("blood_request_all_ignored").await;
    let responses = said.iter().filter(|one| one["type"] == "donor_response");
    assert_eq!(responses.count(), 1, "{said:?}");
    // They changed their mind, and again: each is heard after all that came before it.
    does(&told, "accept-request", &request).await;
    does(&told, "withdraw-request", &request).await;
    does(&told, "ignore-request", &request).await;
    does(&told, "accept-request", &request).await;
    for response in ["Accepted", "Withdrawn", "Accepted"] {
        assert_eq!(socket.expect("donor_response").await["response"], response);
    }
    assert_eq!(
        heard(&stage, &requester, "blood_request_all_ignored").await,
        1
    );
}

/// What keeps a donor from giving again, as a test finds it.
fn is_too_soon(answer: &Answer) {
    let got = (answer.status, &answer.body["code"]);
    assert_eq!(got, (400, &json!("too_soon")), "{}", answer.body);
    let from = time::OffsetDateTime::now_utc().date() + time::Duration::days(90);
    let sentence = answer.text("error");
    assert!(sentence.ends_with(&from.to_string()), "{sentence}");
}

async fn confirmed(requester: &Person) -> Vec<Value> {
    let own = requester.get("/api/donor/my-requests/").await.body;
    let mut counts: Vec<Value> = own.as_array().unwrap().clone();
    counts.reverse();
    counts
        .iter()
        .map(|one| one["confirmedCount"].clone())
        .collect()
}

#[tokio::test]
async fn who_has_promised_two_units_before_giving_either_confirms_one() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let comes = donor(&stage, "Ravi Shankar", "Chennai").await;
    let both = [asks(&requester, 2).await, asks(&requester, 2).await];
    for request in &both {
        does(&comes, "accept-request", request).await;
    }
    does(&comes, "confirm-donation", &both[0]).await;
    is_too_soon(&tries(&comes, "confirm-donation", &both[1]).await);
    is_refused(
        &comes,
        "confirm-donation",
        &both[0],
        400,
        "already_confirmed",
    )
    .await;
    assert_eq!(confirmed(&requester).await, [1, 0]);
    // A promise that cannot be kept can be taken back.
    does(&comes, "withdraw-request", &both[1]).await;
    let profile = comes.get("/donor/profile/").await.body.to_string();
    assert!(!profile.contains(&both[0]), "whom they gave for: {profile}");
}

#[tokio::test]
async fn a_day_that_a_donor_names_themselves_keeps_nothing_from_being_confirmed() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let comes = donor(&stage, "Ravi Shankar", "Chennai").await;
    let both = [asks(&requester, 1).await, asks(&requester, 2).await];
    for request in &both {
        does(&comes, "accept-request", request).await;
    }
    let today = time::OffsetDateTime::now_utc().date();
    let said = json!({"last_donation_date": today.to_string()});
    assert_eq!(comes.patch("/donor/profile/", said).await.status, 200);
    does(&comes, "confirm-donation", &both[0]).await;
    // That day is now the one of this donation, whoever named it.
    is_too_soon(&tries(&comes, "confirm-donation", &both[1]).await);
    let other = json!({"last_donation_date": (today - time::Duration::days(1)).to_string()});
    assert_eq!(comes.patch("/donor/profile/", other).await.status, 200);
    does(&comes, "confirm-donation", &both[1]).await;
}

#[tokio::test]
async fn of_two_confirmations_of_two_requests_at_once_one_is_refused() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    for _ in 0..5 {
        let comes = donor(&stage, "Ravi Shankar", "Chennai").await;
        let both = [asks(&requester, 2).await, asks(&requester, 2).await];
        for request in &both {
            does(&comes, "accept-request", request).await;
        }
        let (one, other) = futures::join!(
            tries(&comes, "confirm-donation", &both[0]),
            tries(&comes, "confirm-donation", &both[1]),
        );
        let (gave, refused) = if one.status == 200 {
            (one, other)
        } else {
            (other, one)
        };
        assert_eq!(gave.status, 200, "{}", gave.body);
        is_too_soon(&refused);
        let counts = confirmed(&requester).await;
        let [.., first, second] = &counts[..] else {
            unreachable!("there are two");
        };
        assert!(
            [(0, 1), (1, 0)]
                .iter()
                .any(|(a, b)| first == a && second == b)
        );
    }
}

#[tokio::test]
async fn who_gave_may_say_so_after_the_requester_completed_it_and_not_after_they_cancelled_it() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let gave = donor(&stage, "Ravi Shankar", "Chennai").await;
    let watched = donor(&stage, "Anil Gupta", "Chennai").await;
    let [completed, cancelled] = [asks(&requester, 2).await, asks(&requester, 2).await];
    for request in [&cancelled, &completed] {
        does(&gave, "accept-request", request).await;
        does(&watched, "call", request).await;
    }
    let mut socket = requester.socket().await;
    for (request, status) in [(&completed, "Completed"), (&cancelled, "Cancelled")] {
        let close = json!({"requestId": request, "status": status});
        let closed = requester.post("/api/donor/requests/complete/", close).await;
        assert_eq!(closed.status, 200, "{}", closed.body);
    }
    is_refused(&gave, "confirm-donation", &cancelled, 400, "cancelled").await;
    for step in [
        "call",
        "withdraw-request",
        "ignore-request",
        "accept-request",
    ] {
        is_refused(&gave, step, &completed, 400, "already_completed").await;
    }
    is_refused(
        &watched,
        "confirm-donation",
        &completed,
        400,
        "already_completed",
    )
    .await;
    let confirmed = does(&gave, "confirm-donation", &completed).await;
    let stands = [&confirmed["response"], &confirmed["status"]];
    assert_eq!(stands, ["Confirmed", "Completed"]);
    let mut heard = socket.expect("donor_response").await;
    while heard["response"] != "Confirmed" {
        heard = socket.expect("donor_response").await;
    }
    assert_eq!(heard["requestId"], completed.as_str());
    let day = time::OffsetDateTime::now_utc().date().to_string();
    let profile = gave.get("/donor/profile/").await.body;
    assert_eq!(profile["last_donation_date"], day);
    is_refused(
        &gave,
        "confirm-donation",
        &completed,
        400,
        "already_completed",
    )
    .await;
    let own = requester.get("/api/donor/my-requests/").await.body;
    let [of_cancelled, of_completed] = &own.as_array().unwrap()[..] else {
        unreachable!("there are two");
    };
    let stands = |one: &Value| (one["status"].clone(), one["confirmedCount"].clone());
    assert_eq!(stands(of_completed), (json!("Completed"), json!(1)));
    assert_eq!(stands(of_cancelled), (json!("Cancelled"), json!(0)));
    // It came after the end, and so is not archived with what came before.
    stage.settled().await;
    let inbox = requester.inbox("").await;
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert_eq!(inbox[0]["type"], "donor_response");
}

#[tokio::test]
async fn a_promise_ends_with_the_account_that_made_it_and_a_request_with_its_requester() {
    let stage = Stage::set().await;
    let requester = donor(&stage, "Sarah Kumar", "Chennai").await;
    let leaves = donor(&stage, "Ravi Shankar", "Chennai").await;
    let other = donor(&stage, "Anil Gupta", "Chennai").await;
    let request = asks(&requester, 1).await;
    does(&leaves, "accept-request", &request).await;
    let mut socket = requester.socket().await;
    socket.expect("donor_response").await;
    assert_eq!(leaves.delete("/donor/profile/").await.status, 200);
    let gone = socket.expect("donor_response").await;
    assert_eq!(gone["response"], "Withdrawn");
    assert_eq!(
        (&gone["name"], &gone["phone"]),
        (&json!("Deleted account"), &Value::Null)
    );
    does(&other, "accept-request", &request).await;
    stage
        .until("who it was is forgotten", async |stage| {
            let inbox = json!(stage.inbox(&requester.id).await).to_string();
            !inbox.contains("Ravi") && !inbox.contains(&leaves.phone_number)
        })
        .await;

    let mut socket = other.socket().await;
    assert_eq!(requester.delete("/donor/profile/").await.status, 200);
    let told = socket.expect("blood_request_cancelled").await;
    assert_eq!(told["requestId"], request.as_str());
    let all = json!({
        "KeyConditionExpression": "pk = :request",
        "ExpressionAttributeValues": {":request": {"S": format!("REQUEST#{request}")}},
    });
    stage
        .until("the request is gone, and who left", async |stage| {
            let left = stage
                .table("Requests", "Query", all.clone())
                .await
                .to_string();
            let was = ["John Doe", "Sarah", "98765", "Ravi", "OPEN"];
            was.iter().all(|was| !left.contains(was)) && left.contains("Anil")
        })
        .await;
    is_refused(&other, "confirm-donation", &request, 404, "not_found").await;
}
