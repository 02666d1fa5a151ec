//! `/_local/*`: what the local cloud captured and knows, as JSON, for people and tests.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::lambda::{Invoke, InvokeError};
use crate::mail::Mailbox;
use crate::push::{Behaviour, PushError, Pushes};
use crate::schedules::{FireError, Schedules};
use crate::template::model::Stack;

/// The name by which [`router`]'s health answer tells that this is a local cloud of Callout.
pub const SERVICE: &str = "callout-local";

/// The longest that a caller may wait for a mail or a push.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Gives records of another part of the local cloud at the moment they are asked for.
pub type Read<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// Where the answers come from.
#[derive(Clone)]
pub struct Sources {
    /// The captured mail.
    pub mailbox: Mailbox,
    /// The devices and what was pushed to them.
    pub pushes: Pushes,
    /// What could not be delivered, queue by queue.
    pub dead_letters: Read<Vec<Value>>,
    /// Invocations, cold starts, errors and memory of each function.
    pub functions: Read<Value>,
    /// Starts a function.
    pub invoke: Arc<dyn Invoke>,
    /// Knows the functions' names.
    pub stack: Arc<Stack>,
    /// The schedules, to be fired.
    pub schedules: Schedules,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// The routes, all below `/_local/`:
///
/// - `GET health`: `{"status": "ok", "service": "callout-local"}`
/// - `GET mail?to=&after=&wait=`: mail, oldest first; with `wait` (seconds, at most 60) the answer
///   waits for the first mail that fits
/// - `GET push?to=&after=&wait=`: pushed messages, `to` being a device's token or ARN
/// - `GET push/endpoints`: the devices
/// - `POST push/endpoints` `{"endpoint": "<token or ARN>", "behaviour": "working | unregistered |
///   disabled | throttled | failing"}`: makes a device fail
/// - `GET dead-letters`, `GET functions`
/// - `POST invoke/<function>`: runs the function of that logical id, or that `Handler`, on the body;
///   what it answers, or 404 for no such function, or 502 and why it has no answer
/// - `POST schedules/<LogicalId>`: starts the function of that logical id as its schedule does, and answers when
///   it has ended: 200 with its answer, 500 with why there is none, 404 where no schedule starts it
pub fn router(sources: Sources) -> Router {
    Router::new()
        .route("/_local/health", get(health))
        .route("/_local/mail", get(mail))
        .route("/_local/push", get(push))
        .route("/_local/push/endpoints", get(devices).post(set_behaviour))
        .route("/_local/dead-letters", get(dead_letters))
        .route("/_local/functions", get(functions))
        .route("/_local/invoke/{function}", post(invoke))
        .route("/_local/schedules/{function}", post(fire))
        .with_state(sources)
}

/// JSON that a person can read without another tool.
fn pretty(value: &Value) -> Response {
    let body = format!("{value:#}\n");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn health() -> Response {
    pretty(&json!({ "status": "ok", "service": SERVICE }))
}

#[derive(Debug, Deserialize)]
struct Filter {
    to: Option<String>,
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait: u64,
}

impl Filter {
    fn wait(&self) -> Option<Duration> {
        (self.wait > 0).then(|| Duration::from_secs(self.wait).min(LONGEST_WAIT))
    }
}

async fn mail(Shared(sources): Shared<Sources>, Query(filter): Query<Filter>) -> Response {
    let mailbox = &sources.mailbox;
    let found = match &filter.to {
        None => mailbox
            .all()
            .into_iter()
            .filter(|mail| mail.number > filter.after)
            .collect(),
        Some(to) => {
            if let Some(wait) = filter.wait() {
                // Whether it came or not, what is there now is the answer.
                let _ = tokio::time::timeout(wait, mailbox.wait_for(to, filter.after)).await;
            }
            mailbox.to(to, filter.after)
        }
    };
    pretty(&json!({ "mail": found }))
}

async fn push(Shared(sources): Shared<Sources>, Query(filter): Query<Filter>) -> Response {
    let pushes = &sources.pushes;
    let found = match &filter.to {
        None => pushes
            .sent()
            .into_iter()
            .filter(|push| push.number > filter.after)
            .collect(),
        Some(to) => {
            if let Some(wait) = filter.wait() {
                let _ = tokio::time::timeout(wait, pushes.wait_for(to, filter.after)).await;
            }
            pushes.sent_to(to, filter.after)
        }
    };
    pretty(&json!({ "push": found }))
}

async fn devices(Shared(sources): Shared<Sources>) -> Response {
    pretty(&json!({ "endpoints": sources.pushes.devices() }))
}

#[derive(Debug, Deserialize)]
struct Told {
    endpoint: String,
    behaviour: Behaviour,
}

async fn set_behaviour(Shared(sources): Shared<Sources>, Json(told): Json<Told>) -> Response {
    match sources.pushes.set_behaviour(&told.endpoint, told.behaviour) {
        Ok(device) => pretty(&json!(device)),
        Err(error) => {
            let status = match error {
                PushError::Unknown(_) => StatusCode::NOT_FOUND,
                PushError::File(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            (status, pretty(&json!({ "error": error.to_string() }))).into_response()
        }
    }
}

async fn dead_letters(Shared(sources): Shared<Sources>) -> Response {
    pretty(&json!({ "dead_letters": (sources.dead_letters)() }))
}

async fn functions(Shared(sources): Shared<Sources>) -> Response {
    pretty(&json!({ "functions": (sources.functions)() }))
}

async fn invoke(
    Shared(sources): Shared<Sources>,
    Path(name): Path<String>,
    event: Bytes,
) -> Response {
    let mut functions = sources.stack.functions.values();
    let found = functions.find(|function| function.logical_id == name || function.handler == name);
    let function = found.map_or(name.as_str(), |function| &function.logical_id);
    let json = [(header::CONTENT_TYPE, "application/json")];
    match sources.invoke.invoke(function, event).await {
        Ok(answer) => (json, answer).into_response(),
        Err(InvokeError::Function(error)) => (StatusCode::BAD_GATEWAY, json, error).into_response(),
        Err(error) => {
            let status = match error {
                InvokeError::Unknown(_) => StatusCode::NOT_FOUND,
                InvokeError::TimedOut
                | InvokeError::Crashed(_)
                | InvokeError::Function(_)
                | InvokeError::Throttled
                | InvokeError::Stopping => StatusCode::BAD_GATEWAY,
            };
            (status, pretty(&json!({ "error": error.to_string() }))).into_response()
        }
    }
}

async fn fire(Shared(sources): Shared<Sources>, Path(function): Path<String>) -> Response {
    match sources.schedules.fire(&function).await {
        Ok(answer) => pretty(&json!({ "answer": answer })),
        Err(error) => {
            let status = match error {
                FireError::Unknown(_) => StatusCode::NOT_FOUND,
                FireError::Run(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            (status, pretty(&json!({ "error": error.to_string() }))).into_response()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::gateway::fake::FakeFunctions;
    use crate::iam;
    use crate::lambda::InvokeError;
    use crate::state::State;
    use crate::template::model::{Schedule, ScheduleService};

    /// Answers with its name and what it was given.
    struct Echo;

    impl Invoke for Echo {
        fn invoke<'a>(
            &'a self,
            function: &'a str,
            event: Bytes,
        ) -> futures::future::BoxFuture<'a, Result<Bytes, InvokeError>> {
            Box::pin(async move {
                if function != "SendOtp" {
                    return Err(InvokeError::Unknown(function.to_owned()));
                }
                let event: Value = serde_json::from_slice(&event).unwrap();
                Ok(json!([function, event]).to_string().into())
            })
        }
    }

    fn stack() -> Stack {
        let text = "Resources: {SendOtp: {Type: 'AWS::Serverless::Function', \
                    Properties: {Handler: accounts.send_otp}}}";
        crate::template::parse(text, &std::collections::BTreeMap::new()).unwrap()
    }

    #[tokio::test]
    async fn a_function_is_run_by_either_of_its_names() {
        let (sources, _state) = sources();
        for name in ["SendOtp", "accounts.send_otp"] {
            let path = format!("/_local/invoke/{name}");
            let (status, answer) = ask(&sources, "POST", &path, json!({"a": 1})).await;
            assert_eq!((status, answer), (200, json!(["SendOtp", {"a": 1}])));
        }
        let (status, _) = ask(&sources, "POST", "/_local/invoke/Nobody", json!({})).await;
        assert_eq!(status, 404);
    }

    fn sources() -> (Sources, State) {
        let state = State::temporary().unwrap();
        let sources = Sources {
            mailbox: Mailbox::default(),
            pushes: Pushes::open(&state).unwrap(),
            dead_letters: Arc::new(|| vec![json!({ "queue": "DeliveryDeadLetters" })]),
            functions: Arc::new(|| json!({ "SendOtp": { "invocations": 2 } })),
            invoke: Arc::new(Echo),
            stack: Arc::new(stack()),
            schedules: schedules(),
        };
        (sources, state)
    }

    /// One function whose scheduled runs go well, one whose do not.
    fn schedules() -> Schedules {
        let often = Schedule {
            name: "Often".to_owned(),
            rate: Duration::from_mins(1),
            service: ScheduleService::Scheduler,
        };
        let mut stack = iam::fixture::stack([("Sweep", json!([])), ("Trip", json!([]))]);
        for function in stack.functions.values_mut() {
            function.schedules.push(often.clone());
        }
        let functions = FakeFunctions::default()
            .with("Sweep", async |_| Ok(json!({ "ended": 2 })))
            .with("Trip", async |_| Err(InvokeError::TimedOut));
        Schedules::new(Arc::new(stack), functions.shared())
    }

    async fn ask(sources: &Sources, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = router(sources.clone()).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn tells_what_the_others_know() {
        let (sources, _state) = sources();
        let (status, health) = ask(&sources, "GET", "/_local/health", Value::Null).await;
        assert_eq!((status, &health["service"]), (200, &json!(SERVICE)));
        let (_, letters) = ask(&sources, "GET", "/_local/dead-letters", Value::Null).await;
        assert_eq!(letters["dead_letters"][0]["queue"], "DeliveryDeadLetters");
        let (_, functions) = ask(&sources, "GET", "/_local/functions", Value::Null).await;
        assert_eq!(functions["functions"]["SendOtp"]["invocations"], 2);
        let (_, mail) = ask(&sources, "GET", "/_local/mail", Value::Null).await;
        assert_eq!(mail, json!({ "mail": [] }));
    }

    #[tokio::test]
    async fn a_schedule_is_fired_and_the_end_of_its_run_is_told() {
        let (sources, _state) = sources();
        for (function, status, told) in [
            ("Sweep", 200, json!({ "answer": { "ended": 2 } })),
            ("Trip", 500, json!({ "error": "timed out" })),
            (
                "Nobody",
                404,
                json!({ "error": "no schedule starts a function Nobody" }),
            ),
        ] {
            let path = format!("/_local/schedules/{function}");
            let answer = ask(&sources, "POST", &path, Value::Null).await;
            assert_eq!(answer, (status, told));
        }
    }

    #[tokio::test]
    async fn an_unknown_device_cannot_be_told_to_fail() {
        let (sources, _state) = sources();
        let told = json!({ "endpoint": "nobody", "behaviour": "throttled" });
        let (status, _) = ask(&sources, "POST", "/_local/push/endpoints", told).await;
        assert_eq!(status, 404);
    }
}
