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
