//! POST /hospital/members/{id}/approve/ by a member: the account that asked to join speaks for the
//! hospital from now on.
//!
//! Leaves behind the membership, counted with the organization.

use callout_cloud::commit::{CommitError, Guard};
use callout_domain::ids::AccountId;
use callout_domain::organization::MOST_MEMBERS;
use serde_json::json;

use crate::hospitals::{NO_MEMBER, no_member, spoken_for};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let accounts = call.cloud.accounts().await?;
    let organization = spoken_for(&accounts, &caller).await?;
    let asking: AccountId = call.path_id("id", NO_MEMBER)?;
    if accounts.member(organization, asking).await?.is_none() {
        return Err(Failure::unknown(NO_MEMBER));
    }

    let mut commit = call.cloud.commit().await;
    if asking != caller.account {
        accounts.must_speak(&mut commit, organization, caller.account)?;
    }
    accounts.approve(&mut commit, organization, asking)?;
    match commit.run().await {
        Ok(()) => Ok(Answer::ok(json!({
            "message": "Member approved",
            "id": asking,
            "status": "approved",
        }))),
        Err(CommitError::Refused(refusal)) => Err(match refusal.guard {
            Guard::SpeaksFor => no_member(),
            Guard::OrganizationHasRoom => Failure::bad(
                "too_many_members",
                format!("At most {MOST_MEMBERS} accounts may speak for one hospital"),
            ),
            Guard::MembershipUnchanged => {
                Failure::bad("not_pending", "This member does not wait for approval")
            }
            _ => CommitError::Refused(refusal).into(),
        }),
        Err(error) => Err(error.into()),
    }
}
