//! What a function says of the batch it was handed.

use serde::Deserialize;

use super::record::Record;
use crate::lambda::InvokeError;

/// How a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it is done.
    Done,
    /// Records before this index are done; it and those after it are not.
    FailedFrom(usize),
    /// None of it is done.
    Failed,
    /// The function was not run at all.
    NotRun,
    /// The local cloud is stopping.
    Stopping,
}

/// Reads the answer to `batch`; `reports` is whether the mapping takes `batchItemFailures`.
pub(super) fn read(
    answer: Result<&[u8], &InvokeError>,
    batch: &[Record],
    reports: bool,
) -> Outcome {
    match answer {
        Ok(body) if reports => failures(body, batch),
        Ok(_) => Outcome::Done,
        Err(InvokeError::Throttled) => Outcome::NotRun,
        Err(InvokeError::Stopping) => Outcome::Stopping,
        Err(
            InvokeError::Unknown(_)
            | InvokeError::TimedOut
            | InvokeError::Crashed(_)
            | InvokeError::Function(_),
        ) => Outcome::Failed,
    }
}

/// Nothing, `null`, `{}` and an empty list are success. What is no list of failures, and a failure
/// that names no record of the batch, fail all of it.
fn failures(body: &[u8], batch: &[Record]) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Report {
        #[serde(default)]
        batch_item_failures: Option<Vec<Failure>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        item_identifier: String,
    }
    if body.trim_ascii().is_empty() {
        return Outcome::Done;
    }
    let Ok(report) = serde_json::from_slice::<Option<Report>>(body) else {
        return Outcome::Failed;
    };
    let failures = report
        .and_then(|report| report.batch_item_failures)
        .unwrap_or_default();
    let mut lowest = None;
    for failure in &failures {
        let index = batch
            .iter()
            .position(|record| record.sequence_number == failure.item_identifier);
        let Some(index) = index else {
            return Outcome::Failed;
        };
        lowest = Some(lowest.map_or(index, |lowest: usize| lowest.min(index)));
    }
    match lowest {
        None => Outcome::Done,
        Some(0) => Outcome::Failed,
        Some(index) => Outcome::FailedFrom(index),
    }
}
