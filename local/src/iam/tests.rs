#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::template;

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/things";

fn iam_of(policies: Value) -> Result<Iam, IamError> {
    Iam::of(&fixture::stack([("Login", policies)]))
}

fn iam(statements: &Value) -> Iam {
    iam_of(json!([{ "Statement": statements }])).unwrap()
}

fn allows(iam: &Iam, action: &str, resource: &str) -> bool {
    iam.decide("Login", action, resource) == Decision::Allowed
}

fn caller(access_key: &str) -> Caller {
    Caller {
        access_key: access_key.to_owned(),
    }
}

#[test]
fn what_no_statement_allows_is_denied() {
    let iam = iam(&json!([{
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": TABLE,
    }]));
    assert!(allows(&iam, "dynamodb:GetItem", TABLE));
    assert!(allows(&iam, "dynamodb:PutItem", TABLE));
    assert!(!allows(&iam, "dynamodb:DeleteItem", TABLE));
    assert!(!allows(
        &iam,
        "dynamodb:GetItem",
        &format!("{TABLE}/index/open")
    ));
    assert!(!allows(&iam, "dynamodb:GetItem", &format!("{TABLE}s")));
    assert!(!allows(&iam, "s3:GetItem", TABLE));
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let iam = iam_of(json!([
        { "Statement": { "Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": "*" } },
        { "Statement": [{ "Effect": "Allow", "Action": "dynamodb:*", "Resource": TABLE }] },
    ]))
    .unwrap();
    assert!(allows(&iam, "dynamodb:UpdateItem", TABLE));
    let Decision::Denied(denied) = iam.decide("Login", "dynamodb:DeleteItem", TABLE) else {
        unreachable!("the denial was passed over");
    };
    assert_eq!(denied.reason, Reason::ExplicitlyDenied);
}

#[test]
fn a_function_has_its_own_policies_and_one_without_has_none() {
    let allow = json!([{ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }]);
    let stack = fixture::stack([("Login", allow), ("Logout", json!([]))]);
    let iam = Iam::of(&stack).unwrap();
    assert!(allows(&iam, "ses:SendEmail", "arn:aws:ses:::identity/x"));
    for function in ["Logout", "Nobody"] {
        assert!(matches!(
            iam.decide(function, "ses:SendEmail", "arn:aws:ses:::identity/x"),
            Decision::Denied(_)
        ));
    }
}

#[test]
fn a_denial_is_worded_as_aws_words_it() {
    let iam = iam(&json!({ "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*" }));
    let refused = iam
        .admit(
            &caller("LOCALLogin"),
            [
                ("dynamodb:GetItem", TABLE.to_owned()),
                ("dynamodb:PutItem", TABLE.to_owned()),
            ],
        )
        .unwrap_err();
    assert_eq!(
        refused.message(),
        format!(
            "User: arn:aws:sts::000000000000:assumed-role/callout-local-LoginRole/callout-local-Login \
             is not authorized to perform: dynamodb:PutItem on resource: {TABLE} \
             because no identity-based policy allows the dynamodb:PutItem action"
        )
    );
}

#[test]
fn a_key_of_no_function_is_not_known() {
    let iam = iam(&json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
    for key in ["LOCALLogout", "LOCAL", "AKIAIOSFODNN7EXAMPLE", "Login"] {
        let nothing: [(&str, String); 0] = [];
        assert_eq!(iam.admit(&caller(key), nothing), Err(Refused::Unknown));
    }
    let nothing: [(&str, String); 0] = [];
    assert_eq!(iam.admit(&caller("LOCALLogin"), nothing), Ok(()));
}

#[test]
fn what_was_never_used_is_named() {
    let iam = iam(&json!([
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
            "Resource": TABLE,
        },
        { "Effect": "Allow", "Action": "dynamodb:Get*", "Resource": "*" },
        { "Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*" },
    ]));
    assert!(allows(&iam, "dynamodb:GetItem", TABLE));
    assert!(!allows(&iam, "dynamodb:Scan", TABLE));
    let unused = |action: &str, resource: &str| Allowance {
        function: "Login".to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
    };
    let (get, put) = (
        unused("dynamodb:Get*", "*"),
        unused("dynamodb:PutItem", TABLE),
    );
    assert_eq!(iam.unused(), [get, put.clone()]);
    assert!(allows(&iam, "dynamodb:GetItem", "arn:other"));
    assert_eq!(iam.unused(), [put]);
}

#[test]
fn what_is_not_understood_is_refused_by_a_sentence_that_says_where() {
    let statement = |more: Value| {
        let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
        for (key, value) in more.as_object().unwrap() {
            statement[key] = value.clone();
        }
        json!([{ "Statement": [
            { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*" },
            statement,
        ]}])
    };
    for (policies, what) in [
        (
            json!(["AmazonDynamoDBFullAccess"]),
            "policy 1: the managed policy AmazonDynamoDBFullAccess is not understood locally",
        ),
        (
            json!([{ "DynamoDBCrudPolicy": { "TableName": "things" } }]),
            "policy 1: the SAM policy template DynamoDBCrudPolicy is not understood locally",
        ),
        (
            statement(json!({ "Condition": { "Bool": { "aws:SecureTransport": "true" } } })),
            "policy 1: statement 2: Condition is not understood locally",
        ),
        (
            statement(json!({ "NotAction": "s3:*", "Sid": "Most" })),
            "policy 1: statement 2 (Most): NotAction is not understood locally",
        ),
        (
            statement(json!({ "NotResource": "*" })),
            "statement 2: NotResource is not understood locally",
        ),
        (
            statement(json!({ "Principal": "*" })),
            "statement 2: Principal is not understood locally",
        ),
        (
            statement(json!({ "Effect": "allow" })),
            "statement 2: Effect must be Allow or Deny",
        ),
        (
            statement(json!({ "Action": [] })),
            "statement 2: Action must be text or a list of text",
        ),
        (
            statement(json!({ "Resource": null })),
            "statement 2: Resource is missing",
        ),
        (
            statement(json!({ "Action": "GetObject" })),
            "statement 2: GetObject is no action",
        ),
        (
            statement(json!({ "Resource": "media/*" })),
            "statement 2: media/* is no ARN",
        ),
        (
            statement(json!({ "Resource": "arn:aws:s3:::b/${aws:username}/*" })),
            "statement 2: the policy variable in arn:aws:s3:::b/${aws:username}/* is not understood",
        ),
        (
            json!([{ "Statement": [], "Else": 1 }]),
            "policy 1: Else is not understood locally",
        ),
        (json!([7]), "policy 1: it is neither a document nor a name"),
        (
            json!([{ "Statement": ["x"] }]),
            "policy 1: statement 1: it is no map",
        ),
    ] {
        let said = iam_of(policies).unwrap_err().to_string();
        assert!(
            said.starts_with("the policies of function Login: ") && said.contains(what),
            "{said}"
        );
    }
}

/// A function that a stream starts, with a queue for what fails; `{POLICIES}` is left open.
const STREAMING: &str = r"
Resources:
  Outbox:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  DeadLetters: { Type: AWS::SQS::Queue }
  Login:
    Type: AWS::Serverless::Function
    Properties:
      Handler: login
      Policies: {POLICIES}
      Events:
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Outbox.StreamArn
            StartingPosition: TRIM_HORIZON
            DestinationConfig:
              OnFailure: { Type: SQS, Destination: !GetAtt DeadLetters.Arn }
";

fn streaming(policies: &str) -> Result<Iam, IamError> {
    let text = STREAMING.replace("{POLICIES}", policies);
    Iam::of(&template::parse(&text, &BTreeMap::new()).unwrap())
}

#[test]
fn what_sam_adds_for_a_stream_is_allowed_and_not_counted() {
    let iam = streaming("[]").unwrap();
    let stream = stream_arn("callout-local-Outbox");
    assert!(allows(&iam, "dynamodb:GetRecords", &stream));
    let queue = "arn:aws:sqs:us-east-1:000000000000:callout-local-DeadLetters";
    assert!(allows(&iam, "sqs:SendMessage", queue));
    assert!(!allows(&iam, "sqs:ReceiveMessage", queue));
    let table = resource::table("callout-local-Outbox", None);
    assert!(!allows(&iam, "dynamodb:GetItem", &table));
    assert_eq!(iam.unused(), []);
}

#[test]
fn a_function_that_denies_its_own_stream_does_not_start() {
    let said = streaming(
        r#"[{ Statement: { Effect: Deny, Action: "sqs:*", Resource: !GetAtt DeadLetters.Arn } }]"#,
    )
    .unwrap_err()
    .to_string();
    assert!(
        said.contains("they deny sqs:SendMessage on arn:aws:sqs:"),
        "{said}"
    );
}

#[test]
fn what_several_clouds_used_is_put_together() {
    let of_new_cloud = || {
        iam(&json!([{
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"],
            "Resource": TABLE,
        }]))
    };
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    assert!(noted(&notes).is_err(), "there is no such folder");
    assert_eq!(noted(folder.path()).unwrap(), None);
    for action in ["dynamodb:GetItem", "dynamodb:PutItem"] {
        let cloud = of_new_cloud();
        assert!(allows(&cloud, action, TABLE));
        cloud.note_used(&notes).unwrap();
    }
    let used = noted(&notes).unwrap().unwrap();
    let unused: Vec<Allowance> = of_new_cloud()
        .allowances()
        .difference(&used)
        .cloned()
        .collect();
    let [unused] = unused.as_slice() else {
        panic!("one was not used: {unused:?}");
    };
    assert_eq!(unused.action, "dynamodb:Scan");
}
