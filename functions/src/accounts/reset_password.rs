//! `POST /password/reset/` `{email, otp, password}`, by whoever has a one-time code: sets a new
//! password.
//!
//! The code may be one that `/verify-otp` took within the last half hour, or one that was not used
//! yet; it is used up. All in one commit: the new hash, the end of every session, the closing of all
//! sockets, and no count of failed logins. Only who has the code learns whether there is an account.

use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::contention;
use callout_cloud::failure::CloudError;
use callout_cloud::otp::{Offer, Otps, RightCode};
use callout_cloud::passwords;
use callout_domain::account::{Email, Password};
use callout_domain::ids::AccountId;
use callout_domain::otp::OtpCode;
use serde_json::json;

use super::ending::close_sockets;
use super::fields;
use super::profile_fields::text;
use super::refusals::{otp_ended, wrong_otp};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let mut form = call.json()?;
    let email = fields::email(&mut form);
    let code = fields::otp(&mut form);
    let password = form.required("password", text(Password::parse));
    let (Some(email), Some(code), Some(password)) = (email, code, password) else {
        return Err(form.reject());
    };

    let otps = call.cloud.otps().await?;
    let mut right = check(&otps, &email, &code, &call).await?;
    let accounts = call.cloud.accounts().await?;
    let account = accounts
        .credentials(&email)
        .await?
        .ok_or_else(no_account)?
        .account;
    let hash = passwords::hash(password).await?;

    for tries in 0..contention::TRIES {
        let mut commit = call.cloud.commit().await;
        otps.spend(&mut commit, &right)?;
        accounts.change_password(&mut commit, &email, account, &hash)?;
        end_everything(&mut commit, &email, account, &call).await?;
        match commit.run().await {
            Ok(()) => {
                return Ok(Answer::ok(
                    json!({"message": "Password reset successfully"}),
                ));
            }
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::CodeUnspent => {
                contention::wait(tries).await;
                right = check(&otps, &email, &code, &call).await?;
            }
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountUnchanged => {
                return Err(no_account());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

async fn check(
    otps: &Otps<'_>,
    email: &Email,
    code: &OtpCode,
    call: &Call,
) -> Result<Box<RightCode>, Failure> {
    match otps.offer(email, code, call.now).await? {
        Offer::Right(code) => Ok(code),
        Offer::Wrong => Err(wrong_otp()),
        Offer::Ended => Err(otp_ended()),
    }
}

async fn end_everything(
    commit: &mut Commit,
    email: &Email,
    account: AccountId,
    call: &Call,
) -> Result<(), CloudError> {
    let sessions = call.cloud.sessions().await?;
    sessions.end_all(commit, account, call.now)?;
    let attempts = call.cloud.login_attempts().await?;
    attempts.forget(commit, email)?;
    close_sockets(call.cloud, commit, account, None, call.now).await
}

fn no_account() -> Failure {
    Failure::bad("no_account", "There is no account with this address")
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{email, only_a_message, open, operation, otp, password};

    operation("Sets a new password with a one-time code, and ends every session")
        .by_anyone()
        .takes(
            open()
                .with("email", email())
                .with("otp", otp())
                .with("password", password()),
            json!({"email": "john@example.com", "otp": "123456", "password": "another long password"}),
        )
        .answers(
            200,
            "It is set.",
            only_a_message(),
            json!({"message": "Password reset successfully"}),
        )
        .refuses(wrong_otp())
        .refuses(otp_ended())
        .refuses(no_account())
}
