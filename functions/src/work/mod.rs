//! Work: assigning it to a provider who is about, their answer, and how it ends. All of it answers in
//! the envelope of its seed.

pub(crate) mod active_providers;
pub(crate) mod assign;
pub(crate) mod cancel_order;
pub(crate) mod change_status;
pub(crate) mod complete_order;
pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod list_attempts;
pub(crate) mod list_orders;
pub(crate) mod respond;

mod ending;
mod handed_over;
mod view;

#[cfg(test)]
pub(crate) use view::{example as order_example, order_seen};

use callout_cloud::requests::Requests;
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::work::{IllegalStep, Side, Step, WorkOrder};
use time::Duration;

use crate::http::{Call, Caller, Failure};
use crate::requests;

const UNKNOWN: &str = "There is no such work order";

/// 404: there is no such order, or none that the caller may know of.
fn unknown() -> Failure {
    Failure::unknown(UNKNOWN)
}

/// The order that the path names; 404 for what is no id.
fn named_by_path(call: &Call) -> Result<RequestId, Failure> {
    call.path_id("id", UNKNOWN)
}

/// 400: where the order stands forbids it.
fn illegal(step: IllegalStep) -> Failure {
    Failure::bad(step.code(), step.to_string())
}

/// 400: the provider is at another order.
fn busy() -> Failure {
    Failure::bad("provider_busy", "You are at work on another order")
}

/// An order, and which of its parties the caller is; 404 for everybody else.
async fn of_party(
    table: &Requests,
    id: RequestId,
    caller: &Caller,
    now: Moment,
) -> Result<(WorkOrder, Side), Failure> {
    let order: WorkOrder = table.read(id, now).await?.ok_or_else(unknown)?;
    let side = order.side_of(caller.account).ok_or_else(unknown)?;
    Ok((order, side))
}

/// Why a step was refused that led on from where the order stood when it was read.
async fn overtaken(
    table: &Requests,
    id: RequestId,
    step: Step,
    lifetime: Duration,
    now: Moment,
) -> Failure {
    requests::overtaken(table.read(id, now).await, |order: &WorkOrder| {
        order.after(step, lifetime, now).err().map(illegal)
    })
}

/// All refusals of a step, wherever the order may stand.
#[cfg(test)]
fn illegal_steps(step: Step) -> impl Iterator<Item = Failure> {
    use callout_domain::work::State;
    let steps = State::ALL.into_iter().map(move |state| state.after(step));
    steps.filter_map(|after| after.err().map(illegal))
}
