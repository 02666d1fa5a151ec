//! One batch of one lane until it is done: retries, bisection and, in the end, the dead letters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::{mpsc, watch};

use super::mapping::told_to_stop;
use super::outcome::{self, Outcome};
use super::record::{Record, Table};
use crate::dead_letters::DeadLetters;
use crate::dynamodb::engine::shard_id;
use crate::faults::Faults;
use crate::lambda::Invoke;
use crate::template::model::StreamSource;
use crate::template::{ACCOUNT, REGION};

/// The first wait before a batch is tried again.
const FIRST_WAIT: Duration = Duration::from_millis(20);
/// The longest one.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a lane tells its mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Its records up to that position are done, delivered or given up.
    Done { lane: usize, position: i64 },
    /// It has ended its batch.
    Rests { lane: usize },
}

/// What every batch of a mapping is delivered with.
pub(super) struct Courier {
    pub(super) function: String,
    pub(super) source: StreamSource,
    pub(super) table: Table,
    pub(super) functions: Arc<dyn Invoke>,
    pub(super) dead_letters: DeadLetters,
    pub(super) faults: Faults,
    pub(super) news: mpsc::UnboundedSender<News>,
    pub(super) shutdown: watch::Receiver<bool>,
}

/// A part of a batch, and how often the function has refused it.
struct Part {
    records: Vec<Record>,
    refusals: u32,
}

/// Why a part is given up.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// The function had no answer.
    Error,
    /// It answered that records failed.
    Reported,
}

impl Courier {
    /// Delivers `records` of that lane, in order, however often that takes. Ends early, with the
    /// rest not done, when the local cloud stops.
    pub(super) async fn deliver(self: Arc<Self>, lane: usize, records: Vec<Record>) {
        let mut parts = VecDeque::from([Part {
            records,
            refusals: 0,
        }]);
        let mut failures_in_a_row = 0;
        while let Some(part) = parts.pop_front() {
            if *self.shutdown.borrow() || self.shutdown.has_changed().is_err() {
                return;
            }
            let answer = self
                .functions
                .invoke(&self.function, event(&part.records))
                .await;
            let read = answer.as_ref().map(AsRef::as_ref);
            let reports = self.source.report_batch_item_failures;
            let before = parts.len();
            match outcome::read(read, &part.records, reports) {
                Outcome::Stopping => return,
                Outcome::Done => {
                    if let Some(again) = self.again(&part) {
                        parts.push_front(again);
                        continue;
                    }
                    self.done(lane, &part.records);
                    failures_in_a_row = 0;
                    continue;
                }
                Outcome::NotRun => parts.push_front(part),
                Outcome::FailedFrom(index) => {
                    let mut records = part.records;
                    let rest = records.split_off(index);
                    self.done(lane, &records);
                    // What got on is not what was refused before, so it is counted anew.
                    failures_in_a_row = 0;
                    parts.push_front(Part {
                        records: rest,
                        refusals: 0,
                    });
                }
                Outcome::Failed => {
                    let refusal = match answer {
                        Ok(_) => Refusal::Reported,
                        Err(_) => Refusal::Error,
                    };
                    self.refused(lane, part, refusal, &mut parts).await;
                }
            }
            if parts.len() > before {
                failures_in_a_row += 1;
                self.wait(failures_in_a_row).await;
            }
        }
        self.tell(News::Rests { lane });
    }

    /// What of a part that is done comes again, by a fault on purpose: as after a poller that ended
    /// before it had kept how far it was.
    fn again(&self, part: &Part) -> Option<Part> {
        let (table, count) = (&self.table.logical_id, part.records.len());
        let from = self.faults.batch(&self.function, table, count)?;
        Some(Part {
            records: part.records.get(from..)?.to_vec(),
            refusals: 0,
        })
    }

    /// Halves a refused part, or puts it back for another try, or gives it up.
    async fn refused(
        &self,
        lane: usize,
        mut part: Part,
        refusal: Refusal,
        parts: &mut VecDeque<Part>,
    ) {
        // Halving is not counted as a retry.
        if self.source.bisect_batch_on_function_error && part.records.len() > 1 {
            let second = part.records.split_off(part.records.len() / 2);
            let refusals = part.refusals;
            parts.push_front(Part {
                records: second,
                refusals,
            });
            parts.push_front(part);
            return;
        }
        part.refusals += 1;
        let given_up = self
            .source
            .maximum_retry_attempts
            .is_some_and(|attempts| part.refusals > attempts);
        if given_up {
            self.give_up(&part, refusal).await;
            self.done(lane, &part.records);
        } else {
            parts.push_front(part);
        }
    }

    async fn give_up(&self, part: &Part, refusal: Refusal) {
        let function = &self.function;
        let count = part.records.len();
        let Some(queue) = &self.source.dead_letter_queue else {
            tracing::error!(
                function,
                count,
                "stream records given up, and no queue takes them"
            );
            return;
        };
        tracing::warn!(
            function,
            count,
            queue,
            "stream records given up to their dead-letter queue"
        );
        let message = self.letter(part, refusal);
        let records: Vec<Value> = part
            .records
            .iter()
            .map(|record| record.event.clone())
            .collect();
        let (letters, queue) = (self.dead_letters.clone(), queue.clone());
        let kept = tokio::task::spawn_blocking(move || letters.add(&queue, &message, &records));
        if !matches!(kept.await, Ok(Ok(()))) {
            tracing::error!(
                function,
                count,
                "stream records given up and not kept as dead letters"
            );
        }
    }

    /// What Lambda sends to a mapping's on-failure destination.
    fn letter(&self, part: &Part, refusal: Refusal) -> Value {
        let (first, last) = (part.records.first(), part.records.last());
        let function_error = match refusal {
            Refusal::Error => json!("Unhandled"),
            Refusal::Reported => Value::Null,
        };
        let number = |record: Option<&Record>| record.map(|record| record.sequence_number.clone());
        let arrival = |record: Option<&Record>| record.map(|record| moment(record.written));
        json!({
            "requestContext": {
                "requestId": ulid::Ulid::generate().to_string(),
                "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.function),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": part.refusals,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": function_error,
            },
            "version": "1.0",
            "timestamp": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            "DDBStreamBatchInfo": {
                "shardId": shard_id(&self.table.name),
                "startSequenceNumber": number(first),
                "endSequenceNumber": number(last),
                "approximateArrivalOfFirstRecord": arrival(first),
                "approximateArrivalOfLastRecord": arrival(last),
                "batchSize": part.records.len(),
                "streamArn": self.table.stream_arn,
            },
        })
    }

    fn done(&self, lane: usize, records: &[Record]) {
        if let Some(last) = records.last() {
            self.tell(News::Done {
                lane,
                position: last.position,
            });
        }
    }

    fn tell(&self, news: News) {
        // The mapping outlives its couriers; if it is gone, so is the process.
        self.news.send(news).ok();
    }

    /// Waits longer with every failure, and never twice the same.
    async fn wait(&self, failures_in_a_row: u32) {
        let doubled = 2_u32.saturating_pow(failures_in_a_row.saturating_sub(1).min(16));
        let longest = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
        let wait = longest.mul_f64(rand::random_range(0.5..=1.0));
        let mut shutdown = self.shutdown.clone();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = told_to_stop(&mut shutdown) => {}
        }
    }
}

fn event(records: &[Record]) -> Bytes {
    let records: Vec<&Value> = records.iter().map(|record| &record.event).collect();
    json!({ "Records": records }).to_string().into()
}

fn moment(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let moment = OffsetDateTime::from_unix_timestamp(seconds as i64);
    moment
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}
