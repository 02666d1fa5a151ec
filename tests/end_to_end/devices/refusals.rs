//! What registers no device, and what is left when something ends or fails.

use callout_tests::Stage;
use serde_json::{Value, json};

use super::{PATH, assert_failed, at_sns, endpoints_of, in_the_table, must_register, registers};

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
