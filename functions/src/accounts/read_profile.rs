//! `GET /{role}/profile/`, by the account: its profile. Leaves nothing behind.

use super::{own_profile, views};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = own_profile::caller(&call)?;
    let account = own_profile::read(&call, &caller).await?;
    Ok(Answer::ok(views::own(&account)))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    own_profile::described("Shows one's own profile").answers(
        200,
        "The profile.",
        views::own_account(),
        views::own_example(),
    )
}
