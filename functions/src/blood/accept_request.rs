//! POST /api/donor/accept-request/ `{requestId}` by a donor in reach: promises a unit, while not all
//! are promised. Who gave blood too short a while ago is told from when on they may.
//!
//! Leaves behind what every donor's move does (`moving`), and a `blood_request_covered` for the other
//! donors when this was the last unit, once.

use callout_domain::blood::Move;

use crate::blood::moving;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let moved = moving::make(&call, Move::Accept).await?;
    Ok(moved.answer("You have accepted this request; please call the attender"))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use callout_domain::blood::Standing;
    moving::described("Promises a unit of blood", Move::Accept, Standing::Accepted)
}
