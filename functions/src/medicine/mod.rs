//! Medicine: asking for it, answering, and how it ends.

pub(crate) mod cancel_request;
pub(crate) mod complete_request;
pub(crate) mod create_request;
pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod list_requests;
pub(crate) mod parties;
pub(crate) mod read_request;
pub(crate) mod respond;

mod view;

#[cfg(test)]
pub(crate) use view::{response_example, response_seen};

use callout_cloud::requests::Requests;
use callout_domain::ids::RequestId;
use callout_domain::medicine::{IllegalStep, MedicineRequest, Step};
use callout_domain::moment::Moment;

use crate::http::{Call, Caller, Failure};
use crate::requests;

/// 400: where the request stands forbids it.
fn illegal(step: IllegalStep) -> Failure {
    Failure::bad(step.code(), step.to_string())
}

/// The request that the path names, if the caller made it and this step leads on from where it
/// stands; 404 for somebody else's.
async fn own_request(
    call: &Call,
    caller: &Caller,
    table: &Requests,
    step: Step,
) -> Result<MedicineRequest, Failure> {
    let id = requests::named_by_path(call)?;
    let request: MedicineRequest = requests::own(table.read(id, call.now).await?, caller)?;
    request.state_at(call.now).after(step).map_err(illegal)?;
    Ok(request)
}

/// Why a step was refused that led on from where the request stood when it was read.
async fn overtaken(table: &Requests, id: RequestId, step: Step, now: Moment) -> Failure {
    requests::overtaken(table.read(id, now).await, |request: &MedicineRequest| {
        request.state_at(now).after(step).err().map(illegal)
    })
}

/// All refusals of a step, wherever the request may stand.
#[cfg(test)]
fn illegal_steps(step: Step) -> impl Iterator<Item = Failure> {
    use callout_domain::medicine::State;
    let steps = State::ALL.into_iter().map(move |state| state.after(step));
    steps.filter_map(|after| after.err().map(illegal))
}
