//! Devices that people are pushed to: whose they are, and that SNS and the table say the same.

use std::collections::BTreeMap;

use callout_local::push::Behaviour;
use callout_tests::{Answer, Person, Stage};
use futures::future::join_all;
use serde_json::{Value, json};

const PATH: &str = "/api/1/profiles/fcm-token/";

async fn registers(person: &Person, token: &str) -> Answer {
    person.post(PATH, json!({"fcm_token": token})).await
}

async fn must_register(person: &Person, token: &str) {
    let answer = registers(person, token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["data"]["fcm_token_set"], true);
}

/// The endpoints by account, as the table has them; both of its accounts of a device must agree.
async fn in_the_table(stage: &Stage) -> BTreeMap<String, Vec<String>> {
    let scan = json!({"ConsistentRead": true});
    let items = stage.table("Accounts", "Scan", scan).await;
    let mut by_device = BTreeMap::new();
    let mut by_account = BTreeMap::new();
    for item in items["Items"].as_array().unwrap() {
        let key = |name: &str| item[name]["S"].as_str().unwrap();
        if let Some(id) = key("pk").strip_prefix("DEVICE#") {
            let owner = item["account"]["S"].as_str().unwrap().to_owned();
            by_device.insert(id.to_owned(), (owner, item["endpoint"].clone()));
        }
        if key("sk") == "CONTACT" {
            let account = key("pk").strip_prefix("ACCOUNT#").unwrap();
            for (name, device) in item.as_object().unwrap() {
                let Some(id) = name.strip_prefix("device#") else {
                    continue;
                };
                let there = (account.to_owned(), device["M"]["endpoint"].clone());
                let other = by_account.insert(id.to_owned(), there);
                assert_eq!(other, None, "two accounts have one device");
            }
        }
    }
    assert_eq!(by_device, by_account, "the devices and the contacts differ");
    let mut endpoints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (owner, endpoint) in by_device.into_values() {
        let endpoint = endpoint["S"].as_str().unwrap().to_owned();
        endpoints.entry(owner).or_default().push(endpoint);
    }
    endpoints
}

/// The endpoints of one account.
async fn endpoints_of(stage: &Stage, person: &Person) -> Vec<String> {
    let mut all = in_the_table(stage).await;
    all.remove(&person.id).unwrap_or_default()
}

/// The tokens that SNS has.
fn at_sns(stage: &Stage) -> Vec<String> {
    let devices = stage.cloud.pushes().devices();
    let mut tokens: Vec<String> = devices.into_iter().map(|device| device.token).collect();
    tokens.sort();
    tokens
}

fn endpoint_at_sns(stage: &Stage, token: &str) -> String {
    let devices = stage.cloud.pushes().devices();
    let device = devices.into_iter().find(|device| device.token == token);
    device.unwrap().arn
}

/// A failure in the seed's envelope, with what the contract adds.
fn assert_failed(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    assert_eq!(answer.body["status"], "error", "{what}: {}", answer.body);
    assert_eq!(answer.body["code"], code, "{what}: {}", answer.body);
    let sentence = answer.body["message"].as_str().unwrap_or_default();
    assert!(!sentence.is_empty(), "{what}: {}", answer.body);
    assert_eq!(answer.body.get("error"), None, "{what}: {}", answer.body);
}

#[tokio::test]
async fn a_device_is_registered_once_however_often_its_app_starts() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for path in [PATH, PATH.trim_end_matches('/'), PATH] {
        let answer = customer.post(path, json!({"fcm_token": "phone"})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.body,
            json!({
                "status": "success",
                "message": "FCM token updated successfully",
                "data": {
                    "user_id": customer.id,
                    "user_type": "customer",
                    "fcm_token_set": true,
                },
            })
        );
        assert_eq!(at_sns(&stage), ["phone"]);
        assert_eq!(
            endpoints_of(&stage, &customer).await,
            [endpoint_at_sns(&stage, "phone")]
        );
    }
}

#[tokio::test]
async fn every_role_has_devices() {
    let stage = Stage::set().await;
    let hospital = json!({"hospital_name": "Care", "city": "Tunis", "lat": 36.8, "lng": 10.18});
    let hospital = stage.person("hospital", "Clerk", hospital).await;
    let doctor = json!({"specialty": "Cardiology", "hospital_id": hospital.id});
    let mut people = vec![("hospital", hospital)];
    for (role, profile) in [
        ("doctor", doctor),
        ("customer", json!({})),
        (
            "pharmacy",
            json!({"lat": 27.7, "lng": 85.3, "address": "New Road 1"}),
        ),
        ("donor", json!({"blood_group": "O+", "city": "Chennai"})),
        ("seeker", json!({})),
        (
            "provider",
            json!({"service_type": "worker", "lat": 12.3, "lng": 67.8}),
        ),
        ("patient", json!({})),
    ] {
        people.push((role, stage.person(role, "Jane Doe", profile).await));
    }
    for (role, person) in &people {
        let answer = registers(person, &format!("{role}-phone")).await;
        assert_eq!(answer.status, 200, "{role}: {}", answer.body);
        assert_eq!(answer.body["data"]["user_type"], *role);
        assert_eq!(answer.body["data"]["user_id"], person.id);
    }
    assert_eq!(in_the_table(&stage).await.len(), people.len());
}

#[tokio::test]
async fn several_devices_are_removed_one_by_one_or_all_at_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let stranger = stage.customer("Jane Doe").await;
    for token in ["phone", "tablet", "browser"] {
        must_register(&customer, token).await;
    }
    must_register(&stranger, "theirs").await;
    assert_eq!(endpoints_of(&stage, &customer).await.len(), 3);

    // Nobody learns whether a token is somebody else's, or takes it from them.
    for token in ["phone", "unknown"] {
        let answer = stranger
            .delete_with(PATH, json!({"fcm_token": token}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.body["data"]["fcm_token_set"], true,
            "its own is left"
        );
    }
    assert_eq!(at_sns(&stage), ["browser", "phone", "tablet", "theirs"]);

    let removed = customer
        .delete_with(PATH, json!({"fcm_token": "phone"}))
        .await;
    assert_eq!(
        removed.body["data"]["fcm_token_set"], true,
        "{}",
        removed.body
    );
    assert_eq!(at_sns(&stage), ["browser", "tablet", "theirs"]);
    assert_eq!(endpoints_of(&stage, &customer).await.len(), 2);

    for _ in 0..2 {
        let removed = customer.delete(PATH.trim_end_matches('/')).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
        assert_eq!(
            removed.body,
            json!({
                "status": "success",
                "message": "FCM token updated successfully",
                "data": {"user_id": customer.id, "user_type": "customer", "fcm_token_set": false},
            })
        );
    }
    assert_eq!(at_sns(&stage), ["theirs"]);
    assert_eq!(endpoints_of(&stage, &customer).await, Vec::<String>::new());
    assert_eq!(endpoints_of(&stage, &stranger).await.len(), 1);
}

#[tokio::test]
async fn of_more_than_twenty_devices_the_oldest_goes() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for number in 0..21 {
        must_register(&customer, &format!("phone-{number:02}")).await;
    }
    let newest: Vec<String> = (1..21).map(|number| format!("phone-{number:02}")).collect();
    assert_eq!(at_sns(&stage), newest);
    assert_eq!(endpoints_of(&stage, &customer).await.len(), 20);
}

#[tokio::test]
async fn a_token_that_moves_to_another_account_leaves_the_first() {
    let stage = Stage::set().await;
    let first = stage.customer("John Doe").await;
    let second = stage.customer("Jane Doe").await;
    must_register(&first, "phone").await;
    must_register(&first, "tablet").await;
    must_register(&second, "phone").await;
    let phone = endpoint_at_sns(&stage, "phone");
    let tablet = endpoint_at_sns(&stage, "tablet");
    assert_eq!(endpoints_of(&stage, &first).await, [tablet]);
    assert_eq!(endpoints_of(&stage, &second).await, [phone]);
    // The first signs out late, and does not take the phone from the second.
    let late = first.delete_with(PATH, json!({"fcm_token": "phone"})).await;
    assert_eq!(late.status, 200, "{}", late.body);
    assert_eq!(endpoints_of(&stage, &second).await.len(), 1);
    assert_eq!(at_sns(&stage), ["phone", "tablet"]);
}

#[tokio::test]
async fn of_those_who_register_one_token_at_once_one_has_it_whatever_fails() {
    let stage = Stage::set().await;
    let mut people = Vec::new();
    for name in ["Ram", "Sita", "Hari", "Gita"] {
        people.push(stage.customer(name).await);
    }
    let plans = [
        "dynamodb.conflict 0%",
        "dynamodb.conflict 30%; dynamodb.lost 10%",
    ];
    for plan in plans {
        let plan = format!("seed 4: {plan}");
        stage.cloud.faults().set(plan.parse().unwrap());
        for _ in 0..4 {
            let all = people.iter().map(|person| registers(person, "phone"));
            let answers = join_all(all).await;
            assert!(answers.iter().any(|answer| answer.status == 200), "{plan}");
            let owners = in_the_table(&stage).await;
            assert_eq!(owners.len(), 1, "{plan}: {owners:?}");
            assert_eq!(
                owners.into_values().next().unwrap(),
                [endpoint_at_sns(&stage, "phone")]
            );
            assert_eq!(at_sns(&stage), ["phone"]);
        }
    }
    stage.cloud.faults().clear();
    // Whoever asks last has it.
    for person in &people {
        must_register(person, "phone").await;
        assert_eq!(endpoints_of(&stage, person).await.len(), 1);
    }
}

#[tokio::test]
async fn who_registers_and_removes_at_once_leaves_both_sides_agreeing() {
    let stage = Stage::set().await;
    let first = stage.customer("John Doe").await;
    let second = stage.customer("Jane Doe").await;
    for round in 0..6 {
        must_register(&first, "phone").await;
        let (moved, _, _) = tokio::join!(
            registers(&second, "phone"),
            first.delete(PATH),
            registers(&first, "tablet"),
        );
        assert_eq!(moved.status, 200, "{}", moved.body);
        // Panics where a device is one account's here and another's there.
        in_the_table(&stage).await;
        assert_eq!(endpoints_of(&stage, &second).await.len(), 1, "{round}");
    }
}

#[tokio::test]
async fn who_signs_in_while_another_signs_out_has_an_endpoint_that_works() {
    let stage = Stage::set().await;
    let leaving = stage.customer("John Doe").await;
    let coming = stage.customer("Jane Doe").await;
    must_register(&leaving, "phone").await;
    let slow = "dynamodb.slow(2000ms) 100% action=TransactWriteItems function=";
    let plan = format!("seed 1: {slow}RegisterDeviceFunction");
    stage.cloud.faults().set(plan.parse().unwrap());
    let leaves = async {
        stage
            .until("the new owner has seen the endpoint", async |stage| {
                stage.cloud.faults().hits()[0] > 0
            })
            .await;
        let removed = leaving.delete(PATH).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
    };
    let ((), ()) = tokio::join!(must_register(&coming, "phone"), leaves);
    assert_eq!(
        endpoints_of(&stage, &coming).await,
        [endpoint_at_sns(&stage, "phone")]
    );
}

#[tokio::test]
async fn who_signs_out_slowly_takes_nothing_from_who_has_signed_in() {
    let stage = Stage::set().await;
    let leaving = stage.customer("John Doe").await;
    let coming = stage.customer("Jane Doe").await;
    must_register(&leaving, "phone").await;
    let slow = "dynamodb.slow(2000ms) 100% action=GetItem function=RemoveDeviceFunction";
    let plan = format!("seed 1: {slow}");
    stage.cloud.faults().set(plan.parse().unwrap());
    let comes = async {
        // The second read is for SNS: the device is gone from the table.
        stage
            .until("the device was removed", async |stage| {
                stage.cloud.faults().hits()[0] > 1
            })
            .await;
        must_register(&coming, "phone").await;
    };
    let (removed, ()) = tokio::join!(leaving.delete(PATH), comes);
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(
        endpoints_of(&stage, &coming).await,
        [endpoint_at_sns(&stage, "phone")]
    );
}

#[tokio::test]
async fn an_endpoint_that_sns_disabled_works_again_once_its_app_registers() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    must_register(&customer, "phone").await;
    let arn = endpoint_at_sns(&stage, "phone");
    let pushes = stage.cloud.pushes();
    let disabled = pushes.set_behaviour("phone", Behaviour::Disabled).unwrap();
    assert!(!disabled.enabled);
    must_register(&customer, "phone").await;
    let device = pushes.devices().remove(0);
    assert!(device.enabled);
    assert_eq!((device.arn, device.token.as_str()), (arn.clone(), "phone"));
    assert_eq!(endpoints_of(&stage, &customer).await, [arn]);
}

#[tokio::test]
async fn what_is_no_token_is_refused_in_the_seeds_envelope_and_leaves_nothing() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for (what, body) in [
        ("missing", json!({})),
        ("another field", json!({"token": "phone"})),
        ("null", json!({"fcm_token": null})),
        ("empty", json!({"fcm_token": ""})),
        ("too long", json!({"fcm_token": "x".repeat(5_000)})),
        ("spaces", json!({"fcm_token": "a phone"})),
        ("a newline", json!({"fcm_token": "phone\n"})),
        ("Unicode", json!({"fcm_token": "टोकन"})),
        ("invisible", json!({"fcm_token": "phone\u{200b}"})),
        ("a number", json!({"fcm_token": 7})),
        ("a list", json!({"fcm_token": ["phone"]})),
        ("an object", json!({"fcm_token": {"a": 1}})),
    ] {
        let answer = customer.post(PATH, body.clone()).await;
        assert_failed(&answer, 400, "invalid_input", what);
        let problem = &answer.body["fields"]["fcm_token"];
        assert!(problem.is_string(), "{what}: {}", answer.body);
        if !["missing", "another field", "null"].contains(&what) {
            // A mistake is not taken for the wish to remove all.
            let answer = customer.delete_with(PATH, body).await;
            assert_failed(&answer, 400, "invalid_input", what);
        }
    }
    for (content_type, body, status, code) in [
        ("application/json", "{", 400, "malformed_body"),
        ("application/json", "[]", 400, "malformed_body"),
        ("application/json", "", 400, "malformed_body"),
        ("text/plain", "phone", 415, "unsupported_media_type"),
    ] {
        let body = body.as_bytes().to_vec();
        let answer = customer.post_raw(PATH, content_type, body).await;
        assert_failed(&answer, status, code, content_type);
    }
    let body = json!({"fcm_token": "phone"});
    assert_failed(
        &stage.post(PATH, body.clone()).await,
        401,
        "unauthenticated",
        "nobody",
    );
    for method in ["GET", "PATCH"] {
        let answer = match method {
            "GET" => customer.get(PATH).await,
            _ => customer.patch(PATH, body.clone()).await,
        };
        assert_eq!(answer.status, 404, "{method}: {}", answer.body);
    }
    let below = customer.post(&format!("{PATH}a/b"), body).await;
    assert_failed(&below, 404, "not_found", "below");
    assert!(in_the_table(&stage).await.is_empty());
    assert_eq!(at_sns(&stage), Vec::<String>::new());
}

#[tokio::test]
async fn the_longest_token_is_taken() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let longest = "x".repeat(4_096);
    must_register(&customer, &longest).await;
    assert_eq!(at_sns(&stage), [longest]);
}

#[tokio::test]
async fn a_session_that_ended_registers_nothing_and_still_removes() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    must_register(&customer, "phone").await;
    let ended = customer.post("/logout", json!({})).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let late = registers(&customer, "tablet").await;
    assert_failed(&late, 401, "unauthenticated", "after signing out");
    let removed = customer
        .delete_with(PATH, json!({"fcm_token": "phone"}))
        .await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert!(in_the_table(&stage).await.is_empty());
    assert_eq!(at_sns(&stage), Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_account_is_gone_from_the_table_and_from_sns() {
    let stage = Stage::set().await;
    let leaving = stage.customer("John Doe").await;
    let staying = stage.customer("Jane Doe").await;
    for token in ["phone", "tablet", "shared"] {
        must_register(&leaving, token).await;
    }
    must_register(&staying, "theirs").await;
    must_register(&staying, "shared").await;
    // SNS fails meanwhile: it is done when it works again.
    let plan = "seed 1: sns.error 100% action=DeleteEndpoint";
    stage.cloud.faults().set(plan.parse().unwrap());
    assert_eq!(leaving.delete("/customer/profile/").await.status, 200);
    stage
        .until("an endpoint was to be deleted", async |stage| {
            stage.cloud.faults().hits()[0] > 0
        })
        .await;
    assert_eq!(at_sns(&stage).len(), 4);
    stage.cloud.faults().clear();
    stage.cloud.streams_idle().await.unwrap();
    assert_eq!(at_sns(&stage), ["shared", "theirs"]);
    assert_eq!(endpoints_of(&stage, &staying).await.len(), 2);
    let contact = json!({"Key": {
        "pk": {"S": format!("ACCOUNT#{}", leaving.id)}, "sk": {"S": "CONTACT"},
    }});
    let contact = stage.table("Accounts", "GetItem", contact).await;
    assert_eq!(contact.get("Item"), None, "{contact}");

    let late = registers(&leaving, "phone").await;
    assert_failed(&late, 401, "unauthenticated", "after the account");
    assert_eq!(leaving.delete(PATH).await.status, 200);
    assert_eq!(endpoints_of(&stage, &leaving).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_push_is_not_set_up_nobody_is_told_that_it_is() {
    let stage = Stage::set_with(|options| {
        let parameter = ("PushApplicationArn".to_owned(), String::new());
        options.parameters.extend([parameter]);
    })
    .await;
    let customer = stage.customer("John Doe").await;
    let refused = registers(&customer, "phone").await;
    assert_failed(&refused, 400, "push_not_configured", "no application");
    let removed = customer.delete(PATH).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(removed.body["data"]["fcm_token_set"], false);
    assert!(in_the_table(&stage).await.is_empty());
    // Nor does an account that leaves need it.
    assert_eq!(customer.delete("/customer/profile/").await.status, 200);
    stage.cloud.streams_idle().await.unwrap();
    assert_eq!(stage.cloud.dead_letters().list(), Vec::<Value>::new());
}

#[tokio::test]
async fn when_sns_fails_nothing_is_left_and_a_retry_registers() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let fail = |rules: &str| {
        let plan = format!("seed 1: {rules}").parse().unwrap();
        stage.cloud.faults().set(plan);
    };
    for rules in [
        "sns.error 100% action=CreatePlatformEndpoint",
        "sns.throttled 100% action=GetEndpointAttributes",
    ] {
        fail(rules);
        let failed = registers(&customer, "phone").await;
        assert_failed(&failed, 500, "internal", rules);
        assert!(failed.body["request_id"].is_string(), "{}", failed.body);
        assert!(!failed.body.to_string().contains("arn:"), "{}", failed.body);
        assert!(in_the_table(&stage).await.is_empty());
    }
    // One refusal is not the end: the call is tried again.
    fail("sns.throttled 30%; sns.error 20%");
    while registers(&customer, "phone").await.status != 200 {}
    stage.cloud.faults().clear();
    assert_eq!(at_sns(&stage), ["phone"]);
    assert_eq!(endpoints_of(&stage, &customer).await.len(), 1);

    // The table is what counts: what SNS keeps of nobody hurts nobody.
    fail("sns.error 100% action=DeleteEndpoint");
    let removed = customer.delete(PATH).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert!(in_the_table(&stage).await.is_empty());
    for function in ["RegisterDeviceFunction", "RemoveDeviceFunction"] {
        for line in stage.cloud.lambdas().logs(function) {
            assert!(
                !line.contains("endpoint/GCM") && !line.contains("phone"),
                "{line}"
            );
        }
    }
    stage.cloud.faults().clear();
    must_register(&customer, "phone").await;
    assert_eq!(at_sns(&stage), ["phone"]);
}
