//! `POST /ws/ticket/`, by any account: a ticket that opens one socket within 30 seconds, so that a
//! browser need not put its token into a URL.
//!
//! Leaves behind the ticket's hash, with what the token says of the caller. Whether the session
//! still holds is looked up when the ticket is used.

use callout_cloud::tickets::{TICKET_LIFETIME, Ticket};
use serde_json::json;

use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let ticket = Ticket {
        account: caller.account,
        role: caller.role,
        name: caller.name,
        session: caller.session,
    };
    let text = call.cloud.tickets().await?.make(ticket, call.now).await?;
    Ok(Answer::ok(json!({
        "ticket": text,
        "expires_in": TICKET_LIFETIME.whole_seconds(),
    })))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, count, operation, text};

    operation("Gives a ticket that opens one socket within 30 seconds")
        .that("So that a browser need not put its access token into a URL.")
        .answers(
            200,
            "The ticket.",
            closed().with("ticket", text()).with("expires_in", count()),
            json!({"ticket": "Zm9yIG9uZSBzb2NrZXQ", "expires_in": TICKET_LIFETIME.whole_seconds()}),
        )
}
