//! POST /api/donor/withdraw-request/ `{requestId}` by a donor who accepted: takes the promise back, so
//! that another may give it.
//!
//! Leaves behind what every donor's move does (`moving`).

use callout_domain::blood::Move;

use crate::blood::moving;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let moved = moving::make(&call, Move::Withdraw).await?;
    Ok(moved.answer("You have withdrawn from this request"))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use callout_domain::blood::Standing;
    moving::described("Takes a promise back", Move::Withdraw, Standing::Withdrawn)
}
