//! `POST /token/refresh/` `{refresh}`, by the holder of a refresh token: exchanges it for the next
//! pair.
//!
//! The token is spent. Shown again, it ends its whole family and closes the family's sockets. The
//! account is read anew: a deleted one gets nothing, and a new name is in the new token.

use callout_cloud::sessions::Rotation;
use callout_domain::session::RefreshToken;
use lambda_http::http::StatusCode;
use serde_json::json;

use super::ending::end_session;
use crate::http::{Answer, Call, Failure, Refused};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let mut form = call.json()?;
    let Some(text) = form.required("refresh", |given| given.text().map(str::to_owned)) else {
        return Err(form.reject());
    };
    let token = RefreshToken::parse(&text).map_err(|_| invalid())?;

    let accounts = call.cloud.accounts().await?;
    let account = accounts.read(token.account()).await?.ok_or_else(invalid)?;
    // Signed before the old token is spent: a failure here must not cost the session.
    let name = account.name.as_str();
    let access = call
        .cloud
        .tokens()
        .sign(account.id, account.role, name, token.session(), call.now)
        .await?;

    match call
        .cloud
        .sessions()
        .await?
        .rotate(&token, call.now)
        .await?
    {
        Rotation::Next(next) => Ok(Answer::ok(json!({
            "access": access,
            "refresh": next.reveal(),
        }))),
        Rotation::Reused => {
            end_session(call.cloud, token.account(), token.session(), call.now).await?;
            Err(invalid())
        }
        Rotation::Over => Err(invalid()),
    }
}

/// The one answer to whatever is not an unspent refresh token.
fn invalid() -> Failure {
    Refused::new(
        StatusCode::UNAUTHORIZED,
        "invalid_refresh_token",
        "The refresh token is not valid; log in again",
    )
    .into()
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, id, open, operation, text};

    operation("Exchanges a refresh token for the next pair")
        .that("It works once; shown again it ends the whole session.")
        .by_anyone()
        .takes(
            open().with("refresh", text()),
            json!({"refresh": format!("{}.{}.c2VjcmV0", id('C'), id('S'))}),
        )
        .answers(
            200,
            "The next pair.",
            closed().with("access", text()).with("refresh", text()),
            json!({
                "access": "eyJhbGciOiJFZERTQSJ9.e30.c2ln",
                "refresh": format!("{}.{}.c2VjcmV0", id('C'), id('S')),
            }),
        )
        .refuses(invalid())
}
