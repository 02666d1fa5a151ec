//! `POST /login` `{email, password}`, by anyone: begins a session.
//!
//! An unknown address and a wrong password get the same answer after the same work, and are counted
//! alike; ten in a row lock the address. Leaves behind a session, in a commit that is refused if the
//! password was changed while it was being checked, and no count.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::passwords;
use callout_domain::account::OfferedPassword;
use lambda_http::http::StatusCode;
use serde_json::json;

use super::fields;
use super::refusals::too_many;
use crate::http::{Answer, Call, Failure, Form, Refused};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let mut form = call.json()?;
    let (Some(email), Some(offered)) = (fields::email(&mut form), password(&mut form)) else {
        return Err(form.reject());
    };

    // Counted before it is checked: guesses made at once are all counted.
    let attempts = call.cloud.login_attempts().await?;
    let accounts = call.cloud.accounts().await?;
    let (counted, found) = futures::try_join!(
        Box::pin(attempts.count(&email, call.now)),
        Box::pin(accounts.credentials(&email)),
    )?;
    if let Err(locked) = counted {
        return Err(self::locked(locked.wait));
    }

    let hash = found.as_ref().map(|known| known.password_hash.as_str());
    let is_right = passwords::verify(offered.0, hash).await?;
    let Some(credentials) = found.filter(|_| is_right) else {
        return Err(wrong());
    };

    let sessions = call.cloud.sessions().await?;
    let generation = sessions.generation(credentials.account).await?;
    let mut commit = call.cloud.commit().await;
    let refresh = sessions.begin(&mut commit, &email, &credentials, generation, call.now)?;
    attempts.forget(&mut commit, &email)?;
    let name = credentials.name.as_str();
    let access = call
        .cloud
        .tokens()
        .sign(
            credentials.account,
            credentials.role,
            name,
            refresh.session(),
            call.now,
        )
        .await?;
    match commit.run().await {
        Ok(()) => Ok(Answer::ok(json!({
            "refresh": refresh.reveal(),
            "access": access,
            "role": credentials.role,
            "user_id": credentials.account,
            "name": name,
        }))),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::CredentialsUnchanged => {
            Err(wrong())
        }
        Err(error) => Err(error.into()),
    }
}

/// What was offered; `None` inside for what is longer than any password, which is as wrong as any.
struct Offered(Option<OfferedPassword>);

fn password(form: &mut Form) -> Option<Offered> {
    form.required("password", |given| {
        given.text().map(OfferedPassword::new).map(Offered)
    })
}

fn locked(wait: time::Duration) -> Failure {
    too_many(
        "login_locked",
        "Too many failed logins for this address; try again later",
        wait,
    )
}

/// The one answer to an unknown address and to a wrong password.
fn wrong() -> Failure {
    Refused::new(
        StatusCode::UNAUTHORIZED,
        "wrong_credentials",
        "The e-mail address or the password is wrong",
    )
    .into()
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, email, id, open, operation, person_name, role, text, ulid};

    operation("Begins a session")
        .that("An unknown address and a wrong password are answered alike.")
        .by_anyone()
        .takes(
            open().with("email", email()).with("password", text()),
            json!({"email": "john@example.com", "password": "a good long password"}),
        )
        .answers(
            200,
            "The session's tokens.",
            closed()
                .with("refresh", text())
                .with("access", text())
                .with("role", role())
                .with("user_id", ulid())
                .with("name", person_name()),
            json!({
                "refresh": format!("{}.{}.c2VjcmV0", id('C'), id('S')), "access": "eyJhbGciOiJFZERTQSJ9.e30.c2ln",
                "role": "CUSTOMER", "user_id": id('C'), "name": "John Doe",
            }),
        )
        .refuses(wrong())
        .refuses(locked(time::Duration::MINUTE))
}
