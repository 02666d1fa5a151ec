//! DELETE /hospital/members/{id}/ by a member: the account speaks for the hospital no more, or its
//! question is turned down. A member may leave so too, unless nobody would be left.
//!
//! Leaves behind no membership. The account itself stays, and speaks for nobody.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::contention;
use callout_cloud::failure::CloudError;
use callout_domain::ids::AccountId;
use serde_json::json;

use crate::hospitals::{NO_MEMBER, no_member, spoken_for};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let accounts = call.cloud.accounts().await?;
    let organization = spoken_for(&accounts, &caller).await?;
    let member: AccountId = call.path_id("id", NO_MEMBER)?;

    for tries in 0..contention::TRIES {
        let leaving = accounts.leaving(organization, member).await?;
        let leaving = leaving.ok_or_else(|| Failure::unknown(NO_MEMBER))?;
        if leaving.dissolves {
            return Err(Failure::bad(
                "last_member",
                "Nobody would be left to speak for this hospital",
            ));
        }
        let mut commit = call.cloud.commit().await;
        if member != caller.account {
            accounts.must_speak(&mut commit, organization, caller.account)?;
        }
        accounts.leave(&mut commit, &leaving)?;
        match commit.run().await {
            Ok(()) => {
                return Ok(Answer::ok(
                    json!({"message": "Member removed", "id": member}),
                ));
            }
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::SpeaksFor => {
                return Err(no_member());
            }
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::MembershipUnchanged => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}
