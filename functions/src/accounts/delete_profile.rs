//! `DELETE /{role}/profile/`, by the account: deletes it, and frees its address.
//!
//! An organization outlives the account that founded it for as long as others speak for it, and goes
//! with the last who did. Leaves behind, with the deletion in one commit, the errands to close the account's sockets and to
//! remove what is left of its holder elsewhere. Its sessions end with it, for they hold only as long
//! as the account is there.

use callout_cloud::accounts::Leaving;
use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::{clock, contention};
use callout_domain::account::Account;
use callout_domain::event::{Errand, Event, Subject};
use callout_domain::ids::EventId;
use serde_json::json;

use super::ending::close_sockets;
use super::own_profile;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = own_profile::caller(&call)?;
    let accounts = call.cloud.accounts().await?;
    for tries in 0..contention::TRIES {
        let account = own_profile::read(&call, &caller).await?;
        let leaving = match account.organization() {
            Some(organization) => accounts.leaving(organization, account.id).await?,
            None => None,
        };
        let mut commit = call.cloud.commit().await;
        accounts.delete(&mut commit, &account)?;
        if let Some(leaving) = &leaving {
            accounts.leave(&mut commit, leaving)?;
        }
        close_sockets(call.cloud, &mut commit, account.id, None, call.now).await?;
        leave_erasure(&call, &mut commit, &account, leaving.as_ref()).await?;
        match commit.run().await {
            Ok(()) => {
                return Ok(Answer::ok(
                    json!({"message": "Account deleted successfully"}),
                ));
            }
            // Deleted meanwhile: the token is nobody's any more.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountUnchanged => {
                return Err(Failure::unauthenticated());
            }
            // Others came or went: who is left decides what becomes of the organization.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::MembershipUnchanged => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

/// Delivery removes what requests still show of the holder, and their inbox.
async fn leave_erasure(
    call: &Call,
    commit: &mut Commit,
    account: &Account,
    leaving: Option<&Leaving>,
) -> Result<(), Failure> {
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Account(account.id),
        at: call.now,
        errand: Errand::Erase {
            account: account.id,
            role: account.role,
            dissolved: leaving
                .filter(|leaving| leaving.dissolves)
                .map(Leaving::organization),
        },
    };
    Ok(call.cloud.outbox().await?.post(commit, &event, 0)?)
}
