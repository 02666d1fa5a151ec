//! POST /medicine/request/{id}/cancel/ by whoever made it, while nobody has accepted it.
//!
//! Leaves behind the request cancelled, its place among the open ones empty, and a
//! `request_cancelled` for everybody who was told of it, which archives what they were told before; what
//! the requester was told of it is archived too.

use callout_cloud::Cloud;
use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::requests::Requests;
use callout_domain::medicine::{MedicineRequest, State, Step, request_cancelled};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::json;

use crate::http::{Answer, Call, Failure, Linked};
use crate::medicine::{overtaken, own_request, view};
use crate::requests::tell::{Telling, archive_for_requester};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Customer, Role::Patient])?;

    let requests = call.cloud.requests().await?;
    let request = own_request(&call, &caller, &requests, Step::Cancel).await?;

    match cancel(call.cloud, &requests, &request, call.now).await {
        Ok(()) => {}
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
            return Err(overtaken(&requests, request.header.id, Step::Cancel, call.now).await);
        }
        Err(error) => return Err(error.into()),
    }

    let cancelled = MedicineRequest {
        state: State::Cancelled,
        ..request
    };
    let body = Linked::new(json!({
        "message": "Medicine request cancelled",
        "request_id": cancelled.header.id,
    }))
    .with_object("data", view::own_request(&cancelled, call.now));
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

/// The one commit that cancels an open request.
pub(super) async fn cancel(
    cloud: &Cloud,
    requests: &Requests,
    request: &MedicineRequest,
    now: Moment,
) -> Result<(), CommitError> {
    let mut commit = cloud.commit().await;
    requests.medicine().cancel(&mut commit, request, now)?;
    let outbox = cloud.outbox().await?;
    let news = request_cancelled(request.header.id);
    Telling::ending(&request.header, news, now).audience(&outbox, &mut commit)?;
    archive_for_requester(&request.header, &outbox, &mut commit, now)?;
    commit.run().await
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::operation;

    let operation = operation("Withdraws a request that nobody has accepted")
        .refuses_any(crate::medicine::illegal_steps(Step::Cancel));
    view::stepped(operation, "Medicine request cancelled", "CANCELLED")
}
