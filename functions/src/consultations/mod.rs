//! Consultations: asking a hospital for one, and each step that follows.
//!
//! Every step is taken by [`take`], whoever takes it: read, decided by the machine of the domain,
//! committed with what is told of it, and from the start again if somebody was faster.

pub(crate) mod accept;
pub(crate) mod accept_offer;
pub(crate) mod accept_suggestion;
pub(crate) mod cancel;
pub(crate) mod complete;
pub(crate) mod create;
pub(crate) mod decline_offer;
pub(crate) mod erase;
pub(crate) mod list;
pub(crate) mod list_suggestions;
pub(crate) mod read;
pub(crate) mod respond;
pub(crate) mod suggest;

mod fields;
mod mine;
mod take;
mod telling;
mod view;

use callout_cloud::Cloud;
use callout_domain::consultation::{Speaker, words};
use callout_domain::ids::RequestId;
use callout_domain::role::Role;

use crate::hospitals::spoken_for;
use crate::http::{Call, Caller, Failure};

/// For whom the caller speaks.
///
/// 403 for a role that has no consultations, and for a hospital account that speaks for nobody.
async fn speaker(cloud: &Cloud, caller: &Caller) -> Result<Speaker, Failure> {
    caller.must_be(&[Role::Patient, Role::Doctor, Role::Hospital])?;
    if caller.role == Role::Patient {
        Ok(Speaker::Patient(caller.account))
    } else if caller.role == Role::Doctor {
        Ok(Speaker::Doctor(caller.account))
    } else {
        let accounts = cloud.accounts().await?;
        let organization = spoken_for(&accounts, caller).await?;
        Ok(Speaker::Organization(organization))
    }
}

/// The consultation that the path names; 404 for what is no id.
fn named_by_path(call: &Call) -> Result<RequestId, Failure> {
    call.path_id("id", words::UNKNOWN)
}

/// 404: there is none, or none that the caller may know of.
fn unknown() -> Failure {
    Failure::unknown(words::UNKNOWN)
}
