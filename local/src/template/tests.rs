#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::model::{HttpRoute, Stack};
use super::parse;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev, AllowedValues: [dev, prod] }
  Origins: { Type: CommaDelimitedList, Default: "https://a.example, https://b.example" }
  Memory: { Type: Number, Default: 512 }
  Keys: { Type: String }
Mappings:
  Sizes:
    dev: { batch: 10 }
    prod: { batch: 100 }
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition Prod]
  Either: !Or [!Condition Prod, !Equals [!Ref Keys, special]]
  Both: !And [Condition: NotProd, Condition: Either]
Globals:
  Function:
    Runtime: provided.al2023
    MemorySize: !Ref Memory
    Timeout: 15
    Environment:
      Variables: { STAGE: !Ref Stage, SHARED: global, LIMIT: 8000, LOUD: true }
  HttpApi:
    CorsConfiguration: { AllowMethods: [GET], MaxAge: 60 }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: { AllowOrigins: !Ref Origins, AllowHeaders: [authorization] }
  Sockets:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Hello.Arn }
        $default: { FunctionArn: !Sub "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Worker}" }
        message: { FunctionArn: !Ref Worker.Alias }
  Outbox:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: !If [Prod, true, !Ref AWS::NoValue]
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
      StreamSpecification: { StreamViewType: NEW_IMAGE }
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  Plain:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "plain-${Stage}"
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  Archive:
    Type: AWS::S3::Bucket
    Condition: Prod
  Media: { Type: AWS::S3::Bucket }
  Dead: { Type: AWS::SQS::Queue }
  Pepper:
    Type: AWS::SecretsManager::Secret
    Properties: { GenerateSecretString: { PasswordLength: 48 } }
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { MetricName: !Sub "${Nowhere}" }
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hello
      Environment:
        Variables:
          SHARED: own
          TABLE: !Ref Outbox
          PLAIN: !Ref Plain
          MEDIA: !Ref Media
          SECRET: !Ref Pepper
          QUEUE: !Ref Dead
          ALARM: !GetAtt Alarm.Arn
          SECOND: !Select [1, !Ref Origins]
          HOST: !Select [2, !Split ["/", !Select [0, !Ref Origins]]]
          JOINED: { "Fn::Join": ["-", [a, !Ref Stage, { "Fn::FindInMap": [Sizes, !Ref Stage, batch] }]] }
          SUBBED: !Sub ["${x}/${!literal}/${Outbox.Arn}", { x: !Ref Stage }]
          GONE: !If [Prod, here, !Ref "AWS::NoValue"]
      Policies:
        - AWSLambdaBasicExecutionRole
        - Statement: [{ Effect: Allow, Action: dynamodb:GetItem, Resource: !Sub "${Outbox.Arn}/index/*", Condition: { Bool: { x: "true" } } }]
      Events:
        Exact: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: post, Path: "/hello/{id}" } }
        Any: { Type: HttpApi, Properties: { Path: "/any" } }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Handler: worker
      MemorySize: 256
      ReservedConcurrentExecutions: 3
      Policies: !Sub "arn:${AWS::Partition}:iam::aws:policy/Some"
      Events:
        Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Outbox.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 50
            MaximumBatchingWindowInSeconds: 1
            ParallelizationFactor: 4
            MaximumRetryAttempts: 3
            BisectBatchOnFunctionError: true
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn } }
            FilterCriteria: { Filters: [{ Pattern: '{"eventName": ["INSERT"]}' }] }
"#;

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut given = BTreeMap::from([("Keys".to_owned(), "k1:abc".to_owned())]);
    for (name, value) in pairs {
        given.insert((*name).to_owned(), (*value).to_owned());
    }
    given
}

fn read(pairs: &[(&str, &str)]) -> Stack {
    parse(TEMPLATE, &given(pairs)).unwrap()
}

fn line_of(text: &str) -> usize {
    1 + TEMPLATE
        .lines()
        .position(|line| line.contains(text))
        .unwrap()
}

/// The refusal of `TEMPLATE` with the first `from` made `to`.
fn refusal(from: &str, to: &str) -> String {
    assert!(TEMPLATE.contains(from), "the template has no {from}");
    parse(&TEMPLATE.replacen(from, to, 1), &given(&[]))
        .unwrap_err()
        .to_string()
}

#[test]
fn environment_is_resolved_and_merged_with_globals() {
    let stack = read(&[]);
    let hello = &stack.functions["Hello"];
    let expected = [
        ("STAGE", "dev"),
        ("SHARED", "own"),
        ("LIMIT", "8000"),
        ("LOUD", "true"),
        ("TABLE", "callout-local-Outbox"),
        ("PLAIN", "plain-dev"),
        ("MEDIA", "callout-local-media"),
        (
            "SECRET",
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:callout-local-Pepper-local0",
        ),
        (
            "QUEUE",
            "https://sqs.us-east-1.amazonaws.com/000000000000/callout-local-Dead",
        ),
        ("ALARM", "arn:aws:cloudwatch:us-east-1:000000000000:Alarm"),
        ("SECOND", "https://b.example"),
        ("HOST", "a.example"),
        ("JOINED", "a-dev-10"),
        (
            "SUBBED",
            "dev/${literal}/arn:aws:dynamodb:us-east-1:000000000000:table/callout-local-Outbox",
        ),
    ];
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(hello.environment, expected);
    assert_eq!(hello.memory_mib, 512);
    assert_eq!(hello.timeout, Duration::from_secs(15));
    assert_eq!(stack.functions["Worker"].environment["SHARED"], "global");
}

#[test]
fn overrides_change_parameters_conditions_and_mappings() {
    let stack = read(&[("Stage", "prod"), ("Memory", "1024")]);
    let hello = &stack.functions["Hello"];
    assert_eq!(hello.environment["GONE"], "here");
    assert_eq!(hello.environment["JOINED"], "a-prod-100");
    assert_eq!(hello.memory_mib, 1024);
    assert_eq!(
        stack.tables["Outbox"].properties["DeletionProtectionEnabled"],
        json!(true)
    );
    assert!(stack.buckets.contains_key("Archive"));
    assert!(!read(&[]).buckets.contains_key("Archive"));
}

#[test]
fn tables_carry_what_create_table_wants() {
    let stack = read(&[]);
    let outbox = &stack.tables["Outbox"];
    assert_eq!(outbox.name, "callout-local-Outbox");
    assert_eq!(
        outbox.properties["TableName"],
        json!("callout-local-Outbox")
    );
    assert_eq!(
        outbox.properties["StreamSpecification"],
        json!({ "StreamViewType": "NEW_IMAGE", "StreamEnabled": true })
    );
    assert_eq!(outbox.properties.get("DeletionProtectionEnabled"), None);
    assert!(outbox.has_stream);
    assert_eq!(outbox.time_to_live.as_deref(), Some("expires_at"));
    assert!(!stack.tables["Plain"].has_stream);
    assert_eq!(stack.tables["Plain"].time_to_live, None);
}

#[test]
fn events_start_functions() {
    let stack = read(&[]);
    let route = |method: &str, path: &str| HttpRoute {
        method: method.to_owned(),
        path: path.to_owned(),
    };
    assert_eq!(
        stack.functions["Hello"].routes,
        [route("ANY", "/any"), route("POST", "/hello/{id}")]
    );
    let worker = &stack.functions["Worker"];
    assert_eq!(worker.reserved_concurrency, Some(3));
    let [schedule] = worker.schedules.as_slice() else {
        unreachable!("one schedule starts Worker")
    };
    assert_eq!(schedule.name, "WorkerNightly");
    assert_eq!(schedule.rate, Duration::from_hours(24));
    let [source] = worker.streams.as_slice() else {
        unreachable!("one stream starts Worker")
    };
    assert_eq!(source.table, "Outbox");
    assert_eq!(source.batch_size, 50);
    assert_eq!(source.batching_window, Duration::from_secs(1));
    assert_eq!(source.parallelization_factor, 4);
    assert_eq!(source.maximum_retry_attempts, Some(3));
    assert!(source.bisect_batch_on_function_error);
    assert!(source.report_batch_item_failures);
    assert_eq!(source.filters, [json!({ "eventName": ["INSERT"] })]);
    assert_eq!(source.dead_letter_queue.as_deref(), Some("Dead"));
    assert_eq!(source.starting_position, "TRIM_HORIZON");
}

#[test]
fn apis_queues_and_secrets_are_read() {
    let stack = read(&[]);
    let cors = stack.http_api.unwrap().cors.unwrap();
    assert_eq!(
        cors.allow_origins,
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(cors.allow_methods, ["GET"]);
    assert_eq!(cors.allow_headers, ["authorization"]);
    assert_eq!(cors.max_age_seconds, Some(60));
    let sockets = stack.socket_api.unwrap();
    assert_eq!(sockets.stage, "default");
    assert_eq!(sockets.route_selection_expression, "$request.body.action");
    let routes: Vec<_> = sockets
        .routes
        .iter()
        .map(|(k, f)| (k.as_str(), f.as_str()))
        .collect();
    assert_eq!(
        routes,
        [
            ("$connect", "Hello"),
            ("$default", "Worker"),
            ("message", "Worker")
        ]
    );
    assert_eq!(stack.queues["Dead"], "callout-local-Dead");
    assert_eq!(stack.secrets["Pepper"].generated_length, Some(48));
}

#[test]
fn policies_keep_their_conditions_and_resolve_their_resources() {
    let stack = read(&[]);
    let statement = &stack.functions["Hello"].policies[1]["Statement"][0];
    assert_eq!(
        statement["Resource"],
        json!("arn:aws:dynamodb:us-east-1:000000000000:table/callout-local-Outbox/index/*")
    );
    assert_eq!(statement["Condition"], json!({ "Bool": { "x": "true" } }));
    assert_eq!(
        stack.functions["Worker"].policies,
        [json!("arn:aws:iam::aws:policy/Some")]
    );
}

#[test]
fn every_refusal_names_the_resource_and_what_is_wrong() {
    let cases = [
        (
            "      Handler: hello\n",
            "",
            "template: resource Hello: Handler is missing",
        ),
        (
            "!Ref Outbox",
            "!Ref Inbox",
            "template: resource Hello: refers to Inbox, which is neither a parameter nor a resource",
        ),
        (
            "!GetAtt Alarm.Arn",
            "!GetAtt Bell.Arn",
            "template: resource Hello: refers to Bell.Arn, but there is no resource Bell",
        ),
        (
            "!GetAtt Outbox.StreamArn",
            "!GetAtt Outbox.StreamRan",
            "template: resource Worker: Outbox has no attribute StreamRan",
        ),
        (
            "!Ref Media",
            "!Ref Archive",
            "template: resource Hello: refers to Archive, which is left out by its condition Prod",
        ),
        (
            "!Sub \"plain-${Stage}\"",
            "!Sub \"plain-${Stage\"",
            "template: resource Plain: Fn::Sub has a ${ without its } in \"plain-${Stage\"",
        ),
        (
            "{ \"Fn::Join\":",
            "{ \"Fn::Jion\":",
            "template: resource Hello: the intrinsic Fn::Jion is not supported locally",
        ),
        (
            "!If [Prod, here",
            "!If [Prd, here",
            "template: resource Hello: there is no condition Prd",
        ),
        (
            "Type: Schedule",
            "Type: Scedule",
            "template: resource Worker: event Nightly: there is no event type Scedule",
        ),
        (
            "rate(1 day)",
            "cron(0 3 * * ? *)",
            "template: resource Worker: event Nightly: cron(0 3 * * ? *) is not understood locally: \
             only rate(<number> minutes|hours|days) is",
        ),
        (
            "{\"eventName\": [\"INSERT\"]}",
            "{eventName}",
            "template: resource Worker: event Stream: the Pattern {eventName} is not JSON: key must be a string at line 1 column 2",
        ),
        (
            "Path: \"/any\"",
            "Method: POST, Path: \"/hello/{id}\"",
            "template: resource Hello: POST /hello/{id} also starts Hello",
        ),
        (
            "!Equals [!Ref Stage, prod]",
            "!Not [!Condition Prod]",
            "template: resource Archive: refers to itself in a circle",
        ),
        (
            "Memory: { Type: Number, Default: 512 }",
            "Memory: { Type: Number, Default: much }",
            "template: parameter Memory must be a number",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(refusal(from, to), expected);
    }
}

#[test]
fn an_unknown_short_form_and_a_key_twice_name_the_line() {
    assert_eq!(
        refusal("!Sub \"${Nowhere}\"", "!Sbu \"${Nowhere}\""),
        format!(
            "template: line {}: unknown intrinsic !Sbu",
            line_of("Nowhere")
        )
    );
    let twice = refusal("  Media: { Type", "  Dead: { Type");
    assert!(
        twice.starts_with("template: is not YAML: duplicated key in mapping"),
        "{twice}"
    );
    assert!(
        twice.contains(&format!("line {}", line_of("  Dead: {"))),
        "{twice}"
    );
    assert!(
        refusal(
            "BillingMode: PAY",
            "\"KeySchema\": []\n      BillingMode: PAY"
        )
        .contains("duplicated key")
    );
}

#[test]
fn parameters_must_be_known_given_and_allowed() {
    let missing = parse(TEMPLATE, &BTreeMap::new()).unwrap_err().to_string();
    assert_eq!(
        missing,
        "template: parameter Keys has no Default and was not given a value"
    );
    let unknown = parse(TEMPLATE, &given(&[("Stag", "dev")]))
        .unwrap_err()
        .to_string();
    assert_eq!(unknown, "template: has no parameter Stag");
    let refused = parse(TEMPLATE, &given(&[("Stage", "qa")]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "template: parameter Stage must be one of dev, prod"
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = super::load(std::path::Path::new("no/such.yaml"), &BTreeMap::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no/such.yaml: cannot be read"),
        "{error}"
    );
}

#[test]
fn the_deployed_template_is_read() {
    let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));
    let keys = BTreeMap::from([("TokenPublicKeys".to_owned(), "k:v".to_owned())]);
    let stack = super::load(path, &keys).unwrap();
    assert!(stack.functions.values().all(|function| {
        // What nothing starts is never run.
        let started = stack.socket_api.as_ref().is_some_and(|api| {
            api.routes
                .values()
                .any(|started| *started == function.logical_id)
        });
        started
            || !function.routes.is_empty()
            || !function.streams.is_empty()
            || !function.schedules.is_empty()
    }));
    assert!(stack.tables.values().any(|table| table.has_stream));
    assert!(stack.http_api.is_some());
}
