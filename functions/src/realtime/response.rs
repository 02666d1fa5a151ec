//! `response {request_id, response_type, text_message}`, or in the other seed's spelling `status` and
//! `message`: a pharmacy answers a request for medicine, by the same rule as POST /medicine/response/.
//! Gets `response_recorded` with what the REST twin answers.

use callout_cloud::connections::Owner;
use callout_domain::role::Role;
use serde_json::{Map, Value};

use crate::http::{Failure, Form};
use crate::medicine::respond::{self, MedicineAnswer};
use crate::realtime::caller;
use crate::socket::{SocketCall, frame};

pub(super) async fn take(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<Value, Failure> {
    let caller = caller(owner);
    // Before what was sent is judged: whoever may not answer is not told how to.
    caller.must_be(&[Role::Pharmacy])?;
    let answer = MedicineAnswer::read(&mut Form::of(fields))?;
    match respond::answer(call.cloud, &caller, answer, call.now).await? {
        Value::Object(fields) => Ok(frame::reply("response_recorded", fields)),
        _ => Ok(frame::reply("response_recorded", Map::new())),
    }
}
