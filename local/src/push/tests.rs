//! The push door, called by the SDK.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::error::ProvideErrorMetadata;
use serde_json::json;

use super::*;
use crate::iam::fixture;

const APPLICATION: &str = "arn:aws:sns:us-east-1:000000000000:app/GCM/callout";

async fn open(state: &State) -> (Client, Pushes) {
    open_to(state, "Delivery", &["sns:*"]).await
}

/// The door where a function may do these actions; the caller is always `Delivery`.
async fn open_to(state: &State, function: &str, actions: &[&str]) -> (Client, Pushes) {
    open_with(state, function, actions, Faults::default()).await
}

async fn open_with(
    state: &State,
    function: &str,
    actions: &[&str],
    faults: Faults,
) -> (Client, Pushes) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pushes = Pushes::open(state).unwrap();
    let iam = fixture::allowing(function, actions);
    tokio::spawn(serve(
        listener,
        pushes.clone(),
        iam,
        faults,
        std::future::pending(),
    ));
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(aws_sdk_sns::config::Credentials::new(
            "LOCALDelivery",
            "secret",
            None,
            None,
            "test",
        ))
        .build();
    (Client::from_conf(config), pushes)
}

async fn register(client: &Client, token: &str, owner: &str) -> Result<String, String> {
    client
        .create_platform_endpoint()
        .platform_application_arn(APPLICATION)
        .token(token)
        .custom_user_data(owner)
        .send()
        .await
        .map(|made| made.endpoint_arn().unwrap().to_owned())
        .map_err(|error| error.message().unwrap_or_default().to_owned())
}

fn fcm(title: &str) -> String {
    let payload = json!({"fcmV1Message": {"message": {"notification": {"title": title}}}});
    json!({ "GCM": payload.to_string() }).to_string()
}

/// Publishes, and gives the message id or the code of the error.
async fn publish(client: &Client, arn: &str, title: &str) -> Result<String, String> {
    client
        .publish()
        .target_arn(arn)
        .message_structure("json")
        .message(fcm(title))
        .send()
        .await
        .map(|sent| sent.message_id().unwrap().to_owned())
        .map_err(|error| error.code().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn captures_what_a_device_would_get() {
    let (client, pushes) = open(&State::temporary().unwrap()).await;
    let arn = register(&client, "device-1", "account-1").await.unwrap();
    assert!(arn.starts_with("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/callout/"));
    let waiting = tokio::spawn({
        let pushes = pushes.clone();
        async move { pushes.wait_for("device-1", 0).await }
    });
    let id = publish(&client, &arn, "Urgent: O+ needed").await.unwrap();
    let push = tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(push.message_id, id);
    assert_eq!(push.caller, "LOCALDelivery");
    assert_eq!(
        push.message["fcmV1Message"]["message"]["notification"]["title"],
        "Urgent: O+ needed"
    );
    assert_eq!(pushes.sent_to(&arn, 0), [push]);
}

#[tokio::test]
async fn the_same_token_is_the_same_endpoint_unless_its_attributes_differ() {
    let (client, _) = open(&State::temporary().unwrap()).await;
    let arn = register(&client, "device-1", "account-1").await.unwrap();
    assert_eq!(
        register(&client, "device-1", "account-1").await.unwrap(),
        arn
    );
    let refused = register(&client, "device-1", "account-2")
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        format!(
            "Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
        )
    );

    client
        .set_endpoint_attributes()
        .endpoint_arn(&arn)
        .attributes("CustomUserData", "account-2")
        .attributes("Enabled", "true")
        .send()
        .await
        .unwrap();
    assert_eq!(
        register(&client, "device-1", "account-2").await.unwrap(),
        arn
    );
    let found = client
        .get_endpoint_attributes()
        .endpoint_arn(&arn)
        .send()
        .await
        .unwrap();
    let attributes = found.attributes().unwrap();
    assert_eq!(attributes["CustomUserData"], "account-2");
    assert_eq!(attributes["Enabled"], "true");
    assert_eq!(attributes["Token"], "device-1");
}

#[tokio::test]
async fn devices_fail_as_they_are_told() {
    let (client, pushes) = open(&State::temporary().unwrap()).await;
    let arn = register(&client, "device-1", "a").await.unwrap();
    for (behaviour, code) in [
        (Behaviour::Throttled, "Throttled"),
        (Behaviour::Failing, "InternalError"),
        (Behaviour::Disabled, "EndpointDisabled"),
    ] {
        pushes.set_behaviour("device-1", behaviour).unwrap();
        assert_eq!(publish(&client, &arn, "x").await.unwrap_err(), code);
    }
    pushes.set_behaviour(&arn, Behaviour::Unregistered).unwrap();
    assert!(
        publish(&client, &arn, "the platform says it is gone")
            .await
            .is_ok()
    );
    assert_eq!(
        publish(&client, &arn, "x").await.unwrap_err(),
        "EndpointDisabled"
    );
    assert_eq!(pushes.sent().len(), 1);

    client
        .set_endpoint_attributes()
        .endpoint_arn(&arn)
        .attributes("Enabled", "true")
        .send()
        .await
        .unwrap();
    assert!(publish(&client, &arn, "back again").await.is_ok());
}

#[tokio::test]
async fn a_deleted_endpoint_is_found_nowhere_and_may_be_deleted_again() {
    let (client, _) = open(&State::temporary().unwrap()).await;
    let arn = register(&client, "device-1", "a").await.unwrap();
    for _ in 0..2 {
        client
            .delete_endpoint()
            .endpoint_arn(&arn)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(
        publish(&client, &arn, "x").await.unwrap_err(),
        "InvalidParameter"
    );
    let gone = client
        .get_endpoint_attributes()
        .endpoint_arn(&arn)
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_not_found_exception());
    assert_ne!(register(&client, "device-1", "a").await.unwrap(), arn);
}

#[tokio::test]
async fn devices_outlive_a_restart() {
    let state = State::temporary().unwrap();
    let (client, pushes) = open(&state).await;
    let kept = register(&client, "device-1", "a").await.unwrap();
    let deleted = register(&client, "device-2", "a").await.unwrap();
    client
        .delete_endpoint()
        .endpoint_arn(&deleted)
        .send()
        .await
        .unwrap();
    pushes.set_behaviour(&kept, Behaviour::Throttled).unwrap();

    let (client, pushes) = open(&state).await;
    assert_eq!(register(&client, "device-1", "a").await.unwrap(), kept);
    let devices = pushes.devices();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].behaviour, Behaviour::Throttled);
}

#[tokio::test]
async fn a_topic_takes_messages_too() {
    let (client, pushes) = open(&State::temporary().unwrap()).await;
    client
        .publish()
        .topic_arn("arn:aws:sns:us-east-1:000000000000:alarms")
        .subject("Alarm")
        .message("dead letters")
        .send()
        .await
        .unwrap();
    let push = pushes.sent().pop().unwrap();
    assert_eq!(push.subject.as_deref(), Some("Alarm"));
    assert_eq!(push.message, json!("dead letters"));
}

#[tokio::test]
async fn who_may_not_publish_does_not() {
    for (function, actions, code) in [
        (
            "Delivery",
            ["sns:CreatePlatformEndpoint"],
            "AuthorizationError",
        ),
        ("Login", ["sns:*"], "InvalidClientTokenId"),
    ] {
        let (client, pushes) = open_to(&State::temporary().unwrap(), function, &actions).await;
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/callout/1";
        let refused = publish(&client, arn, "x").await;
        assert_eq!(refused, Err(code.to_owned()));
        assert_eq!(pushes.sent(), []);
    }
}

#[tokio::test]
async fn faults_refuse_a_message_or_delay_it_and_never_double_it() {
    let faults = Faults::default();
    let state = State::temporary().unwrap();
    let (client, pushes) = open_with(&state, "Delivery", &["sns:*"], faults.clone()).await;
    let arn = register(&client, "device-1", "a").await.unwrap();
    for (fault, code) in [
        ("sns.throttled", "Throttling"),
        ("sns.error", "InternalFailure"),
    ] {
        let plan = format!("seed 1: {fault} 100% action=Publish function=Delivery");
        faults.set(plan.parse().unwrap());
        assert_eq!(publish(&client, &arn, "x").await.unwrap_err(), code);
        assert_eq!(faults.hits(), [1]);
        // Other actions are not meant.
        assert_eq!(register(&client, "device-1", "a").await.unwrap(), arn);
    }
    assert_eq!(pushes.sent(), []);

    faults.set(
        "seed 1: sns.slow(300ms) 100% action=Publish"
            .parse()
            .unwrap(),
    );
    let asked = std::time::Instant::now();
    publish(&client, &arn, "late").await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(300));
    assert_eq!(pushes.sent().len(), 1);
}

#[tokio::test]
async fn an_endpoint_cannot_take_the_token_of_another() {
    let (client, _) = open(&State::temporary().unwrap()).await;
    let first = register(&client, "device-1", "a").await.unwrap();
    let second = register(&client, "device-2", "a").await.unwrap();
    let give = |token| {
        let call = client.set_endpoint_attributes().endpoint_arn(&second);
        call.attributes("Token", token)
            .attributes("Enabled", "true")
            .send()
    };
    let refused = give("device-1").await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameter"));
    let sentence = refused.message().unwrap_or_default();
    assert!(
        sentence.contains(&format!("Endpoint {first} already exists")),
        "{sentence}"
    );
    // Its own it may have again, and another that is free.
    give("device-2").await.unwrap();
    give("device-3").await.unwrap();
    assert_ne!(register(&client, "device-2", "a").await.unwrap(), second);
}
