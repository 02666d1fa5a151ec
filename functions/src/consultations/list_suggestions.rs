//! GET /api/doctor-suggest/ by a party: the suggestions of their consultations, those of the newest
//! consultation first. Leaves nothing behind.

use std::pin::pin;

use callout_cloud::paging;
use callout_domain::ids::RequestId;
use futures::TryStreamExt as _;
use serde_json::json;

use crate::consultations::{mine, speaker, view};
use crate::http::{Answer, Call, Failure, Linked};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let limit = call.limit()?;
    let before: Option<RequestId> = call.cursor("cursor")?;
    let speaker = speaker(call.cloud, &caller).await?;

    // Few consultations come so far: read on until there are enough that did.
    let mut theirs = pin!(paging::all(|paging| {
        let paging = paging::Paging {
            before: paging.before.or(before),
            ..paging
        };
        mine::of(call.cloud, speaker, paging, call.now)
    }));
    let mut seen = Vec::new();
    let mut last = None;
    let mut more = false;
    while let Some(consultation) = theirs.try_next().await? {
        let Some(suggestion) = view::suggestion(&consultation) else {
            continue;
        };
        if seen.len() == limit {
            more = true;
            break;
        }
        last = Some(consultation.header.id);
        seen.push(suggestion);
    }
    let mut body = Linked::new(json!({"count": seen.len()})).with_list("suggestions", seen);
    if let Some(last) = last.filter(|_| more) {
        body = body.with("next_cursor", json!(last));
    }
    Ok(Answer::ok(body.sign(call.cloud).await?))
}
