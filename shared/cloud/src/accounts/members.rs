//! Who speaks for an organization. How many do stands with the organization and changes in the
//! transactions that make it so: the last who leaves takes it along.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, TransactWriteItem, Update};
use callout_domain::account::Account;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::organization::{MOST_MEMBERS, Membership};
use serde::{Deserialize, Serialize};

use super::Accounts;
use super::organizations::{organization_key, partition};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::paging::{Page, Paging};
use crate::stored::{self, Item, n, s};

const MEMBER: &str = "MEMBER#";
const IS: &str = "membership = :membership";

/// Somebody who speaks for an organization, or asks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Whose account.
    #[serde(rename = "account_id")]
    pub account: AccountId,
    /// Where they stand.
    pub membership: Membership,
    /// When they asked.
    pub since: Moment,
}

/// What becomes of an organization when a member leaves, as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Leaving {
    organization: AccountId,
    member: Member,
    /// Whether nobody is left who speaks for it.
    pub dissolves: bool,
}

impl Leaving {
    /// Which organization.
    pub const fn organization(&self) -> AccountId {
        self.organization
    }
}

impl Accounts {
    /// What somebody is to an organization, if anything.
    ///
    /// # Errors
    /// When the outside world fails, or the item does not read.
    pub async fn member(
        &self,
        organization: AccountId,
        account: AccountId,
    ) -> Result<Option<Member>, CloudError> {
        let item = self
            .get(partition(organization), &sort_key(account))
            .await?;
        item.map(read).transpose()
    }

    /// All who speak for an organization. A consistent read.
    ///
    /// # Errors
    /// When the outside world fails, or an item does not read.
    pub async fn speakers(&self, organization: AccountId) -> Result<Vec<AccountId>, CloudError> {
        let items = self
            .of_organization(organization, MEMBER, None, None)
            .await?;
        let members: Vec<Member> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(members
            .into_iter()
            .filter(|member| member.membership == Membership::Approved)
            .map(|member| member.account)
            .collect())
    }

    /// The members of an organization, those who ask to be too, those whose accounts are the newest first.
    ///
    /// # Errors
    /// When the outside world fails, or an item does not read.
    pub async fn members(
        &self,
        organization: AccountId,
        paging: Paging<AccountId>,
    ) -> Result<Page<Member, AccountId>, CloudError> {
        let id = |member: &Member| member.account;
        self.page_of_organization(organization, MEMBER, paging, read, id)
            .await
    }

    /// Has the commit refused by [`Guard::SpeaksFor`] if the account does not speak for the organization.
    ///
    /// # Errors
    /// When the check cannot be written.
    pub fn must_speak(
        &self,
        commit: &mut Commit,
        organization: AccountId,
        account: AccountId,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(member_key(organization, account)))
            .condition_expression(IS)
            .expression_attribute_values(":membership", s(Membership::Approved.as_str()))
            .build()
            .map_err(CloudError::call("a check of a membership"))?;
        commit.push(
            Guard::SpeaksFor,
            TransactWriteItem::builder().condition_check(check).build(),
        );
        Ok(())
    }

    /// Has somebody who asked speak for an organization. [`Guard::MembershipUnchanged`] refuses if they ask
    /// no more, [`Guard::OrganizationHasRoom`] if as many speak for it as may.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn approve(
        &self,
        commit: &mut Commit,
        organization: AccountId,
        account: AccountId,
    ) -> Result<(), CloudError> {
        let approve = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(member_key(organization, account)))
            .condition_expression(IS)
            .update_expression("SET membership = :approved")
            .expression_attribute_values(":membership", s(Membership::Pending.as_str()))
            .expression_attribute_values(":approved", s(Membership::Approved.as_str()))
            .build()
            .map_err(CloudError::call("an approval"))?;
        commit.push(
            Guard::MembershipUnchanged,
            TransactWriteItem::builder().update(approve).build(),
        );
        let count = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(organization_key(organization)))
            .condition_expression("members < :most")
            .update_expression("ADD members :one")
            .expression_attribute_values(":most", n(MOST_MEMBERS.into()))
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(CloudError::call("a count of members"))?;
        commit.push(
            Guard::OrganizationHasRoom,
            TransactWriteItem::builder().update(count).build(),
        );
        Ok(())
    }

    /// What it would mean if somebody left their organization; none if they have none.
    ///
    /// # Errors
    /// When the outside world fails, or an item does not read.
    pub async fn leaving(
        &self,
        organization: AccountId,
        account: AccountId,
    ) -> Result<Option<Leaving>, CloudError> {
        let (member, stored) = futures::try_join!(
            self.member(organization, account),
            self.stored_organization(organization),
        )?;
        Ok(member.map(|member| Leaving {
            organization,
            member,
            dissolves: member.membership == Membership::Approved
                && stored.is_none_or(|stored| stored.members <= 1),
        }))
    }

    /// Takes a member from an organization, and the organization with its last one.
    /// [`Guard::MembershipUnchanged`] refuses if something is not as it was read.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn leave(&self, commit: &mut Commit, leaving: &Leaving) -> Result<(), CloudError> {
        let organization = leaving.organization;
        let member = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(member_key(organization, leaving.member.account)))
            .condition_expression(IS)
            .expression_attribute_values(":membership", s(leaving.member.membership.as_str()))
            .build()
            .map_err(CloudError::call("the end of a membership"))?;
        commit.push(
            Guard::MembershipUnchanged,
            TransactWriteItem::builder().delete(member).build(),
        );
        match (leaving.member.membership, leaving.dissolves) {
            (Membership::Pending, _) => return Ok(()),
            (Membership::Approved, true) => {
                let end = Delete::builder()
                    .table_name(&self.table.name)
                    .set_key(Some(organization_key(organization)))
                    .condition_expression("members = :one")
                    .expression_attribute_values(":one", n(1))
                    .build()
                    .map_err(CloudError::call("the end of an organization"))?;
                let end = TransactWriteItem::builder().delete(end).build();
                commit.push(Guard::MembershipUnchanged, end);
            }
            (Membership::Approved, false) => {
                let count = Update::builder()
                    .table_name(&self.table.name)
                    .set_key(Some(organization_key(organization)))
                    .condition_expression("members > :one")
                    .update_expression("SET members = members - :one")
                    .expression_attribute_values(":one", n(1))
                    .build()
                    .map_err(CloudError::call("a count of members"))?;
                let count = TransactWriteItem::builder().update(count).build();
                commit.push(Guard::MembershipUnchanged, count);
            }
        }
        Ok(())
    }

    pub(super) fn put_member(
        &self,
        commit: &mut Commit,
        organization: AccountId,
        account: &Account,
        membership: Membership,
    ) -> Result<(), CloudError> {
        let member = Member {
            account: account.id,
            membership,
            since: account.created_at,
        };
        let item = stored::item(partition(organization), sort_key(account.id), &member)?;
        self.put_new(commit, Guard::AccountUnchanged, item)
    }

    /// A part of what an organization lists under a prefix, the newest account's first.
    pub(super) async fn page_of_organization<T>(
        &self,
        organization: AccountId,
        prefix: &str,
        paging: Paging<AccountId>,
        read: impl Fn(Item) -> Result<T, CloudError>,
        id: impl Fn(&T) -> AccountId,
    ) -> Result<Page<T, AccountId>, CloudError> {
        // One more than asked for tells whether there is more.
        let most = Some(paging.limit + 1);
        let mut items = self
            .of_organization(organization, prefix, paging.before, most)
            .await?;
        let more = items.len() > paging.limit;
        items.truncate(paging.limit);
        let items: Vec<T> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| more).map(id);
        Ok(Page { items, next })
    }

    /// The items of an organization whose sort keys begin so, from the newest account's on, or from
    /// behind one. A consistent read.
    async fn of_organization(
        &self,
        organization: AccountId,
        prefix: &str,
        before: Option<AccountId>,
        most: Option<usize>,
    ) -> Result<Vec<Item>, CloudError> {
        let (low, high) = match before {
            // Sorts behind every id, which begins with a digit.
            None => (prefix.to_owned(), format!("{prefix}~")),
            Some(before) => (prefix.to_owned(), format!("{prefix}{before}")),
        };
        let mut items = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", s(partition(organization)))
            .expression_attribute_values(":low", s(low))
            .expression_attribute_values(":high", s(&high))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while most.is_none_or(|most| found.len() < most)
            && let Some(item) = items.next().await
        {
            let item = item.map_err(CloudError::call("Query"))?;
            // `BETWEEN` has its ends, and the list goes on behind `before`.
            if item.get(stored::SK) != Some(&s(&high)) {
                found.push(item);
            }
        }
        Ok(found)
    }
}

fn read(item: Item) -> Result<Member, CloudError> {
    stored::read("a member", item)
}

fn sort_key(account: AccountId) -> String {
    format!("{MEMBER}{account}")
}

fn member_key(organization: AccountId, account: AccountId) -> Item {
    stored::key(partition(organization), sort_key(account))
}
