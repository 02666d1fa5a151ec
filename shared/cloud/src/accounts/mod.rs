//! Accounts: who somebody is, how they sign in, and where they are found.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<id>` | `PROFILE` | the [`Account`]; where it has a position also `gpk` and `gsk` of the index `responders` |
//! | `ACCOUNT#<id>` | `DONOR` | beside a donor's profile, what decides whether they are told of a need: group, position, last donation; with `gpk` = `DONOR#CITY#<normalized city>#<shard>` and `gsk` = `<id>` in the same index |
//! | `EMAIL#<normalized address>` | `CREDENTIALS` | `account_id`, `role`, `name`, `password_hash`: all that signing in reads. That it is there is what makes an address taken |
//! | `ORGANIZATION#<id>` | `ORGANIZATION` | a hospital: name, city, position, and how many `members` speak for it |
//! | `ORGANIZATION#<id>` | `MEMBER#<account>` | who speaks for it, or asks to |
//! | `ORGANIZATION#<id>` | `DOCTOR#<account>` | one of its doctors, as their profile has them |
//!
//! In the index, a profile's `gpk` is `<role>#<geohash, 3 characters>` and `gsk` is `<geohash>#<id>`. It holds
//! whole items, so that a search reads nothing else; it follows the table within moments, so that
//! who has just moved or gone may be found where they were.

mod changes;
mod doctors;
mod donors;
mod members;
mod organizations;
mod record;

use std::collections::HashMap;

use callout_domain::account::{Account, Email, PersonName};
use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::AccountId;
use callout_domain::role::Role;

pub use self::doctors::OrganizationDoctor;
pub use self::members::{Leaving, Member};

use self::record::{
    CREDENTIALS, PROFILE, RESPONDERS, Responder, StoredAccount, StoredCredentials,
    account_partition,
};
use crate::failure::CloudError;
use crate::otp::partition as address_partition;
use crate::radius_search::RadiusIndex;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{self, Item};
use crate::{Cloud, Table};

/// The accounts of all roles.
#[derive(Debug, Clone)]
pub struct Accounts {
    table: Table,
}

/// How somebody signs in.
#[derive(Clone)]
pub struct Credentials {
    /// Whose they are.
    pub account: AccountId,
    /// What the account is.
    pub role: Role,
    /// What its holder is called.
    pub name: PersonName,
    /// The PHC string of the password.
    pub password_hash: String,
}

/// Never shows the hash.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Cloud {
    /// Accounts.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn accounts(&self) -> Result<Accounts, CloudError> {
        Ok(Accounts::of(self.table(ACCOUNTS_TABLE).await?))
    }
}

impl Accounts {
    /// Those of a table.
    pub(crate) const fn of(table: Table) -> Self {
        Self { table }
    }

    /// An account as it is now, if it is there.
    ///
    /// # Errors
    /// When the outside world fails, or the item does not read.
    pub async fn read(&self, id: AccountId) -> Result<Option<Account>, CloudError> {
        self.get(account_partition(id), PROFILE)
            .await?
            .map(StoredAccount::read)
            .transpose()
    }

    /// Those of these accounts that are there, as they are now.
    ///
    /// # Errors
    /// When the outside world fails, or an item does not read.
    pub async fn read_many(
        &self,
        ids: &[AccountId],
    ) -> Result<HashMap<AccountId, Account>, CloudError> {
        let keys = ids
            .iter()
            .map(|id| (account_partition(*id), PROFILE.to_owned()))
            .collect();
        let items = self.table.read_many(keys).await?;
        items
            .into_iter()
            .map(|item| StoredAccount::read(item).map(|account| (account.id, account)))
            .collect()
    }

    /// How the holder of an address signs in, if it has an account.
    ///
    /// # Errors
    /// When the outside world fails, or the item does not read.
    pub async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, CloudError> {
        let item = self.get(address_partition(email), CREDENTIALS).await?;
        item.map(|item| {
            let stored: StoredCredentials = stored::read("credentials", item)?;
            Ok(Credentials {
                account: stored.account_id,
                role: stored.role,
                name: stored.name,
                password_hash: stored.password_hash,
            })
        })
        .transpose()
    }

    /// The accounts of a role within a radius, its rim included, nearest first.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn responders_near(
        &self,
        role: Role,
        center: GeoPoint,
        radius: RadiusKm,
    ) -> Result<Vec<(Account, DistanceKm)>, CloudError> {
        let index = RadiusIndex {
            client: &self.table.client,
            table: &self.table.name,
            index: RESPONDERS,
        };
        let found = index
            .within::<Responder>(role.as_str(), center, radius)
            .await?;
        tracing::debug!(cost = ?found.cost, "searched a radius");
        Ok(found
            .hits
            .into_iter()
            .map(|(responder, distance)| (responder.account, distance))
            .collect())
    }

    async fn get(&self, pk: String, sk: &str) -> Result<Option<Item>, CloudError> {
        self.table.read_one("GetItem", stored::key(pk, sk)).await
    }
}

/// The account that its item holds.
pub(crate) fn account_of(item: Item) -> Result<Account, CloudError> {
    StoredAccount::read(item)
}
