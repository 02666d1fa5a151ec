//! Attempts at passwords, as the accounts table keeps them. The rule is in
//! [`callout_domain::login`].
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `EMAIL#<normalized address>` | `LOGIN` | `count`, `last_at`, `locked_until`; `revision`; TTL |
//!
//! The item is there for every address that was tried, whether or not it has an account, and is
//! gone after a success.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use callout_domain::account::Email;
use callout_domain::login::{self, LOCK, Locked};
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::otp::partition;
use crate::revised::{Decision, Revised};
use crate::settings::ACCOUNTS_TABLE;
use crate::{Cloud, Table, stored};

const LOGIN: &str = "LOGIN";

/// The attempts at all addresses.
#[derive(Debug)]
pub struct LoginAttempts {
    table: Table,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    count: u32,
    last_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_until: Option<Moment>,
    expires_at: i64,
}

impl Cloud {
    /// Attempts at passwords.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn login_attempts(&self) -> Result<LoginAttempts, CloudError> {
        Ok(LoginAttempts {
            table: self.table(ACCOUNTS_TABLE).await?,
        })
    }
}

impl LoginAttempts {
    /// Counts an attempt at an address, before its password is checked.
    ///
    /// # Errors
    /// `Ok(Err(_))` while the address is locked; `Err` when the outside world fails.
    pub async fn count(
        &self,
        email: &Email,
        now: Moment,
    ) -> Result<Result<(), Locked>, CloudError> {
        let item = Revised {
            table: &self.table,
            pk: partition(email),
            sk: LOGIN,
            what: "the login attempts at an address",
        };
        item.decide(|stored: Option<&Stored>| {
            match login::attempt(stored.map(Stored::attempts), now) {
                Ok(next) => Decision::Replace(Stored::new(next), Ok(())),
                Err(locked) => Decision::Keep(Err(locked)),
            }
        })
        .await
    }

    /// Forgets the attempts at an address, in the commit of what proved its owner.
    ///
    /// # Errors
    /// When it cannot be written as a deletion.
    pub fn forget(&self, commit: &mut Commit, email: &Email) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(partition(email), LOGIN)))
            .build()
            .map_err(CloudError::call("the login attempts to forget"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }
}

impl Stored {
    fn new(attempts: login::LoginAttempts) -> Self {
        Self {
            count: attempts.count,
            last_at: attempts.last_at,
            locked_until: attempts.locked_until,
            expires_at: attempts.last_at.plus(LOCK).unix_seconds(),
        }
    }

    fn attempts(&self) -> login::LoginAttempts {
        login::LoginAttempts {
            count: self.count,
            last_at: self.last_at,
            locked_until: self.locked_until,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::login::attempt;
    use callout_domain::moment::Moment;

    use super::Stored;

    #[test]
    fn attempts_read_back_as_they_were_stored() {
        let noon: Moment = "2026-02-24T12:00:00Z".parse().unwrap();
        let mut last = None;
        for _ in 0..10 {
            let told = attempt(last, noon).unwrap();
            let item: crate::stored::Item = serde_dynamo::to_item(Stored::new(told)).unwrap();
            let read: Stored = serde_dynamo::from_item(item).unwrap();
            assert_eq!(read.attempts(), told);
            last = Some(told);
        }
        assert!(last.unwrap().locked_until.is_some());
    }
}
