//! What every function behind a table's stream shares: the order of its records, and the one place
//! where failures are logged and reported.
//!
//! Records of one partition key are handled one after the other, those of different keys at once. A
//! record that fails is reported alone (`ReportBatchItemFailures`): Lambda sends the batch again from
//! the first that was reported, so a handler must stand being called again for what it has done.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::Instant;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use callout_cloud::failure::CloudError;
use callout_cloud::trace;
use futures::StreamExt as _;
use lambda_http::tracing;
use lambda_runtime::LambdaEvent;
use serde_dynamo::{AttributeValue, Item};

/// How many partition keys are handled at once.
const KEYS_AT_ONCE: usize = 16;

/// An item that was put into the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Its place in the stream.
    pub(crate) sequence: String,
    /// Its partition key.
    key: String,
    item: Item,
}

/// Why a record could not be handled.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It never will be; what follows need not wait for it.
    Forever(CloudError),
    /// It may be, the next time; what follows with its key has to wait.
    ForNow(CloudError),
}

impl From<CloudError> for Broken {
    fn from(error: CloudError) -> Self {
        Self::ForNow(error)
    }
}

impl Record {
    /// A text attribute of the item.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text(&self.item, name)
    }

    fn of(record: EventRecord) -> Self {
        Self {
            sequence: record.change.sequence_number.unwrap_or_default(),
            key: text(&record.change.keys, "pk")
                .unwrap_or_default()
                .to_owned(),
            item: record.change.new_image,
        }
    }
}

/// Runs a handler on every record of a batch and reports those that failed.
pub(crate) async fn serve<F>(
    handler: impl Fn(Record) -> F + Copy,
    event: LambdaEvent<Event>,
) -> Result<DynamoDbEventResponse, Infallible>
where
    F: Future<Output = Result<(), Broken>>,
{
    let started = Instant::now();
    let request_id = event.context.request_id;
    let records: Vec<Record> = event
        .payload
        .records
        .into_iter()
        .filter(|record| record.event_name == "INSERT")
        .map(Record::of)
        .collect();
    let count = records.len();
    let failed = handle_all(handler, records, &request_id).await;
    tracing::info!(
        request_id,
        records = count,
        failed = failed.len(),
        milliseconds = started.elapsed().as_secs_f64() * 1_000.0,
        "handled a batch"
    );
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures = failed.into_iter().map(reported).collect();
    Ok(response)
}

fn reported(sequence: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence);
    failure
}

/// Handles all records; the sequence numbers of those that must come again.
async fn handle_all<F>(
    handler: impl Fn(Record) -> F + Copy,
    records: Vec<Record>,
    request_id: &str,
) -> Vec<String>
where
    F: Future<Output = Result<(), Broken>>,
{
    futures::stream::iter(by_key(records))
        .map(|lane| in_order(handler, lane, request_id))
        .buffer_unordered(KEYS_AT_ONCE)
        .concat()
        .await
}

/// The records of each key, in their order; the keys by their first record.
fn by_key(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut lanes: Vec<Vec<Record>> = Vec::new();
    let mut lane_of: HashMap<String, usize> = HashMap::new();
    for record in records {
        let lane = *lane_of.entry(record.key.clone()).or_insert(lanes.len());
        match lanes.get_mut(lane) {
            Some(lane) => lane.push(record),
            None => lanes.push(vec![record]),
        }
    }
    lanes
}

async fn in_order<F>(
    handler: impl Fn(Record) -> F,
    lane: Vec<Record>,
    request_id: &str,
) -> Vec<String>
where
    F: Future<Output = Result<(), Broken>>,
{
    let mut failed = Vec::new();
    let mut lane = lane.into_iter();
    for record in lane.by_ref() {
        let sequence = record.sequence.clone();
        // An item that bears none begins with this batch.
        let trace = record.text("trace").unwrap_or(request_id).to_owned();
        let (error, lasting) = match trace::within(&trace, handler(record)).await {
            Ok(()) => continue,
            Err(Broken::Forever(error)) => (error, true),
            Err(Broken::ForNow(error)) => (error, false),
        };
        tracing::error!(
            request_id,
            trace,
            sequence,
            lasting,
            error = error.chain(),
            "failed"
        );
        failed.push(sequence);
        if !lasting {
            break;
        }
    }
    failed.extend(lane.map(|record| record.sequence));
    failed
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use aws_lambda_events::dynamodb::Event;
    use callout_cloud::failure::CloudError;
    use lambda_runtime::{Context, LambdaEvent};
    use serde_json::{Value, json};
    use tokio::sync::Barrier;

    use super::{Broken, serve};

    /// A batch of `(key, sequence)`, as Lambda sends it.
    fn batch(records: &[(&str, &str)]) -> LambdaEvent<Event> {
        let records: Vec<Value> = records
            .iter()
            .map(|(key, sequence)| {
                json!({
                    "eventID": sequence, "eventName": "INSERT", "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
                    "dynamodb": {
                        "ApproximateCreationDateTime": 1_771_929_000,
                        "Keys": {"pk": {"S": key}, "sk": {"S": sequence}},
                        "NewImage": {"pk": {"S": key}, "event": {"S": "{}"}},
                        "SequenceNumber": sequence,
                        "SizeBytes": 10,
                        "StreamViewType": "NEW_IMAGE",
                    },
                    "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/o/stream/1",
                })
            })
            .collect();
        LambdaEvent::new(
            serde_json::from_value(json!({"Records": records})).unwrap(),
            Context::default(),
        )
    }

    /// Runs a batch whose records break as `breaks` says; what was handled, and what was reported.
    async fn run(
        event: LambdaEvent<Event>,
        breaks: impl Fn(&str) -> Option<Broken>,
    ) -> (Vec<String>, Value) {
        let handled = Mutex::new(Vec::new());
        let response = serve(
            |record| {
                handled.lock().unwrap().push(record.sequence.clone());
                let broken = breaks(&record.sequence);
                async move { broken.map_or(Ok(()), Err) }
            },
            event,
        )
        .await
        .unwrap();
        (handled.into_inner().unwrap(), json!(response))
    }

    fn response(sequences: &[&str]) -> Value {
        let failures: Vec<Value> = sequences
            .iter()
            .map(|sequence| json!({"itemIdentifier": sequence}))
            .collect();
        json!({"batchItemFailures": failures})
    }

    #[tokio::test]
    async fn a_batch_that_is_done_reports_nothing() {
        let (handled, answer) = run(batch(&[("a", "1"), ("a", "2")]), |_| None).await;
        assert_eq!(handled, ["1", "2"]);
        assert_eq!(answer, response(&[]));
    }

    #[tokio::test]
    async fn what_follows_a_failure_waits_if_it_has_the_same_key() {
        let records = [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("a", "5")];
        let (mut handled, answer) = run(batch(&records), |sequence| {
            (sequence == "3").then_some(Broken::ForNow(CloudError::Contended))
        })
        .await;
        handled.sort();
        assert_eq!(handled, ["1", "2", "3", "4"]);
        assert_eq!(answer, response(&["3", "5"]));
    }

    #[tokio::test]
    async fn nothing_waits_for_what_will_never_be_done() {
        let records = [("a", "1"), ("a", "2"), ("a", "3")];
        let (handled, answer) = run(batch(&records), |sequence| {
            (sequence == "1").then_some(Broken::Forever(CloudError::Contended))
        })
        .await;
        assert_eq!(handled, ["1", "2", "3"]);
        assert_eq!(answer, response(&["1"]));
    }

    #[tokio::test]
    async fn different_keys_are_handled_at_once() {
        let both = Barrier::new(2);
        let answer = serve(
            |_| async {
                // Passed by two at once only: one after the other would wait for ever.
                both.wait().await;
                Ok(())
            },
            batch(&[("a", "1"), ("b", "2")]),
        );
        let answer = tokio::time::timeout(std::time::Duration::from_secs(10), answer);
        assert_eq!(json!(answer.await.unwrap().unwrap()), response(&[]));
    }

    #[tokio::test]
    async fn only_what_was_put_is_handled() {
        let mut event = batch(&[("a", "1"), ("a", "2")]);
        event.payload.records[0].event_name = "REMOVE".to_owned();
        let (handled, _) = run(event, |_| None).await;
        assert_eq!(handled, ["2"]);
    }
}
