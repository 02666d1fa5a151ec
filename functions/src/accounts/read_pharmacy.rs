//! `GET /pharmacy/{id}/`, by any account: one pharmacy. Leaves nothing behind.

use callout_domain::role::Role;

use super::views;
use crate::http::{Answer, Call, Failure};

const UNKNOWN: &str = "There is no such pharmacy";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    call.caller()?;
    let id = call.path_id("id", UNKNOWN)?;
    let found = call.cloud.accounts().await?.read(id).await?;
    found
        .filter(|account| account.role == Role::Pharmacy)
        .map(|account| Answer::ok(views::pharmacy(&account, None)))
        .ok_or_else(|| Failure::unknown(UNKNOWN))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{operation, ulid};

    operation("Shows a pharmacy")
        .at("id", ulid(), "The pharmacy's id.")
        .answers(
            200,
            "The pharmacy.",
            views::pharmacy_seen().named("Pharmacy"),
            views::pharmacy_example(),
        )
        .knows_none(UNKNOWN)
}
