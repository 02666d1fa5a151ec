//! POST /api/donor/call/ `{requestId}` by a donor in reach: says that they call the attender, whose
//! number comes back. Calling again, or after having accepted, changes nothing.
//!
//! Leaves behind what every donor's move does (`moving`).

use callout_domain::blood::Move;

use crate::blood::moving;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let moved = moving::make(&call, Move::Call).await?;
    Ok(moved.answer("The requester is told that you called the attender"))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use callout_domain::blood::Standing;
    moving::described(
        "Says that the donor calls the attender, whose number comes back",
        Move::Call,
        Standing::Called,
    )
}
