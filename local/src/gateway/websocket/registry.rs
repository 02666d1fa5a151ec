//! The open connections, and what can be done to one from outside: `@connections`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// Why a connection ends: the close code and its reason, as the `$disconnect` event has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl End {
    pub(super) fn new(code: u16, reason: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
        }
    }
}

/// What waits to be written to a client, in order.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A message.
    Data(Message),
    /// The last one: whatever was posted before it goes out first.
    Close(End),
}

/// Why something could not be done to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// It is closed, never was, or its upgrade is still pending.
    #[error("gone")]
    Gone,
    /// The client reads more slowly than it is written to.
    #[error("the client is too slow")]
    Slow,
}

/// What `GET @connections` tells.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    /// When it was asked for.
    pub connected_at: OffsetDateTime,
    /// When something last went over it.
    pub last_active_at: OffsetDateTime,
    /// Whence it came.
    pub source_ip: String,
    /// `User-Agent` of its handshake.
    pub user_agent: String,
}

/// One connection, from the handshake to the end.
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) connected_at: OffsetDateTime,
    pub(super) source_ip: String,
    pub(super) user_agent: String,
    /// `Host` of the handshake.
    pub(super) host: String,
    outgoing: mpsc::Sender<Outgoing>,
    /// Ends it now, whatever still waits to be written.
    pub(super) end: watch::Sender<Option<End>>,
    activity: Mutex<Activity>,
}

#[derive(Clone, Copy)]
struct Activity {
    opened: bool,
    closing: bool,
    at: Instant,
    on: OffsetDateTime,
}

impl Connection {
    /// A connection whose upgrade is pending, and the other end of its queue of `queue` messages.
    pub(super) fn new(
        id: String,
        source_ip: String,
        user_agent: String,
        host: String,
        queue: usize,
    ) -> (Arc<Self>, mpsc::Receiver<Outgoing>) {
        let (outgoing, queued) = mpsc::channel(queue);
        let now = OffsetDateTime::now_utc();
        let connection = Self {
            id,
            connected_at: now,
            source_ip,
            user_agent,
            host,
            outgoing,
            end: watch::Sender::new(None),
            activity: Mutex::new(Activity {
                opened: false,
                closing: false,
                at: Instant::now(),
                on: now,
            }),
        };
        (Arc::new(connection), queued)
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The upgrade is done: from now on it can be posted to.
    pub(super) fn opened(&self) {
        self.activity().opened = true;
        self.touch();
    }

    /// Something went over it.
    pub(super) fn touch(&self) {
        let mut activity = self.activity();
        activity.at = Instant::now();
        activity.on = OffsetDateTime::now_utc();
    }

    /// When something last went over it.
    pub(super) fn last_active(&self) -> Instant {
        self.activity().at
    }

    /// Ends it now; the first reason given is the reason.
    pub(super) fn end_now(&self, end: End) {
        self.activity().closing = true;
        self.end.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(end);
            }
            first
        });
    }

    fn is_open(&self) -> bool {
        let activity = self.activity();
        activity.opened && !activity.closing
    }

    /// Queues a message, waiting at most `patience` for room.
    pub(super) async fn post(
        &self,
        message: Message,
        patience: Duration,
    ) -> Result<(), ConnectionError> {
        if !self.is_open() {
            return Err(ConnectionError::Gone);
        }
        self.outgoing
            .send_timeout(Outgoing::Data(message), patience)
            .await
            .map_err(|error| match error {
                mpsc::error::SendTimeoutError::Timeout(_) => ConnectionError::Slow,
                mpsc::error::SendTimeoutError::Closed(_) => ConnectionError::Gone,
            })?;
        self.touch();
        Ok(())
    }

    /// Ends it after what was posted before.
    async fn disconnect(&self, patience: Duration) -> Result<(), ConnectionError> {
        {
            let mut activity = self.activity();
            if !activity.opened || activity.closing {
                return Err(ConnectionError::Gone);
            }
            activity.closing = true;
        }
        let end = End::new(1000, "Connection Closed Normally");
        let close = Outgoing::Close(end.clone());
        if self.outgoing.send_timeout(close, patience).await.is_err() {
            self.end_now(end);
        }
        Ok(())
    }

    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            connected_at: self.connected_at,
            last_active_at: self.activity().on,
            source_ip: self.source_ip.clone(),
            user_agent: self.user_agent.clone(),
        }
    }
}

/// All connections by id.
#[derive(Default)]
pub struct Connections {
    by_id: Mutex<HashMap<String, Arc<Connection>>>,
    /// How long a post waits for room in a client's queue.
    patience: Duration,
}

impl Connections {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            by_id: Mutex::default(),
            patience,
        }
    }

    fn by_id(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, connection: &Arc<Connection>) {
        self.by_id()
            .insert(connection.id.clone(), Arc::clone(connection));
    }

    pub(super) fn remove(&self, id: &str) {
        self.by_id().remove(id);
    }

    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        self.by_id().values().cloned().collect()
    }

    fn get(&self, id: &str) -> Result<Arc<Connection>, ConnectionError> {
        self.by_id().get(id).cloned().ok_or(ConnectionError::Gone)
    }

    /// How many there are, pending ones included.
    pub fn count(&self) -> usize {
        self.by_id().len()
    }

    /// Cuts off every open connection, as a network does: no close frame, nothing more is heard.
    /// How many there were.
    pub fn cut_off(&self) -> usize {
        let all = self.all();
        for connection in &all {
            connection.end_now(End::new(1006, "Connection Closed Abnormally"));
        }
        all.len()
    }

    /// Sends `data` to a client, as text where it is UTF-8: done when it is queued.
    ///
    /// # Errors
    /// [`ConnectionError`].
    pub async fn post(&self, id: &str, data: &[u8]) -> Result<(), ConnectionError> {
        let message = match std::str::from_utf8(data) {
            Ok(text) => Message::text(text),
            Err(_) => Message::binary(data.to_vec()),
        };
        self.get(id)?.post(message, self.patience).await
    }

    /// Closes a connection after what was posted to it before.
    ///
    /// # Errors
    /// [`ConnectionError::Gone`].
    pub async fn disconnect(&self, id: &str) -> Result<(), ConnectionError> {
        self.get(id)?.disconnect(self.patience).await
    }

    /// What is known of an open connection.
    ///
    /// # Errors
    /// [`ConnectionError::Gone`].
    pub fn info(&self, id: &str) -> Result<ConnectionInfo, ConnectionError> {
        let connection = self.get(id)?;
        if connection.is_open() {
            Ok(connection.info())
        } else {
            Err(ConnectionError::Gone)
        }
    }
}
