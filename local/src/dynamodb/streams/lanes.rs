//! Lanes: records of one partition key behind one another.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::checkpoints::Checkpoint;
use super::record::Record;

/// Lambda hands over at most 6 MB; what stands around the records is left room for.
const LARGEST_BATCH: usize = 6 * 1024 * 1024 - 1024;

/// What is read and not yet done.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// The last record that was looked at, wanted or not.
    read: i64,
}

#[derive(Default)]
struct Lane {
    /// Read, and not handed to the function yet. With when each came.
    waiting: VecDeque<(Instant, Record)>,
    /// Positions that the function has and is not done with, oldest first.
    running: VecDeque<i64>,
    busy: bool,
    done: i64,
}

impl Lanes {
    /// `count` lanes that go on after `checkpoint`.
    pub(super) fn new(count: usize, checkpoint: &Checkpoint) -> Self {
        let mut lanes = Vec::new();
        lanes.resize_with(count.max(1), Lane::default);
        if checkpoint.lanes == lanes.len() {
            for (lane, done) in &checkpoint.ahead {
                if let Some(lane) = lanes.get_mut(*lane) {
                    lane.done = *done;
                }
            }
        }
        Self {
            lanes,
            read: checkpoint.position,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.lanes.len()
    }

    /// The lane of that key.
    pub(super) fn lane_of(&self, key_hash: u64) -> usize {
        let lanes = u64::try_from(self.lanes.len()).unwrap_or(1);
        usize::try_from(key_hash % lanes).unwrap_or(0)
    }

    /// The record that was read last.
    pub(super) fn read(&self) -> i64 {
        self.read
    }

    /// Everything up to `position` has been read.
    pub(super) fn set_read(&mut self, position: i64) {
        self.read = self.read.max(position);
    }

    /// Records that wait for their function.
    pub(super) fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.waiting.len()).sum()
    }

    pub(super) fn push(&mut self, record: Record) {
        let lane = self.lane_of(record.key_hash);
        self.lanes[lane].waiting.push_back((Instant::now(), record));
    }

    /// Takes the next batch of every lane that has one due and is not busy.
    pub(super) fn take_due(&mut self, size: usize, window: Duration) -> Vec<(usize, Vec<Record>)> {
        let now = Instant::now();
        let mut taken = Vec::new();
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            if lane.due(size, window).is_some_and(|due| due <= now) {
                taken.push((number, lane.take(size)));
            }
        }
        taken
    }

    /// When the next batch is due, if one waits.
    pub(super) fn next_due(&self, size: usize, window: Duration) -> Option<Instant> {
        self.lanes
            .iter()
            .filter_map(|lane| lane.due(size, window))
            .min()
    }

    /// The function is done with that lane's records up to `position`.
    pub(super) fn done(&mut self, lane: usize, position: i64) {
        let lane = &mut self.lanes[lane];
        lane.done = lane.done.max(position);
        while lane
            .running
            .front()
            .is_some_and(|running| *running <= position)
        {
            lane.running.pop_front();
        }
    }

    /// That lane may take its next batch.
    pub(super) fn rest(&mut self, lane: usize) {
        self.lanes[lane].busy = false;
    }

    /// How far everything is done.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let position = self.lanes.iter().filter_map(Lane::oldest_undone).min();
        let position = position.map_or(self.read, |oldest| oldest - 1);
        let ahead = self.lanes.iter().enumerate();
        let ahead = ahead
            .filter(|(_, lane)| lane.done > position)
            .map(|(number, lane)| (number, lane.done));
        Checkpoint {
            position,
            lanes: self.lanes.len(),
            ahead: ahead.collect(),
        }
    }
}

impl Lane {
    fn due(&self, size: usize, window: Duration) -> Option<Instant> {
        if self.busy {
            return None;
        }
        let (came, _) = self.waiting.front()?;
        Some(if self.waiting.len() >= size {
            *came
        } else {
            *came + window
        })
    }

    fn take(&mut self, size: usize) -> Vec<Record> {
        let mut batch: Vec<Record> = Vec::new();
        let mut length = 0;
        while let Some((_, next)) = self.waiting.front() {
            length += next.length + 1;
            if batch.len() == size || (length > LARGEST_BATCH && !batch.is_empty()) {
                break;
            }
            let Some((_, record)) = self.waiting.pop_front() else {
                break;
            };
            self.running.push_back(record.position);
            batch.push(record);
        }
        self.busy = true;
        batch
    }

    fn oldest_undone(&self) -> Option<i64> {
        let waiting = self.waiting.front().map(|(_, record)| record.position);
        self.running.front().copied().or(waiting)
    }
}
