//! Faults made on purpose, so that a test can prove what a crash leaves behind.
//!
//! A fault is told to a door before it happens and happens at one exact call, not at a time: a test
//! that depends on it does not depend on the machine's speed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::watch;

type Kill = Arc<dyn Fn(String) -> BoxFuture<'static, ()> + Send + Sync>;

/// The faults that are still to happen. Clones share them.
#[derive(Clone, Default)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    kill: Option<Kill>,
    crashes: Vec<Crash>,
}

struct Crash {
    function: String,
    operation: String,
    calls_left: u32,
    happened: watch::Sender<bool>,
}

/// A fault that was told: whether it has happened yet.
#[derive(Debug)]
pub struct Told {
    happened: watch::Receiver<bool>,
}

impl Told {
    /// Waits until it has happened.
    pub async fn happens(mut self) {
        // A sender that is gone without having sent belongs to a cloud that has ended.
        let _ = self.happened.wait_for(|happened| *happened).await;
    }

    /// Whether it has happened.
    pub fn has_happened(&self) -> bool {
        *self.happened.borrow()
    }
}

impl Faults {
    /// Ends every process of `function` once its call number `call` (1 is the next) of `operation` on
    /// DynamoDB is done, and before it is answered: the moment between a commit and everything after.
    pub fn crash_after(&self, function: &str, operation: &str, call: u32) -> Told {
        let sender = watch::Sender::new(false);
        let happened = sender.subscribe();
        self.shared().crashes.push(Crash {
            function: function.to_owned(),
            operation: operation.to_owned(),
            calls_left: call,
            happened: sender,
        });
        Told { happened }
    }

    /// How a function's processes are ended; the assembly knows.
    pub(crate) fn kill_by(&self, kill: Kill) {
        self.shared().kill = Some(kill);
    }

    /// Told by a door that a call is done and about to be answered.
    pub(crate) async fn done(&self, function: Option<&str>, operation: &str) {
        let Some(function) = function else { return };
        let due = self.due(function, operation);
        if let Some((kill, happened)) = due {
            kill(function.to_owned()).await;
            happened.send_replace(true);
        }
    }

    fn due(&self, function: &str, operation: &str) -> Option<(Kill, watch::Sender<bool>)> {
        let mut shared = self.shared();
        let place = shared
            .crashes
            .iter()
            .position(|crash| crash.function == function && crash.operation == operation)?;
        let crash = &mut shared.crashes[place];
        crash.calls_left = crash.calls_left.saturating_sub(1);
        if crash.calls_left > 0 {
            return None;
        }
        let crash = shared.crashes.remove(place);
        Some((shared.kill.clone()?, crash.happened))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Faults")
            .field("crashes", &self.shared().crashes.len())
            .finish()
    }
}
