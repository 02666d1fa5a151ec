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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn record(position: i64, key_hash: u64, length: usize) -> Record {
        Record {
            position,
            sequence_number: position.to_string(),
            key_hash,
            written: 0.0,
            event: Value::Null,
            length,
        }
    }

    fn positions(taken: &[(usize, Vec<Record>)]) -> Vec<(usize, Vec<i64>)> {
        let positions = |batch: &Vec<Record>| batch.iter().map(|record| record.position).collect();
        taken
            .iter()
            .map(|(lane, batch)| (*lane, positions(batch)))
            .collect()
    }

    #[test]
    fn a_batch_ends_at_its_size_and_before_six_megabytes() {
        let mut lanes = Lanes::new(1, &Checkpoint::default());
        for position in 1..=4 {
            lanes.push(record(position, 0, 2_500_000));
        }
        let taken = lanes.take_due(3, Duration::ZERO);
        assert_eq!(positions(&taken), [(0, vec![1, 2])]);
        assert!(
            lanes.take_due(3, Duration::ZERO).is_empty(),
            "a busy lane waits"
        );
        lanes.rest(0);
        let taken = lanes.take_due(1, Duration::ZERO);
        assert_eq!(positions(&taken), [(0, vec![3])]);
    }

    #[test]
    fn a_record_larger_than_a_batch_goes_alone() {
        let mut lanes = Lanes::new(1, &Checkpoint::default());
        lanes.push(record(1, 0, 7_000_000));
        assert_eq!(
            positions(&lanes.take_due(3, Duration::ZERO)),
            [(0, vec![1])]
        );
    }

    #[test]
    fn a_checkpoint_covers_what_is_done_and_nothing_else() {
        let mut lanes = Lanes::new(2, &Checkpoint::default());
        for (position, key) in [(1, 0), (2, 1), (3, 0), (4, 1)] {
            lanes.push(record(position, key, 1));
            lanes.set_read(position);
        }
        lanes.take_due(1, Duration::ZERO);
        assert_eq!(lanes.checkpoint().position, 0);
        // Lane 1 is done with its first record, lane 0 with none.
        lanes.done(1, 2);
        let checkpoint = lanes.checkpoint();
        assert_eq!(checkpoint.position, 0);
        let covered: Vec<_> = [(1, 0), (2, 1), (3, 0), (4, 1)]
            .into_iter()
            .filter(|(position, lane)| checkpoint.covers(*position, *lane, 2))
            .collect();
        assert_eq!(covered, [(2, 1)]);
        assert!(!checkpoint.covers(2, 1, 3), "other lanes, other keys");
        lanes.done(0, 1);
        assert_eq!(lanes.checkpoint().position, 2);
        lanes.rest(0);
        lanes.rest(1);
        lanes.take_due(1, Duration::ZERO);
        lanes.done(0, 3);
        lanes.done(1, 4);
        assert_eq!(lanes.checkpoint().position, 4);
    }
}
