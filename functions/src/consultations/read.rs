//! GET /api/consultation-request/{id}/ by a party: one consultation. For anybody else there is none.
//! Leaves nothing behind.

use callout_domain::consultation::Consultation;

use crate::consultations::{named_by_path, speaker, unknown, view};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let speaker = speaker(call.cloud, &caller).await?;
    let id = named_by_path(&call)?;

    let requests = call.cloud.requests().await?;
    let found: Option<Consultation> = requests.read(id, call.now).await?;
    let seen = found
        .filter(|consultation| consultation.knows(speaker))
        .ok_or_else(unknown)?;
    let body = view::consultation(&seen);
    Ok(Answer::ok(body.sign(call.cloud).await?))
}
