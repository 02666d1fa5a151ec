//! GET /requests/{id}/messages/ by a party of its conversation: what was said, oldest first, as
//! [`history`] has it. Without a cursor the newest; `next_cursor` leads to what is older, to the first
//! message. `before` and `after` take the number of a message; after one, `next_cursor` leads to what is newer.
//! `with` says whose, where several have accepted.
//!
//! Leaves behind that the caller wants to know whether the others are there.

use callout_domain::ids::AccountId;

use crate::conversations::history::{self, Wanted};
use crate::conversations::scene::Named;
use crate::http::{Answer, Call, Failure};
use crate::requests;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let named = Named {
        request: requests::named_by_path(&call)?,
        with: with(&call)?,
    };
    let wanted = Wanted {
        part: history::part(
            call.query("cursor"),
            call.query("before"),
            call.query("after"),
        )?,
        limit: call.limit()?,
        most_bytes: usize::MAX,
    };

    let body = Box::pin(history::read(
        call.cloud,
        caller.account,
        named,
        wanted,
        call.now,
    ))
    .await?;
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

fn with(call: &Call) -> Result<Option<AccountId>, Failure> {
    call.query("with")
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::field("with", "must be an account's id"))
        })
        .transpose()
}
