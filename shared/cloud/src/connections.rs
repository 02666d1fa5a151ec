//! Open sockets, and whose they are.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `CONNECTION#<connection>` | `CONNECTION` | [`Owner`], and in `recent` when it last spoke, newest first |
//! | `ACCOUNT#<account>` | `CONNECTION#<connection>` | [`Socket`] |
//!
//! Both are written as one and end by TTL, since `$disconnect` is best effort; every read checks
//! expiry itself, for TTL deletes late.
//!
//! A socket is not `ready` until it has been greeted: delivery leaves what comes before that to the
//! replay that follows the greeting, so that nothing overtakes it and nothing is missed. It counts in
//! `missed` what it leaves, and a socket becomes ready only if that has not changed since the replay
//! began: otherwise what comes next would be told before what was left.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use callout_domain::ids::{AccountId, ConnectionId, SessionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use callout_domain::socket;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::settings::CONNECTIONS_TABLE;
use crate::stored::{self, Item, PK, SK, n, s};
use crate::{Cloud, Table};

/// API Gateway ends a socket after two hours; the rest is for clocks that differ.
const KEPT: Duration = Duration::minutes(130);
/// With so many remembered moments of speech, those that no longer count are dropped.
const LONGEST_RECENT: usize = 3 * socket::MOST_MESSAGES;

const CONNECTION: &str = "CONNECTION";

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

/// Whether a socket takes what happens from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It does.
    Ready,
    /// Not yet: so often has something been left to its replay.
    Missed(u32),
    /// It was forgotten.
    Gone,
}

/// What becomes of a message that came over a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearing {
    /// It is heard; this is who speaks.
    Granted(Owner),
    /// The socket has said too much in too short a time.
    TooMany,
    /// Nobody knows this socket, or no longer.
    Unknown,
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
    connection_id: ConnectionId,
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

impl Connections {
    /// Records a socket that is being admitted, if the commit happens.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn open(
        &self,
        commit: &mut Commit,
        id: &ConnectionId,
        owner: &Owner,
        channel: &str,
        now: Moment,
    ) -> Result<(), CloudError> {
        let expires_at = now.plus(KEPT).unix_seconds();
        let of_connection = StoredOwner {
            owner: owner.clone(),
            recent: Vec::new(),
            expires_at,
        };
        let of_account = StoredSocket {
            connection_id: id.clone(),
            sid: owner.session,
            channel: channel.to_owned(),
            ready: false,
            missed: 0,
            opened_at: now,
            expires_at,
        };
        let items = [
            stored::item(connection_key(id), CONNECTION.to_owned(), &of_connection)?,
            stored::item(account_key(owner.account), connection_key(id), &of_account)?,
        ];
        for item in items {
            let put = Put::builder()
                .table_name(&self.table.name)
                .set_item(Some(item))
                .build()
                .map_err(CloudError::call("a connection's item"))?;
            commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        }
        Ok(())
    }

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
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :account AND begins_with(#sk, :connection)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":account", s(account_key(account)))
            .expression_attribute_values(":connection", s("CONNECTION#"))
            .into_paginator()
            .items()
            .send();
        let mut sockets = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(CloudError::call("Query of connections"))?;
            let socket: StoredSocket = stored::read("a connection", item)?;
            if socket.expires_at > now.unix_seconds() {
                sockets.push(socket.into());
            }
        }
        sockets.sort_by_key(|socket: &Socket| socket.opened_at);
        Ok(sockets)
    }

    /// From now on the socket takes what happens, if nothing was left to its replay since that had
    /// been done `missed` times.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn mark_ready(
        &self,
        account: AccountId,
        id: &ConnectionId,
        missed: u32,
    ) -> Result<Readiness, CloudError> {
        let outcome = self
            .change(account, id)
            .update_expression("SET #ready = :ready")
            // An update of a forgotten socket would bring it back; so does no comparison.
            .condition_expression("#ready = :ready OR #missed = :missed")
            .expression_attribute_names("#ready", "ready")
            .expression_attribute_names("#missed", "missed")
            .expression_attribute_values(":ready", AttributeValue::Bool(true))
            .expression_attribute_values(":missed", n(missed.into()))
            .send()
            .await;
        match unless_refused(outcome)? {
            Ok(()) => Ok(Readiness::Ready),
            Err(None) => Ok(Readiness::Gone),
            Err(Some(socket)) => Ok(Readiness::Missed(socket.missed)),
        }
    }

    /// Leaves something to the replay of a socket that is not ready. False if it has become ready
    /// meanwhile, and must be told itself.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn leave_to_replay(
        &self,
        account: AccountId,
        id: &ConnectionId,
    ) -> Result<bool, CloudError> {
        let outcome = self
            .change(account, id)
            .update_expression("ADD #missed :one")
            .condition_expression("#ready = :waiting")
            .expression_attribute_names("#ready", "ready")
            .expression_attribute_names("#missed", "missed")
            .expression_attribute_values(":waiting", AttributeValue::Bool(false))
            .expression_attribute_values(":one", n(1))
            .send()
            .await;
        match unless_refused(outcome)? {
            // One that has gone hears of it when it comes back.
            Ok(()) | Err(None) => Ok(true),
            Err(Some(_)) => Ok(false),
        }
    }

    /// The beginning of a change of a socket.
    fn change(&self, account: AccountId, id: &ConnectionId) -> UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_key(account), connection_key(id))))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Forgets a socket of an account.
    ///
    /// # Errors
    /// When the table cannot be written; what is left then ends by TTL, or answers 410.
    pub async fn forget(&self, account: AccountId, id: &ConnectionId) -> Result<(), CloudError> {
        self.delete(account_key(account), connection_key(id))
            .await?;
        self.delete(connection_key(id), CONNECTION.to_owned())
            .await?;
        Ok(())
    }

    /// Forgets a socket that says itself that it is gone.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn close(&self, id: &ConnectionId) -> Result<(), CloudError> {
        let Some(item) = self
            .delete(connection_key(id), CONNECTION.to_owned())
            .await?
        else {
            return Ok(());
        };
        let StoredOwner { owner, .. } = stored::read("a connection's owner", item)?;
        self.delete(account_key(owner.account), connection_key(id))
            .await?;
        Ok(())
    }

    /// Counts a message of a socket and tells whose it is: one write that holds against any number
    /// of messages at once. Only messages that were heard count, over a window that slides.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn hear(&self, id: &ConnectionId, now: Moment) -> Result<Hearing, CloudError> {
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(connection_key(id), CONNECTION)))
            .update_expression("SET #recent = list_append(:this, #recent)")
            .condition_expression(format!(
                "#expires > :now AND \
                 (attribute_not_exists(#recent[{last}]) OR #recent[{last}] <= :start)",
                last = socket::MOST_MESSAGES - 1
            ))
            .expression_attribute_names("#recent", "recent")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(
                ":this",
                AttributeValue::L(vec![n(now.unix_milliseconds())]),
            )
            .expression_attribute_values(":now", n(now.unix_seconds()))
            .expression_attribute_values(":start", n(socket::window_start(now).unix_milliseconds()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let item = match outcome {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(error) => {
                return match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                        refusal(refused.item().cloned(), now)
                    }
                    _ => Err(CloudError::call("UpdateItem of a connection")(error)),
                };
            }
        };
        let StoredOwner { owner, recent, .. } = stored::read("a connection's owner", item)?;
        if recent.len() >= LONGEST_RECENT {
            self.trim_recent(id, recent.len()).await?;
        }
        Ok(Hearing::Granted(owner))
    }

    /// Drops remembered moments beyond those that the rule looks at. The newest stand first, so
    /// what is dropped stays beyond them whatever is put in front meanwhile.
    async fn trim_recent(&self, id: &ConnectionId, length: usize) -> Result<(), CloudError> {
        let beyond: Vec<String> = (socket::MOST_MESSAGES..length)
            .map(|index| format!("#recent[{index}]"))
            .collect();
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(connection_key(id), CONNECTION)))
            .update_expression(format!("REMOVE {}", beyond.join(", ")))
            .condition_expression("attribute_exists(#recent)")
            .expression_attribute_names("#recent", "recent")
            .send()
            .await
            .map(drop)
            .or_else(|error| match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(CloudError::call("UpdateItem of a connection")(error)),
            })
    }

    async fn delete(&self, pk: String, sk: String) -> Result<Option<Item>, CloudError> {
        let output = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(pk, sk)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(CloudError::call("DeleteItem of a connection"))?;
        Ok(output.attributes.filter(|item| !item.is_empty()))
    }
}

impl From<StoredSocket> for Socket {
    fn from(stored: StoredSocket) -> Self {
        Self {
            id: stored.connection_id,
            session: stored.sid,
            channel: stored.channel,
            ready: stored.ready,
            missed: stored.missed,
            opened_at: stored.opened_at,
        }
    }
}

/// Whether a change of a socket happened, and if not, how the socket stands.
fn unless_refused(
    outcome: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<Result<(), Option<StoredSocket>>, CloudError> {
    let Err(error) = outcome else {
        return Ok(Ok(()));
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            let item = refused.item().filter(|item| !item.is_empty()).cloned();
            let socket = item.map(|item| stored::read("a connection", item));
            Ok(Err(socket.transpose()?))
        }
        _ => Err(CloudError::call("UpdateItem of a connection")(error)),
    }
}

/// Why a message was not heard, by the item that refused it.
fn refusal(item: Option<Item>, now: Moment) -> Result<Hearing, CloudError> {
    let Some(item) = item.filter(|item| !item.is_empty()) else {
        return Ok(Hearing::Unknown);
    };
    let StoredOwner { expires_at, .. } = stored::read("a connection's owner", item)?;
    if expires_at > now.unix_seconds() {
        Ok(Hearing::TooMany)
    } else {
        Ok(Hearing::Unknown)
    }
}

fn connection_key(id: &ConnectionId) -> String {
    format!("CONNECTION#{id}")
}

fn account_key(account: AccountId) -> String {
    format!("ACCOUNT#{account}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::ConnectionId;

    use super::{
        CONNECTION, Hearing, Moment, Owner, Role, StoredOwner, connection_key, refusal, stored,
    };

    fn owner() -> Owner {
        Owner {
            account: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            role: Role::Pharmacy,
            name: "City Pharmacy".to_owned(),
            session: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
        }
    }

    fn item(expires_at: i64) -> stored::Item {
        let body = StoredOwner {
            owner: owner(),
            recent: vec![3, 2, 1],
            expires_at,
        };
        let id = ConnectionId::new("LqS9xdnSoAMCJqQ=");
        stored::item(connection_key(&id), CONNECTION.to_owned(), &body).unwrap()
    }

    #[test]
    fn an_owner_reads_back_as_it_was_stored() {
        let back: StoredOwner = stored::read("an owner", item(10)).unwrap();
        assert_eq!(back.owner, owner());
        assert_eq!(back.recent, [3, 2, 1]);
    }

    #[test]
    fn a_refused_message_came_too_soon_or_from_a_socket_that_nobody_knows() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let seconds = now.unix_seconds();
        assert_eq!(
            refusal(Some(item(seconds + 1)), now).unwrap(),
            Hearing::TooMany
        );
        assert_eq!(refusal(Some(item(seconds)), now).unwrap(), Hearing::Unknown);
        assert_eq!(refusal(None, now).unwrap(), Hearing::Unknown);
    }
}
