//! One event source mapping: reads, hands out, and remembers.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::batch::{Courier, News};
use super::checkpoints::{Checkpoint, Checkpoints};
use super::filters;
use super::lanes::Lanes;
use super::record::{Record, Table};
use super::{Polling, Reached};
use crate::dead_letters::DeadLetters;
use crate::dynamodb::Engine;
use crate::faults::Faults;
use crate::lambda::Invoke;
use crate::template::model::StreamSource;

/// Records read at once.
const READ_AT_ONCE: usize = 1_000;
/// Records held while their lanes are busy; beyond it, reading waits.
const HELD_AT_MOST: usize = 10_000;
/// How long a stream that cannot be read is left alone.
const AFTER_A_READ_ERROR: std::time::Duration = std::time::Duration::from_secs(1);

/// A mapping before it runs.
pub(super) struct Mapping {
    pub(super) engine: Engine,
    pub(super) checkpoints: Checkpoints,
    pub(super) reached: Reached,
    pub(super) functions: Arc<dyn Invoke>,
    pub(super) dead_letters: DeadLetters,
    pub(super) faults: Faults,
    pub(super) function: String,
    pub(super) source: StreamSource,
    pub(super) table: Table,
    pub(super) polling: Polling,
}

/// A mapping that knows where to go on.
pub(super) struct Running {
    mapping: Mapping,
    lanes: Lanes,
    start: Checkpoint,
    saved: Checkpoint,
}

impl Mapping {
    /// Finds where the mapping stopped, or its `StartingPosition` if it never ran.
    pub(super) fn start(self) -> rusqlite::Result<Running> {
        let start = if let Some(kept) = self.checkpoints.load(&self.table.name, &self.function)? {
            kept
        } else {
            let first = Checkpoint {
                position: match self.source.starting_position.as_str() {
                    "LATEST" => self.engine.newest_position(&self.table.name)?,
                    _ => 0,
                },
                ..Checkpoint::default()
            };
            self.checkpoints
                .save(&self.table.name, &self.function, &first)?;
            first
        };
        self.reached
            .set(&self.table.name, &self.function, start.position);
        Ok(Running {
            lanes: Lanes::new(self.source.parallelization_factor, &start),
            saved: start.clone(),
            start,
            mapping: self,
        })
    }
}

impl Running {
    /// Runs until `shutdown` turns true, and then until what is under way has ended.
    pub(super) async fn run(
        mut self,
        mut writes: watch::Receiver<u64>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let (tell, mut news) = mpsc::unbounded_channel();
        let courier = Arc::new(self.courier(tell, shutdown.clone()));
        let mut under_way = JoinSet::new();
        let mut look_again_at = Some(Instant::now());
        loop {
            let room = self.lanes.waiting() < HELD_AT_MOST;
            if room && look_again_at.is_some_and(|at| at <= Instant::now()) {
                // Seen before reading, so that a write meanwhile is read next.
                writes.borrow_and_update();
                look_again_at = self.read().await;
            }
            let (size, window) = (
                self.mapping.source.batch_size,
                self.mapping.source.batching_window,
            );
            for (lane, batch) in self.lanes.take_due(size, window) {
                under_way.spawn(Arc::clone(&courier).deliver(lane, batch));
            }
            let room = self.lanes.waiting() < HELD_AT_MOST;
            let due = self.lanes.next_due(size, window);
            let wake_on_write = look_again_at.is_none();
            let wake_at = [due, look_again_at.filter(|_| room)]
                .into_iter()
                .flatten()
                .min();
            tokio::select! {
                Some(first) = news.recv() => self.hear(first, &mut news).await,
                Ok(()) = writes.changed(), if wake_on_write => look_again_at = Some(Instant::now()),
                () = sleep_until(wake_at) => {}
                () = told_to_stop(&mut shutdown) => break,
                Some(ended) = under_way.join_next() => if let Err(error) = ended {
                    tracing::error!(%error, "a batch ended without an outcome");
                }
            }
        }
        while under_way.join_next().await.is_some() {}
        drop(courier);
        while let Some(first) = news.recv().await {
            self.hear(first, &mut news).await;
        }
    }

    fn courier(
        &self,
        news: mpsc::UnboundedSender<News>,
        shutdown: watch::Receiver<bool>,
    ) -> Courier {
        Courier {
            function: self.mapping.function.clone(),
            source: self.mapping.source.clone(),
            table: self.mapping.table.clone(),
            functions: Arc::clone(&self.mapping.functions),
            dead_letters: self.mapping.dead_letters.clone(),
            faults: self.mapping.faults.clone(),
            news,
            shutdown,
        }
    }

    /// Reads on; gives when to look again, or `None` to wait for the next write.
    async fn read(&mut self) -> Option<Instant> {
        let mapping = &self.mapping;
        let name = &mapping.table.name;
        let read = mapping
            .engine
            .records_after(name, self.lanes.read(), READ_AT_ONCE)
            .await;
        let records = match read {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, table = mapping.table.logical_id, "the stream cannot be read");
                return Some(Instant::now() + AFTER_A_READ_ERROR);
            }
        };
        for record in &records {
            let number = &record.dynamodb.sequence_number;
            let Some(position) = crate::dynamodb::engine::position_of(number) else {
                continue;
            };
            self.lanes.set_read(position);
            let Some(record) = Record::new(record, &self.mapping.table) else {
                continue;
            };
            let lane = self.lanes.lane_of(record.key_hash);
            let done = self.start.covers(position, lane, self.lanes.count());
            if !done && filters::accept(&self.mapping.source.filters, &record.event) {
                self.lanes.push(record);
            }
        }
        if self.lanes.waiting() == 0 {
            self.save().await;
        }
        let caught_up = records.len() < READ_AT_ONCE;
        match self.mapping.polling {
            Polling::Immediate if caught_up => None,
            Polling::Every(pause) if caught_up => Some(Instant::now() + pause),
            Polling::Immediate | Polling::Every(_) => Some(Instant::now()),
        }
    }

    /// Takes in what the lanes have to tell, all of it at once, and keeps the outcome.
    async fn hear(&mut self, first: News, more: &mut mpsc::UnboundedReceiver<News>) {
        let mut next = Some(first);
        while let Some(news) = next {
            match news {
                News::Done { lane, position } => self.lanes.done(lane, position),
                News::Rests { lane } => self.lanes.rest(lane),
            }
            next = more.try_recv().ok();
        }
        self.save().await;
    }

    async fn save(&mut self) {
        let checkpoint = self.lanes.checkpoint();
        if checkpoint == self.saved {
            return;
        }
        let (table, function) = (
            self.mapping.table.name.clone(),
            self.mapping.function.clone(),
        );
        let (kept, checkpoints) = (checkpoint.clone(), self.mapping.checkpoints.clone());
        let saving =
            tokio::task::spawn_blocking(move || checkpoints.save(&table, &function, &kept));
        match saving.await {
            Ok(Ok(())) => {
                let Mapping {
                    table, function, ..
                } = &self.mapping;
                self.mapping
                    .reached
                    .set(&table.name, function, checkpoint.position);
                self.saved = checkpoint;
            }
            // It is saved with the next batch; until then a crash would deliver this one again.
            Ok(Err(error)) => tracing::error!(%error, "a position in a stream could not be kept"),
            Err(error) => tracing::error!(%error, "a position in a stream could not be kept"),
        }
    }
}

/// Waits to be told to stop; nobody left to tell is being told.
pub(super) async fn told_to_stop(shutdown: &mut watch::Receiver<bool>) {
    shutdown.wait_for(|stop| *stop).await.ok();
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
