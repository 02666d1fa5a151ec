//! GET /notifications/unread-count/ by any account: the number on its bell. One item is read, however
//! large the inbox is.
//!
//! Leaves nothing behind.

use serde_json::json;

use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let notifications = call.cloud.notifications().await?;
    let count = notifications.unread_count(caller.account, call.now).await?;
    Ok(Answer::ok(json!({"unread_count": count})))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, count, operation};

    operation("Counts what was not read").answers(
        200,
        "The number on the bell.",
        closed().with("unread_count", count()),
        json!({"unread_count": 3}),
    )
}
