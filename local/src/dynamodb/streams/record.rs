//! Stream records in the shape that Lambda hands them to functions.

use dynoxide::actions::get_records::Record as EngineRecord;
use serde_json::{Value, json};

use super::super::Engine;
use super::super::engine::position_of;
use crate::template::model;
use crate::template::{REGION, stream_arn};

/// What a mapping must know of its table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) logical_id: String,
    pub(super) name: String,
    pub(super) stream_arn: String,
    partition_key: String,
    view_type: String,
}

impl Table {
    pub(super) fn new(table: &model::Table, engine: &Engine) -> Self {
        let keys = table.properties["KeySchema"].as_array();
        let partition_key = keys
            .into_iter()
            .flatten()
            .find(|key| key["KeyType"] == "HASH")
            .and_then(|key| key["AttributeName"].as_str());
        Self {
            logical_id: table.logical_id.clone(),
            name: table.name.clone(),
            stream_arn: stream_arn(&table.name),
            partition_key: partition_key.unwrap_or_default().to_owned(),
            view_type: engine.view_type(&table.name).unwrap_or_default().to_owned(),
        }
    }
}

/// One record on its way to a function.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Where it stands in the stream.
    pub(super) position: i64,
    /// What the function names it by when it reports its failure.
    pub(super) sequence_number: String,
    /// Equal for records of one partition key, and the same after a restart.
    pub(super) key_hash: u64,
    /// When it was written, in seconds since the epoch.
    pub(super) written: f64,
    /// As an item of the event's `Records`.
    pub(super) event: Value,
    /// The length of the event as text.
    pub(super) length: usize,
}

impl Record {
    /// `None` for a write that changed nothing, which has no record in AWS.
    pub(super) fn new(record: &EngineRecord, table: &Table) -> Option<Self> {
        let images = (&record.dynamodb.old_image, &record.dynamodb.new_image);
        if let (Some(old), Some(new)) = images
            && old == new
        {
            return None;
        }
        let mut event = serde_json::to_value(record).ok()?;
        event["awsRegion"] = json!(REGION);
        event["eventSourceARN"] = json!(table.stream_arn);
        let change = event.get_mut("dynamodb")?.as_object_mut()?;
        change.insert("StreamViewType".to_owned(), json!(table.view_type));
        if !table.view_type.contains("NEW") {
            change.remove("NewImage");
        }
        if !table.view_type.contains("OLD") {
            change.remove("OldImage");
        }
        let key = &event["dynamodb"]["Keys"][&table.partition_key];
        let sequence_number = record.dynamodb.sequence_number.clone();
        Some(Self {
            position: position_of(&sequence_number)?,
            sequence_number,
            key_hash: hash(key.to_string().as_bytes()),
            written: record.dynamodb.approximate_creation_date_time,
            length: event.to_string().len(),
            event,
        })
    }
}

/// FNV-1a. The hash must not change between runs or versions of the compiler, because positions
/// are kept by lane and lanes are chosen by it.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
