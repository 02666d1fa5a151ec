//! POST /api/consultation-response/{id}/accept-offer/ by the patient: accepts the doctor's offer. `{id}` is the
//! consultation's.
//!
//! Leaves behind the consultation accepted, and told of it, hospital and doctor.

use callout_domain::consultation::{Act, Speaker, words};
use callout_domain::role::Role;

use crate::consultations::named_by_path;
use crate::consultations::take::Taking;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Patient])?;
    let step = (named_by_path(&call)?, Act::AcceptOffer);

    let speaker = Speaker::Patient(caller.account);
    Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::OFFER_ACCEPTED,
        call.now,
    )
    .take()
    .await
}
