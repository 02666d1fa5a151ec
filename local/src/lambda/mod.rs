//! Lambda: the real Runtime API over HTTP, one process per function instance.
//!
//! An instance is a process of the one `bootstrap`, told by `_HANDLER` which function it is. It polls
//! its own loopback listener (`runtime_api`), because the Runtime API names neither the function nor
//! the instance in its paths. A `pool` per function starts instances when events find none free, keeps
//! them warm, and ends them when they idle, crash or run out of time.

#[cfg(test)]
pub(crate) mod fixture;
mod instance;
mod lambdas;
mod logs;
mod options;
mod pool;
mod runtime_api;
mod stats;
#[cfg(test)]
mod tests;

pub use lambdas::Lambdas;
pub use options::LambdaOptions;
pub(crate) use options::{MANAGEMENT, NOWHERE};
pub use stats::FunctionStats;

use bytes::Bytes;
use futures::future::BoxFuture;

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No function of that name.
    #[error("no function {0}")]
    Unknown(String),
    /// It ran longer than its `Timeout`; its process was ended.
    #[error("timed out")]
    TimedOut,
    /// Its process ended before it answered.
    #[error("the process ended: {0}")]
    Crashed(String),
    /// It answered through `/error`; the body as it sent it.
    #[error("function error")]
    Function(Bytes),
    /// Its concurrency is used up.
    #[error("throttled")]
    Throttled,
    /// The local cloud is stopping.
    #[error("stopping")]
    Stopping,
}

/// Starts functions: what the gateways and the stream poller need of Lambda.
pub trait Invoke: Send + Sync + 'static {
    /// Runs the function of that logical id on `event` and waits for its answer.
    ///
    /// # Errors
    /// [`InvokeError`], when there is no answer.
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: Bytes,
    ) -> BoxFuture<'a, Result<Bytes, InvokeError>>;
}
