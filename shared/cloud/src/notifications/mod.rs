//! Everyone's inbox: what they were told, on which channels it reached them, and what they did with it.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<recipient>` | `<event id>` | `stored::Stored`: the message, `read_at`, `archived_at`, `acked_at`, `sent_at`, `deliveries` |
//! | `ACCOUNT#<recipient>` | `BADGE` | `badge`: how many are unread, counted by the day on which they were made; `closed_at` once its account was deleted |
//! | `DELIVERIES#<day>` | `<kind>#<channel>#<shard>` | `tally`: `attempted`, `sent`, `delivered`, `failed` |
//! | `EVENT#<event id>` | `HEARD#<shard>` | `tally`: how many have acknowledged it |
//!
//! Three attributes repeat the event id while something is true of a notification, and two of them are
//! the keys of sparse indexes: `unheard` until the client acknowledges it, for that a socket took it says
//! only that it left; `current` until its request closes; `unread` until it is read or archived. The
//! indexes are local to the table, for they must be read consistently: a replay that misses what was
//! just written would lose it. What is not listed (`domain::notice::Topic::is_listed`) has neither of the
//! other two: it is replayed to who missed it, and counts for nothing.
//!
//! Event and recipient are the key, so that what is delivered twice is here once. What changes whether a
//! notification is unread changes the badge in the same transaction, so the badge is exact. All ends by TTL.

mod ack;
mod badge;
mod change;
mod erase;
mod list;
mod put;
mod record;
mod replay;
mod report;
mod stored;
mod tally;

use callout_domain::event::Message;
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use ulid::Ulid;

pub use self::list::{Listed, Which};
pub use self::put::{Entry, Standing, most_at_once};
pub use self::replay::Unheard;
pub use self::report::Report;
pub use self::stored::Route;
pub use self::tally::Tally;
use crate::commit::Commit;
use crate::failure::CloudError;
use crate::settings::NOTIFICATIONS_TABLE;
use crate::{Cloud, Table};

/// The notifications table.
#[derive(Debug, Clone)]
pub struct Notifications {
    table: Table,
}

/// One message in one inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The event that it tells of.
    pub event: EventId,
    /// The request that it is about, if it is about one.
    pub request: Option<RequestId>,
    /// What is said to this recipient.
    pub message: Message,
    /// When the event was committed.
    pub created_at: Moment,
    /// The event's place in the stream of events: those of one request stand in the order of their
    /// commits, which their ids do not, for ids are drawn before.
    pub sequence: String,
}

impl Cloud {
    /// Everyone's inbox.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn notifications(&self) -> Result<Notifications, CloudError> {
        Ok(Notifications {
            table: self.table(NOTIFICATIONS_TABLE).await?,
        })
    }
}

impl Notifications {
    fn commit(&self) -> Commit {
        Commit::new(self.table.client.clone())
    }
}

fn inbox_key(recipient: AccountId) -> String {
    format!("ACCOUNT#{recipient}")
}

/// Comes after the ids of all events, which begin with a digit up to 7, and before every other sort key
/// of an inbox, which begins with a letter.
const BEHIND_ALL: &str = "8";

/// The lowest id of an event that can have been drawn `at` or later.
fn lowest_id(at: Moment) -> EventId {
    let milliseconds = u64::try_from(at.unix_milliseconds()).unwrap_or_default();
    EventId::new(Ulid::from_parts(milliseconds, 0))
}
