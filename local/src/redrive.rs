//! `callout redrive`: dead letters go back to where they came from.
//!
//! A letter of a stream holds no records, only where in the stream they are. So they are read there,
//! within the day that a stream keeps them, and each is put into the outbox once more under a sort key
//! of its own. The copy is the same event: delivery is keyed by event and recipient, and says nothing
//! twice. The copy's key is made of the record's sequence number, so a letter that is redriven twice,
//! or by two people at once, leaves one copy. Only then the letter is deleted.

mod copy;
mod letters;

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodbstreams::types::{OperationType, Record, ShardIteratorType};
use aws_sdk_sqs::types::Message;

use copy::{Copy, number, sequence};
use letters::{Batch, Letter, Receipts};

use crate::operator;

/// How long a letter that is being looked at is shown to nobody else, in seconds.
const HIDDEN_SECONDS: i32 = 120;
/// What `SQS` gives at once, at most.
const MOST_MESSAGES: i32 = 10;
/// How many parts of the stream in which there is nothing are read before a letter is left.
const MOST_EMPTY_PARTS: u32 = 500;
/// A shard may be read five times a second.
const BETWEEN_EMPTY_PARTS: Duration = Duration::from_millis(200);

/// The queue, the stream, and the table.
#[derive(Debug, Clone)]
pub struct Redrive {
    sqs: aws_sdk_sqs::Client,
    streams: aws_sdk_dynamodbstreams::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    queue_url: String,
    outbox: String,
}

/// What there was, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Letters that were looked at.
    pub letters: usize,
    /// Records that they point at.
    pub records: usize,
    /// Records put into the outbox again; with a dry run, those that would be.
    pub reposted: usize,
    /// Records that had been put there again before.
    pub there_already: usize,
    /// Letters that were left in the queue: of no stream, or older than its day.
    pub left: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} letters, {} records: {} reposted, {} reposted before, {} letters left",
            self.letters, self.records, self.reposted, self.there_already, self.left
        )
    }
}

/// Why redriving stopped; what was not deleted is shown again after two minutes.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// A service did not do as it was asked.
    #[error("{what}: {why}")]
    Service {
        /// What was asked.
        what: &'static str,
        /// What the service said.
        why: String,
    },
    /// A record is no event of the outbox.
    #[error("a record of the stream is no item of the outbox: {0}")]
    Foreign(String),
}

/// The records of a letter.
enum Reading {
    /// All of them.
    Whole(Vec<Record>),
    /// The stream has them no more.
    Gone,
    /// They were not come to.
    Unfinished,
}

fn service<E: std::error::Error>(what: &'static str) -> impl FnOnce(E) -> RedriveError {
    move |error| {
        // The SDK's outermost error says only that there was one.
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            why = format!("{why}: {inner}");
            source = inner.source();
        }
        RedriveError::Service { what, why }
    }
}

impl Redrive {
    /// The letters of a local cloud, whose operator has that environment; `None` when it lacks
    /// something.
    pub fn local(environment: &std::collections::BTreeMap<String, String>) -> Option<Self> {
        let config = |door| operator::config(environment, door);
        Some(Self {
            sqs: aws_sdk_sqs::Client::new(&config("AWS_ENDPOINT_URL_SQS")?),
            streams: aws_sdk_dynamodbstreams::Client::new(&config(
                "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
            )?),
            dynamodb: aws_sdk_dynamodb::Client::new(&config("AWS_ENDPOINT_URL_DYNAMODB")?),
            queue_url: environment.get(operator::DEAD_LETTERS)?.clone(),
            outbox: environment.get(operator::OUTBOX)?.clone(),
        })
    }

    /// The letters of `queue_url` back into the table `outbox`, both in AWS as `config` has it.
    pub fn new(config: &aws_config::SdkConfig, queue_url: String, outbox: String) -> Self {
        Self {
            sqs: aws_sdk_sqs::Client::new(config),
            streams: aws_sdk_dynamodbstreams::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            queue_url,
            outbox,
        }
    }

    /// Redrives everything in the queue, or with `dry` says what that would be; `tell` is told of
    /// each letter.
    ///
    /// # Errors
    /// [`RedriveError`], at the first call that fails.
    pub async fn run(
        &self,
        dry: bool,
        mut tell: impl FnMut(&str),
    ) -> Result<Summary, RedriveError> {
        let mut summary = Summary::default();
        let mut looked_at = Receipts::default();
        loop {
            let letters = self.receive().await?;
            if letters.is_empty() {
                break;
            }
            let fresh: Vec<_> = letters
                .into_iter()
                .filter(|letter| looked_at.is_first(letter))
                .collect();
            if looked_at.is_enough(fresh.len()) {
                break;
            }
            for letter in fresh {
                summary.letters += 1;
                let body = letter.body.unwrap_or_default();
                let done = self.redrive(&body, dry, &mut summary, &mut tell).await?;
                if done && !dry {
                    let id = letter.message_id.unwrap_or_default();
                    self.delete(looked_at.forget(&id)).await?;
                }
            }
        }
        for receipt in looked_at.left() {
            self.show_again(receipt).await;
        }
        Ok(summary)
    }

    async fn receive(&self) -> Result<Vec<Message>, RedriveError> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(MOST_MESSAGES)
            .visibility_timeout(HIDDEN_SECONDS)
            .wait_time_seconds(1)
            .send()
            .await
            .map_err(service("receiving dead letters"))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Redrives one letter; whether it has done its work.
    async fn redrive(
        &self,
        body: &str,
        dry: bool,
        summary: &mut Summary,
        tell: &mut impl FnMut(&str),
    ) -> Result<bool, RedriveError> {
        let Ok(Letter { batch }) = serde_json::from_str(body) else {
            tell("a letter of no stream: left");
            summary.left += 1;
            return Ok(false);
        };
        let records = match self.records(&batch).await? {
            Reading::Whole(records) => records,
            Reading::Gone => {
                let first = batch.start_sequence_number;
                tell(&format!(
                    "{first}: older than the stream, which keeps a day: left"
                ));
                summary.left += 1;
                return Ok(false);
            }
            Reading::Unfinished => {
                let first = batch.start_sequence_number;
                tell(&format!(
                    "{first}: the stream gave nothing for long: left, try again"
                ));
                summary.left += 1;
                return Ok(false);
            }
        };
        for record in records {
            summary.records += 1;
            let copy = Copy::of(&record)?;
            let fresh = dry || self.put(&copy).await?;
            if fresh {
                summary.reposted += 1;
            } else {
                summary.there_already += 1;
            }
            let what = if fresh { "again" } else { "was there already" };
            tell(&format!("{} {}: {what}", copy.pk, copy.sk));
        }
        Ok(true)
    }

    /// What was put into the table by the records of a batch.
    async fn records(&self, batch: &Batch) -> Result<Reading, RedriveError> {
        let iterator = self
            .streams
            .get_shard_iterator()
            .stream_arn(&batch.stream_arn)
            .shard_id(&batch.shard_id)
            .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
            .sequence_number(&batch.start_sequence_number)
            .send()
            .await;
        let mut iterator = match iterator {
            Ok(answer) => answer.shard_iterator,
            Err(error) => {
                let error = error.into_service_error();
                let trimmed = error.is_trimmed_data_access_exception();
                if trimmed || error.is_resource_not_found_exception() {
                    return Ok(Reading::Gone);
                }
                return Err(service("finding records in the stream")(error));
            }
        };
        let end = number(&batch.end_sequence_number);
        let mut found = Vec::new();
        let mut in_vain = 0;
        while let Some(place) = iterator {
            let read = self
                .streams
                .get_records()
                .shard_iterator(place)
                .send()
                .await
                .map_err(service("reading the stream"))?;
            iterator = read.next_shard_iterator;
            let records = read.records.unwrap_or_default();
            // A part may be empty though records come after it; those of an open shard have no end.
            if records.is_empty() {
                in_vain += 1;
                if in_vain == MOST_EMPTY_PARTS {
                    return Ok(Reading::Unfinished);
                }
                tokio::time::sleep(BETWEEN_EMPTY_PARTS).await;
            }
            for record in records {
                let here = number(sequence(&record));
                let is_last = here >= end;
                if here <= end && record.event_name == Some(OperationType::Insert) {
                    found.push(record);
                }
                if is_last {
                    return Ok(Reading::Whole(found));
                }
            }
        }
        // The shard is closed, and this is all of it.
        Ok(Reading::Whole(found))
    }

    /// Puts a copy into the outbox; false if it is there.
    async fn put(&self, copy: &Copy) -> Result<bool, RedriveError> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.outbox)
            .set_item(Some(copy.item.clone()))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) => {
                let error = error.into_service_error();
                if error.is_conditional_check_failed_exception() {
                    return Ok(false);
                }
                Err(service("putting an event into the outbox")(error))
            }
        }
    }

    async fn delete(&self, receipt: String) -> Result<(), RedriveError> {
        let deleted = self
            .sqs
            .delete_message()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .send()
            .await;
        deleted.map(drop).map_err(service("deleting a dead letter"))
    }

    /// What fails here shows itself after two minutes: a receipt may be over by now.
    async fn show_again(&self, receipt: String) {
        let shown = self
            .sqs
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(0)
            .send()
            .await;
        if let Err(error) = shown {
            tracing::debug!(%error, "a letter was not put back");
        }
    }
}
