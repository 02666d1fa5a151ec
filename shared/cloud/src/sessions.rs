//! Sessions and their refresh tokens, as the accounts table keeps them. The rules are in
//! [`callout_domain::session`].
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<id>` | `SESSION#<sid>` | `token_hash`: SHA-256 of the one unspent refresh token; `generation`: the account's, when it began; `ends_at`; TTL |
//! | `ACCOUNT#<id>` | `GENERATION` | `generation`: the only one whose sessions hold; not there if none was ended lately; TTL |
//!
//! Resetting a password gives the account a new generation, which ends every session at once,
//! however many there are. The item outlives all of them, and is then no longer needed.
//!
//! Spent tokens need not be remembered: a token that names a living session, and is not its unspent
//! one, was spent.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use callout_domain::account::{Account, Email};
use callout_domain::ids::{AccountId, Generation, SessionId};
use callout_domain::moment::Moment;
use callout_domain::session::{Refresh, RefreshToken, SESSION_LIFETIME, Session};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use time::Duration;

use crate::accounts::{self, Credentials};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{self, Item, SK};
use crate::{Cloud, Table, clock, opaque, otp};

/// How an address signs in: see [`accounts`].
const CREDENTIALS: &str = "CREDENTIALS";
const GENERATION: &str = "GENERATION";
/// The account itself; without it no session holds.
const PROFILE: &str = "PROFILE";
/// How much longer than the sessions that it ended a generation is kept, for clocks that differ.
const SLACK: Duration = Duration::days(1);

/// The sessions of all accounts.
#[derive(Debug)]
pub struct Sessions {
    table: Table,
}

/// What came of showing a refresh token.
#[derive(Debug)]
pub enum Rotation {
    /// It is spent now, and this is the next.
    Next(RefreshToken),
    /// It was spent before: its family must be [`end`](Sessions::end)ed.
    Reused,
    /// There is no such session, or it is over.
    Over,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredSession {
    token_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<Generation>,
    ends_at: Moment,
    expires_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredGeneration {
    generation: Generation,
    expires_at: i64,
}

/// What was found of an account's session.
#[derive(Debug, Default)]
struct Found {
    session: Option<Session>,
    generation: Option<Generation>,
    profile: Option<Item>,
}

impl Cloud {
    /// Sessions.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn sessions(&self) -> Result<Sessions, CloudError> {
        Ok(Sessions {
            table: self.table(ACCOUNTS_TABLE).await?,
        })
    }
}

impl Sessions {
    /// The account's generation, for a session that is about to begin. To be read after the
    /// credentials that the session's commit holds unchanged.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn generation(&self, account: AccountId) -> Result<Option<Generation>, CloudError> {
        let key = stored::key(partition(account), GENERATION);
        let Some(item) = self.table.read_one("GetItem", key).await? else {
            return Ok(None);
        };
        let stored: StoredGeneration = stored::read("the generation of an account", item)?;
        Ok(Some(stored.generation))
    }

    /// Begins a session: its first refresh token, good once the commit has happened.
    /// [`Guard::CredentialsUnchanged`] refuses it if the password that was checked is no longer the
    /// address's: a reset must not be outlived by a session that its old password was just opening.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn begin(
        &self,
        commit: &mut Commit,
        email: &Email,
        credentials: &Credentials,
        generation: Option<Generation>,
        now: Moment,
    ) -> Result<RefreshToken, CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(otp::partition(email), CREDENTIALS)))
            .condition_expression("password_hash = :checked")
            .expression_attribute_values(":checked", stored::s(&credentials.password_hash))
            .build()
            .map_err(CloudError::call("the check of credentials"))?;
        commit.push(
            Guard::CredentialsUnchanged,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        let account = credentials.account;
        let session = SessionId::new(clock::fresh_ulid());
        let token = RefreshToken::new(account, session, opaque::draw());
        let ends_at = now.plus(SESSION_LIFETIME);
        let body = StoredSession {
            token_hash: opaque::hash(&token.reveal()),
            generation,
            ends_at,
            expires_at: ends_at.unix_seconds(),
        };
        self.put(commit, account, sort_key(session), &body)?;
        Ok(token)
    }

    /// The account of a session that holds: it is there, not over, and its account has neither reset
    /// its password since nor been deleted. One consistent read.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn holder(
        &self,
        account: AccountId,
        session: SessionId,
        now: Moment,
    ) -> Result<Option<Account>, CloudError> {
        let found = self.find(account, session, &[PROFILE]).await?;
        let holds = found
            .session
            .is_some_and(|session| session.is_alive(found.generation, now));
        match found.profile.filter(|_| holds) {
            Some(item) => accounts::account_of(item).map(Some),
            None => Ok(None),
        }
    }

    /// Whether a session holds: see [`holder`](Self::holder).
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn is_alive(
        &self,
        account: AccountId,
        session: SessionId,
        now: Moment,
    ) -> Result<bool, CloudError> {
        let holder = self.holder(account, session, now).await?;
        Ok(holder.is_some())
    }

    /// Spends a refresh token for the next. Whether the account is still there is not looked at.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn rotate(&self, token: &RefreshToken, now: Moment) -> Result<Rotation, CloudError> {
        let found = self.find(token.account(), token.session(), &[]).await?;
        let generation = found.generation;
        let Some(session) = found.session else {
            return Ok(Rotation::Over);
        };
        let shown = opaque::hash(&token.reveal());
        match session.refresh(generation, now, is(&shown)) {
            Refresh::Over => Ok(Rotation::Over),
            Refresh::Spent => Ok(Rotation::Reused),
            Refresh::Unspent => self.spend(token, &shown).await,
        }
    }

    async fn spend(&self, token: &RefreshToken, hash: &str) -> Result<Rotation, CloudError> {
        let next = RefreshToken::new(token.account(), token.session(), opaque::draw());
        let next_hash = stored::s(opaque::hash(&next.reveal()));
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(
                partition(token.account()),
                sort_key(token.session()),
            )))
            .condition_expression("token_hash = :shown")
            .update_expression("SET token_hash = :next")
            .expression_attribute_values(":shown", stored::s(hash))
            .expression_attribute_values(":next", next_hash.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Rotation::Next(next)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                    let there = refusal.item().and_then(|item| item.get("token_hash"));
                    // Where the answer to the first try was lost, the client's next one meets what
                    // the first has written; that is no reuse.
                    if there == Some(&next_hash) {
                        Ok(Rotation::Next(next))
                    } else {
                        // Spent since it was read; or ended, and ending it again changes nothing.
                        Ok(Rotation::Reused)
                    }
                }
                // Something is just ending this session.
                Some(UpdateItemError::TransactionConflictException(_)) => Ok(Rotation::Over),
                _ => Err(CloudError::call("UpdateItem")(error)),
            },
        }
    }

    /// Ends a session. [`Guard::SessionThere`] refuses the commit if it has ended already.
    ///
    /// # Errors
    /// When it cannot be written as a deletion.
    pub fn end(
        &self,
        commit: &mut Commit,
        account: AccountId,
        session: SessionId,
    ) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(partition(account), sort_key(session))))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(CloudError::call("a session to end"))?;
        commit.push(
            Guard::SessionThere,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn end_all(
        &self,
        commit: &mut Commit,
        account: AccountId,
        now: Moment,
    ) -> Result<(), CloudError> {
        let body = StoredGeneration {
            generation: Generation::new(clock::fresh_ulid()),
            expires_at: now.plus(SESSION_LIFETIME).plus(SLACK).unix_seconds(),
        };
        self.put(commit, account, GENERATION.to_owned(), &body)
    }

    /// A session, over or not, the account's generation now, and what else is asked for, at one moment.
    async fn find(
        &self,
        account: AccountId,
        session: SessionId,
        also: &[&str],
    ) -> Result<Found, CloudError> {
        let mut keys = vec![
            (partition(account), sort_key(session)),
            (partition(account), GENERATION.to_owned()),
        ];
        keys.extend(also.iter().map(|sk| (partition(account), (*sk).to_owned())));
        let mut found = Found::default();
        for item in self.table.read_many(keys).await? {
            match item
                .get(SK)
                .and_then(|sk| sk.as_s().ok())
                .map(String::as_str)
            {
                Some(GENERATION) => {
                    let stored: StoredGeneration = stored::read("a generation", item)?;
                    found.generation = Some(stored.generation);
                }
                Some(PROFILE) => found.profile = Some(item),
                _ => {
                    let stored: StoredSession = stored::read("a session", item)?;
                    found.session = Some(Session {
                        account,
                        id: session,
                        token_hash: stored.token_hash,
                        generation: stored.generation,
                        ends_at: stored.ends_at,
                    });
                }
            }
        }
        Ok(found)
    }

    fn put<T: Serialize>(
        &self,
        commit: &mut Commit,
        account: AccountId,
        sort_key: String,
        body: &T,
    ) -> Result<(), CloudError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(partition(account), sort_key, body)?))
            .build()
            .map_err(CloudError::call("a session's item"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(())
    }
}

fn is(hash: &str) -> impl Fn(&str) -> bool {
    move |known| bool::from(known.as_bytes().ct_eq(hash.as_bytes()))
}

fn partition(account: AccountId) -> String {
    format!("ACCOUNT#{account}")
}

fn sort_key(session: SessionId) -> String {
    format!("SESSION#{session}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::Generation;
    use callout_domain::moment::Moment;

    use super::StoredSession;
    use crate::{clock, opaque};

    #[test]
    fn a_session_reads_back_with_and_without_a_generation() {
        let ends_at: Moment = "2026-02-24T12:00:00Z".parse().unwrap();
        for generation in [None, Some(Generation::new(clock::fresh_ulid()))] {
            let told = StoredSession {
                token_hash: opaque::hash("token"),
                generation,
                ends_at,
                expires_at: ends_at.unix_seconds(),
            };
            let item: crate::stored::Item = serde_dynamo::to_item(&told).unwrap();
            assert_eq!(item.contains_key("generation"), generation.is_some());
            let read: StoredSession = serde_dynamo::from_item(item).unwrap();
            assert_eq!(read.generation, generation);
            assert_eq!(read.ends_at, ends_at);
        }
    }
}
