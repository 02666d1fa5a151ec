//! Organizations: founded with the account of whoever describes them, and there for as long as
//! somebody speaks for them.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use callout_domain::account::{
    Account, City, FoundedHospital, HospitalName, HospitalProfile, Profile,
};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::organization::{Membership, Organization};
use serde::{Deserialize, Serialize};

use super::Accounts;
use super::changes::change_to;
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self, Item};

const ORGANIZATION: &str = "ORGANIZATION";
/// What of an organization its founder describes.
const DESCRIBED: [&str; 3] = ["name", "city", "position"];

/// The `ORGANIZATION` item.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganization {
    id: AccountId,
    name: HospitalName,
    city: City,
    position: GeoPoint,
    /// How many speak for it.
    pub(super) members: u32,
}

impl StoredOrganization {
    fn of(id: AccountId, hospital: &FoundedHospital, members: u32) -> Self {
        Self {
            id,
            name: hospital.hospital_name.clone(),
            city: hospital.city.clone(),
            position: hospital.position,
            members,
        }
    }

    fn item(&self) -> Result<Item, CloudError> {
        stored::item(partition(self.id), ORGANIZATION.to_owned(), self)
    }
}

impl Accounts {
    /// An organization, if it is there.
    ///
    /// # Errors
    /// When the outside world fails, or the item does not read.
    pub async fn organization(&self, id: AccountId) -> Result<Option<Organization>, CloudError> {
        let found = self.stored_organization(id).await?;
        Ok(found.map(|stored| Organization {
            id: stored.id,
            name: stored.name,
        }))
    }

    pub(super) async fn stored_organization(
        &self,
        id: AccountId,
    ) -> Result<Option<StoredOrganization>, CloudError> {
        self.get(partition(id), ORGANIZATION)
            .await?
            .map(|item| stored::read("an organization", item))
            .transpose()
    }

    /// Has the commit refused by [`Guard::OrganizationThere`] if there is no such organization.
    ///
    /// # Errors
    /// When the check cannot be written.
    pub fn must_be_organization(
        &self,
        commit: &mut Commit,
        id: AccountId,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(organization_key(id)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(CloudError::call("a check of an organization"))?;
        commit.push(
            Guard::OrganizationThere,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }

    /// Founds the organization of a new account, or has it ask to join one.
    pub(super) fn join(&self, commit: &mut Commit, account: &Account) -> Result<(), CloudError> {
        let Profile::Hospital(hospital) = &account.profile else {
            return Ok(());
        };
        match hospital {
            HospitalProfile::Founder(hospital) => {
                let founded = StoredOrganization::of(account.id, hospital, 1).item()?;
                self.put_new(commit, Guard::AccountUnchanged, founded)?;
                self.put_member(commit, account.id, account, Membership::Approved)
            }
            HospitalProfile::Member(joined) => {
                self.must_be_organization(commit, joined.hospital_id)?;
                self.put_member(commit, joined.hospital_id, account, Membership::Pending)
            }
        }
    }

    /// Has an organization follow what its founder says of it now.
    pub(super) fn describe_organization(
        &self,
        commit: &mut Commit,
        before: &Account,
        after: &Account,
    ) -> Result<(), CloudError> {
        let Profile::Hospital(HospitalProfile::Founder(hospital)) = &after.profile else {
            return Ok(());
        };
        if before.profile == after.profile {
            return Ok(());
        }
        // Whoever was removed by the others describes it no more.
        self.must_speak(commit, after.id, after.id)?;
        let described = StoredOrganization::of(after.id, hospital, 1).item()?;
        let change = change_to(described, &DESCRIBED);
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(organization_key(after.id)))
            .condition_expression("attribute_exists(pk)")
            .update_expression(change.expression)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .build()
            .map_err(CloudError::call("a change of an organization"))?;
        commit.push(
            Guard::SpeaksFor,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

pub(super) fn partition(id: AccountId) -> String {
    format!("ORGANIZATION#{id}")
}

pub(super) fn organization_key(id: AccountId) -> Item {
    stored::key(partition(id), ORGANIZATION)
}
