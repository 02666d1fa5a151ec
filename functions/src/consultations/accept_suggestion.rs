//! POST /api/doctor-suggest/{id}/hospital-accept/ by whoever speaks for the suggested hospital. A
//! suggestion bears its consultation's id.
//!
//! Leaves behind the consultation confirmed, and told of it, patient and doctor.

use callout_domain::consultation::{Act, Speaker, words};

use crate::consultations::named_by_path;
use crate::consultations::take::Taking;
use crate::hospitals::spoken_for;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let hospital = spoken_for(&call.cloud.accounts().await?, &caller).await?;
    let step = (named_by_path(&call)?, Act::AcceptSuggestion);

    let (speaker, said) = (Speaker::Organization(hospital), words::SUGGESTION_ACCEPTED);
    Taking::of(call.cloud, &caller, speaker, step, said, call.now)
        .take()
        .await
}
