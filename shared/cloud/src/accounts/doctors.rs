//! The doctors of an organization: beside a doctor's `PROFILE` there is an item with the organization,
//! written in the transactions that write the profile.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use callout_domain::account::{Account, DoctorProfile, PersonName, Profile, Specialty};
use callout_domain::ids::AccountId;
use serde::{Deserialize, Serialize};

use super::Accounts;
use super::organizations::partition;
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::paging::{Page, Paging};
use crate::stored::{self, Item};

const DOCTOR: &str = "DOCTOR#";

/// A doctor of an organization, as everybody may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDoctor {
    /// Their account.
    #[serde(rename = "account_id")]
    pub account: AccountId,
    /// What they are called.
    pub name: PersonName,
    /// What they are versed in.
    pub specialty: Specialty,
}

impl Accounts {
    /// A doctor, if they are of that organization.
    ///
    /// # Errors
    /// When the outside world fails, or the item does not read.
    pub async fn doctor(
        &self,
        organization: AccountId,
        account: AccountId,
    ) -> Result<Option<OrganizationDoctor>, CloudError> {
        let item = self
            .get(partition(organization), &sort_key(account))
            .await?;
        item.map(read).transpose()
    }

    /// The doctors of an organization, those whose accounts are the newest first.
    ///
    /// # Errors
    /// When the outside world fails, or an item does not read.
    pub async fn doctors(
        &self,
        organization: AccountId,
        paging: Paging<AccountId>,
    ) -> Result<Page<OrganizationDoctor, AccountId>, CloudError> {
        let id = |doctor: &OrganizationDoctor| doctor.account;
        self.page_of_organization(organization, DOCTOR, paging, read, id)
            .await
    }

    /// Has the commit refused by [`Guard::DoctorThere`] if the doctor is not of that organization.
    ///
    /// # Errors
    /// When the check cannot be written.
    pub fn must_have_doctor(
        &self,
        commit: &mut Commit,
        organization: AccountId,
        account: AccountId,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(doctor_key(organization, account)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(CloudError::call("a check of a doctor"))?;
        commit.push(
            Guard::DoctorThere,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }

    /// Has the organization list a doctor's account that was opened or changed.
    pub(super) fn place_doctor(
        &self,
        commit: &mut Commit,
        before: Option<&Account>,
        after: &Account,
    ) -> Result<(), CloudError> {
        let was = before.and_then(entry);
        let Some((organization, doctor)) = entry(after).filter(|is| was.as_ref() != Some(is))
        else {
            return Ok(());
        };
        if let Some((former, _)) = was.filter(|(former, _)| *former != organization) {
            self.unlist(commit, former, after.id)?;
        }
        let item = stored::item(partition(organization), sort_key(after.id), &doctor)?;
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .build()
            .map_err(CloudError::call("a doctor's entry"))?;
        // The profile in the same commit has the condition.
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    /// Has no organization list an account any more.
    pub(super) fn remove_doctor(
        &self,
        commit: &mut Commit,
        account: &Account,
    ) -> Result<(), CloudError> {
        match entry(account) {
            Some((organization, _)) => self.unlist(commit, organization, account.id),
            None => Ok(()),
        }
    }

    fn unlist(
        &self,
        commit: &mut Commit,
        organization: AccountId,
        account: AccountId,
    ) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(doctor_key(organization, account)))
            .build()
            .map_err(CloudError::call("the end of a doctor's entry"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }
}

/// What an organization lists of an account, if it is a doctor's.
fn entry(account: &Account) -> Option<(AccountId, OrganizationDoctor)> {
    let Profile::Doctor(DoctorProfile {
        specialty,
        hospital_id,
    }) = &account.profile
    else {
        return None;
    };
    let doctor = OrganizationDoctor {
        account: account.id,
        name: account.name.clone(),
        specialty: specialty.clone(),
    };
    Some((*hospital_id, doctor))
}

fn read(item: Item) -> Result<OrganizationDoctor, CloudError> {
    stored::read("a doctor's entry", item)
}

fn sort_key(account: AccountId) -> String {
    format!("{DOCTOR}{account}")
}

fn doctor_key(organization: AccountId, account: AccountId) -> Item {
    stored::key(partition(organization), sort_key(account))
}
