//! Whether what comes over a socket is heard, and how often.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use callout_domain::ids::ConnectionId;
use callout_domain::moment::Moment;
use callout_domain::socket;

use crate::connections::{CONNECTION, Connections, Owner, StoredOwner, connection_key};
use crate::failure::CloudError;
use crate::stored::{self, Item, n};

/// With so many remembered moments of speech, those that no longer count are dropped.
const LONGEST_RECENT: usize = 3 * socket::MOST_MESSAGES;

/// What becomes of a message that came over a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearing {
    /// It is heard; this is who speaks, and when they did so over this socket before.
    Granted(Owner, Option<Moment>),
    /// The socket has said too much in too short a time.
    TooMany,
    /// Nobody knows this socket, or no longer.
    Unknown,
}

impl Connections {
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
        let before = recent.get(1).copied();
        let before = before.and_then(Moment::from_unix_milliseconds);
        Ok(Hearing::Granted(owner, before))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::ConnectionId;
    use callout_domain::moment::Moment;
    use callout_domain::role::Role;

    use super::{Hearing, refusal};
    use crate::connections::{CONNECTION, Owner, StoredOwner, connection_key};
    use crate::stored;

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
