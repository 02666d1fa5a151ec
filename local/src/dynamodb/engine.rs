//! The embedded engine and its file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
use dynoxide::{Database, DynoxideError, ImportOptions};
use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::calls::{Operation, Touch};
use super::meter::Meter;
use super::tables;
use crate::state::State;
use crate::template::model::{Stack, Table};

/// Name of the file in the state folder.
const FILE: &str = "dynamodb.sqlite";

/// How many calls may be under way at once. The engine runs one at a time; the others parse their
/// bodies meanwhile, and wait here in order of arrival and not on the engine's unfair lock.
const CALLS_AT_ONCE: usize = 4;

/// How long a second connection waits for the engine to let go of the file.
const BUSY: Duration = Duration::from_secs(5);

/// Records trimmed under one hold of the file's write lock.
const TRIMMED_AT_ONCE: usize = 500;

/// Added to a stored sequence number to make the 21 digits that a stream shows.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

/// Why the tables cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum DynamoError {
    /// The state folder or its file cannot be used.
    #[error("{path}: {what}")]
    File {
        /// The folder or file.
        path: PathBuf,
        /// What went wrong with it.
        what: String,
    },
    /// A table of the template cannot be made.
    #[error("table {table} cannot be created: {what}")]
    Create {
        /// Logical id of the table.
        table: String,
        /// What the engine says of it.
        what: String,
    },
    /// A table was kept from a former run, and the template has changed since.
    #[error(
        "table {table} was kept with another {what} than the template now has; \
         start once with --reset to begin with empty tables"
    )]
    Changed {
        /// Logical id of the table.
        table: String,
        /// The part that differs.
        what: &'static str,
    },
    /// The door could not serve.
    #[error("the DynamoDB door: {0}")]
    Serve(#[from] std::io::Error),
}

/// The tables of a stack. Clones are handles to the same tables.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    /// For what the engine has no call for: an index on its stream records, and trimming them.
    records: Mutex<Connection>,
    calls: Semaphore,
    /// Tables with a stream, by physical name, each with a count of its writes to wait on.
    streams: BTreeMap<String, Stream>,
    meter: Meter,
    /// Keeps a temporary folder for as long as its file is open.
    state: State,
}

struct Stream {
    view_type: String,
    writes: watch::Sender<u64>,
}

impl Engine {
    /// Opens the tables in the state folder, and makes those that are not there yet.
    ///
    /// # Errors
    /// [`DynamoError`], when the file cannot be used or a kept table is not the template's.
    pub fn open(state: &State, stack: &Stack) -> Result<Self, DynamoError> {
        let path = state.path().join(FILE);
        let failed = |what: String| DynamoError::File {
            path: path.clone(),
            what,
        };
        std::fs::create_dir_all(state.path()).map_err(|error| failed(error.to_string()))?;
        let name = path
            .to_str()
            .ok_or_else(|| failed("the path is not UTF-8".to_owned()))?;
        let database = Database::new(name).map_err(|error| failed(error.to_string()))?;
        match state {
            // Written through at checkpoints and not at every commit: a process may die at any
            // moment and lose nothing, and only a power cut can cost the last writes.
            State::Kept(_) => database.disable_bulk_loading(),
            State::Temporary(_) => database.enable_bulk_loading(),
        }
        .map_err(|error| failed(error.to_string()))?;
        for table in stack.tables.values() {
            tables::ensure(&database, table)?;
        }
        let records = open_records(&path).map_err(|error| failed(error.to_string()))?;
        let streams = stack.tables.values().filter(|table| table.has_stream);
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                records: Mutex::new(records),
                calls: Semaphore::new(CALLS_AT_ONCE),
                streams: streams
                    .map(|table| (table.name.clone(), stream(table)))
                    .collect(),
                meter: Meter::default(),
                state: state.clone(),
            }),
        })
    }

    /// Where its file is.
    pub(super) fn state(&self) -> &State {
        &self.inner.state
    }

    /// Runs `work` on the engine, off the async threads.
    ///
    /// # Errors
    /// Its own, or [`DynoxideError::InternalServerError`] when it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> dynoxide::Result<T> + Send + 'static,
    ) -> dynoxide::Result<T> {
        // The semaphore is never closed; were it, work without it is still right.
        let _turn = self.inner.calls.acquire().await.ok();
        let engine = self.clone();
        tokio::task::spawn_blocking(move || work(&engine.inner.database))
            .await
            .unwrap_or_else(|error| Err(DynoxideError::InternalServerError(error.to_string())))
    }

    /// Runs an operation with that body, and wakes whoever follows what it writes.
    ///
    /// # Errors
    /// [`DynoxideError`], as AWS would refuse the call.
    pub(super) async fn call(
        &self,
        operation: Operation,
        touches: Vec<Touch>,
        body: String,
    ) -> dynoxide::Result<String> {
        let engine = self.clone();
        self.run(move |database| {
            let answer = operation.run(database, &body)?;
            // Here and not after the wait: a caller that hangs up has written all the same.
            if operation.writes() {
                for touch in &touches {
                    engine.wrote(&touch.table);
                }
            }
            Ok(answer)
        })
        .await
    }

    /// Runs an operation for whoever runs the local cloud, who needs no credentials.
    ///
    /// # Errors
    /// The error's JSON, as AWS writes it.
    pub(crate) async fn call_as_operator(
        &self,
        operation: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let operation =
            Operation::named(operation).ok_or_else(|| format!("no operation {operation}"))?;
        let body = body.to_string();
        let touches = operation.touches(&body);
        let answer = self.call(operation, touches, body).await;
        let text = answer.map_err(|error| error.to_json())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    /// What counts the calls of functions.
    pub(crate) fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    /// Puts items into a table all at once, past its stream: how a measurement gets its responders.
    ///
    /// # Errors
    /// What is wrong with the table or an item; then none is there.
    pub(crate) async fn fill(&self, table_name: &str, items: Vec<Value>) -> Result<(), String> {
        let table_name = table_name.to_owned();
        let filled = self.run(move |database| {
            let items = items
                .into_iter()
                .map(serde_json::from_value)
                .collect::<Result<Vec<dynoxide::Item>, _>>()
                .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
            database.import_items(&table_name, items, ImportOptions::default())
        });
        filled.await.map(drop).map_err(|error| error.to_string())
    }

    /// Tells the pollers of that table's stream that there is something to read.
    fn wrote(&self, table_name: &str) {
        if let Some(stream) = self.inner.streams.get(table_name) {
            stream.writes.send_modify(|count| *count += 1);
        }
    }

    /// Tells every poller that there may be something to read.
    pub(super) fn wrote_somewhere(&self) {
        for stream in self.inner.streams.values() {
            stream.writes.send_modify(|count| *count += 1);
        }
    }

    /// Changes with every write to that table; `None` for a table without a stream.
    pub(super) fn writes(&self, table_name: &str) -> Option<watch::Receiver<u64>> {
        Some(self.inner.streams.get(table_name)?.writes.subscribe())
    }

    /// `StreamViewType` of that table, as the template has it.
    pub(super) fn view_type(&self, table_name: &str) -> Option<&str> {
        Some(self.inner.streams.get(table_name)?.view_type.as_str())
    }

    /// Names of the tables with a stream.
    pub(super) fn streamed_tables(&self) -> Vec<String> {
        self.inner.streams.keys().cloned().collect()
    }

    /// The oldest `limit` records of that table's stream after `position`, oldest first. Both
    /// images are there whatever the view type.
    ///
    /// # Errors
    /// [`DynoxideError`], when the file cannot be read.
    pub(super) async fn records_after(
        &self,
        table_name: &str,
        position: i64,
        limit: usize,
    ) -> dynoxide::Result<Vec<Record>> {
        let shard = shard_id(table_name);
        let shard_iterator = encode_shard_iterator(table_name, &shard, position);
        self.run(move |database| {
            let request = GetRecordsRequest {
                shard_iterator,
                limit: Some(limit),
            };
            database.get_records(request).map(|answer| answer.records)
        })
        .await
    }

    /// Position of the newest record of that table's stream; 0 when there is none.
    ///
    /// # Errors
    /// [`rusqlite::Error`], when the file cannot be read.
    pub(super) fn newest_position(&self, table_name: &str) -> rusqlite::Result<i64> {
        self.lock_records().query_row(
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0)
             FROM _stream_records WHERE table_name = ?1",
            [table_name],
            |row| row.get(0),
        )
    }

    /// Deletes that table's stream records up to `position`, but never the newest one: the engine
    /// numbers the next record after it, and without it would trust the clock alone, which can be
    /// set back. Blocks; gives how many went.
    ///
    /// # Errors
    /// [`rusqlite::Error`], when the file cannot be written.
    pub(super) fn trim(&self, table_name: &str, position: i64) -> rusqlite::Result<usize> {
        let before = position.min(self.newest_position(table_name)?.saturating_sub(1));
        let mut trimmed = 0;
        loop {
            let now = self.lock_records().execute(
                "DELETE FROM _stream_records WHERE id IN (
                     SELECT id FROM _stream_records
                     WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2
                     LIMIT ?3)",
                rusqlite::params![
                    table_name,
                    before,
                    i64::try_from(TRIMMED_AT_ONCE).unwrap_or(1)
                ],
            )?;
            trimmed += now;
            if now < TRIMMED_AT_ONCE {
                return Ok(trimmed);
            }
        }
    }

    /// Position up to which that table's records are older than `seconds` since the epoch.
    ///
    /// # Errors
    /// [`rusqlite::Error`], when the file cannot be read.
    pub(super) fn position_before(&self, table_name: &str, seconds: i64) -> rusqlite::Result<i64> {
        self.lock_records().query_row(
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0)
             FROM _stream_records WHERE table_name = ?1 AND created_at < ?2",
            rusqlite::params![table_name, seconds],
            |row| row.get(0),
        )
    }

    fn lock_records(&self) -> std::sync::MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the connection as it was: every use is one statement.
        self.inner
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one shard that the engine gives every table.
pub(super) fn shard_id(table_name: &str) -> String {
    dynoxide::streams::shard_id(table_name)
}

/// Position in the stream of a record with that sequence number, if it is one.
pub(super) fn position_of(sequence_number: &str) -> Option<i64> {
    let shown: u128 = sequence_number.parse().ok()?;
    i64::try_from(shown.checked_sub(SEQUENCE_OFFSET)?).ok()
}

fn stream(table: &Table) -> Stream {
    let view_type = table.properties["StreamSpecification"]["StreamViewType"].as_str();
    Stream {
        view_type: view_type.unwrap_or("NEW_AND_OLD_IMAGES").to_owned(),
        writes: watch::Sender::new(0),
    }
}

/// The engine looks for the newest record of a stream at every write to its table, and by an
/// expression that it has no index for.
fn open_records(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS callout_stream_order
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(connection)
}
