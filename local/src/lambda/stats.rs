//! What a function has done so far.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::InvokeError;

/// One function in numbers, since the start.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionStats {
    /// Its logical id.
    pub function: String,
    /// Events it was given, whatever came of them.
    pub invocations: u64,
    /// Processes started for it.
    pub cold_starts: u64,
    /// Invocations without an answer: errors, crashes, timeouts.
    pub errors: u64,
    /// Events turned away because all its instances were busy.
    pub throttles: u64,
    /// How long the last invocation took, in milliseconds, waiting for an instance excluded.
    pub last_duration_ms: Option<f64>,
    /// How long the last process that was started took to its first poll, in milliseconds.
    pub last_init_ms: Option<f64>,
    /// Processes alive now.
    pub instances: usize,
    /// Resident memory of the largest of them, in bytes, where the system tells.
    pub resident_bytes: Option<u64>,
}

/// The counters behind [`FunctionStats`].
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<Counts>);

#[derive(Debug, Default, Clone)]
struct Counts {
    invocations: u64,
    cold_starts: u64,
    errors: u64,
    throttles: u64,
    last_duration: Option<Duration>,
    last_init: Option<Duration>,
}

impl Counters {
    fn with(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn cold_start(&self) {
        self.with(|counts| counts.cold_starts += 1);
    }

    pub(super) fn invoked(&self, duration: Duration) {
        self.with(|counts| {
            counts.invocations += 1;
            counts.last_duration = Some(duration);
        });
    }

    pub(super) fn polled(&self, after: Duration) {
        self.with(|counts| counts.last_init = Some(after));
    }

    pub(super) fn failed(&self, error: &InvokeError) {
        self.with(|counts| match error {
            InvokeError::Throttled => counts.throttles += 1,
            InvokeError::TimedOut | InvokeError::Crashed(_) | InvokeError::Function(_) => {
                counts.errors += 1;
            }
            InvokeError::Unknown(_) | InvokeError::Stopping => {}
        });
    }

    pub(super) fn report(&self, function: &str, processes: &[u32]) -> FunctionStats {
        let counts = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        FunctionStats {
            function: function.to_owned(),
            invocations: counts.invocations,
            cold_starts: counts.cold_starts,
            errors: counts.errors,
            throttles: counts.throttles,
            last_duration_ms: counts.last_duration.map(milliseconds),
            last_init_ms: counts.last_init.map(milliseconds),
            instances: processes.len(),
            resident_bytes: processes
                .iter()
                .filter_map(|pid| resident_bytes(*pid))
                .max(),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// `VmRSS` of a process; `None` where there is no `/proc` or no such process.
fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1_024)
}
