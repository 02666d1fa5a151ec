//! Admitting a socket.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use callout_domain::ids::ConnectionId;
use callout_domain::moment::Moment;
use time::Duration;

use crate::commit::{Commit, Guard};
use crate::connections::{
    CONNECTION, Connections, Owner, SOCKETS, StoredOwner, StoredSocket, account_key, attribute,
    connection_key,
};
use crate::failure::CloudError;
use crate::stored::{self, n};

/// API Gateway ends a socket after two hours; the rest is for clocks that differ.
const KEPT: Duration = Duration::minutes(130);

/// Which socket of an account is kept longest, and the account's item with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndsLast {
    /// The one that is being opened.
    This,
    /// One that is open already: whoever admitted it had a faster clock.
    Another,
}

impl EndsLast {
    /// What holds if this does not.
    #[must_use]
    pub fn otherwise(self) -> Self {
        match self {
            Self::This => Self::Another,
            Self::Another => Self::This,
        }
    }
}

impl Connections {
    /// Records a socket that is being admitted, if the commit happens. [`Guard::EndsLast`] refuses
    /// the commit if it is the other way round.
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
        last: EndsLast,
    ) -> Result<(), CloudError> {
        let expires_at = now.plus(KEPT).unix_seconds();
        let of_connection = StoredOwner {
            owner: owner.clone(),
            recent: Vec::new(),
            expires_at,
        };
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(
                connection_key(id),
                CONNECTION.to_owned(),
                &of_connection,
            )?))
            .build()
            .map_err(CloudError::call("a connection's item"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());

        let socket = StoredSocket {
            sid: owner.session,
            channel: channel.to_owned(),
            ready: false,
            missed: 0,
            opened_at: now,
            expires_at,
        };
        let socket =
            serde_dynamo::to_item(socket).map_err(CloudError::malformed("a socket to store"))?;
        // No expression of DynamoDB takes the later of two, so it is said beforehand which it is.
        let (update, condition) = match last {
            EndsLast::This => (
                "SET #socket = :socket, #expires = :expires",
                "attribute_not_exists(#expires) OR #expires <= :expires",
            ),
            EndsLast::Another => ("SET #socket = :socket", "#expires > :expires"),
        };
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_key(owner.account), SOCKETS)))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#socket", attribute(id))
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":socket", AttributeValue::M(socket))
            .expression_attribute_values(":expires", n(expires_at))
            .build()
            .map_err(CloudError::call("a socket's update"))?;
        commit.push(
            Guard::EndsLast,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}
