//! What opening, changing and deleting an account puts into the one commit of a function.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use callout_domain::account::{Account, Email};
use callout_domain::ids::AccountId;

use super::Accounts;
use super::record::{
    CREDENTIALS, PROFILE, Place, StoredAccount, StoredCredentials, account_partition,
};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::otp::partition as address_partition;
use crate::stored::{self, Item, n, s};

/// An item that belongs to this account, whoever had the address before.
const IS_OF_ACCOUNT: &str = "account_id = :account";
/// The attributes of a `PROFILE` item that a change may touch.
const CHANGING: [&str; 6] = [
    "name",
    "phone_number",
    "profile",
    "version",
    Place::PARTITION,
    Place::SORT,
];

impl Accounts {
    /// Opens an account: [`Guard::AddressFree`] refuses if the address has one, and
    /// [`Guard::OrganizationThere`] if it asks to join an organization that is none. That the address
    /// was proved is for the caller to put before this, so that only who proved it learns this.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn open(
        &self,
        commit: &mut Commit,
        account: &Account,
        password_hash: &str,
    ) -> Result<(), CloudError> {
        let credentials = StoredCredentials {
            account_id: account.id,
            role: account.role,
            name: account.name.clone(),
            password_hash: password_hash.to_owned(),
        };
        let credentials = stored::item(
            address_partition(&account.email),
            CREDENTIALS.to_owned(),
            &credentials,
        )?;
        self.put_new(commit, Guard::AddressFree, credentials)?;
        let profile = StoredAccount::of(account).item()?;
        self.put_new(commit, Guard::AccountUnchanged, profile)?;
        self.join(commit, account)?;
        self.place_doctor(commit, None, account)?;
        self.place_donor(commit, None, account)
    }

    /// Changes name, number and profile from what was read: [`Guard::AccountUnchanged`] refuses
    /// if the account was changed or deleted since, [`Guard::SpeaksFor`] if it describes an
    /// organization for which it no longer speaks. What other parts keep in the item stays.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn change(
        &self,
        commit: &mut Commit,
        read: &Account,
        changed: &Account,
    ) -> Result<(), CloudError> {
        let next = Account {
            version: read.version + 1,
            ..changed.clone()
        };
        let change = profile_change(&next)?;
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_partition(read.id), PROFILE)))
            .condition_expression("#version = :read")
            .update_expression(change.expression)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .expression_attribute_values(":read", version(read)?)
            .build()
            .map_err(CloudError::call("a change of an account"))?;
        commit.push(
            Guard::AccountUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        self.describe_organization(commit, read, changed)?;
        self.place_doctor(commit, Some(read), changed)?;
        self.place_donor(commit, Some(read), changed)?;
        if read.name != changed.name {
            // Signing in reads only the credentials.
            self.change_credentials(
                commit,
                &read.email,
                read.id,
                ("name", changed.name.as_str()),
            )?;
        }
        Ok(())
    }

    /// Sets another password: [`Guard::AccountUnchanged`] refuses if the address is no longer the
    /// account's.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn change_password(
        &self,
        commit: &mut Commit,
        email: &Email,
        account: AccountId,
        password_hash: &str,
    ) -> Result<(), CloudError> {
        self.change_credentials(commit, email, account, ("password_hash", password_hash))
    }

    /// Deletes an account and frees its address: [`Guard::AccountUnchanged`] refuses if it is
    /// deleted already.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn delete(&self, commit: &mut Commit, account: &Account) -> Result<(), CloudError> {
        for (pk, sk) in [
            (address_partition(&account.email), CREDENTIALS),
            (account_partition(account.id), PROFILE),
        ] {
            let delete = Delete::builder()
                .table_name(&self.table.name)
                .set_key(Some(stored::key(pk, sk)))
                .condition_expression(IS_OF_ACCOUNT)
                .expression_attribute_values(":account", s(account.id.to_string()))
                .build()
                .map_err(CloudError::call("the deletion of an account"))?;
            commit.push(
                Guard::AccountUnchanged,
                TransactWriteItem::builder().delete(delete).build(),
            );
        }
        self.remove_doctor(commit, account)?;
        self.remove_donor(commit, account)
    }

    /// Has the commit refused by [`Guard::AccountThere`] if the account was deleted: what is written
    /// for somebody who has left would never be erased.
    ///
    /// # Errors
    /// When the check cannot be written.
    pub fn must_be_there(&self, commit: &mut Commit, account: AccountId) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(account_partition(account), PROFILE)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(CloudError::call("a check of an account"))?;
        commit.push(
            Guard::AccountThere,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }

    pub(super) fn put_new(
        &self,
        commit: &mut Commit,
        guard: Guard,
        item: Item,
    ) -> Result<(), CloudError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(CloudError::call("an account to open"))?;
        commit.push(guard, TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    fn change_credentials(
        &self,
        commit: &mut Commit,
        email: &Email,
        account: AccountId,
        (attribute, value): (&str, &str),
    ) -> Result<(), CloudError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(address_partition(email), CREDENTIALS)))
            .condition_expression(IS_OF_ACCOUNT)
            .update_expression("SET #attribute = :value")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", s(value))
            .expression_attribute_values(":account", s(account.to_string()))
            .build()
            .map_err(CloudError::call("a change of credentials"))?;
        commit.push(
            Guard::AccountUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

/// What an update does, with the names and values that it speaks of.
pub(super) struct Change {
    pub(super) expression: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Item,
}

/// Sets what of a `PROFILE` item may change, and has the index follow.
fn profile_change(account: &Account) -> Result<Change, CloudError> {
    Ok(change_to(StoredAccount::of(account).item()?, &CHANGING))
}

/// Gives an item these attributes of another, and takes from it those that the other has not.
pub(super) fn change_to(mut item: Item, attributes: &[&str]) -> Change {
    let values: Item = attributes
        .iter()
        .filter_map(|name| Some((format!(":{name}"), item.remove(*name)?)))
        .collect();
    let is_set = |name: &&str| values.contains_key(&format!(":{name}"));
    let (set, removed): (Vec<&str>, Vec<&str>) = attributes.iter().partition(|name| is_set(name));
    let sets: Vec<String> = set
        .iter()
        .map(|name| format!("#{name} = :{name}"))
        .collect();
    let mut expression = format!("SET {}", sets.join(", "));
    if !removed.is_empty() {
        expression += " REMOVE #";
        expression += &removed.join(", #");
    }
    // All by a placeholder: some are reserved words of DynamoDB.
    let names = attributes
        .iter()
        .map(|name| (format!("#{name}"), (*name).to_owned()))
        .collect();
    Change {
        expression,
        names,
        values,
    }
}

fn version(account: &Account) -> Result<aws_sdk_dynamodb::types::AttributeValue, CloudError> {
    i64::try_from(account.version)
        .map(n)
        .map_err(CloudError::malformed("the version of an account"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::{PharmacyProfile, Profile};

    use super::profile_change;
    use crate::accounts::record::tests::{account, kathmandu};

    fn pharmacy(position: Option<callout_domain::geo::GeoPoint>) -> super::Change {
        let profile = PharmacyProfile {
            position,
            address: None,
        };
        profile_change(&account(Profile::Pharmacy(profile))).unwrap()
    }

    #[test]
    fn who_has_a_position_is_moved_in_the_index() {
        let change = pharmacy(Some(kathmandu()));
        assert_eq!(
            change.expression,
            "SET #name = :name, #phone_number = :phone_number, #profile = :profile, \
             #version = :version, #gpk = :gpk, #gsk = :gsk"
        );
        assert_eq!(change.values.len(), 6);
        assert_eq!(change.values[":version"].as_n().unwrap(), "3");
    }

    #[test]
    fn who_has_none_leaves_the_index() {
        let change = pharmacy(None);
        assert!(change.expression.ends_with(" REMOVE #gpk, #gsk"));
        assert_eq!(change.values.len(), 4);
        assert!(!change.expression.contains(":gpk"));
    }
}
