//! What a dead letter says, and which ones were looked at.

use std::collections::HashMap;

use aws_sdk_sqs::types::Message;
use serde::Deserialize;

/// After so many answers of the queue with nothing new, everything was seen: there may be more letters than are
/// read before the first are shown again.
const MOST_STALE_ANSWERS: u32 = 10;

/// What a letter says of its records.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>
#[derive(Debug, Deserialize)]
pub(super) struct Letter {
    #[serde(rename = "DDBStreamBatchInfo")]
    pub(super) batch: Batch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Batch {
    pub(super) shard_id: String,
    pub(super) start_sequence_number: String,
    pub(super) end_sequence_number: String,
    pub(super) stream_arn: String,
}

/// The letters that were looked at, by their ids: with what each is deleted or shown again.
#[derive(Default)]
pub(super) struct Receipts {
    by_id: HashMap<String, Option<String>>,
    stale: u32,
}

impl Receipts {
    /// Whether a letter was not looked at before; its last receipt is the one that is good.
    pub(super) fn is_first(&mut self, letter: &Message) -> bool {
        let id = letter.message_id.clone().unwrap_or_default();
        let receipt = letter.receipt_handle.clone();
        self.by_id.insert(id, receipt).is_none()
    }

    /// Whether there is nothing more to see, after an answer with so many new letters.
    pub(super) const fn is_enough(&mut self, fresh: usize) -> bool {
        self.stale = if fresh == 0 { self.stale + 1 } else { 0 };
        self.stale == MOST_STALE_ANSWERS
    }

    /// The receipt of a letter that is to be deleted.
    pub(super) fn forget(&mut self, id: &str) -> String {
        let receipt = self.by_id.get_mut(id).and_then(Option::take);
        receipt.unwrap_or_default()
    }

    /// Those of letters that stay.
    pub(super) fn left(self) -> impl Iterator<Item = String> {
        self.by_id.into_values().flatten()
    }
}
