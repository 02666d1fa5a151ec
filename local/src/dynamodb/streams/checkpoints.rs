//! Where each mapping stopped, on disk.
//!
//! In a file of its own, so that keeping a position never waits for a write to the tables.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use crate::state::State;

/// Name of the file in the state folder.
const FILE: &str = "streams.sqlite";

/// How far a mapping is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Checkpoint {
    /// Everything up to here is done.
    pub(super) position: i64,
    /// How many lanes there were.
    pub(super) lanes: usize,
    /// Lanes that are done further than `position`: their number, and how far.
    pub(super) ahead: BTreeMap<usize, i64>,
}

impl Checkpoint {
    /// Whether the record at `position`, in that one of so many lanes, is done.
    pub(super) fn covers(&self, position: i64, lane: usize, lanes: usize) -> bool {
        // With another number of lanes, keys fall into other lanes than they did.
        position <= self.position
            || (lanes == self.lanes && self.ahead.get(&lane).is_some_and(|done| position <= *done))
    }
}

/// The checkpoints of all mappings.
#[derive(Clone)]
pub(super) struct Checkpoints(Arc<Mutex<Connection>>);

impl Checkpoints {
    pub(super) fn open(state: &State) -> rusqlite::Result<Self> {
        let connection = Connection::open(state.path().join(FILE))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = match state {
            State::Kept(_) => "NORMAL",
            State::Temporary(_) => "OFF",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS checkpoints (
                 table_name TEXT NOT NULL,
                 function TEXT NOT NULL,
                 position INTEGER NOT NULL,
                 lanes INTEGER NOT NULL,
                 ahead TEXT NOT NULL,
                 PRIMARY KEY (table_name, function)
             )",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The checkpoint of that mapping, unless it starts for the first time.
    pub(super) fn load(&self, table: &str, function: &str) -> rusqlite::Result<Option<Checkpoint>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .query_row(
                "SELECT position, lanes, ahead FROM checkpoints
                 WHERE table_name = ?1 AND function = ?2",
                [table, function],
                |row| {
                    let ahead: String = row.get(2)?;
                    Ok(Checkpoint {
                        position: row.get(0)?,
                        lanes: row.get(1)?,
                        ahead: serde_json::from_str(&ahead).unwrap_or_default(),
                    })
                },
            )
            .optional()
    }

    /// Keeps the checkpoint of that mapping. Blocks.
    pub(super) fn save(
        &self,
        table: &str,
        function: &str,
        checkpoint: &Checkpoint,
    ) -> rusqlite::Result<()> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(
            "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET position = ?3, lanes = ?4, ahead = ?5",
        )?;
        statement.execute(params![
            table,
            function,
            checkpoint.position,
            checkpoint.lanes,
            serde_json::to_string(&checkpoint.ahead).unwrap_or_else(|_| "{}".to_owned()),
        ])?;
        Ok(())
    }
}
