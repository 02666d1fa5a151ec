//! POST /medicine/request/{id}/complete/ by whoever made it, once a pharmacy has accepted it.
//!
//! Leaves behind the request completed, the pharmacy's counters, and a `request_completed` for the
//! pharmacy and for everybody who was told of it, which archives what they were told before; what the
//! requester was told of it is archived too.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_domain::medicine::{MedicineRequest, Reach, State, Step, request_completed};
use callout_domain::role::Role;
use serde_json::json;

use crate::http::{Answer, Call, Failure, Linked};
use crate::medicine::{overtaken, own_request, view};
use crate::requests::tell::{Telling, archive_for_requester};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Customer, Role::Patient])?;

    let requests = call.cloud.requests().await?;
    let request = own_request(&call, &caller, &requests, Step::Complete).await?;
    let winner = request.winner().ok_or_else(without_winner)?.account;

    let mut commit = call.cloud.commit().await;
    requests
        .medicine()
        .complete(&mut commit, &request, call.now)?;
    let outbox = call.cloud.outbox().await?;
    let news = request_completed(request.header.id);
    let telling = Telling::ending(&request.header, news, call.now);
    match request.reach {
        Reach::Around { .. } => telling.these_and_others(&outbox, &mut commit, &[winner])?,
        // Nobody else was told.
        Reach::Directed { .. } => telling.these(&outbox, &mut commit, &[winner])?,
    }
    archive_for_requester(&request.header, &outbox, &mut commit, call.now)?;
    match commit.run().await {
        Ok(()) => {}
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
            return Err(overtaken(&requests, request.header.id, Step::Complete, call.now).await);
        }
        Err(error) => return Err(error.into()),
    }

    let completed = MedicineRequest {
        state: State::Completed,
        ..request
    };
    let body = Linked::new(json!({
        "message": "Medicine request completed",
        "request_id": completed.header.id,
    }))
    .with_object("data", view::own_request(&completed, call.now));
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

/// An accepted request names its pharmacy; one that does not was not written by us.
fn without_winner() -> CloudError {
    CloudError::Malformed {
        what: "an accepted request",
        source: "it names no pharmacy".into(),
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::operation;

    let operation = operation("Closes a request that a pharmacy has accepted")
        .refuses_any(crate::medicine::illegal_steps(Step::Complete));
    view::stepped(operation, "Medicine request completed", "COMPLETED")
}
