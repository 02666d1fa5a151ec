//! Instances per function: found, started, kept warm, ended.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::InvokeError;
use super::instance::{Instance, Ran};
use super::logs::FunctionLog;
use super::options::LambdaOptions;
use super::stats::{Counters, FunctionStats};
use crate::faults::Death;
use crate::template::model::Function;

/// How often an event is offered to another instance when one ends before it took it.
const OFFERS: usize = 5;

/// How long the end of the cloud waits for events in hand.
const DRAIN: Duration = Duration::from_secs(3);

/// The instances of one function.
pub(super) struct FunctionPool {
    function: Function,
    options: Arc<LambdaOptions>,
    pub(super) log: Arc<FunctionLog>,
    counters: Counters,
    state: Mutex<PoolState>,
    /// How many processes are alive: who waits for their end watches it.
    alive: watch::Sender<usize>,
}

#[derive(Default)]
struct PoolState {
    /// Without work, most recently used last.
    idle: Vec<(Arc<Instance>, Instant)>,
    /// Events without an instance, oldest first.
    waiting: VecDeque<oneshot::Sender<Result<Lease, InvokeError>>>,
    /// Every process by its number, from its start to its end.
    live: HashMap<u64, Arc<Instance>>,
    /// Starts under way, with a process or not yet.
    starting: usize,
    /// Those of them that have no process yet, and so are not in `live`.
    spawning: usize,
    stopping: bool,
}

/// An instance at the disposal of one event; given back when dropped.
struct Lease {
    pool: Arc<FunctionPool>,
    instance: Option<Arc<Instance>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.pool.give_back(instance);
        }
    }
}

impl FunctionPool {
    pub(super) fn new(function: Function, options: Arc<LambdaOptions>) -> Self {
        let log = Arc::new(FunctionLog::new(
            options.state.path(),
            &function.logical_id,
            options.verbose,
        ));
        Self {
            function,
            options,
            log,
            counters: Counters::default(),
            state: Mutex::default(),
            alive: watch::Sender::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn invoke(self: Arc<Self>, event: Bytes) -> Result<Bytes, InvokeError> {
        let result = self.offer(event).await;
        if let Err(error) = &result {
            self.counters.failed(error);
        }
        result
    }

    async fn offer(self: &Arc<Self>, event: Bytes) -> Result<Bytes, InvokeError> {
        for _ in 0..OFFERS {
            let lease = self.acquire().await?;
            let Some(instance) = &lease.instance else {
                continue;
            };
            let started = Instant::now();
            match self.run(instance, event.clone()).await {
                Ran::NotStarted => {}
                Ran::Done(result) => {
                    self.counters.invoked(started.elapsed());
                    return result;
                }
            }
        }
        Err(InvokeError::Crashed(
            "its processes kept ending before they took the event".to_owned(),
        ))
    }

    /// Runs an instance on an event, unless a fault on purpose ends it.
    async fn run(&self, instance: &Instance, event: Bytes) -> Ran {
        let faults = &self.options.faults;
        let killed = || {
            instance.kill();
            Ran::Done(Err(InvokeError::Crashed("killed on purpose".to_owned())))
        };
        let death = faults.invocation(&self.function.logical_id, instance.id);
        if death == Some(Death::Before) {
            return killed();
        }
        let ran = instance.run(&self.function, event).await;
        faults.invoked(instance.id);
        match (death, &ran) {
            (Some(Death::After), Ran::Done(_)) => killed(),
            _ => ran,
        }
    }

    /// A free instance, or the first to become free or to start: whichever comes first.
    async fn acquire(self: &Arc<Self>) -> Result<Lease, InvokeError> {
        let mut turn = {
            let mut state = self.state();
            if state.stopping {
                return Err(InvokeError::Stopping);
            }
            while let Some((instance, _)) = state.idle.pop() {
                if instance.is_alive() {
                    return Ok(self.lease(instance));
                }
            }
            if self.options.limit(&self.function) == 0 {
                return Err(InvokeError::Throttled);
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back(sender);
            receiver
        };
        self.start_if_needed();
        loop {
            match tokio::time::timeout(self.function.timeout, &mut turn).await {
                Ok(Ok(turn)) => return turn,
                Ok(Err(_)) => return Err(InvokeError::Stopping),
                // A slow start is not a throttle: it has its own limit.
                Err(_) if self.state().starting > 0 => {}
                Err(_) => return Err(InvokeError::Throttled),
            }
        }
    }

    fn lease(self: &Arc<Self>, instance: Arc<Instance>) -> Lease {
        Lease {
            pool: Arc::clone(self),
            instance: Some(instance),
        }
    }

    /// Starts as many instances as events wait for one, within the function's concurrency.
    fn start_if_needed(self: &Arc<Self>) {
        let mut state = self.state();
        if state.stopping {
            return;
        }
        state.waiting.retain(|waiting| !waiting.is_closed());
        let room = self
            .options
            .limit(&self.function)
            .saturating_sub(state.live.len() + state.spawning);
        let wanted = state.waiting.len().saturating_sub(state.starting);
        for _ in 0..room.min(wanted) {
            state.starting += 1;
            state.spawning += 1;
            tokio::spawn(Arc::clone(self).start());
        }
    }

    async fn start(self: Arc<Self>) {
        self.counters.cold_start();
        let result = self.start_instance().await;
        let failed = {
            let mut state = self.state();
            state.starting -= 1;
            match result {
                Ok(instance) => {
                    drop(state);
                    self.give_back(instance);
                    None
                }
                Err(error) => {
                    // The start was for the event that waits longest: it learns why there is none.
                    let mut waiting = state.waiting.pop_front();
                    while waiting.as_ref().is_some_and(oneshot::Sender::is_closed) {
                        waiting = state.waiting.pop_front();
                    }
                    waiting.map(|waiting| (waiting, error))
                }
            }
        };
        if let Some((waiting, error)) = failed {
            let _ = waiting.send(Err(error));
        }
        self.start_if_needed();
    }

    async fn start_instance(self: &Arc<Self>) -> Result<Arc<Instance>, InvokeError> {
        let pool: Weak<Self> = Arc::downgrade(self);
        let gone = move |id| {
            if let Some(pool) = pool.upgrade() {
                pool.gone(id);
            }
        };
        let began = Instant::now();
        let spawned = Instance::spawn(&self.options, &self.function, &self.log, gone).await;
        let (instance, stopping) = {
            let mut state = self.state();
            state.spawning -= 1;
            let instance = Arc::new(spawned?);
            // If it is over already, `gone` came too early to find it.
            if instance.is_alive() {
                state.live.insert(instance.id, Arc::clone(&instance));
                self.alive.send_replace(state.live.len());
            }
            (instance, state.stopping)
        };
        if stopping {
            instance.kill();
            return Err(InvokeError::Stopping);
        }
        instance.ready(self.options.init_timeout).await?;
        self.counters.polled(began.elapsed());
        Ok(instance)
    }

    /// Passes an instance on to the event that waits longest, or keeps it warm.
    fn give_back(self: &Arc<Self>, instance: Arc<Instance>) {
        let mut lease = self.lease(instance);
        loop {
            let waiting = {
                let mut state = self.state();
                let alive = lease.instance.as_ref().is_some_and(|it| it.is_alive());
                if !alive || state.stopping {
                    if let Some(instance) = lease.instance.take() {
                        instance.kill();
                    }
                    None
                } else if let Some(waiting) = state.waiting.pop_front() {
                    Some(waiting)
                } else {
                    state
                        .idle
                        .extend(lease.instance.take().map(|it| (it, Instant::now())));
                    return;
                }
            };
            let Some(waiting) = waiting else {
                // It cannot serve; whoever waits needs another.
                self.start_if_needed();
                return;
            };
            match waiting.send(Ok(lease)) {
                Ok(()) | Err(Err(_)) => return,
                // That event has given up: the next one may have it. (Not under the lock: a lease
                // that is dropped gives itself back.)
                Err(Ok(refused)) => lease = refused,
            }
        }
    }

    fn gone(self: &Arc<Self>, id: u64) {
        {
            let mut state = self.state();
            state.live.remove(&id);
            state.idle.retain(|(instance, _)| instance.id != id);
            self.alive.send_replace(state.live.len());
        }
        self.start_if_needed();
    }

    /// Ends every process now.
    pub(super) fn kill(&self) -> Vec<Arc<Instance>> {
        let instances: Vec<_> = self.state().live.values().cloned().collect();
        for instance in &instances {
            instance.kill();
        }
        instances
    }

    /// Ends every process and waits until they are gone; how many there were.
    pub(super) async fn kill_all(&self) -> usize {
        self.gone_all(self.kill()).await
    }

    /// Ends one process and waits until it is gone.
    pub(super) async fn kill_one(&self, id: u64) {
        let instance = self.state().live.get(&id).cloned();
        if let Some(instance) = instance {
            instance.kill();
            self.gone_all(vec![instance]).await;
        }
    }

    async fn gone_all(&self, instances: Vec<Arc<Instance>>) -> usize {
        let mut alive = self.alive.subscribe();
        loop {
            alive.borrow_and_update();
            let gone = {
                let state = self.state();
                instances
                    .iter()
                    .all(|instance| !state.live.contains_key(&instance.id))
            };
            if gone || alive.changed().await.is_err() {
                return instances.len();
            }
        }
    }

    pub(super) fn end_idle(&self, idle_time: Duration) {
        let mut state = self.state();
        state.idle.retain(|(instance, since)| {
            let keep = since.elapsed() < idle_time;
            if !keep {
                instance.kill();
            }
            keep
        });
    }

    pub(super) fn stats(&self) -> FunctionStats {
        let processes: Vec<u32> = self.state().live.values().map(|it| it.pid).collect();
        self.counters.report(&self.function.logical_id, &processes)
    }

    /// Takes no further event; turns away those that wait, and ends what has no work.
    pub(super) fn stop(&self) {
        let waiting = {
            let mut state = self.state();
            state.stopping = true;
            std::mem::take(&mut state.waiting)
        };
        for waiting in waiting {
            let _ = waiting.send(Err(InvokeError::Stopping));
        }
        let idle: Vec<_> = self.state().idle.drain(..).collect();
        for (instance, _) in idle {
            instance.kill();
        }
    }

    pub(super) async fn shutdown(&self) {
        self.stop();
        let mut alive = self.alive.subscribe();
        let _ = tokio::time::timeout(DRAIN, alive.wait_for(|alive| *alive == 0)).await;
        self.kill_all().await;
    }
}

impl Drop for FunctionPool {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        for instance in state.live.values() {
            instance.kill();
        }
    }
}
