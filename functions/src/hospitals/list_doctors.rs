//! GET /hospital/{id}/doctors/ by any account: the doctors of a hospital, whom it can assign. Leaves
//! nothing behind.

use callout_cloud::paging::Paging;
use callout_domain::ids::AccountId;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure};

const NO_HOSPITAL: &str = "There is no such hospital";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    call.caller()?;
    let hospital: AccountId = call.path_id("id", NO_HOSPITAL)?;
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };
    let accounts = call.cloud.accounts().await?;
    let (organization, page) = futures::try_join!(
        accounts.organization(hospital),
        accounts.doctors(hospital, paging),
    )?;
    let organization = organization.ok_or_else(|| Failure::unknown(NO_HOSPITAL))?;

    let doctors: Vec<Value> = page
        .items
        .iter()
        .map(|doctor| {
            json!({
                "id": doctor.account,
                "name": doctor.name,
                "specialty": doctor.specialty,
            })
        })
        .collect();
    let mut body = json!({
        "organization": organization,
        "count": doctors.len(),
        "doctors": doctors,
    });
    if let Some(next) = page.next {
        body["next_cursor"] = json!(next);
    }
    Ok(Answer::ok(body))
}
