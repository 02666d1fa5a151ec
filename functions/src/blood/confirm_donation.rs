//! POST /api/donor/confirm-donation/ `{requestId}` by a donor who accepted: the unit was given. Also after
//! the requester has completed the request, for as long as it is kept; that only counts it. Who gave for
//! another request too short a while ago is told from when on they may.
//!
//! Leaves behind what every donor's move does (`moving`), today as the donor's `last_donation_date` in
//! their profile and in the index of their city, and with the last unit the request completed, off every
//! list, and those who had accepted and the requester told.

use callout_domain::blood::Move;

use crate::blood::moving;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let moved = moving::make(&call, Move::Confirm).await?;
    Ok(moved.answer("Thank you; your donation is confirmed"))
}
