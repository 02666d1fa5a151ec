//! POST /api/consultation-response/{id}/decline-offer/ by the patient: does not accept the doctor's offer, so that another can follow. `{id}` is the
//! consultation's.
//!
//! Leaves behind the consultation declined, and told of it, hospital and doctor.

use callout_domain::consultation::{Act, Speaker, words};
use callout_domain::role::Role;

use crate::consultations::named_by_path;
use crate::consultations::take::Taking;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Patient])?;
    let step = (named_by_path(&call)?, Act::DeclineOffer);

    let speaker = Speaker::Patient(caller.account);
    Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::OFFER_DECLINED,
        call.now,
    )
    .take()
    .await
}
