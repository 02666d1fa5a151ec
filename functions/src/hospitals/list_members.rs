//! GET /hospital/members/ by a hospital account: who speaks for its hospital, and who asks to. Leaves
//! nothing behind.

use callout_cloud::paging::Paging;
use callout_domain::ids::AccountId;
use serde_json::{Value, json};

use crate::hospitals::spoken_for;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };
    let accounts = call.cloud.accounts().await?;
    let organization = spoken_for(&accounts, &caller).await?;

    let page = accounts.members(organization, paging).await?;
    let ids: Vec<AccountId> = page.items.iter().map(|member| member.account).collect();
    let people = accounts.read_many(&ids).await?;
    let members: Vec<Value> = page
        .items
        .iter()
        // One who has just left takes their membership along.
        .filter_map(|member| Some((member, people.get(&member.account)?)))
        .map(|(member, account)| {
            json!({
                "id": member.account,
                "name": account.name,
                "email": account.email,
                "status": member.membership,
                "since": member.since,
            })
        })
        .collect();
    let mut body = json!({"count": members.len(), "members": members});
    if let Some(next) = page.next {
        body["next_cursor"] = json!(next);
    }
    Ok(Answer::ok(body))
}
