//! Hospitals as organizations: who speaks for one, and which doctors are its own.

pub(crate) mod approve_member;
pub(crate) mod list_doctors;
pub(crate) mod list_members;
pub(crate) mod remove_member;

use callout_cloud::accounts::Accounts;
use callout_domain::ids::AccountId;
use callout_domain::organization::Membership;
use callout_domain::role::Role;
use lambda_http::http::StatusCode;

use crate::http::{Caller, Failure, Refused};

const NO_MEMBER: &str = "There is no such member of your hospital";

/// The organization for which the caller speaks.
///
/// 403 for whoever is no hospital account, or whom no member of the hospital has approved; 401 for an
/// account that was deleted.
pub(crate) async fn spoken_for(accounts: &Accounts, caller: &Caller) -> Result<AccountId, Failure> {
    caller.must_be(&[Role::Hospital])?;
    let account = accounts.read(caller.account).await?;
    let account = account.ok_or_else(Failure::unauthenticated)?;
    let organization = account.organization().ok_or_else(no_member)?;
    let member = accounts.member(organization, account.id).await?;
    match member.map(|member| member.membership) {
        Some(Membership::Approved) => Ok(organization),
        Some(Membership::Pending) => Err(pending()),
        None => Err(no_member()),
    }
}

/// 403: nobody has approved the account yet.
fn pending() -> Failure {
    Refused::new(
        StatusCode::FORBIDDEN,
        "membership_pending",
        "A member of your hospital has to approve your account first",
    )
    .into()
}

/// 403: the account speaks for no hospital, or no longer.
pub(crate) fn no_member() -> Failure {
    Refused::new(
        StatusCode::FORBIDDEN,
        "not_a_member",
        "Your account does not speak for this hospital",
    )
    .into()
}

/// What is refused to whoever speaks for no hospital.
#[cfg(test)]
pub(crate) fn refusals() -> [Failure; 2] {
    [no_member(), pending()]
}
