//! Which sockets accounts have open.

use std::collections::HashMap;

use callout_domain::ids::{AccountId, ConnectionId};
use callout_domain::moment::Moment;

use crate::connections::{
    ACCOUNT, Connections, SOCKET, SOCKETS, Socket, StoredSocket, account_key,
};
use crate::failure::CloudError;
use crate::stored::{self, Item, PK};

/// The sockets of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sockets {
    /// Those that are open, the oldest first.
    pub open: Vec<Socket>,
    /// Those past their expiry: to be [forgotten](Connections::forget_expired).
    pub expired: Vec<ConnectionId>,
}

impl Connections {
    /// The open sockets of an account, the oldest first. A consistent read: one that was committed
    /// before it is among them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of_account(
        &self,
        account: AccountId,
        now: Moment,
    ) -> Result<Vec<Socket>, CloudError> {
        Ok(self.all_of_account(account, now).await?.open)
    }

    /// The sockets of an account, also those that should have ended. A consistent read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn all_of_account(
        &self,
        account: AccountId,
        now: Moment,
    ) -> Result<Sockets, CloudError> {
        let key = stored::key(account_key(account), SOCKETS);
        let found = self
            .table
            .read_one("GetItem of an account's sockets", key)
            .await?;
        found.map_or(Ok(Sockets::default()), |item| sockets(item, now))
    }

    /// The open sockets of many accounts, the oldest of each first; an account without any is not
    /// among them. A consistent read: one that was committed before it is among them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of_accounts(
        &self,
        accounts: &[AccountId],
        now: Moment,
    ) -> Result<HashMap<AccountId, Vec<Socket>>, CloudError> {
        let keys = accounts
            .iter()
            .map(|account| (account_key(*account), SOCKETS.to_owned()))
            .collect();
        let items = self.table.read_many(keys).await?;
        let mut found = HashMap::with_capacity(items.len());
        for item in items {
            let account = account(&item)?;
            let open = sockets(item, now)?.open;
            if !open.is_empty() {
                found.insert(account, open);
            }
        }
        Ok(found)
    }
}

pub(super) fn sockets(item: Item, now: Moment) -> Result<Sockets, CloudError> {
    let mut sockets = Sockets::default();
    for (name, attribute) in item {
        let Some(id) = name.strip_prefix(SOCKET).map(ConnectionId::new) else {
            continue;
        };
        let stored = StoredSocket::read(attribute)?;
        if stored.expires_at > now.unix_seconds() {
            sockets.open.push(Socket {
                id,
                session: stored.sid,
                channel: stored.channel,
                ready: stored.ready,
                missed: stored.missed,
                opened_at: stored.opened_at,
            });
        } else {
            sockets.expired.push(id);
        }
    }
    sockets
        .open
        .sort_unstable_by(|one, other| (one.opened_at, &one.id).cmp(&(other.opened_at, &other.id)));
    Ok(sockets)
}

/// Whose sockets an item holds.
pub(super) fn account(item: &Item) -> Result<AccountId, CloudError> {
    item.get(PK)
        .and_then(|key| key.as_s().ok()?.strip_prefix(ACCOUNT))
        .unwrap_or_default()
        .parse()
        .map_err(CloudError::malformed("the key of an account's sockets"))
}
