//! Devices that people are pushed to: whose they are, and that SNS and the table say the same.

use std::collections::BTreeMap;

use callout_local::push::Behaviour;
use callout_tests::{Answer, Person, Stage};
use serde_json::json;

mod moving;
mod refusals;

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
