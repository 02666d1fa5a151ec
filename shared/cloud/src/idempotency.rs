//! What was answered under an `Idempotency-Key`, kept for 24 hours in the requests table.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `IDEMPOTENCY#<scope>#<SHA-256 of key>` | `IDEMPOTENCY` | fingerprint of what was sent, status, body, media of the answer |
//!
//! The scope is the caller's account, or for somebody who has none yet the hash of their address.
//! The record is written in the transaction that does the work, so that two calls with one key do
//! it once, and a call that changed nothing leaves its key unused.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::Duration;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::settings::REQUESTS_TABLE;
use crate::stored::{self, n};
use crate::{Cloud, Table};

const KEPT: Duration = Duration::hours(24);
const SK: &str = "IDEMPOTENCY";

/// The answers that were given under a key.
#[derive(Debug, Clone)]
pub struct Idempotency {
    table: Table,
}

/// A key of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// A hash of everything that was sent, and where.
    pub fingerprint: String,
    /// The HTTP status.
    pub status: u16,
    /// The body as JSON, without its links.
    pub body: String,
    /// The media that become links when it is given again, by their places in the body (RFC 6901).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, MediaId>,
}

/// What stands beside the answer in its item.
#[derive(Deserialize)]
struct Expiry {
    expires_at: i64,
}

impl Cloud {
    /// The answers that were given under a key.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn idempotency(&self) -> Result<Idempotency, CloudError> {
        Ok(Idempotency {
            table: self.table(REQUESTS_TABLE).await?,
        })
    }
}

impl Key {
    /// The key that an account sent.
    pub fn of_account(account: AccountId, key: &str) -> Self {
        Self(format!("IDEMPOTENCY#{account}#{}", hash(key)))
    }

    /// The key that somebody sent who has no account yet, but an address.
    pub fn of_address(address: &str, key: &str) -> Self {
        Self(format!("IDEMPOTENCY#{}#{}", hash(address), hash(key)))
    }
}

impl Idempotency {
    /// What was answered under a key, if it is younger than 24 hours.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(&self, key: &Key, now: Moment) -> Result<Option<KeptAnswer>, CloudError> {
        let key = stored::key(&key.0, SK);
        let Some(item) = self.table.read_one("GetItem", key).await? else {
            return Ok(None);
        };
        let expiry: Expiry = stored::read("a kept answer", item.clone())?;
        if expiry.expires_at <= now.unix_seconds() {
            return Ok(None);
        }
        stored::read("a kept answer", item).map(Some)
    }

    /// Keeps an answer, if the commit happens; refused by [`Guard::KeyUnused`] if there is one.
    ///
    /// # Errors
    /// When the answer cannot be written as an item.
    pub fn keep(
        &self,
        commit: &mut Commit,
        key: &Key,
        answer: &KeptAnswer,
        now: Moment,
    ) -> Result<(), CloudError> {
        let mut item = stored::item(key.0.clone(), SK.to_owned(), answer)?;
        item.insert("expires_at".to_owned(), n(now.plus(KEPT).unix_seconds()));
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            // TTL deletes late: a key of yesterday may still be there.
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", n(now.unix_seconds()))
            .build()
            .map_err(CloudError::call("a kept answer"))?;
        commit.push(
            Guard::KeyUnused,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use callout_domain::ids::AccountId;
    use ulid::Ulid;

    use super::Key;

    #[test]
    fn a_key_is_its_senders_alone_and_does_not_show_what_was_sent() {
        let one = AccountId::new(Ulid::from(1));
        let other = AccountId::new(Ulid::from(2));
        assert_eq!(Key::of_account(one, "a"), Key::of_account(one, "a"));
        assert_ne!(Key::of_account(one, "a"), Key::of_account(other, "a"));
        assert_ne!(Key::of_account(one, "a"), Key::of_account(one, "b"));
        let address = Key::of_address("somebody@example.org", "a secret key");
        assert!(!address.0.contains("somebody") && !address.0.contains("secret"));
        assert_ne!(
            address,
            Key::of_address("somebody@example.net", "a secret key")
        );
    }
}
