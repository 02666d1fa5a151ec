//! `GET /notifications/preferences/`, by any account: by which channels it is told of what, and its
//! quiet hours. Leaves nothing behind.

use super::own_preferences;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = own_preferences::caller(&call).await?;
    let read = call.cloud.preferences().await?.read(caller.account).await?;
    Ok(own_preferences::shown(&read.preferences))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::operation;

    own_preferences::answered(operation(
        "Shows by which channels the caller is told of what",
    ))
}
