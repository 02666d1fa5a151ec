//! Event source mappings: table streams that start functions, as Lambda polls them.
//!
//! Each `DynamoDB` event of the template is one mapping. It reads its table's stream from where it
//! last stopped, leaves out what its filters do not want, and hands batches to the function in
//! `ParallelizationFactor` lanes. Records of one partition key share a lane, so they keep their
//! order; a lane that must retry holds back its own records and nobody else's.
//!
//! Positions are kept in the state folder after every batch, and cover only what is done: a record
//! is delivered again after a crash in the middle of its batch, and never skipped.

mod batch;
mod checkpoints;
mod filters;
mod lanes;
mod mapping;
mod outcome;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use self::checkpoints::Checkpoints;
use self::mapping::Mapping;
use super::Engine;
use crate::dead_letters::DeadLetters;
use crate::faults::Faults;
use crate::lambda::Invoke;
use crate::template::model::Stack;

/// How often what every mapping has done with is trimmed from the streams.
const TRIM_EVERY: Duration = Duration::from_secs(2);

/// When a stream is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Polling {
    /// As soon as something is written.
    #[default]
    Immediate,
    /// Every so often; AWS polls about every 250 ms.
    Every(Duration),
}

/// Why streams cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Where each mapping stopped cannot be read or kept.
    #[error("the positions in the streams cannot be kept: {0}")]
    Checkpoints(#[from] rusqlite::Error),
    /// A mapping is to a table that the engine has no stream of.
    #[error("function {function} is started by {table}, which has no stream")]
    NoStream {
        /// Logical id of the function.
        function: String,
        /// Logical id of the table.
        table: String,
    },
}

/// How streams are followed.
#[derive(Debug, Clone, Default)]
pub struct Following {
    /// When they are looked at.
    pub polling: Polling,
    /// Faults that are made on purpose: batches that come again.
    pub faults: Faults,
    /// Filled in on the way, for who wants to know how far it is.
    pub reached: Reached,
}

/// How far each mapping of each table is done: `(table, function)` to its position. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Reached(Arc<watch::Sender<BTreeMap<(String, String), i64>>>);

impl Reached {
    fn set(&self, table: &str, function: &str, position: i64) {
        self.0.send_modify(|positions| {
            positions.insert((table.to_owned(), function.to_owned()), position);
        });
    }

    /// Waits until every function of `stack` has been handed, and is done with or has given up, all
    /// that was written to the tables whose streams start it.
    ///
    /// # Errors
    /// [`rusqlite::Error`], when the tables cannot be read.
    pub(crate) async fn idle(&self, engine: &Engine, stack: &Stack) -> rusqlite::Result<()> {
        loop {
            let mut newest = BTreeMap::new();
            for function in stack.functions.values() {
                for source in &function.streams {
                    if let Some(table) = stack.tables.get(&source.table) {
                        let mapping = (table.name.clone(), function.logical_id.clone());
                        newest.insert(mapping, engine.newest_position(&table.name)?);
                    }
                }
            }
            let is_past = |positions: &BTreeMap<_, i64>| {
                let past =
                    |(mapping, newest)| positions.get(mapping).is_some_and(|it| it >= newest);
                newest.iter().all(past)
            };
            if is_past(&self.0.borrow()) {
                return Ok(());
            }
            // The sender lives in `self`, so it cannot be gone while we wait.
            let _ = self.0.subscribe().wait_for(is_past).await;
            // Deliveries may have written more meanwhile.
        }
    }

    /// Position that every mapping of a table is past.
    fn slowest(&self) -> BTreeMap<String, i64> {
        let positions = self.0.borrow();
        let mut slowest = BTreeMap::new();
        for ((table, _), position) in positions.iter() {
            let least = slowest.entry(table.clone()).or_insert(*position);
            *least = (*least).min(*position);
        }
        slowest
    }
}

/// Follows the streams of `stack` until `shutdown` turns true; batches under way are waited for.
///
/// # Errors
/// [`StreamError`], when it cannot begin. Once it runs, failures are retried and logged.
pub async fn run(
    engine: Engine,
    stack: Arc<Stack>,
    functions: Arc<dyn Invoke>,
    dead_letters: DeadLetters,
    following: Following,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), StreamError> {
    let checkpoints = Checkpoints::open(engine.state())?;
    let mut mappings = JoinSet::new();
    for function in stack.functions.values() {
        for source in &function.streams {
            let missing = || StreamError::NoStream {
                function: function.logical_id.clone(),
                table: source.table.clone(),
            };
            let table = stack.tables.get(&source.table).ok_or_else(missing)?;
            let writes = engine.writes(&table.name).ok_or_else(missing)?;
            let mapping = Mapping {
                engine: engine.clone(),
                checkpoints: checkpoints.clone(),
                reached: following.reached.clone(),
                functions: Arc::clone(&functions),
                dead_letters: dead_letters.clone(),
                function: function.logical_id.clone(),
                source: source.clone(),
                table: record::Table::new(table, &engine),
                faults: following.faults.clone(),
                polling: following.polling,
            };
            let mapping = mapping.start()?;
            mappings.spawn(mapping.run(writes, shutdown.clone()));
        }
    }
    let trimming = trim(engine, following.reached);
    tokio::select! {
        () = wait_for_all(&mut mappings) => {}
        () = trimming => {}
    }
    // A stack without streams has nothing to wait for, and still runs until it is told to stop.
    mapping::told_to_stop(&mut shutdown).await;
    Ok(())
}

async fn wait_for_all(mappings: &mut JoinSet<()>) {
    while let Some(ended) = mappings.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "an event source mapping ended");
        }
    }
}

async fn trim(engine: Engine, reached: Reached) {
    let mut ticks = tokio::time::interval(TRIM_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for (table, position) in reached.slowest() {
            let trimming = engine.clone();
            let name = table.clone();
            let trimmed = engine
                .run(move |_| Ok(trimming.trim(&name, position)?))
                .await;
            if let Err(error) = trimmed {
                tracing::warn!(%error, table, "the stream could not be trimmed");
            }
        }
    }
}

#[cfg(test)]
mod tests;
