//! `POST /logout`, by any account: ends the session of the access token and closes its sockets.
//!
//! Doing so again changes nothing. The access token itself holds until it expires, for those who
//! verify it look nothing up.

use serde_json::json;

use super::ending::end_session;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    end_session(call.cloud, caller.account, caller.session, call.now).await?;
    Ok(Answer::ok(json!({"message": "Logged out successfully"})))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{only_a_message, operation};

    operation("Ends the session of the access token, and closes its sockets").answers(
        200,
        "It has ended.",
        only_a_message(),
        json!({"message": "Logged out successfully"}),
    )
}
