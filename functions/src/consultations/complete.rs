//! POST /api/consultation-request/{id}/complete/ by its doctor or a hospital of it, once the patient or the suggested hospital has accepted.
//!
//! Leaves behind the consultation completed, and told of it, every other party; what anybody was told of it
//! before is archived.

use callout_domain::consultation::{Act, words};
use callout_domain::role::Role;

use crate::consultations::take::Taking;
use crate::consultations::{named_by_path, speaker};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Doctor, Role::Hospital])?;
    let speaker = speaker(call.cloud, &caller).await?;
    let step = (named_by_path(&call)?, Act::Complete);

    Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::COMPLETED,
        call.now,
    )
    .take()
    .await
}
