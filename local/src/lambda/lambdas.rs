//! All functions of a stack, as the gateways and the stream poller start them.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, join_all};

use super::options::LambdaOptions;
use super::pool::FunctionPool;
use super::stats::FunctionStats;
use super::{Invoke, InvokeError};

/// All functions of a stack.
#[derive(Clone)]
pub struct Lambdas {
    pools: Arc<BTreeMap<String, Arc<FunctionPool>>>,
}

/// The same, for whom the functions themselves hold on to: as long as somebody else has them.
#[derive(Clone)]
pub(crate) struct WeakLambdas {
    pools: Weak<BTreeMap<String, Arc<FunctionPool>>>,
}

impl WeakLambdas {
    /// The functions, unless they are gone.
    pub(crate) fn upgrade(&self) -> Option<Lambdas> {
        let pools = self.pools.upgrade()?;
        Some(Lambdas { pools })
    }
}

impl Lambdas {
    /// Knows the functions of `options.stack`; starts none of them yet.
    ///
    /// Must be called inside a Tokio runtime: it watches for instances that idle.
    pub fn new(options: LambdaOptions) -> Self {
        let options = Arc::new(options);
        let pools: BTreeMap<_, _> = options
            .stack
            .functions
            .values()
            .map(|function| {
                let pool = Arc::new(FunctionPool::new(function.clone(), Arc::clone(&options)));
                (function.logical_id.clone(), pool)
            })
            .collect();
        let pools = Arc::new(pools);
        tokio::spawn(end_idle(Arc::downgrade(&pools), options.idle_time));
        Self { pools }
    }

    /// The functions, without keeping them.
    pub(crate) fn downgrade(&self) -> WeakLambdas {
        let pools = Arc::downgrade(&self.pools);
        WeakLambdas { pools }
    }

    /// Ends every process of `function` with SIGKILL, in the middle of whatever it does, and waits
    /// until they are gone: how tests crash a function. Returns how many there were.
    pub async fn kill(&self, function: &str) -> usize {
        match self.pools.get(function) {
            Some(pool) => pool.kill_all().await,
            None => 0,
        }
    }

    /// Ends one process of `function` and waits until it is gone.
    pub(crate) async fn kill_instance(&self, function: &str, instance: u64) {
        if let Some(pool) = self.pools.get(function) {
            pool.kill_one(instance).await;
        }
    }

    /// What each function has done so far, by name.
    pub fn stats(&self) -> Vec<FunctionStats> {
        self.pools.values().map(|pool| pool.stats()).collect()
    }

    /// The last lines that `function` wrote, oldest first; none if there is no such function.
    pub fn logs(&self, function: &str) -> Vec<String> {
        self.pools
            .get(function)
            .map(|pool| pool.log.recent())
            .unwrap_or_default()
    }

    /// Takes no further event and ends every process now, without waiting for its end.
    pub(crate) fn stop(&self) {
        for pool in self.pools.values() {
            pool.stop();
            pool.kill();
        }
    }

    /// Takes no further event, gives those in hand a moment, and ends every process.
    pub async fn shutdown(&self) {
        join_all(self.pools.values().map(|pool| pool.shutdown())).await;
    }
}

impl Invoke for Lambdas {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: Bytes,
    ) -> BoxFuture<'a, Result<Bytes, InvokeError>> {
        Box::pin(async move {
            let pool = self
                .pools
                .get(function)
                .ok_or_else(|| InvokeError::Unknown(function.to_owned()))?;
            // On its own task: a caller that goes away does not take the invocation with it.
            tokio::spawn(Arc::clone(pool).invoke(event))
                .await
                .unwrap_or(Err(InvokeError::Stopping))
        })
    }
}

/// Ends instances that have had no work for `idle_time`, until the functions are dropped.
async fn end_idle(pools: Weak<BTreeMap<String, Arc<FunctionPool>>>, idle_time: Duration) {
    let every = (idle_time / 4).clamp(Duration::from_millis(10), Duration::from_secs(30));
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        let Some(pools) = pools.upgrade() else { return };
        for pool in pools.values() {
            pool.end_idle(idle_time);
        }
    }
}
