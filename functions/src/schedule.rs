//! What every function behind a schedule shares: reading the event, and the one place where its end is
//! logged.
//!
//! Scheduler delivers at least once, and a run that takes long may meet the next: a handler must stand being
//! called again, and twice at once. It is not called again because it failed, but because its time has come.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html>

use std::future::Future;
use std::time::Instant;

use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock};
use callout_domain::moment::Moment;
use lambda_http::{Error, tracing};
use lambda_runtime::LambdaEvent;
use serde::Deserialize;
use serde_json::Value;

use crate::door::CLOUD;

/// What a schedule sends, as far as it matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Scheduled {
    /// When it was to be.
    time: Moment,
}

/// What a handler is given.
#[derive(Clone, Copy)]
pub(crate) struct Tick {
    /// What time it is, which may be later than it was to be.
    pub(crate) now: Moment,
    /// The outside world.
    pub(crate) cloud: &'static Cloud,
}

/// Runs a handler once; what it says of its run is logged and is the answer.
pub(crate) async fn serve<F>(
    handler: impl FnOnce(Tick) -> F,
    event: LambdaEvent<Scheduled>,
) -> Result<Value, Error>
where
    F: Future<Output = Result<Value, CloudError>>,
{
    let started = Instant::now();
    let request_id = event.context.request_id;
    let now = clock::now();
    let late = now.since(event.payload.time);
    let outcome = handler(Tick { now, cloud: &CLOUD }).await;
    let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
    match outcome {
        Ok(done) => {
            tracing::info!(
                request_id,
                %done,
                milliseconds,
                late_seconds = late.as_seconds_f64(),
                "ran"
            );
            Ok(done)
        }
        Err(error) => {
            tracing::error!(request_id, error = error.chain(), milliseconds, "failed");
            // What it failed by is for the log alone.
            Err("failed".into())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::failure::CloudError;
    use lambda_runtime::{Context, LambdaEvent};
    use serde_json::{Value, json};

    use super::{Scheduled, serve};

    fn event() -> LambdaEvent<Scheduled> {
        let event = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": "000000000000", "time": "2026-02-24T10:30:00Z", "region": "us-east-1",
            "resources": [], "detail": "{}",
        });
        LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
    }

    #[tokio::test]
    async fn a_handler_says_what_it_did_and_knows_what_time_it_is() {
        let was_to_be = event().payload.time;
        let answer = serve(
            async |tick| {
                assert!(tick.now > was_to_be);
                Ok(json!({"ended": 3}))
            },
            event(),
        );
        assert_eq!(answer.await.unwrap(), json!({"ended": 3}));
    }

    #[tokio::test]
    async fn a_run_that_fails_is_an_error_that_does_not_say_why() {
        let failed = async |_| Err::<Value, _>(CloudError::Setting("REQUESTS_TABLE"));
        let error = serve(failed, event()).await.unwrap_err().to_string();
        assert_eq!(error, "failed");
    }
}
