//! A client's socket, opened again whenever it ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callout_local::client::{ClientError, Socket};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::history::Hearing;
use crate::Person;

/// A campaign ends long before that.
const EVER: Duration = Duration::from_hours(24);

type Heard = Arc<Mutex<Vec<Hearing>>>;
type Answered = oneshot::Sender<()>;

/// Somebody who listens.
pub(super) struct Listener {
    heard: Heard,
    pings: mpsc::UnboundedSender<Answered>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens from now on.
    pub(super) fn start(person: Person) -> Self {
        let heard = Heard::default();
        let (pings, asked) = mpsc::unbounded_channel();
        let task = tokio::spawn(listen(person, Arc::clone(&heard), asked));
        Self { heard, pings, task }
    }

    /// How many sockets it has opened.
    pub(super) fn sockets(&self) -> usize {
        lock(&self.heard).len()
    }

    /// Waits until its socket has answered, whichever it is by then.
    pub(super) async fn ping(&self) {
        let (answered, answer) = oneshot::channel();
        self.pings.send(answered).unwrap();
        answer.await.unwrap();
    }

    /// What it has heard, socket by socket.
    pub(super) fn end(self) -> Vec<Hearing> {
        self.task.abort();
        std::mem::take(&mut *lock(&self.heard))
    }
}

fn lock(heard: &Heard) -> MutexGuard<'_, Vec<Hearing>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(person: Person, heard: Heard, mut asked: mpsc::UnboundedReceiver<Answered>) {
    let mut waiting = Vec::new();
    loop {
        let Some(socket) = open(&person).await else {
            continue;
        };
        lock(&heard).push(Hearing {
            who: person.id.clone(),
            ..Hearing::default()
        });
        follow(socket, &heard, &mut asked, &mut waiting).await;
    }
}

/// A socket, or `None` if a fault kept it from opening.
async fn open(person: &Person) -> Option<Socket> {
    match person.opens().await {
        Ok(socket) => Some(socket),
        Err(ClientError::Refused { status, .. }) if status >= 500 => None,
        Err(other) => panic!("no socket for {}: {other}", person.id),
    }
}

/// Writes down what comes until the socket ends. Who waits for a pong in vain waits for that of the
/// next socket.
async fn follow(
    mut socket: Socket,
    heard: &Heard,
    asked: &mut mpsc::UnboundedReceiver<Answered>,
    waiting: &mut Vec<Answered>,
) {
    let ping = json!({"type": "ping"});
    if !waiting.is_empty() && socket.send(&ping).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            message = socket.next(EVER) => match message {
                Ok(message) if message["type"] == "pong" => {
                    for answered in waiting.drain(..) {
                        answered.send(()).ok();
                    }
                }
                Ok(message) => note(heard, &message),
                Err(_) => return,
            },
            Some(answered) = asked.recv() => {
                waiting.push(answered);
                // If it is not sent the socket has ended, which is heard next.
                socket.send(&ping).await.ok();
            }
        }
    }
}

fn note(heard: &Heard, message: &Value) {
    let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    let mut heard = lock(heard);
    let Some(hearing) = heard.last_mut() else {
        return;
    };
    hearing.kinds.push(text("type"));
    if message["request_id"].is_string() {
        let event = (text("event_id"), text("request_id"));
        hearing.events.push(event);
    }
}
