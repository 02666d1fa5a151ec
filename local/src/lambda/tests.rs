#![allow(clippy::unwrap_used, clippy::panic)]

//! The pool against real processes (see `fixture`).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use super::{Invoke as _, InvokeError, LambdaOptions, Lambdas, fixture};
use crate::state::State;
use crate::template::model::{Function, Stack};

/// Not a test: the function that the tests below start.
#[test]
#[ignore = "the process that the other tests start"]
fn function_process() {
    if std::env::var("_HANDLER").is_ok_and(|handler| handler == "broken") {
        std::process::exit(3);
    }
    // What a bootstrap's `main` returns when the Runtime API is gone.
    if let Some(outcome) = fixture::run(handle) {
        assert!(outcome.is_ok(), "the runtime ended: {outcome:?}");
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    let (payload, context) = event.into_parts();
    eprintln!("handling {payload}");
    match payload["do"].as_str().unwrap_or_default() {
        "fail" => Err("no".into()),
        "crash" => std::process::exit(7),
        "sleep" => {
            let millis = payload["millis"].as_u64().unwrap_or(60_000);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(json!({"pid": std::process::id()}))
        }
        "large" => Ok(json!("x".repeat(7 << 20))),
        _ => Ok(json!({
            "pid": std::process::id(),
            "function": context.env_config.function_name,
            "request_id": context.request_id,
            "arn": context.invoked_function_arn,
            "deadline": context.deadline,
            "trace": context.xray_trace_id,
            "environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
            "payload": payload,
        })),
    }
}

fn function(name: &str, handler: &str) -> Function {
    Function {
        logical_id: name.to_owned(),
        handler: handler.to_owned(),
        memory_mib: 128,
        timeout: Duration::from_secs(20),
        reserved_concurrency: None,
        environment: [("COLOUR".to_owned(), "green".to_owned())].into(),
        policies: Vec::new(),
        routes: Vec::new(),
        streams: Vec::new(),
        schedules: Vec::new(),
    }
}

fn options(functions: Vec<Function>) -> LambdaOptions {
    let state = State::temporary().unwrap();
    let script = fixture::bootstrap(state.path(), "lambda::tests::function_process");
    let stack = Stack {
        functions: functions
            .into_iter()
            .map(|function| (function.logical_id.clone(), function))
            .collect(),
        ..Stack::default()
    };
    LambdaOptions::new(Arc::new(stack), script, state)
}

fn lambdas(functions: Vec<Function>) -> Lambdas {
    Lambdas::new(options(functions))
}

async fn call(lambdas: &Lambdas, function: &str, event: Value) -> Result<Value, InvokeError> {
    lambdas
        .invoke(function, Bytes::from(event.to_string()))
        .await
        .map(|answer| serde_json::from_slice(&answer).unwrap())
}

fn pid(answer: &Value) -> u64 {
    answer["pid"].as_u64().unwrap()
}

fn is_alive(pid: u64) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits for what a process does on its own; fails after ten seconds.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_function_gets_the_event_its_context_and_its_environment_and_stays_warm() {
    let mut options = options(vec![function("Greet", "greet")]);
    options.endpoints = [(
        "AWS_ENDPOINT_URL_DYNAMODB".to_owned(),
        "http://127.0.0.1:7".to_owned(),
    )]
    .into();
    let secret = options.secret_access_key.clone();
    let lambdas = Lambdas::new(options);
    let first = call(&lambdas, "Greet", json!({"name": "Sita"}))
        .await
        .unwrap();
    assert_eq!(first["payload"], json!({"name": "Sita"}));
    assert_eq!(first["function"], "Greet");
    assert_eq!(first["request_id"].as_str().unwrap().len(), 36);
    assert!(first["arn"].as_str().unwrap().ends_with(":function:Greet"));
    assert!(first["trace"].as_str().unwrap().starts_with("Root=1-"));
    let environment = &first["environment"];
    assert_eq!(environment["_HANDLER"], "greet");
    assert_eq!(environment["COLOUR"], "green");
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "LOCALGreet");
    assert_eq!(environment["AWS_SECRET_ACCESS_KEY"], secret);
    assert_eq!(environment["AWS_REGION"], "us-east-1");
    assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:9");
    assert_eq!(
        environment["AWS_ENDPOINT_URL_DYNAMODB"],
        "http://127.0.0.1:7"
    );
    assert_eq!(environment["HOME"], Value::Null, "nothing of ours leaks in");

    for _ in 0..20 {
        let again = call(&lambdas, "Greet", json!({})).await.unwrap();
        assert_eq!(pid(&again), pid(&first));
    }
    let stats = &lambdas.stats()[0];
    assert_eq!(
        (stats.invocations, stats.cold_starts, stats.errors),
        (21, 1, 0)
    );
    assert!(stats.resident_bytes.unwrap() > 1 << 20);
    lambdas.shutdown().await;
    assert!(!is_alive(pid(&first)));
}

#[test]
fn only_a_function_that_the_template_tells_of_the_management_endpoint_gets_it() {
    let mut told = function("Told", "told");
    told.environment.insert(
        super::MANAGEMENT.to_owned(),
        "https://in.the.cloud".to_owned(),
    );
    let mut options = options(vec![told.clone()]);
    options.endpoints = [(super::MANAGEMENT.to_owned(), "http://here".to_owned())].into();
    let environment = options.environment(&told, 1, "");
    assert_eq!(environment[super::MANAGEMENT], "http://here");
    let environment = options.environment(&function("Untold", "untold"), 1, "");
    assert_eq!(environment.get(super::MANAGEMENT), None);
}

#[tokio::test]
async fn errors_of_a_function_are_its_own_words_and_leave_it_warm() {
    let lambdas = lambdas(vec![function("Fail", "fail")]);
    let before = call(&lambdas, "Fail", json!({})).await.unwrap();
    let Err(InvokeError::Function(body)) = call(&lambdas, "Fail", json!({"do": "fail"})).await
    else {
        panic!("it should fail");
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["errorMessage"], "no");
    let Err(InvokeError::Function(body)) = call(&lambdas, "Fail", json!({"do": "large"})).await
    else {
        panic!("7 MB is too large an answer");
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["errorType"], "Function.ResponseSizeTooLarge");
    let after = call(&lambdas, "Fail", json!({})).await.unwrap();
    assert_eq!(pid(&before), pid(&after));
    assert_eq!(lambdas.stats()[0].errors, 2);
    let unknown = call(&lambdas, "Nobody", json!({})).await;
    assert_eq!(unknown, Err(InvokeError::Unknown("Nobody".to_owned())));
    lambdas.shutdown().await;
}

#[tokio::test]
async fn a_crash_is_known_at_once_and_the_next_event_finds_a_new_process() {
    let lambdas = lambdas(vec![function("Crash", "crash")]);
    call(&lambdas, "Crash", json!({})).await.unwrap();
    let start = Instant::now();
    let crashed = call(&lambdas, "Crash", json!({"do": "crash"})).await;
    assert!(
        matches!(&crashed, Err(InvokeError::Crashed(why)) if why.contains('7')),
        "{crashed:?}"
    );
    assert!(
        start.elapsed() < Duration::from_millis(800),
        "{:?}",
        start.elapsed()
    );
    call(&lambdas, "Crash", json!({})).await.unwrap();
    assert_eq!(lambdas.stats()[0].cold_starts, 2);
    lambdas.shutdown().await;
}

#[tokio::test]
async fn kill_ends_it_in_the_middle_of_an_event() {
    let lambdas = lambdas(vec![function("Victim", "victim")]);
    let running = tokio::spawn({
        let lambdas = lambdas.clone();
        async move { call(&lambdas, "Victim", json!({"do": "sleep"})).await }
    });
    let log = || {
        lambdas
            .logs("Victim")
            .iter()
            .any(|line| line.contains("handling"))
    };
    eventually("the function runs", log).await;
    assert_eq!(lambdas.kill("Victim").await, 1);
    let ended = running.await.unwrap();
    assert!(
        matches!(&ended, Err(InvokeError::Crashed(why)) if why.contains("SIGKILL")),
        "{ended:?}"
    );
    assert_eq!(lambdas.stats()[0].instances, 0);
    assert_eq!(lambdas.kill("Victim").await, 0);
    lambdas.shutdown().await;
}

#[tokio::test]
async fn a_timeout_ends_the_process() {
    let mut slow = function("Slow", "slow");
    slow.timeout = Duration::from_secs(1);
    let lambdas = lambdas(vec![slow]);
    let before = call(&lambdas, "Slow", json!({})).await.unwrap();
    let start = Instant::now();
    let timed_out = call(&lambdas, "Slow", json!({"do": "sleep"})).await;
    assert_eq!(timed_out, Err(InvokeError::TimedOut));
    assert!(start.elapsed() >= Duration::from_secs(1));
    eventually("the process is ended", || !is_alive(pid(&before))).await;
    let after = call(&lambdas, "Slow", json!({})).await.unwrap();
    assert_ne!(pid(&before), pid(&after));
    lambdas.shutdown().await;
}

#[tokio::test]
async fn events_at_once_run_at_once_up_to_the_reserved_concurrency_and_then_queue() {
    let mut busy = function("Busy", "busy");
    busy.reserved_concurrency = Some(2);
    let lambdas = lambdas(vec![busy]);
    let calls = (0..6).map(|_| call(&lambdas, "Busy", json!({"do": "sleep", "millis": 150})));
    let answers = futures::future::join_all(calls).await;
    let processes: std::collections::BTreeSet<u64> = answers
        .iter()
        .map(|answer| pid(answer.as_ref().unwrap()))
        .collect();
    assert_eq!(processes.len(), 2);
    assert_eq!(lambdas.stats()[0].cold_starts, 2);
    lambdas.shutdown().await;
}

#[tokio::test]
async fn an_event_that_finds_no_instance_in_time_is_throttled() {
    let mut one = function("One", "one");
    one.reserved_concurrency = Some(1);
    one.timeout = Duration::from_secs(2);
    let mut none = function("None", "none");
    none.reserved_concurrency = Some(0);
    let lambdas = lambdas(vec![one, none]);
    assert_eq!(
        call(&lambdas, "None", json!({})).await,
        Err(InvokeError::Throttled)
    );
    call(&lambdas, "One", json!({})).await.unwrap();
    let calls = (0..3).map(|_| call(&lambdas, "One", json!({"do": "sleep", "millis": 1_500})));
    let answers = futures::future::join_all(calls).await;
    let throttled = answers
        .iter()
        .filter(|it| **it == Err(InvokeError::Throttled))
        .count();
    assert_eq!(throttled, 1, "{answers:?}");
    lambdas.shutdown().await;
}

#[tokio::test]
async fn a_function_that_cannot_start_says_so() {
    let lambdas = lambdas(vec![function("Broken", "broken")]);
    let broken = call(&lambdas, "Broken", json!({})).await;
    assert!(
        matches!(&broken, Err(InvokeError::Crashed(why)) if why.contains('3')),
        "{broken:?}"
    );

    let mut options = options(vec![function("Missing", "missing")]);
    options.artifact = "/nowhere/bootstrap".into();
    let missing = call(&Lambdas::new(options), "Missing", json!({})).await;
    assert!(
        matches!(&missing, Err(InvokeError::Crashed(why)) if why.contains("/nowhere/bootstrap"))
    );
}

#[tokio::test]
async fn an_idle_instance_is_ended() {
    let mut options = options(vec![function("Idle", "idle")]);
    options.idle_time = Duration::from_millis(50);
    let lambdas = Lambdas::new(options);
    let answer = call(&lambdas, "Idle", json!({})).await.unwrap();
    eventually("the idle process is ended", || !is_alive(pid(&answer))).await;
    call(&lambdas, "Idle", json!({})).await.unwrap();
    lambdas.shutdown().await;
}

#[tokio::test]
async fn what_a_function_writes_is_kept_in_memory_and_in_a_file() {
    let options = options(vec![function("Chatty", "chatty")]);
    let state = options.state.clone();
    let lambdas = Lambdas::new(options);
    call(&lambdas, "Chatty", json!({"word": "namaste"}))
        .await
        .unwrap();
    let said = |lines: &str| lines.contains("namaste");
    eventually("the line is remembered", || {
        said(&lambdas.logs("Chatty").join("\n"))
    })
    .await;
    let file = std::fs::read_to_string(state.path().join("logs/Chatty.log")).unwrap();
    assert!(said(&file));
    lambdas.shutdown().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_invocation_with_it() {
    let lambdas = lambdas(vec![function("Patient", "patient")]);
    let caller = tokio::spawn({
        let lambdas = lambdas.clone();
        async move { call(&lambdas, "Patient", json!({"do": "sleep", "millis": 300})).await }
    });
    let log = || {
        lambdas
            .logs("Patient")
            .iter()
            .any(|line| line.contains("handling"))
    };
    eventually("the function runs", log).await;
    caller.abort();
    eventually("it finishes all the same", || {
        lambdas.stats()[0].invocations == 1
    })
    .await;
    assert_eq!(lambdas.stats()[0].errors, 0);
    lambdas.shutdown().await;
}

#[tokio::test]
async fn dropping_the_functions_leaves_no_process() {
    let lambdas = lambdas(vec![function("Left", "left")]);
    let answer = call(&lambdas, "Left", json!({})).await.unwrap();
    drop(lambdas);
    eventually("the process is ended", || !is_alive(pid(&answer))).await;
}

/// When the local cloud itself is killed, nothing can end its processes but they themselves.
#[tokio::test]
async fn a_process_ends_by_itself_when_the_runtime_api_is_gone() {
    let script = options(vec![function("Orphan", "orphan")]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = listener.local_addr().unwrap().to_string();
    let mut child = tokio::process::Command::new(&script.artifact)
        .env_clear()
        .envs(script.environment(&script.stack.functions["Orphan"], 1, &api))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // It polls, and the other end vanishes with the poll unanswered.
    let (connection, _) = listener.accept().await.unwrap();
    drop(listener);
    drop(connection);
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    assert!(!ended.unwrap().unwrap().success());
}
