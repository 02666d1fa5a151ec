//! What `Policies` do not allow does not happen, and what they say must be understood. Every other
//! test runs under the same policies: they allow what is needed.

use callout_tests::{Stage, tiny_png};
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
/// How AWS words it.
const UNAUTHORIZED: &str = "is not authorized to perform";

/// The template, but for one action in the first statement of a function that has it.
fn without(template: &str, function: &str, action: &str) -> String {
    let (before, block) = template.split_once(&format!("\n  {function}:\n")).unwrap();
    let line = block
        .lines()
        .find(|line| line.contains("Action:") && line.contains(action))
        .unwrap();
    let fewer = line
        .replace(&format!("{action}, "), "")
        .replace(&format!(", {action}"), "");
    let block = if fewer == line {
        block.replacen(&format!("{line}\n"), "", 1)
    } else {
        block.replacen(line, &fewer, 1)
    };
    format!("{before}\n  {function}:\n{block}")
}

async fn stage_without(function: &str, action: &str) -> Stage {
    let stage = Stage::set_on(|template| without(template, function, action)).await;
    stage.unwrap()
}

/// Waits for a line of a function's log that says all of this.
async fn says(stage: &Stage, function: &str, words: [&str; 2]) {
    stage
        .until(&format!("{function} says {words:?}"), async |stage| {
            let lines = stage.cloud.lambdas().logs(function);
            let mut lines = lines.iter();
            lines.any(|line| words.iter().all(|words| line.contains(words)))
        })
        .await;
}

#[tokio::test]
async fn a_write_to_a_table_that_is_not_allowed_fails_and_changes_nothing() {
    let stage = stage_without("LogoutFunction", "dynamodb:PutItem").await;
    let customer = stage.customer("John Doe").await;
    let refresh = json!({"refresh": customer.refresh});
    let refused = customer.post("/logout/", refresh.clone()).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    assert!(
        !refused.body.to_string().contains("arn:"),
        "{}",
        refused.body
    );
    says(&stage, "LogoutFunction", [UNAUTHORIZED, "dynamodb:PutItem"]).await;
    // The session was not ended by half.
    let refreshed = stage.post("/token/refresh/", refresh).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[tokio::test]
async fn a_file_that_may_not_be_stored_fails_its_request_and_no_other() {
    let stage = stage_without("CreateMedicineRequestFunction", "s3:PutObject").await;
    let customer = stage.customer("John Doe").await;
    let refused = customer
        .post_form(
            "/medicine/request/",
            &[
                ("patient_lat", "27.7172"),
                ("patient_lng", "85.3240"),
                ("radius_km", "10.0"),
                ("quantity", "10"),
            ],
            Some(("image", "prescription.png", tiny_png())),
        )
        .await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    says(
        &stage,
        "CreateMedicineRequestFunction",
        [UNAUTHORIZED, "s3:PutObject"],
    )
    .await;
    customer.requests_medicine(LAT, LNG, 5.0).await;
}

#[tokio::test]
async fn a_link_takes_no_more_than_who_signed_it_may_do() {
    let stage = stage_without("CreateUploadFunction", "s3:PutObject").await;
    let customer = stage.customer("John Doe").await;
    let link = customer.asks_to_upload("image/png", tiny_png().len()).await;
    assert_eq!(link.status, 201, "{}", link.body);
    assert_eq!(stage.upload(&link.body, &tiny_png()).await, 403);
}

#[tokio::test]
async fn preferences_are_not_kept_without_a_look_at_whether_the_account_is_there() {
    let action = "dynamodb:ConditionCheckItem";
    let stage = stage_without("ChangePreferencesFunction", action).await;
    let customer = stage.customer("John Doe").await;
    let path = "/notifications/preferences/";
    let before = customer.get(path).await.body;
    let change = json!({"topics": {"work": {"push": false}}});
    let refused = customer.put(path, change).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    says(&stage, "ChangePreferencesFunction", [UNAUTHORIZED, action]).await;
    assert_eq!(customer.get(path).await.body, before);
}

#[tokio::test]
async fn a_mail_that_may_not_be_sent_is_not() {
    let stage = stage_without("SendOtpFunction", "ses:SendEmail").await;
    let email = "john@example.com";
    let refused = stage.post("/send-otp/", json!({"email": email})).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    // Without the rest of what SES says, which in the cloud may quote the address.
    says(&stage, "SendOtpFunction", ["SendEmail", "AccessDenied"]).await;
    assert_eq!(stage.cloud.mailbox().all(), []);
}

#[tokio::test]
async fn a_device_that_sns_may_not_be_told_of_is_not_registered() {
    for (function, action) in [
        ("RegisterDeviceFunction", "sns:CreatePlatformEndpoint"),
        ("RegisterDeviceFunction", "sns:GetEndpointAttributes"),
        ("RegisterDeviceFunction", "dynamodb:ConditionCheckItem"),
    ] {
        let stage = stage_without(function, action).await;
        let customer = stage.customer("John Doe").await;
        let token = json!({"fcm_token": "phone"});
        let refused = customer.post("/api/1/profiles/fcm-token/", token).await;
        assert_eq!(refused.status, 500, "{action}: {}", refused.body);
        let (_, operation) = action.split_once(':').unwrap();
        if action.starts_with("sns:") {
            // Without the rest of what SNS says, which quotes the endpoint.
            says(&stage, function, [operation, "AuthorizationError"]).await;
        } else {
            says(&stage, function, [UNAUTHORIZED, operation]).await;
        }
        let removed = customer.delete("/api/1/profiles/fcm-token/").await;
        assert_eq!(removed.body["data"]["fcm_token_set"], false, "{action}");
    }
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_fails_the_sign_in() {
    let stage = stage_without("LoginFunction", "secretsmanager:GetSecretValue").await;
    let email = "john@example.com";
    stage.prove(email).await;
    let registered = stage
        .register("customer", email, "John Doe", json!({}))
        .await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    let login = json!({"email": email, "password": "a good long password"});
    let refused = stage.post("/login/", login).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    says(
        &stage,
        "LoginFunction",
        [UNAUTHORIZED, "secretsmanager:GetSecretValue"],
    )
    .await;
}

#[tokio::test]
async fn a_policy_that_is_not_understood_keeps_the_cloud_from_starting() {
    let changed = |template: &str| {
        let (before, logout) = template.split_once("\n  LogoutFunction:\n").unwrap();
        let logout = logout.replacen("Action: [dynamodb:PutItem]", "NotAction: [s3:*]", 1);
        format!("{before}\n  LogoutFunction:\n{logout}")
    };
    let Err(error) = Stage::set_on(changed).await else {
        panic!("it started");
    };
    assert_eq!(
        error.to_string(),
        "the policies of function LogoutFunction: policy 1: statement 2: \
         NotAction is not understood locally"
    );
}
