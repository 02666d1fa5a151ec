//! What becomes of a socket: it is made ready, has something left to its replay, is forgotten.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use callout_domain::ids::{AccountId, ConnectionId};
use callout_domain::moment::Moment;

use crate::connections::{
    CONNECTION, Connections, Owner, SOCKETS, StoredOwner, StoredSocket, account_key, attribute,
    connection_key,
};
use crate::contention;
use crate::failure::CloudError;
use crate::stored::{self, Item, n};

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

/// What becomes of a change of a socket.
enum Change {
    Done,
    /// The condition did not hold for the socket as it is.
    Refused(StoredSocket),
    /// There is no such socket.
    Gone,
}

impl Connections {
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
        let update = self
            .update(account, id)
            .update_expression("SET #socket.#ready = :ready")
            .condition_expression(
                "attribute_exists(#socket) AND \
                 (#socket.#ready = :ready OR #socket.#missed = :missed)",
            )
            .expression_attribute_names("#ready", "ready")
            .expression_attribute_names("#missed", "missed")
            .expression_attribute_values(":ready", AttributeValue::Bool(true))
            .expression_attribute_values(":missed", n(missed.into()));
        match change(update, id).await? {
            Change::Done => Ok(Readiness::Ready),
            Change::Gone => Ok(Readiness::Gone),
            Change::Refused(socket) => Ok(Readiness::Missed(socket.missed)),
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
        let update = self
            .update(account, id)
            // Not by ADD, which takes no nested attribute.
            .update_expression("SET #socket.#missed = #socket.#missed + :one")
            .condition_expression("attribute_exists(#socket) AND #socket.#ready = :waiting")
            .expression_attribute_names("#ready", "ready")
            .expression_attribute_names("#missed", "missed")
            .expression_attribute_values(":waiting", AttributeValue::Bool(false))
            .expression_attribute_values(":one", n(1));
        match change(update, id).await? {
            // One that has gone hears of it when it comes back.
            Change::Done | Change::Gone => Ok(true),
            Change::Refused(_) => Ok(false),
        }
    }

    /// Forgets a socket of an account.
    ///
    /// # Errors
    /// When the table cannot be written; what is left then ends by TTL, or answers 410.
    pub async fn forget(&self, account: AccountId, id: &ConnectionId) -> Result<(), CloudError> {
        self.remove(account, id).await?;
        let Some(item) = self.disown(id).await? else {
            return Ok(());
        };
        let StoredOwner { recent, .. } = stored::read("a connection's owner", item)?;
        let heard = recent.first().copied();
        match heard.and_then(Moment::from_unix_milliseconds) {
            Some(heard) => self.seen(account, heard).await,
            None => Ok(()),
        }
    }

    /// Forgets a socket that says itself that it is gone, and tells whose it was.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn close(&self, id: &ConnectionId, now: Moment) -> Result<Option<Owner>, CloudError> {
        let Some(item) = self.disown(id).await? else {
            return Ok(None);
        };
        let StoredOwner { owner, .. } = stored::read("a connection's owner", item)?;
        self.remove(owner.account, id).await?;
        self.seen(owner.account, now).await?;
        Ok(Some(owner))
    }

    /// Forgets those of these sockets of an account that are past their expiry.
    ///
    /// # Errors
    /// When the table cannot be written; what is left then ends with the account's last socket.
    pub async fn forget_expired(
        &self,
        account: AccountId,
        ids: &[ConnectionId],
        now: Moment,
    ) -> Result<(), CloudError> {
        for id in ids {
            let update = self
                .update(account, id)
                .update_expression("REMOVE #socket")
                .condition_expression("attribute_exists(#socket) AND #socket.#expires <= :now")
                .expression_attribute_names("#expires", "expires_at")
                .expression_attribute_values(":now", n(now.unix_seconds()));
            match change(update, id).await? {
                // Its name in `CONNECTION#` ends by TTL.
                Change::Done | Change::Refused(_) | Change::Gone => {}
            }
        }
        Ok(())
    }

    /// The beginning of an update of a socket, which must be there: an update of a forgotten one
    /// would bring it back, and one of nothing leave an empty item.
    fn update(&self, account: AccountId, id: &ConnectionId) -> UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_key(account), SOCKETS)))
            .expression_attribute_names("#socket", attribute(id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Forgets it under its account.
    async fn remove(&self, account: AccountId, id: &ConnectionId) -> Result<(), CloudError> {
        let update = self
            .update(account, id)
            .update_expression("REMOVE #socket")
            .condition_expression("attribute_exists(#socket)");
        match change(update, id).await? {
            Change::Done | Change::Refused(_) | Change::Gone => Ok(()),
        }
    }

    /// Forgets it under its own name, and tells what was there.
    async fn disown(&self, id: &ConnectionId) -> Result<Option<Item>, CloudError> {
        let output = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(connection_key(id), CONNECTION)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(CloudError::call("DeleteItem of a connection"))?;
        Ok(output.attributes.filter(|item| !item.is_empty()))
    }
}

/// Does a conditional update of a socket, however often another socket of the account is just being
/// opened: a plain update that meets a transaction is refused.
async fn change(update: UpdateItemFluentBuilder, id: &ConnectionId) -> Result<Change, CloudError> {
    for tries in 0..contention::TRIES {
        let Err(error) = update.clone().send().await else {
            return Ok(Change::Done);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let there = refused.item().and_then(|item| item.get(&attribute(id)));
                return there.map_or(Ok(Change::Gone), |socket| {
                    StoredSocket::read(socket.clone()).map(Change::Refused)
                });
            }
            Some(UpdateItemError::TransactionConflictException(_)) => {
                contention::wait(tries).await;
            }
            _ => return Err(CloudError::call("UpdateItem of a socket")(error)),
        }
    }
    Err(CloudError::Contended)
}
