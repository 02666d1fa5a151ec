//! The Runtime API of one instance (version 2018-06-01): `next`, `response`, `error`, `init/error`.
//!
//! The [`Desk`] is where an event meets the process that polls for it. It holds one event at a time,
//! as Lambda does.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;

/// Lambda's limit for a synchronous answer: 6 MB and a little for the envelope.
const RESPONSE_LIMIT: usize = 6_291_556;

/// How long a process that ended may still have an answer on the wire.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What came of one event.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Answered through `response`.
    Response(Bytes),
    /// Answered through `error`.
    Error(Bytes),
    /// The process ended with the event in hand.
    Died(String),
    /// The process ended before it took the event: another one can have it.
    NotStarted,
}

/// One event for the process.
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) event: Bytes,
    pub(super) deadline: SystemTime,
    pub(super) function_arn: String,
    pub(super) trace: String,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// How far a process has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Init {
    /// It has not polled yet.
    Pending,
    /// It has polled.
    Ready,
    /// It reported `init/error`; the body.
    Failed(Bytes),
    /// It ended.
    Ended(String),
}

enum Slot {
    Empty,
    Waiting(Work),
    Running {
        request_id: String,
        reply: oneshot::Sender<Outcome>,
    },
    Closed,
}

/// Where events wait to be taken and answers are handed in.
pub(super) struct Desk {
    slot: Mutex<Slot>,
    arrived: Notify,
    init: watch::Sender<Init>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            slot: Mutex::new(Slot::Empty),
            arrived: Notify::new(),
            init: watch::Sender::new(Init::Pending),
        }
    }

    /// Follows the start of the process.
    pub(super) fn init(&self) -> watch::Receiver<Init> {
        self.init.subscribe()
    }

    /// Whether the process has ended.
    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.slot(), Slot::Closed)
    }

    /// Puts an event on the desk; its `reply` says what came of it.
    pub(super) fn submit(&self, work: Work) {
        let mut slot = self.slot();
        match &*slot {
            Slot::Closed | Slot::Waiting(_) | Slot::Running { .. } => {
                let _ = work.reply.send(Outcome::NotStarted);
            }
            Slot::Empty => {
                *slot = Slot::Waiting(work);
                self.arrived.notify_one();
            }
        }
    }

    /// Ends it: whoever waits learns that the process is gone.
    pub(super) fn close(&self, reason: &str) {
        let last = std::mem::replace(&mut *self.slot(), Slot::Closed);
        match last {
            Slot::Empty | Slot::Closed => {}
            Slot::Waiting(work) => {
                let _ = work.reply.send(Outcome::NotStarted);
            }
            Slot::Running { reply, .. } => {
                let _ = reply.send(Outcome::Died(reason.to_owned()));
            }
        }
        self.init.send_if_modified(|init| {
            let starting = *init == Init::Pending;
            if starting {
                *init = Init::Ended(reason.to_owned());
            }
            starting
        });
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `next`: waits for an event and takes it.
    async fn next(&self) -> Option<Response<Full<Bytes>>> {
        self.init.send_if_modified(|init| {
            let first = *init == Init::Pending;
            if first {
                *init = Init::Ready;
            }
            first
        });
        loop {
            let arrived = self.arrived.notified();
            match self.take() {
                Taken::Work(answer) => return Some(answer),
                Taken::Closed => return None,
                Taken::Nothing => arrived.await,
            }
        }
    }

    fn take(&self) -> Taken {
        let mut slot = self.slot();
        match std::mem::replace(&mut *slot, Slot::Empty) {
            Slot::Empty => Taken::Nothing,
            Slot::Closed => {
                *slot = Slot::Closed;
                Taken::Closed
            }
            Slot::Running { reply, .. } => {
                let _ = reply.send(Outcome::Died(
                    "it asked for the next event without answering".to_owned(),
                ));
                Taken::Nothing
            }
            Slot::Waiting(work) => {
                let deadline = work
                    .deadline
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default()
                    .as_millis();
                let answer = Response::builder()
                    .header("Content-Type", "application/json")
                    .header("Lambda-Runtime-Aws-Request-Id", &work.request_id)
                    .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
                    .header("Lambda-Runtime-Invoked-Function-Arn", work.function_arn)
                    .header("Lambda-Runtime-Trace-Id", work.trace)
                    .body(Full::new(work.event));
                match answer {
                    Ok(answer) => {
                        *slot = Slot::Running {
                            request_id: work.request_id,
                            reply: work.reply,
                        };
                        Taken::Work(answer)
                    }
                    Err(error) => {
                        let _ = work.reply.send(Outcome::Died(error.to_string()));
                        Taken::Nothing
                    }
                }
            }
        }
    }

    /// Hands in the answer to `request_id`; `false` if that is not what the process was given.
    fn answer(&self, request_id: &str, outcome: Outcome) -> bool {
        let mut slot = self.slot();
        let current =
            matches!(&*slot, Slot::Running { request_id: current, .. } if current == request_id);
        if current && let Slot::Running { reply, .. } = std::mem::replace(&mut *slot, Slot::Empty) {
            let _ = reply.send(outcome);
        }
        current
    }

    fn init_failed(&self, body: Bytes) {
        self.init.send_replace(Init::Failed(body));
    }
}

enum Taken {
    Nothing,
    Work(Response<Full<Bytes>>),
    Closed,
}

/// Answers the process until `ended`, and then until what it still had on the wire is read.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>, ended: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let desk = Arc::clone(&desk);
                connections.spawn(http1::Builder::new().serve_connection(
                    TokioIo::new(stream),
                    service_fn(move |request| answer(Arc::clone(&desk), request)),
                ));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = ended.notified() => break,
        }
    }
    let _ = tokio::time::timeout(LAST_WORDS, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

async fn answer(
    desk: Arc<Desk>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    Ok(match (request.method(), segments.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => desk
            .next()
            .await
            .unwrap_or_else(|| refusal(StatusCode::GONE, "Gone", "the instance is ending")),
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            match request.into_body().collect().await {
                Ok(body) => respond(&desk, id, body.to_bytes()),
                Err(_) => refusal(StatusCode::BAD_REQUEST, "InvalidBody", "the body broke off"),
            }
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            match request.into_body().collect().await {
                Ok(body) => accepted(desk.answer(id, Outcome::Error(body.to_bytes()))),
                Err(_) => refusal(StatusCode::BAD_REQUEST, "InvalidBody", "the body broke off"),
            }
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            match request.into_body().collect().await {
                Ok(body) => {
                    desk.init_failed(body.to_bytes());
                    accepted(true)
                }
                Err(_) => refusal(StatusCode::BAD_REQUEST, "InvalidBody", "the body broke off"),
            }
        }
        _ => refusal(StatusCode::NOT_FOUND, "NotFound", "no such operation"),
    })
}

fn respond(desk: &Desk, request_id: &str, body: Bytes) -> Response<Full<Bytes>> {
    if body.len() <= RESPONSE_LIMIT {
        return accepted(desk.answer(request_id, Outcome::Response(body)));
    }
    let error = json!({
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": format!(
            "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        ),
    });
    desk.answer(request_id, Outcome::Error(error.to_string().into()));
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLarge",
        "the answer is too large",
    )
}

fn accepted(known: bool) -> Response<Full<Bytes>> {
    if known {
        json_answer(StatusCode::ACCEPTED, &json!({"status": "OK"}))
    } else {
        refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "no such request is running",
        )
    }
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    json_answer(status, &json!({"errorType": kind, "errorMessage": message}))
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    answer
}
