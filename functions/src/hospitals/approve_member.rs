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
            Guard::OrganizationHasRoom => too_many_members(),
            Guard::MembershipUnchanged => not_pending(),
            _ => CommitError::Refused(refusal).into(),
        }),
        Err(error) => Err(error.into()),
    }
}

fn too_many_members() -> Failure {
    Failure::bad(
        "too_many_members",
        format!("At most {MOST_MEMBERS} accounts may speak for one hospital"),
    )
}

fn not_pending() -> Failure {
    Failure::bad("not_pending", "This member does not wait for approval")
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, constant, id, operation, text, ulid};

    use callout_domain::role::Role;
    operation("Has an account that asked to join speak for the caller's hospital")
        .by(&[Role::Hospital])
        .at("id", ulid(), "The account's id.")
        .answers(
            200,
            "It speaks for the hospital.",
            closed()
                .with("message", text())
                .with("id", ulid())
                .with("status", constant("approved")),
            json!({"message": "Member approved", "id": id('M'), "status": "approved"}),
        )
        .knows_none(NO_MEMBER)
        .refuses_any(crate::hospitals::refusals())
        .refuses(too_many_members())
        .refuses(not_pending())
}
