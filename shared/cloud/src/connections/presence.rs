//! Whether accounts are there: by what their sockets said last, for a socket that died without a word
//! looks open.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use callout_domain::ids::{AccountId, ConnectionId};
use callout_domain::moment::Moment;
use callout_domain::presence::Presence;
use serde::Deserialize;
use time::Duration;

use super::read::{account, sockets};
use super::{CONNECTION, Connections, SOCKETS, StoredOwner, account_key, connection_key};
use crate::failure::CloudError;
use crate::stored::{self, PK, SK, n, s};

const SEEN: &str = "SEEN";
/// For how long it is known when somebody was there.
const KEPT: Duration = Duration::days(30);

#[derive(Deserialize)]
struct StoredSeen {
    last_seen_at: Moment,
}

/// What is known of an account's sockets.
#[derive(Default)]
struct Known {
    /// Those that are open, and when they were opened.
    open: Vec<(ConnectionId, Moment)>,
    seen: Option<Moment>,
}

impl Connections {
    /// Whether these accounts are there. A consistent read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn presences(
        &self,
        accounts: &[AccountId],
        now: Moment,
    ) -> Result<HashMap<AccountId, Presence>, CloudError> {
        let known = self.known(accounts, now).await?;
        let open = known.values().flat_map(|known| &known.open);
        let spoke = self.spoke(open.map(|(id, _)| id)).await?;
        let presence = |known: &Known| {
            let heard = known
                .open
                .iter()
                .map(|(id, opened)| spoke.get(id).copied().unwrap_or(*opened).max(*opened));
            Presence::at(heard.max(), known.seen, now)
        };
        let presences = known
            .iter()
            .map(|(account, known)| (*account, presence(known)));
        Ok(presences.collect())
    }

    async fn known(
        &self,
        accounts: &[AccountId],
        now: Moment,
    ) -> Result<HashMap<AccountId, Known>, CloudError> {
        let mut known: HashMap<AccountId, Known> = accounts
            .iter()
            .map(|account| (*account, Known::default()))
            .collect();
        let keys = accounts
            .iter()
            .flat_map(|account| [SOCKETS, SEEN].map(|sk| (account_key(*account), sk.to_owned())));
        for item in self.table.read_many(keys.collect()).await? {
            let Some(known) = known.get_mut(&account(&item)?) else {
                continue;
            };
            if item.get(SK) == Some(&s(SEEN)) {
                let seen: StoredSeen = stored::read("when somebody was seen", item)?;
                known.seen = Some(seen.last_seen_at);
            } else {
                let open = sockets(item, now)?.open.into_iter();
                known.open = open.map(|socket| (socket.id, socket.opened_at)).collect();
            }
        }
        Ok(known)
    }

    /// When these sockets spoke last, those that have spoken.
    async fn spoke(
        &self,
        ids: impl Iterator<Item = &ConnectionId>,
    ) -> Result<HashMap<ConnectionId, Moment>, CloudError> {
        let keys: Vec<(String, String)> = ids
            .map(|id| (connection_key(id), CONNECTION.to_owned()))
            .collect();
        let mut spoke = HashMap::new();
        if keys.is_empty() {
            return Ok(spoke);
        }
        for item in self.table.read_many(keys).await? {
            let pk = item.get(PK).and_then(|key| key.as_s().ok()).cloned();
            let StoredOwner { recent, .. } = stored::read("a connection's owner", item)?;
            let last = recent.first().copied();
            if let (Some(pk), Some(last)) = (pk, last.and_then(Moment::from_unix_milliseconds)) {
                let id = pk.strip_prefix("CONNECTION#").unwrap_or_default();
                spoke.insert(ConnectionId::new(id), last);
            }
        }
        Ok(spoke)
    }

    /// Notes when an account was there.
    pub(super) async fn seen(&self, account: AccountId, at: Moment) -> Result<(), CloudError> {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_key(account), SEEN)))
            .update_expression("SET last_seen_at = :at, expires_at = :end")
            .condition_expression("attribute_not_exists(last_seen_at) OR last_seen_at < :at")
            .expression_attribute_values(":at", s(at))
            .expression_attribute_values(":end", n(at.plus(KEPT).unix_seconds()))
            .send()
            .await
            .map(drop)
            .or_else(|error| match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(CloudError::call("UpdateItem of when somebody was seen")(
                    error,
                )),
            })
    }

    /// Forgets when a deleted account was there.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_presence(&self, account: AccountId) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_key(account), SEEN)))
            .send()
            .await
            .map(drop)
            .map_err(CloudError::call("DeleteItem of when somebody was seen"))
    }
}
