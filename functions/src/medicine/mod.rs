//! Medicine: asking for it, answering, and how it ends.

pub(crate) mod cancel_request;
pub(crate) mod complete_request;
pub(crate) mod create_request;
pub(crate) mod erase;
pub(crate) mod list_requests;
pub(crate) mod read_request;
pub(crate) mod respond;

mod received;
mod retract;
mod tell;
mod view;

use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_domain::ids::RequestId;
use callout_domain::medicine::{IllegalStep, MedicineRequest, Step};
use callout_domain::moment::Moment;

use crate::http::{Call, Caller, Failure};

/// 404: there is no such request, or none that the caller may know of.
fn unknown_request() -> Failure {
    Failure::unknown("There is no such request")
}

/// 400: where the request stands forbids it.
fn illegal(step: IllegalStep) -> Failure {
    Failure::bad(step.code(), step.to_string())
}

/// The request that the path names, if the caller made it and this step leads on from where it
/// stands; 404 for somebody else's, of which nobody else is to know.
async fn own_request(
    call: &Call,
    caller: &Caller,
    requests: &Requests,
    step: Step,
) -> Result<MedicineRequest, Failure> {
    let id = call.path_id("id", "There is no such request")?;
    let request = requests
        .read(id, call.now)
        .await?
        .filter(|request| request.requester == caller.account)
        .ok_or_else(unknown_request)?;
    request.state_at(call.now).after(step).map_err(illegal)?;
    Ok(request)
}

/// Why a step was refused that led on from where the request stood when it was read: somebody was
/// faster.
async fn overtaken(requests: &Requests, id: RequestId, step: Step, now: Moment) -> Failure {
    match requests.read(id, now).await {
        Ok(Some(request)) => match request.state_at(now).after(step) {
            Err(step) => illegal(step),
            Ok(_) => CloudError::Contended.into(),
        },
        Ok(None) => unknown_request(),
        Err(error) => error.into(),
    }
}
