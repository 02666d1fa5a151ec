//! EventBridge's schedules: functions that are started by the clock, or at once by whoever asks.
//!
//! The clock starts no run of a schedule while its last is under way. Who asks gets a run in any case: a real
//! schedule delivers at least once, so that two runs may meet.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::identifiers;
use crate::lambda::{Invoke, InvokeError};
use crate::template::model::{Schedule, ScheduleService, Stack};
use crate::template::{ACCOUNT, REGION};

/// What starts the functions that have a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// The clock, at the rate of the template, and whoever asks.
    ByTheClock,
    /// Whoever asks, alone.
    OnDemand,
}

/// Why a function was not started, or did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FireError {
    /// Nothing of that name is started by a schedule.
    #[error("no schedule starts a function {0}")]
    Unknown(String),
    /// It was started, and did not end well.
    #[error(transparent)]
    Run(#[from] InvokeError),
}

/// The schedules of a stack.
#[derive(Clone)]
pub struct Schedules {
    stack: Arc<Stack>,
    functions: Arc<dyn Invoke>,
}

impl std::fmt::Debug for Schedules {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Schedules").finish_non_exhaustive()
    }
}

impl Schedules {
    /// The schedules of `stack`, which start these functions.
    pub fn new(stack: Arc<Stack>, functions: Arc<dyn Invoke>) -> Self {
        Self { stack, functions }
    }

    /// Starts a function as its first schedule does, and waits for its answer.
    ///
    /// # Errors
    /// [`FireError`], when it has no schedule or did not end well.
    pub async fn fire(&self, function: &str) -> Result<Value, FireError> {
        let found = self.stack.functions.get(function);
        let schedule = found
            .and_then(|found| found.schedules.first())
            .ok_or_else(|| FireError::Unknown(function.to_owned()))?;
        let answer = self.start(function, schedule).await?;
        // What is no JSON is shown as it is.
        Ok(serde_json::from_slice(&answer)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer))))
    }

    /// Starts each function at the rate of its schedules until `closing` turns true; runs under way are waited
    /// for.
    pub async fn follow(self, closing: watch::Receiver<bool>) {
        let schedules = self.stack.functions.values().flat_map(|function| {
            let schedules = function.schedules.iter();
            schedules
                .map(|schedule| self.follow_one(&function.logical_id, schedule, closing.clone()))
        });
        join_all(schedules).await;
    }

    async fn follow_one(
        &self,
        function: &str,
        schedule: &Schedule,
        mut closing: watch::Receiver<bool>,
    ) {
        let mut ticks = interval_at(Instant::now() + schedule.rate, schedule.rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => return,
                _ = ticks.tick() => {}
            }
            // The next tick is not looked at before this has ended: never two at once.
            if let Err(error) = self.start(function, schedule).await {
                tracing::error!(function, schedule = schedule.name, %error, "a scheduled run failed");
            }
        }
    }

    async fn start(&self, function: &str, schedule: &Schedule) -> Result<Bytes, InvokeError> {
        let event = event(schedule, OffsetDateTime::now_utc());
        self.functions
            .invoke(function, event.to_string().into())
            .await
    }
}

/// What a target without an input of its own is sent.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
fn event(schedule: &Schedule, now: OffsetDateTime) -> Value {
    let name = &schedule.name;
    let (source, resource, detail) = match schedule.service {
        ScheduleService::Rules => (
            "aws.events",
            format!("events:{REGION}:{ACCOUNT}:rule/{name}"),
            json!({}),
        ),
        // Scheduler sends what is to be an object as text.
        ScheduleService::Scheduler => (
            "aws.scheduler",
            format!("scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"),
            json!("{}"),
        ),
    };
    let to_the_second = now.replace_nanosecond(0).unwrap_or(now);
    json!({
        "version": "0",
        "id": identifiers::request_id(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": to_the_second.format(&Rfc3339).unwrap_or_default(),
        "region": REGION,
        "resources": [format!("arn:aws:{resource}")],
        "detail": detail,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use time::macros::datetime;

    use super::*;
    use crate::gateway::fake::FakeFunctions;
    use crate::template;

    const TEMPLATE: &str = "
Resources:
  Sweep:
    Type: AWS::Serverless::Function
    Properties:
      Handler: sweep
      Events:
        Often: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute) } }
  Idle:
    Type: AWS::Serverless::Function
    Properties: { Handler: idle }
";

    fn stack(rate: Duration) -> Arc<Stack> {
        let mut stack = template::parse(TEMPLATE, &std::collections::BTreeMap::new()).unwrap();
        stack.functions.get_mut("Sweep").unwrap().schedules[0].rate = rate;
        Arc::new(stack)
    }

    fn schedules(functions: &Arc<FakeFunctions>, rate: Duration) -> Schedules {
        let functions: Arc<dyn Invoke> = Arc::clone(functions) as _;
        Schedules::new(stack(rate), functions)
    }

    #[test]
    fn each_service_has_its_own_event() {
        let schedule = |service| Schedule {
            name: "SweepOften".to_owned(),
            rate: Duration::from_mins(1),
            service,
        };
        let now = datetime!(2026-02-24 10:30:00.5 UTC);
        let sent = event(&schedule(ScheduleService::Scheduler), now);
        assert_eq!(sent["source"], "aws.scheduler");
        assert_eq!(sent["time"], "2026-02-24T10:30:00Z");
        assert_eq!(sent["detail"], "{}");
        assert_eq!(
            sent["resources"][0],
            "arn:aws:scheduler:us-east-1:000000000000:schedule/default/SweepOften"
        );
        let sent = event(&schedule(ScheduleService::Rules), now);
        assert_eq!(sent["source"], "aws.events");
        assert_eq!(sent["detail"], json!({}));
        assert_eq!(
            sent["resources"][0],
            "arn:aws:events:us-east-1:000000000000:rule/SweepOften"
        );
    }

    #[tokio::test]
    async fn who_asks_is_answered_when_the_run_has_ended() {
        let functions = FakeFunctions::default()
            .with("Sweep", async |_| Ok(json!({"ended": 2})))
            .shared();
        let schedules = schedules(&functions, Duration::from_mins(1));
        assert_eq!(schedules.fire("Sweep").await, Ok(json!({"ended": 2})));
        for nobody in ["Idle", "Nobody"] {
            let unknown = FireError::Unknown(nobody.to_owned());
            assert_eq!(schedules.fire(nobody).await, Err(unknown));
        }
        let functions = FakeFunctions::default()
            .with("Sweep", async |_| Err(InvokeError::TimedOut))
            .shared();
        let schedules = self::schedules(&functions, Duration::from_mins(1));
        let failed = Err(FireError::Run(InvokeError::TimedOut));
        assert_eq!(schedules.fire("Sweep").await, failed);
    }

    #[tokio::test]
    async fn the_clock_starts_one_run_after_the_other_until_the_cloud_closes() {
        // Those under way, and the most that ever were.
        let runs = Arc::new(Mutex::new((0, 0)));
        let counted = Arc::clone(&runs);
        let functions = FakeFunctions::default()
            .with("Sweep", move |_| {
                let counted = Arc::clone(&counted);
                async move {
                    {
                        let mut runs = counted.lock().unwrap();
                        runs.0 += 1;
                        runs.1 = runs.1.max(runs.0);
                    }
                    // A run that is longer than the rate.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    counted.lock().unwrap().0 -= 1;
                    Ok(json!({}))
                }
            })
            .shared();
        let closing = watch::Sender::new(false);
        let schedules = schedules(&functions, Duration::from_millis(1));
        let following = tokio::spawn(schedules.follow(closing.subscribe()));
        for run in 1..=5 {
            let sent = functions.event("Sweep", run).await;
            assert_eq!(sent["detail-type"], "Scheduled Event");
        }
        closing.send_replace(true);
        following.await.unwrap();
        // None is under way any more, and two never were.
        assert_eq!(*runs.lock().unwrap(), (0, 1));
    }
}
