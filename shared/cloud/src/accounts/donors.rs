//! The donors of a city, found without reading anybody else.
//!
//! Beside their `PROFILE` a donor has an item `DONOR` in the same index, in the partition of their
//! city; it is written in the transactions that write the profile. A city is spread over
//! [`SHARDS`] partitions, all read at once: one partition gives some 3,000 units a second.

#[cfg(test)]
mod tests;

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem, Update};
use callout_domain::account::{Account, City, Profile};
use callout_domain::blood::Donor;
use callout_domain::ids::AccountId;
use futures::{StreamExt, TryStreamExt, stream};

use super::Accounts;
use super::changes::change_to;
use super::record::{Place, RESPONDERS, account_partition};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self, Item, s};

const DONOR: &str = "DONOR";
/// Over how many partitions a city is spread. Who is where follows from this number.
const SHARDS: u8 = 8;
/// The attributes of a `DONOR` item.
const ATTRIBUTES: [&str; 6] = [
    "account_id",
    "blood_group",
    "position",
    "last_donation_date",
    Place::PARTITION,
    Place::SORT,
];

impl Accounts {
    /// The donors of a city, however it is spelt; in no order. Who has just come or gone may be
    /// missing or still be there, for an index follows its table within moments.
    ///
    /// A donor that does not read is logged, and hides none of the others.
    ///
    /// # Errors
    /// When any part of the city cannot be read to its end.
    pub async fn donors_in_city(&self, city: &City) -> Result<Vec<Donor>, CloudError> {
        let queries: Vec<_> = (0..SHARDS)
            .map(|shard| self.donors_of(partition(city, shard)))
            .collect();
        let shards: Vec<Vec<Donor>> = stream::iter(queries)
            .buffered(SHARDS.into())
            .try_collect()
            .await?;
        Ok(shards.concat())
    }

    /// One part of a city, page by page.
    async fn donors_of(&self, partition: String) -> Result<Vec<Donor>, CloudError> {
        let mut items = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(RESPONDERS)
            .key_condition_expression("gpk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .into_paginator()
            .items()
            .send();
        let mut donors = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(CloudError::call("Query"))?;
            if let Ok(donor) = stored::read("a donor", item) {
                donors.push(donor);
            } else {
                // Neither the item nor serde's words, which quote it: it is somebody's health.
                tracing::error!("a donor does not read");
            }
        }
        Ok(donors)
    }

    /// Has a city find an account that was opened or changed, if it is a donor's and what the city
    /// knows of it is new.
    pub(super) fn place_donor(
        &self,
        commit: &mut Commit,
        before: Option<&Account>,
        after: &Account,
    ) -> Result<(), CloudError> {
        let was = before.map(item).transpose()?.flatten();
        let Some(is) = item(after)?.filter(|is| was.as_ref() != Some(is)) else {
            return Ok(());
        };
        let change = change_to(is, &ATTRIBUTES);
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_partition(after.id), DONOR)))
            .update_expression(change.expression)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .build()
            .map_err(CloudError::call("a donor's place"))?;
        // The profile in the same commit has the condition.
        commit.push(
            Guard::None,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    /// Has no city find an account any more.
    pub(super) fn remove_donor(
        &self,
        commit: &mut Commit,
        account: &Account,
    ) -> Result<(), CloudError> {
        if Donor::of(account).is_none() {
            return Ok(());
        }
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_partition(account.id), DONOR)))
            .build()
            .map_err(CloudError::call("the end of a donor's place"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }
}

/// The `DONOR` item of an account; none for any other role.
fn item(account: &Account) -> Result<Option<Item>, CloudError> {
    let (Some(donor), Profile::Donor(profile)) = (Donor::of(account), &account.profile) else {
        return Ok(None);
    };
    let mut item = stored::item(account_partition(account.id), DONOR.to_owned(), &donor)?;
    let gpk = partition(&profile.city, shard_of(account.id));
    item.insert(Place::PARTITION.to_owned(), s(gpk));
    item.insert(Place::SORT.to_owned(), s(account.id.to_string()));
    Ok(Some(item))
}

/// Ends in the shard, so that no name of a city runs into another's.
fn partition(city: &City, shard: u8) -> String {
    format!("DONOR#CITY#{}#{shard}", city.normalized())
}

fn shard_of(id: AccountId) -> u8 {
    let mixed = id.to_string().bytes().fold(0_u8, |mixed, byte| {
        mixed.wrapping_mul(31).wrapping_add(byte)
    });
    mixed % SHARDS
}
