//! POST /api/consultation-request/{id}/cancel/ by its patient or the hospital that was asked, until it is over.
//!
//! Leaves behind the consultation cancelled, and told of it, every other party; what anybody was told of it
//! before is archived.

use callout_domain::consultation::{Act, words};
use callout_domain::role::Role;

use crate::consultations::take::Taking;
use crate::consultations::{named_by_path, speaker};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Patient, Role::Hospital])?;
    let speaker = speaker(call.cloud, &caller).await?;
    let step = (named_by_path(&call)?, Act::Cancel);

    Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::CANCELLED,
        call.now,
    )
    .take()
    .await
}
