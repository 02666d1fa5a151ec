//! Tickets that open a socket, so that browsers need not put a token into a URL.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `TICKET#<SHA-256 of the ticket>` | `TICKET` | `account`, `role`, `name`, `session`, `ends_at`; TTL |
//!
//! Spent by deleting it: of two who show one ticket, one gets what it held.

use aws_sdk_dynamodb::types::ReturnValue;
use callout_domain::ids::{AccountId, SessionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::settings::ACCOUNTS_TABLE;
use crate::{Cloud, Table, opaque, stored};

/// How long a ticket holds.
pub const TICKET_LIFETIME: Duration = Duration::seconds(30);

const TICKET: &str = "TICKET";
/// Longer than any ticket; what is longer is not looked up.
const LONGEST: usize = 64;

/// The tickets of all accounts.
#[derive(Debug)]
pub struct Tickets {
    table: Table,
}

/// Who a ticket admits: what the access token said that bought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Whose it is.
    pub account: AccountId,
    /// What they are.
    pub role: Role,
    /// What they are called.
    pub name: String,
    /// The session of the token; whether it is still alive, a ticket does not know.
    pub session: SessionId,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    ticket: Ticket,
    ends_at: Moment,
    expires_at: i64,
}

impl Cloud {
    /// Tickets.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn tickets(&self) -> Result<Tickets, CloudError> {
        Ok(Tickets {
            table: self.table(ACCOUNTS_TABLE).await?,
        })
    }
}

impl Tickets {
    /// Makes a ticket that holds for [`TICKET_LIFETIME`]: its text, which is stored nowhere.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn make(&self, ticket: Ticket, now: Moment) -> Result<String, CloudError> {
        let text = opaque::draw();
        let ends_at = now.plus(TICKET_LIFETIME);
        let body = Stored {
            ticket,
            ends_at,
            expires_at: ends_at.unix_seconds(),
        };
        self.table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(
                partition(&text),
                TICKET.to_owned(),
                &body,
            )?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(CloudError::call("PutItem"))?;
        Ok(text)
    }

    /// Spends a ticket; `None` if there is none of that text that holds at `now`.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn spend(&self, text: &str, now: Moment) -> Result<Option<Ticket>, CloudError> {
        if text.len() > LONGEST {
            return Ok(None);
        }
        // DynamoDB deletes an item once, and gives it to whoever did: no condition is needed.
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(partition(text), TICKET)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?
            .attributes
            .map(|item| stored::read("a ticket", item))
            .transpose()
            .map(|found: Option<Stored>| found.and_then(|stored| stored.at(now)))
    }
}

impl Stored {
    /// The ticket, if it holds at `now`.
    fn at(self, now: Moment) -> Option<Ticket> {
        (now < self.ends_at).then_some(self.ticket)
    }
}

fn partition(text: &str) -> String {
    format!("TICKET#{}", opaque::hash(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::{AccountId, SessionId};
    use callout_domain::moment::Moment;
    use callout_domain::role::Role;
    use time::Duration;

    use super::{Stored, TICKET_LIFETIME, Ticket, partition};
    use crate::clock;

    #[test]
    fn a_ticket_reads_back_and_holds_for_thirty_seconds() {
        let noon: Moment = "2026-02-24T12:00:00Z".parse().unwrap();
        let ticket = Ticket {
            account: AccountId::new(clock::fresh_ulid()),
            role: Role::Pharmacy,
            name: "City Pharmacy".to_owned(),
            session: SessionId::new(clock::fresh_ulid()),
        };
        let read = || -> Stored {
            let ends_at = noon.plus(TICKET_LIFETIME);
            let item: crate::stored::Item = serde_dynamo::to_item(Stored {
                ticket: ticket.clone(),
                ends_at,
                expires_at: ends_at.unix_seconds(),
            })
            .unwrap();
            serde_dynamo::from_item(item).unwrap()
        };
        let last = noon.plus(Duration::milliseconds(29_999));
        assert_eq!(read().at(last), Some(ticket.clone()));
        assert_eq!(read().at(noon.plus(Duration::seconds(30))), None);
    }

    #[test]
    fn a_ticket_is_not_in_its_key() {
        assert!(!partition("secret").contains("secret"));
    }
}
