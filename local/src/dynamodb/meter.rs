//! Counts what functions ask of the tables, for measurements. Off until it is started.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::calls::Operation;

/// What is measured, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metering {
    /// Whether items and capacity are counted too, which costs reading every answer once more.
    pub capacity: bool,
    /// How long each answer is held back. Calls that were sent at once then overlap for certain, and
    /// those that waited for one another do not.
    pub hold: Duration,
}

/// One call that was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Metered {
    /// Logical id of the function that called, if a function did.
    pub function: Option<String>,
    /// The operation, such as `Query`.
    pub operation: &'static str,
    /// When it had come in.
    pub started: Instant,
    /// When the tables had answered it.
    pub answered: Instant,
    /// When its answer was let go: later than `answered` where answers are held back.
    pub ended: Instant,
    /// Items that it puts.
    pub puts: usize,
    /// Whether it was refused: a condition that did not hold, above all.
    pub refused: bool,
    /// Items that were read before any filter; 0 where none are or they are not counted.
    pub items: u64,
    /// Capacity units, as `DynamoDB` counts them; 0 for a refused call, whose answer does not say.
    pub capacity_units: f64,
}

/// Counts calls while it is on. Clones share the count.
#[derive(Debug, Clone)]
pub struct Meter {
    shared: Arc<Mutex<Shared>>,
    counted: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Shared {
    on: Option<Metering>,
    calls: Vec<Metered>,
}

/// A call under way that is to be counted.
pub(super) struct Counting {
    meter: Meter,
    how: Metering,
    function: Option<String>,
    operation: Operation,
    puts: usize,
    started: Instant,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            shared: Arc::default(),
            counted: watch::Sender::new(0),
        }
    }
}

impl Meter {
    /// Forgets what was counted and counts from now on.
    pub fn start(&self, how: Metering) {
        let mut shared = self.shared();
        shared.on = Some(how);
        shared.calls.clear();
    }

    /// Counts no more and gives what was counted, in the order in which the calls ended.
    pub fn stop(&self) -> Vec<Metered> {
        let mut shared = self.shared();
        shared.on = None;
        std::mem::take(&mut shared.calls)
    }

    /// Waits until the calls since the start, each weighed, come to `count`; when the last of them was
    /// answered.
    pub async fn wait_for(&self, count: usize, weigh: impl Fn(&Metered) -> usize) -> Instant {
        let mut counted = self.counted.subscribe();
        let (mut looked, mut found) = (0, 0);
        loop {
            counted.borrow_and_update();
            {
                let shared = self.shared();
                for call in shared.calls.iter().skip(looked) {
                    looked += 1;
                    found += weigh(call);
                    if found >= count {
                        return call.answered;
                    }
                }
            }
            // The sender lives in `self`.
            let _ = counted.changed().await;
        }
    }

    /// Waits until no call has been counted for so long.
    pub async fn silence(&self, time: Duration) {
        let mut counted = self.counted.subscribe();
        while tokio::time::timeout(time, counted.changed()).await.is_ok() {}
    }

    /// A call has come in; `None` when nothing is counted.
    pub(super) fn begin(&self, function: Option<&str>, operation: Operation) -> Option<Counting> {
        let how = self.shared().on?;
        Some(Counting {
            meter: self.clone(),
            how,
            function: function.map(str::to_owned),
            operation,
            puts: 0,
            started: Instant::now(),
        })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counting {
    /// The body, asking for the capacity that it takes.
    pub(super) fn ask(&mut self, body: String) -> String {
        self.puts = puts(self.operation, &body);
        if !self.how.capacity {
            return body;
        }
        match serde_json::from_str::<Value>(&body) {
            Ok(mut call) if call.is_object() => {
                call["ReturnConsumedCapacity"] = json!("TOTAL");
                call.to_string()
            }
            Ok(_) | Err(_) => body,
        }
    }

    /// The tables have answered; `None` where they refused.
    pub(super) async fn done(self, answer: Option<&str>) {
        let answered = Instant::now();
        let (items, capacity_units) = match answer {
            Some(answer) if self.how.capacity => cost(answer),
            Some(_) | None => (0, 0.0),
        };
        if !self.how.hold.is_zero() {
            tokio::time::sleep(self.how.hold).await;
        }
        let call = Metered {
            function: self.function,
            operation: self.operation.name(),
            started: self.started,
            answered,
            ended: Instant::now(),
            puts: self.puts,
            refused: answer.is_none(),
            items,
            capacity_units,
        };
        let mut shared = self.meter.shared();
        if shared.on.is_some() {
            shared.calls.push(call);
            drop(shared);
            self.meter.counted.send_modify(|count| *count += 1);
        }
    }
}

/// How many items a call puts.
fn puts(operation: Operation, body: &str) -> usize {
    match operation.name() {
        "PutItem" => 1,
        "TransactWriteItems" => {
            let call: Value = serde_json::from_str(body).unwrap_or_default();
            let items = call["TransactItems"].as_array();
            items
                .into_iter()
                .flatten()
                .filter(|item| item.get("Put").is_some())
                .count()
        }
        _ => 0,
    }
}

/// Items and capacity units of an answer.
fn cost(answer: &str) -> (u64, f64) {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let items = answer["ScannedCount"]
        .as_u64()
        .unwrap_or_else(|| u64::from(answer.get("Item").is_some()));
    let units = |one: &Value| one["CapacityUnits"].as_f64().unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    let capacity = match consumed.as_array() {
        Some(tables) => tables.iter().map(units).sum(),
        None => units(consumed),
    };
    (items, capacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_asked_for_and_summed_over_tables() {
        let meter = Meter::default();
        assert!(meter.begin(None, Operation::Query).is_none(), "it is off");
        meter.start(Metering {
            capacity: true,
            hold: Duration::ZERO,
        });
        let asked = meter
            .begin(None, Operation::Query)
            .map(|mut counting| counting.ask(r#"{"TableName": "a"}"#.to_owned()));
        assert_eq!(
            asked.as_deref(),
            Some(r#"{"ReturnConsumedCapacity":"TOTAL","TableName":"a"}"#)
        );
        let answer = r#"{"ConsumedCapacity": [{"CapacityUnits": 2.0}, {"CapacityUnits": 0.5}]}"#;
        assert_eq!(cost(answer), (0, 2.5));
        let answer = r#"{"ConsumedCapacity": {"CapacityUnits": 1.5}, "ScannedCount": 7}"#;
        assert_eq!(cost(answer), (7, 1.5));
    }

    #[tokio::test]
    async fn what_is_waited_for_is_counted_once_it_is_answered() {
        let meter = Meter::default();
        meter.start(Metering::default());
        let query = |function| meter.begin(Some(function), Operation::Query);
        let waiting = meter.wait_for(2, |call| usize::from(call.function.as_deref() == Some("A")));
        let calling = async {
            for function in ["A", "B", "A"] {
                if let Some(counting) = query(function) {
                    counting.done(Some("{}")).await;
                }
            }
        };
        let (last, ()) = tokio::join!(waiting, calling);
        let calls = meter.stop();
        assert_eq!(calls.len(), 3);
        assert_eq!(calls[2].answered, last);
        assert!(query("A").is_none(), "it is off again");
    }
}
