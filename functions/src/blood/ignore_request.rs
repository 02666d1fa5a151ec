//! POST /api/donor/ignore-request/ `{requestId}` by a donor in reach: takes it from their list. Ignoring
//! it again changes nothing.
//!
//! Leaves behind the answer and its count, and a `blood_request_all_ignored` for the requester when
//! everybody who was told has ignored it, once. That one donor ignores it is told to nobody.

use callout_domain::blood::Move;

use crate::blood::moving;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let moved = moving::make(&call, Move::Ignore).await?;
    Ok(moved.answer("This request is no longer on your list"))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use callout_domain::blood::Standing;
    moving::described(
        "Takes a request from the donor's list",
        Move::Ignore,
        Standing::Ignored,
    )
}
