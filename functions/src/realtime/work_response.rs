//! `work_response {work_id, accepted}`, or `order_id`: a provider answers a work order, by the same rule
//! as POST /api/1/profiles/work-orders/{id}/respond/. Gets `work_response_recorded` with the order.

use callout_cloud::connections::Owner;
use callout_domain::role::Role;
use serde_json::{Map, Value};

use crate::http::{Failure, Form};
use crate::realtime::caller;
use crate::socket::{SocketCall, frame};
use crate::work::respond::{self, WorkAnswer};

pub(super) async fn take(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<Value, Failure> {
    let caller = caller(owner);
    // Before what was sent is judged: whoever may not answer is not told how to.
    caller.must_be(&[Role::Provider])?;
    let answer = WorkAnswer::read(&mut Form::of(fields))?;
    let order = respond::answer(call.cloud, &caller, answer, call.now).await?;
    Ok(frame::reply("work_response_recorded", order))
}
