//! `DELETE /{role}/profile/`, by the account: deletes it, and frees its address.
//!
//! Leaves behind, with the deletion in one commit, the errands to close the account's sockets and to
//! remove what is left of its holder elsewhere. Its sessions end with it, for they hold only as long
//! as the account is there.

use callout_cloud::clock;
use callout_cloud::commit::{Commit, CommitError, Guard};
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
    let account = own_profile::read(&call, &caller).await?;

    let mut commit = call.cloud.commit().await;
    accounts.delete(&mut commit, &account)?;
    close_sockets(call.cloud, &mut commit, account.id, None, call.now).await?;
    leave_erasure(&call, &mut commit, &account).await?;
    match commit.run().await {
        Ok(()) => Ok(Answer::ok(
            json!({"message": "Account deleted successfully"}),
        )),
        // Deleted meanwhile: the token is nobody's any more.
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountUnchanged => {
            Err(Failure::unauthenticated())
        }
        Err(error) => Err(error.into()),
    }
}

/// Delivery removes what requests still show of the holder, and their inbox.
async fn leave_erasure(call: &Call, commit: &mut Commit, account: &Account) -> Result<(), Failure> {
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Account(account.id),
        at: call.now,
        errand: Errand::Erase {
            account: account.id,
            role: account.role,
        },
    };
    Ok(call.cloud.outbox().await?.post(commit, &event, 0)?)
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::only_a_message;

    own_profile::described("Deletes the account, and what is left of its holder elsewhere").answers(
        200,
        "It is gone.",
        only_a_message(),
        json!({"message": "Account deleted successfully"}),
    )
}
