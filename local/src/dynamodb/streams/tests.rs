//! Event source mappings, against a function that the test plays.
#![allow(clippy::unwrap_used)]

mod again;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::checkpoints::Checkpoints;
use super::{Following, Polling, StreamError, run};
use crate::dead_letters::DeadLetters;
use crate::dynamodb::Engine;
use crate::dynamodb::tests::{TABLES, call, item, stack};
use crate::lambda::{Invoke, InvokeError};
use crate::state::State;

/// Longer than anything here takes, so that a test that waits in vain fails.
const DEADLINE: Duration = Duration::from_secs(20);

type Behaviour =
    dyn Fn(Vec<String>) -> BoxFuture<'static, Result<Value, InvokeError>> + Send + Sync;

/// A function that notes the batches it is handed, as the sort keys of their records.
struct Fake {
    batches: watch::Sender<Vec<Vec<String>>>,
    events: Mutex<Vec<Value>>,
    behaviour: Box<Behaviour>,
}

impl Fake {
    /// Answers at once, by `behaviour` of the sort keys.
    fn new(
        behaviour: impl Fn(&[String]) -> Result<Value, InvokeError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::waiting(move |keys| {
            let answer = behaviour(&keys);
            Box::pin(async move { answer })
        })
    }

    fn waiting(
        behaviour: impl Fn(Vec<String>) -> BoxFuture<'static, Result<Value, InvokeError>>
        + Send
        + Sync
        + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            batches: watch::Sender::new(Vec::new()),
            events: Mutex::default(),
            behaviour: Box::new(behaviour),
        })
    }

    fn batches(&self) -> Vec<Vec<String>> {
        self.batches.borrow().clone()
    }

    async fn until(&self, enough: impl FnMut(&Vec<Vec<String>>) -> bool) {
        let mut batches = self.batches.subscribe();
        let waited = tokio::time::timeout(DEADLINE, batches.wait_for(enough)).await;
        assert!(
            waited.is_ok(),
            "the function was handed only {:?}",
            self.batches()
        );
    }
}

impl Invoke for Fake {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: Bytes,
    ) -> BoxFuture<'a, Result<Bytes, InvokeError>> {
        assert_eq!(function, "Worker");
        let event: Value = serde_json::from_slice(&event).unwrap();
        let records = event["Records"].as_array().unwrap();
        let key = |record: &Value| {
            record["dynamodb"]["Keys"]["sk"]["S"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let keys: Vec<_> = records.iter().map(key).collect();
        // A failure is named by its sort key in these tests, and by its number in the answer.
        let numbers: BTreeMap<_, _> = records
            .iter()
            .map(|record| (key(record), record["dynamodb"]["SequenceNumber"].clone()))
            .collect();
        self.events.lock().unwrap().push(event);
        let answer = (self.behaviour)(keys.clone());
        Box::pin(async move {
            self.batches.send_modify(|batches| batches.push(keys));
            let mut answer = answer.await?;
            for failure in answer["batchItemFailures"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                let named = failure["itemIdentifier"].as_str().unwrap();
                failure["itemIdentifier"] = numbers.get(named).cloned().unwrap_or(json!(named));
            }
            Ok(answer.to_string().into())
        })
    }
}

/// A template with one mapping of those properties to the function.
fn template(properties: &str) -> String {
    format!(
        "{TABLES}
  Dead: {{ Type: AWS::SQS::Queue }}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: worker
      Events:
        Outbox:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Outbox.StreamArn
            StartingPosition: TRIM_HORIZON
{properties}"
    )
}

const RELIABLE: &str = r"
            BatchSize: 4
            MaximumRetryAttempts: 2
            BisectBatchOnFunctionError: true
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: { OnFailure: { Destination: !GetAtt Dead.Arn } }
";

/// A state folder, and what runs on it.
struct Bench {
    state: State,
    template: String,
}

struct Run {
    engine: Engine,
    letters: DeadLetters,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), StreamError>>,
}

impl Bench {
    fn new(properties: &str) -> Self {
        Self {
            state: State::temporary().unwrap(),
            template: template(properties),
        }
    }

    fn open(&self) -> Engine {
        Engine::open(&self.state, &stack(&self.template)).unwrap()
    }

    fn start(&self, function: &Arc<Fake>) -> Run {
        self.start_polling(function, Polling::Immediate)
    }

    fn start_polling(&self, function: &Arc<Fake>, polling: Polling) -> Run {
        let following = Following {
            polling,
            ..Following::default()
        };
        self.start_following(function, following)
    }

    fn start_following(&self, function: &Arc<Fake>, following: Following) -> Run {
        let (stop, stopped) = watch::channel(false);
        let engine = self.open();
        let letters = DeadLetters::open(&self.state).unwrap();
        let stack = Arc::new(stack(&self.template));
        let functions: Arc<dyn Invoke> = function.clone();
        let task = run(
            engine.clone(),
            stack,
            functions,
            letters.clone(),
            following,
            stopped,
        );
        Run {
            engine,
            letters,
            stop,
            task: tokio::spawn(task),
        }
    }
}

impl Run {
    async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(DEADLINE, self.task)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    async fn letters(&self, count: u64) -> Vec<Value> {
        let mut watch = self.letters.watch();
        tokio::time::timeout(DEADLINE, watch.wait_for(|now| *now >= count))
            .await
            .unwrap()
            .unwrap();
        self.letters.in_queue("Dead")
    }
}

async fn write(engine: &Engine, pk: &str, sk: &str) {
    let body = json!({ "TableName": "outbox", "Item": item(pk, sk) });
    call(engine, "PutItem", body).await.unwrap();
}

// A behaviour, which may fail.
#[allow(clippy::unnecessary_wraps)]
fn done(_: &[String]) -> Result<Value, InvokeError> {
    Ok(Value::Null)
}

fn failing(keys: &[&str]) -> Value {
    let failures: Vec<_> = keys
        .iter()
        .map(|key| json!({ "itemIdentifier": key }))
        .collect();
    json!({ "batchItemFailures": failures })
}

fn flat(batches: &[Vec<String>]) -> Vec<String> {
    batches.iter().flatten().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_keeps_its_order_while_lanes_run_side_by_side() {
    let bench = Bench::new("            BatchSize: 3\n            ParallelizationFactor: 4\n");
    let under_way = Arc::new(Mutex::new((0_usize, 0_usize)));
    let counted = Arc::clone(&under_way);
    let function = Fake::waiting(move |_| {
        let counted = Arc::clone(&counted);
        Box::pin(async move {
            {
                let mut counted = counted.lock().unwrap();
                counted.0 += 1;
                counted.1 = counted.1.max(counted.0);
            }
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(2)).await;
            counted.lock().unwrap().0 -= 1;
            Ok(Value::Null)
        })
    });
    let engine = bench.open();
    for n in 0..60 {
        write(&engine, &format!("key{}", n % 8), &format!("{n:02}")).await;
    }
    let running = bench.start(&function);
    function.until(|batches| flat(batches).len() == 60).await;
    for key in 0..8_usize {
        let delivered: Vec<_> = flat(&function.batches())
            .into_iter()
            .filter(|sk| sk.parse::<usize>().unwrap() % 8 == key)
            .collect();
        assert!(
            delivered.is_sorted() && !delivered.is_empty(),
            "{delivered:?}"
        );
    }
    assert!(
        under_way.lock().unwrap().1 > 1,
        "lanes ran one after the other"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_reported_failure_is_retried_from_its_record_on() {
    let bench = Bench::new(RELIABLE);
    let engine = bench.open();
    for sk in ["1", "2", "3", "4"] {
        write(&engine, "a", sk).await;
    }
    let calls = Mutex::new(0);
    let function = Fake::new(move |_| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        // The lowest counts, whatever the order they are named in.
        Ok(if *calls == 1 {
            failing(&["4", "3"])
        } else {
            failing(&[])
        })
    });
    let running = bench.start(&function);
    function.until(|batches| batches.len() == 2).await;
    assert_eq!(
        function.batches(),
        [vec!["1", "2", "3", "4"], vec!["3", "4"]]
    );
    running.stop().await;
}

#[tokio::test]
async fn a_poison_record_is_isolated_and_ends_in_the_dead_letters() {
    let bench = Bench::new(RELIABLE);
    let engine = bench.open();
    for sk in ["1", "2", "poison", "4", "5"] {
        write(&engine, "a", sk).await;
    }
    let function = Fake::new(|keys| {
        if keys.iter().any(|key| key == "poison") {
            return Err(InvokeError::Crashed("killed".to_owned()));
        }
        Ok(Value::Null)
    });
    let running = bench.start(&function);
    let letters = running.letters(1).await;
    function
        .until(|batches| flat(batches).last().unwrap() == "5")
        .await;
    // Halved until it is alone, then tried twice more, as MaximumRetryAttempts has it.
    let expected: Vec<Vec<&str>> = vec![
        vec!["1", "2", "poison", "4"],
        vec!["1", "2"],
        vec!["poison", "4"],
        vec!["poison"],
        vec!["poison"],
        vec!["poison"],
        vec!["4"],
        vec!["5"],
    ];
    assert_eq!(function.batches(), expected);

    let [letter] = letters.as_slice() else {
        unreachable!("one letter, not {letters:?}")
    };
    assert_eq!(
        letter["records"][0]["dynamodb"]["Keys"]["sk"]["S"],
        "poison"
    );
    let message = &letter["message"];
    assert_eq!(
        message["requestContext"]["condition"],
        "RetryAttemptsExhausted"
    );
    assert_eq!(message["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(message["responseContext"]["functionError"], "Unhandled");
    let info = &message["DDBStreamBatchInfo"];
    assert_eq!(info["batchSize"], 1);
    assert_eq!(
        info["startSequenceNumber"],
        letter["records"][0]["dynamodb"]["SequenceNumber"]
    );
    assert_eq!(info["startSequenceNumber"], info["endSequenceNumber"]);
    assert!(
        info["streamArn"]
            .as_str()
            .unwrap()
            .contains(":table/outbox/stream/")
    );
    running.stop().await;
}

#[tokio::test]
async fn an_answer_that_names_no_record_fails_the_whole_batch() {
    let properties = RELIABLE.replace(
        "BisectBatchOnFunctionError: true",
        "BisectBatchOnFunctionError: false",
    );
    let bench = Bench::new(&properties);
    let engine = bench.open();
    write(&engine, "a", "1").await;
    write(&engine, "a", "2").await;
    let calls = Mutex::new(0);
    let function = Fake::new(move |_| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        Ok(match *calls {
            1 => failing(&["nobody"]),
            2 => json!({ "batchItemFailures": "all" }),
            _ => json!({ "batchItemFailures": null }),
        })
    });
    let running = bench.start(&function);
    function.until(|batches| batches.len() == 3).await;
    assert_eq!(function.batches(), vec![vec!["1", "2"]; 3]);
    running.stop().await;
}

#[tokio::test]
async fn throttling_is_no_refusal() {
    let bench = Bench::new(RELIABLE);
    let engine = bench.open();
    write(&engine, "a", "1").await;
    let calls = Mutex::new(0);
    let function = Fake::new(move |_| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        if *calls <= 5 {
            Err(InvokeError::Throttled)
        } else {
            Ok(Value::Null)
        }
    });
    let running = bench.start(&function);
    function.until(|batches| batches.len() == 6).await;
    assert_eq!(running.letters.list(), Vec::<Value>::new());
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_or_run_again_over_a_restart() {
    let bench = Bench::new(RELIABLE);
    let first = Fake::new(done);
    let running = bench.start(&first);
    for sk in ["1", "2", "3"] {
        write(&running.engine, "a", sk).await;
    }
    first
        .until(|batches| flat(batches) == ["1", "2", "3"])
        .await;
    running.stop().await;

    write(&bench.open(), "a", "4").await;
    let second = Fake::new(done);
    let running = bench.start(&second);
    write(&running.engine, "a", "5").await;
    second.until(|batches| flat(batches).len() >= 2).await;
    assert_eq!(flat(&second.batches()), ["4", "5"]);
    running.stop().await;
}

#[tokio::test]
async fn a_batch_cut_short_by_a_crash_is_delivered_again() {
    let bench = Bench::new(RELIABLE);
    let engine = bench.open();
    for sk in ["1", "2", "3"] {
        write(&engine, "a", sk).await;
    }
    let never = Fake::waiting(|_| Box::pin(std::future::pending()));
    let running = bench.start(&never);
    never.until(|batches| !batches.is_empty()).await;
    running.task.abort();
    assert!(running.task.await.unwrap_err().is_cancelled());

    let function = Fake::new(done);
    let running = bench.start(&function);
    function.until(|batches| !batches.is_empty()).await;
    assert_eq!(function.batches(), [["1", "2", "3"]]);
    running.stop().await;
}

#[tokio::test]
async fn a_stuck_key_holds_back_nobody_and_the_rest_is_not_run_again() {
    let bench = Bench::new("            BatchSize: 1\n            ParallelizationFactor: 10\n");
    let engine = bench.open();
    write(&engine, "stuck", "stuck").await;
    for n in 0..30 {
        write(&engine, &format!("key{n}"), &n.to_string()).await;
    }
    let stuck = Fake::new(|keys| {
        if keys == ["stuck"] {
            Err(InvokeError::TimedOut)
        } else {
            Ok(Value::Null)
        }
    });
    let delivered = |batches: &Vec<Vec<String>>| {
        let mut others = flat(batches);
        others.retain(|key| key != "stuck");
        others
    };
    let running = bench.start(&stuck);
    // What shares the lane of the stuck key waits with it; most keys do not.
    stuck.until(|batches| delivered(batches).len() > 20).await;
    running.stop().await;
    let before = delivered(&stuck.batches());

    let healed = Fake::new(done);
    let running = bench.start(&healed);
    healed
        .until(|batches| flat(batches).len() + before.len() >= 31)
        .await;
    let mut all = flat(&healed.batches());
    assert!(all.contains(&"stuck".to_owned()));
    assert!(
        all.iter().all(|key| !before.contains(key)),
        "run again: {all:?} after {before:?}"
    );
    all.extend(before);
    assert_eq!(all.len(), 31);
    running.stop().await;
}

#[tokio::test]
async fn only_what_the_filters_want_and_what_has_changed_is_delivered() {
    let bench = Bench::new(
        "            FilterCriteria: { Filters: [{ Pattern: '{\"eventName\": [\"INSERT\", \"MODIFY\"], \"dynamodb\": {\"NewImage\": {\"kind\": {\"S\": [\"wanted\"]}}}}' }] }\n",
    );
    let function = Fake::new(done);
    let running = bench.start(&function);
    let put = async |sk: &str, kind: &str| {
        let mut item = item("a", sk);
        item["kind"] = json!({ "S": kind });
        call(
            &running.engine,
            "PutItem",
            json!({ "TableName": "outbox", "Item": item }),
        )
        .await
        .unwrap();
    };
    put("1", "wanted").await;
    put("1", "wanted").await;
    put("2", "other").await;
    let delete = json!({ "TableName": "outbox", "Key": item("a", "1") });
    call(&running.engine, "DeleteItem", delete).await.unwrap();
    put("3", "wanted").await;
    function
        .until(|batches| flat(batches).contains(&"3".to_owned()))
        .await;
    assert_eq!(flat(&function.batches()), ["1", "3"]);

    let event = function.events.lock().unwrap()[0].clone();
    let record = &event["Records"][0];
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert!(
        record["eventSourceARN"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/outbox/stream/")
    );
    assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_IMAGE");
    assert_eq!(record["dynamodb"]["NewImage"]["kind"]["S"], "wanted");
    assert_eq!(record["dynamodb"].get("OldImage"), None);
    running.stop().await;
}

#[tokio::test]
async fn polling_at_intervals_finds_what_is_written_between() {
    let bench = Bench::new(RELIABLE);
    let function = Fake::new(done);
    let running = bench.start_polling(&function, Polling::Every(Duration::from_millis(10)));
    write(&running.engine, "a", "1").await;
    function.until(|batches| flat(batches) == ["1"]).await;
    write(&running.engine, "a", "2").await;
    function.until(|batches| flat(batches) == ["1", "2"]).await;
    running.stop().await;
}

#[tokio::test]
async fn a_batching_window_gathers_records() {
    let bench =
        Bench::new("            BatchSize: 3\n            MaximumBatchingWindowInSeconds: 60\n");
    let gathered = Arc::new(Notify::new());
    let told = Arc::clone(&gathered);
    let function = Fake::new(move |_| {
        told.notify_one();
        Ok(Value::Null)
    });
    let running = bench.start(&function);
    for sk in ["1", "2", "3"] {
        write(&running.engine, "a", sk).await;
    }
    tokio::time::timeout(DEADLINE, gathered.notified())
        .await
        .unwrap();
    assert_eq!(function.batches(), [["1", "2", "3"]]);
    running.stop().await;
}

#[tokio::test]
async fn latest_begins_with_what_comes() {
    let mut bench = Bench::new(RELIABLE);
    bench.template = bench.template.replace("TRIM_HORIZON", "LATEST");
    write(&bench.open(), "a", "before").await;
    let function = Fake::new(done);
    let running = bench.start(&function);
    // Its position is taken, and kept, before the first read.
    let checkpoints = Checkpoints::open(&bench.state).unwrap();
    let started = async {
        while checkpoints.load("outbox", "Worker").unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, started).await.unwrap();
    write(&running.engine, "a", "after").await;
    function.until(|batches| !batches.is_empty()).await;
    assert_eq!(flat(&function.batches()), ["after"]);
    running.stop().await;
}
