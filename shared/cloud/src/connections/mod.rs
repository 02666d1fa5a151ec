//! Open sockets, and whose they are.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `CONNECTION#<connection>` | `CONNECTION` | [`Owner`], and in `recent` when it last spoke, newest first |
//! | `ACCOUNT#<account>` | `SOCKETS` | each [`Socket`] as an attribute of its own, the map `socket#<connection>`: `sid`, `channel`, `ready`, `missed`, `opened_at`, `expires_at` |
//! | `ACCOUNT#<account>` | `SEEN` | `last_seen_at`: when it was last heard on a socket that has closed |
//! | `ACCOUNT#<account>` | `WATCHER#<watcher>#<request>#<responder>` | [`Watcher`]: who is to be told whether it is there, and what they were told; while that is `online`, in the index `live` by `SILENT#<shard>`, `<when it is to be asked again>#…` |
//!
//! All sockets of an account are one item, so that one request reads those of many accounts. Each is
//! changed by an update of its own attribute: two that are opened or changed at once do not lose each
//! other. No change but `open` makes an attribute or an item.
//!
//! A socket is written in both items as one. Both end by TTL, since `$disconnect` is best effort: the
//! account's one with the last of its sockets, so its `expires_at` only ever grows. Every read checks
//! expiry itself, for TTL deletes late, and whole items alone: the attributes of sockets past their
//! expiry are removed when the account's next socket is greeted.
//!
//! A socket is not `ready` until it has been greeted: delivery leaves what comes before that to the
//! replay that follows the greeting, so that nothing overtakes it and nothing is missed. It counts in
//! `missed` what it leaves, and a socket becomes ready only if that has not changed since the replay
//! began: otherwise what comes next would be told before what was left.

mod change;
mod hear;
mod open;
mod presence;
mod read;
mod watchers;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use aws_sdk_dynamodb::types::AttributeValue;
use callout_domain::ids::{AccountId, ConnectionId, SessionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde::{Deserialize, Serialize};

pub use self::change::Readiness;
pub use self::hear::Hearing;
pub use self::open::EndsLast;
pub use self::read::Sockets;
pub use self::watchers::Watcher;
use crate::failure::CloudError;
use crate::settings::CONNECTIONS_TABLE;
use crate::{Cloud, Table};

const CONNECTION: &str = "CONNECTION";
/// What the key of an account begins with.
const ACCOUNT: &str = "ACCOUNT#";
const SOCKETS: &str = "SOCKETS";
/// What the name of a socket's attribute begins with.
const SOCKET: &str = "socket#";

/// The connections table.
#[derive(Debug, Clone)]
pub struct Connections {
    table: Table,
}

/// Whose a socket is, as it was when it was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account.
    #[serde(rename = "account_id")]
    pub account: AccountId,
    /// What it is.
    pub role: Role,
    /// What it is called.
    pub name: String,
    /// The sign-in that the socket was opened with.
    #[serde(rename = "sid")]
    pub session: SessionId,
}

/// One open socket of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its name at the gateway.
    pub id: ConnectionId,
    /// The sign-in that it was opened with.
    pub session: SessionId,
    /// The channel that it was opened on.
    pub channel: String,
    /// Whether it has been greeted and takes what happens from now on.
    pub ready: bool,
    /// How often something was left to its replay.
    pub missed: u32,
    /// When it was admitted.
    pub opened_at: Moment,
}

#[derive(Serialize, Deserialize)]
struct StoredOwner {
    #[serde(flatten)]
    owner: Owner,
    recent: Vec<i64>,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredSocket {
    sid: SessionId,
    channel: String,
    ready: bool,
    missed: u32,
    opened_at: Moment,
    expires_at: i64,
}

impl Cloud {
    /// Open sockets, and whose they are.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn connections(&self) -> Result<Connections, CloudError> {
        Ok(Connections {
            table: self.table(CONNECTIONS_TABLE).await?,
        })
    }
}

impl StoredSocket {
    fn read(attribute: AttributeValue) -> Result<Self, CloudError> {
        serde_dynamo::from_attribute_value(attribute).map_err(CloudError::malformed("a socket"))
    }
}

fn connection_key(id: &ConnectionId) -> String {
    format!("CONNECTION#{id}")
}

fn account_key(account: AccountId) -> String {
    format!("{ACCOUNT}{account}")
}

fn attribute(id: &ConnectionId) -> String {
    format!("{SOCKET}{id}")
}
