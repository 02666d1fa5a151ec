//! The outbox: what a commit leaves behind to be carried to people. Its stream starts `delivery`.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `REQUEST#<id>` or `ACCOUNT#<id>` | `<event id>#<chunk, 4 digits>` | one [`Event`] as JSON in `event`, and in `trace` the request that it comes from |
//!
//! The partition key is the event's subject: a stream keeps the order of one partition key, so the
//! events of one request are delivered in the order of their commits. Written only within the
//! transaction that makes it true, never changed, and removed by TTL after a day. An operator who
//! redrives a dead letter puts a copy beside it, `<event id>#<chunk>#<sequence number>`.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use callout_domain::event::{Event, Subject};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::Table;
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::{stored, trace};

/// As long as the stream keeps it: after that nothing reads it, and it holds names and positions.
const KEPT: Duration = Duration::hours(24);

/// The outbox table.
#[derive(Debug, Clone)]
pub struct Outbox {
    table: Table,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    expires_at: i64,
}

impl Outbox {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Leaves an event behind, if the commit happens. An event for many is posted in chunks: the
    /// same event id, each chunk its own part of the recipients.
    ///
    /// # Errors
    /// When the event cannot be written as an item.
    pub fn post(&self, commit: &mut Commit, event: &Event, chunk: u16) -> Result<(), CloudError> {
        let body = Stored {
            event: serde_json::to_string(event).map_err(CloudError::malformed("an event"))?,
            trace: trace::current(),
            expires_at: event.at.plus(KEPT).unix_seconds(),
        };
        let item = stored::item(
            partition(event.subject),
            format!("{}#{chunk:04}", event.id),
            &body,
        )?;
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .build()
            .map_err(CloudError::call("an outbox item"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(())
    }
}

/// The event in an outbox item's `event` attribute, as the stream shows it.
///
/// # Errors
/// When it does not read.
pub fn read_event(text: &str) -> Result<Event, CloudError> {
    serde_json::from_str(text).map_err(CloudError::malformed("an event of the outbox"))
}

fn partition(subject: Subject) -> String {
    match subject {
        Subject::Request(id) => format!("REQUEST#{id}"),
        Subject::Account(id) => format!("ACCOUNT#{id}"),
    }
}
