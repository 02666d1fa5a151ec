//! Faults made on purpose, so that a test can prove what they leave behind.
//!
//! There are two ways. [`Faults::crash_after`] happens at one exact call: a test that depends on it
//! does not depend on the machine's speed. A [`FaultPlan`] has rules by door, function, action and
//! target, each with a rate: whether it hits the nth call that it matches is a pure function of the
//! plan's seed, the rule and n. Every door asks once, in one place.

mod chance;
mod crash;
mod plan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::chance::Rate;
pub(crate) use self::crash::Kill;
pub use self::crash::Told;
use self::crash::{Crashes, Doomed, Moment};
pub use self::plan::{
    Death, Fault, FaultPlan, NotAPlan, Redelivery, Rule, ServiceFault, SocketFault, TableFault,
};

/// The faults that are still to happen. Clones share them.
#[derive(Clone, Default)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    kill: Option<Kill>,
    crashes: Crashes,
    doomed: Doomed,
    plan: FaultPlan,
    /// How many calls each rule has matched, and how many it hit.
    counts: Vec<Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    matched: u64,
    hit: u64,
}

/// A call, as the door that it came to sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// Logical id of the function that calls, or is called.
    pub(crate) function: Option<&'a str>,
    /// Number of the instance that calls, if it is known.
    pub(crate) instance: Option<u64>,
    /// What is to be done.
    pub(crate) action: &'a str,
    /// To what.
    pub(crate) targets: &'a [&'a str],
}

/// A rule that hit, and the draw that made it.
struct Hit {
    fault: Fault,
    draw: u64,
}

/// What befalls a call of `DynamoDB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableMishap {
    /// What.
    pub(crate) fault: TableFault,
    /// Chance for what that leaves open.
    pub(crate) draw: u64,
}

impl Faults {
    /// Ends every process of `function` once its call number `call` (1 is the next) of `operation` on
    /// DynamoDB is done, and before it is answered: the moment between a commit and everything after.
    pub fn crash_after(&self, function: &str, operation: &str, call: u32) -> Told {
        self.shared().crashes.tell(function, operation, call)
    }

    /// Has faults happen by this plan from now on, counted from the beginning.
    pub fn set(&self, plan: FaultPlan) {
        let mut shared = self.shared();
        shared.counts = vec![Count::default(); plan.rules.len()];
        shared.plan = plan;
    }

    /// No fault of a plan happens from now on. What happened so far can still be read.
    pub fn clear(&self) {
        self.shared().plan.rules.clear();
    }

    /// The plan as it stands.
    pub fn plan(&self) -> FaultPlan {
        self.shared().plan.clone()
    }

    /// How often each rule of the plan that was set last has hit so far.
    pub fn hits(&self) -> Vec<u64> {
        self.shared().counts.iter().map(|count| count.hit).collect()
    }

    /// How a function's processes are ended; the assembly knows.
    pub(crate) fn kill_by(&self, kill: Kill) {
        self.shared().kill = Some(kill);
    }

    /// Asked by the `DynamoDB` door before it does a call.
    pub(crate) async fn table(&self, occasion: Occasion<'_>) -> Option<TableMishap> {
        self.die(occasion, Moment::Asked).await;
        let mut mishap = None;
        for Hit { fault, draw } in self.draw(occasion, |fault| befalls(fault, occasion.action)) {
            let Fault::Table(fault) = fault else { continue };
            match fault {
                TableFault::Slow(by) => tokio::time::sleep(by).await,
                TableFault::Throttled
                | TableFault::Conflict
                | TableFault::Error
                | TableFault::Lost => {
                    let draw = chance::again(draw);
                    mishap = mishap.or(Some(TableMishap { fault, draw }));
                }
            }
        }
        mishap
    }

    /// Told by the `DynamoDB` door that a call is done and about to be answered.
    pub(crate) async fn done(&self, occasion: Occasion<'_>) {
        self.die(occasion, Moment::Done).await;
        let Some(function) = occasion.function else {
            return;
        };
        let (kill, happened) = {
            let mut shared = self.shared();
            let happened = shared.crashes.due(function, occasion.action);
            (shared.kill.clone(), happened)
        };
        if let (Some(kill), Some(happened)) = (kill, happened) {
            kill(function.to_owned(), None).await;
            happened.send_replace(true);
        }
    }

    /// Asked by the `@connections` door before it does a call.
    pub(crate) async fn socket(&self, occasion: Occasion<'_>) -> Option<SocketFault> {
        let mut mishap = None;
        for hit in self.draw(occasion, |fault| matches!(fault, Fault::Socket(_))) {
            let Fault::Socket(fault) = hit.fault else {
                continue;
            };
            match fault {
                SocketFault::Slow(by) => tokio::time::sleep(by).await,
                SocketFault::Gone | SocketFault::Busy => mishap = mishap.or(Some(fault)),
            }
        }
        mishap
    }

    /// Asked by the SES door before it does a call.
    pub(crate) async fn mail(&self, occasion: Occasion<'_>) -> Option<ServiceFault> {
        let hits = self.draw(occasion, |fault| matches!(fault, Fault::Mail(_)));
        service(hits).await
    }

    /// Asked by the SNS door before it does a call.
    pub(crate) async fn push(&self, occasion: Occasion<'_>) -> Option<ServiceFault> {
        let hits = self.draw(occasion, |fault| matches!(fault, Fault::Push(_)));
        service(hits).await
    }

    /// Asked before an instance is given an event. Who dies in the middle of it is remembered, until
    /// [`Faults::invoked`].
    pub(crate) fn invocation(&self, function: &str, instance: u64) -> Option<Death> {
        let occasion = Occasion {
            function: Some(function),
            instance: Some(instance),
            action: "Invoke",
            targets: &[],
        };
        let hits = self.draw(occasion, |fault| matches!(fault, Fault::Function(_)));
        let hit = hits.into_iter().next()?;
        let Fault::Function(death) = hit.fault else {
            return None;
        };
        if death == Death::During {
            let draw = chance::again(hit.draw);
            self.shared().doomed.add(instance, draw);
        }
        Some(death)
    }

    /// Told when an instance has ended what it was given.
    pub(crate) fn invoked(&self, instance: u64) {
        self.shared().doomed.lift(instance);
    }

    /// Asked when a function is done with a batch of a table's stream: from which of its `count`
    /// records on it comes again.
    pub(crate) fn batch(&self, function: &str, table: &str, count: usize) -> Option<usize> {
        let occasion = Occasion {
            function: Some(function),
            instance: None,
            action: "Deliver",
            targets: &[table],
        };
        let hits = self.draw(occasion, |fault| matches!(fault, Fault::Stream(_)));
        match hits.into_iter().next()?.fault {
            Fault::Stream(Redelivery::Whole) => Some(0),
            Fault::Stream(Redelivery::FromMiddle) => Some(count / 2),
            Fault::Table(_)
            | Fault::Socket(_)
            | Fault::Mail(_)
            | Fault::Push(_)
            | Fault::Function(_) => None,
        }
    }

    /// Ends the instance that calls, if this is the moment for it.
    async fn die(&self, occasion: Occasion<'_>, now: Moment) {
        let (Some(function), Some(instance)) = (occasion.function, occasion.instance) else {
            return;
        };
        let kill = {
            let mut shared = self.shared();
            let due = shared.doomed.due(instance, now);
            shared.kill.clone().filter(|_| due)
        };
        if let Some(kill) = kill {
            kill(function.to_owned(), Some(instance)).await;
        }
    }

    /// The rules that hit: each that `wants` and matches counts the call and decides for itself.
    fn draw(&self, occasion: Occasion<'_>, wants: impl Fn(Fault) -> bool) -> Vec<Hit> {
        let mut shared = self.shared();
        let Shared { plan, counts, .. } = &mut *shared;
        let mut hits = Vec::new();
        for (number, (rule, count)) in plan.rules.iter().zip(counts).enumerate() {
            if !wants(rule.fault) || !rule.matches(occasion) {
                continue;
            }
            let draw = chance::draw(plan.seed, number, count.matched);
            count.matched += 1;
            if rule.rate.hits(draw) {
                count.hit += 1;
                let fault = rule.fault;
                hits.push(Hit { fault, draw });
            }
        }
        hits
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn matches(&self, occasion: Occasion<'_>) -> bool {
        let is = |wanted: &Option<String>, there: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == there
        };
        let target = |wanted: &String| occasion.targets.contains(&wanted.as_str());
        is(&self.function, occasion.function)
            && is(&self.action, Some(occasion.action))
            && self.target.as_ref().is_none_or(target)
    }
}

/// Whether a fault can befall that operation of `DynamoDB`: queries and plain reads meet no
/// transaction.
fn befalls(fault: Fault, operation: &str) -> bool {
    match fault {
        Fault::Table(TableFault::Conflict) => matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "TransactGetItems"
        ),
        Fault::Table(
            TableFault::Throttled | TableFault::Error | TableFault::Lost | TableFault::Slow(_),
        ) => true,
        Fault::Socket(_)
        | Fault::Mail(_)
        | Fault::Push(_)
        | Fault::Function(_)
        | Fault::Stream(_) => false,
    }
}

async fn service(hits: Vec<Hit>) -> Option<ServiceFault> {
    let mut mishap = None;
    for hit in hits {
        let (Fault::Mail(fault) | Fault::Push(fault)) = hit.fault else {
            continue;
        };
        match fault {
            ServiceFault::Slow(by) => tokio::time::sleep(by).await,
            ServiceFault::Throttled | ServiceFault::Error => mishap = mishap.or(Some(fault)),
        }
    }
    mishap
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.shared();
        formatter
            .debug_struct("Faults")
            .field("crashes", &shared.crashes.len())
            .field("plan", &shared.plan.to_string())
            .finish_non_exhaustive()
    }
}
