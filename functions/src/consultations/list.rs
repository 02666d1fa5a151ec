//! GET /api/consultation-request/ by a patient, a doctor, or whoever speaks for a hospital: theirs,
//! newest first. Leaves nothing behind.

use callout_cloud::paging::Paging;

use crate::consultations::{mine, speaker, view};
use crate::http::{Answer, Call, Failure};
use crate::requests::list::list;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };
    let speaker = speaker(call.cloud, &caller).await?;

    let page = mine::of(call.cloud, speaker, paging, call.now).await?;
    let seen = page.items.iter().map(view::consultation).collect();
    let body = list(seen, page.next);
    Ok(Answer::ok(body.sign(call.cloud).await?))
}
