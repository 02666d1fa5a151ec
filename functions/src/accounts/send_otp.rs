//! `POST /send-otp` `{email}`, by anyone: mails a one-time code.
//!
//! Answers, does and takes the same whether or not the address has an account; the limits are the
//! address's own. Leaves behind the code's keyed hash and the count of mails; neither if SES does
//! not take the mail.

use callout_cloud::mail::Letter;
use callout_domain::otp::{OtpCode, SendRefused};
use lambda_http::tracing;
use serde_json::json;

use super::fields;
use super::refusals::too_many;
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let mut form = call.json()?;
    let Some(email) = fields::email(&mut form) else {
        return Err(form.reject());
    };

    let mail = call.cloud.mail().await?;
    let otps = call.cloud.otps().await?;
    let code = otps.issue(&email, call.now).await?.map_err(refused)?;

    if let Err(error) = mail.send(&email, &letter(&code)).await {
        if otps.withdraw(&email, &code, call.now).await.is_err() {
            tracing::warn!("a code that was not mailed still counts as sent");
        }
        return Err(error.into());
    }
    Ok(Answer::ok(json!({"message": "OTP sent successfully"})))
}

fn refused(why: SendRefused) -> Failure {
    match why {
        SendRefused::TooSoon { wait } => too_many(
            "otp_too_soon",
            "A code was sent to this address less than a minute ago",
            wait,
        ),
        SendRefused::TooMany { wait } => too_many(
            "otp_too_many",
            "Too many codes were sent to this address; try again later",
            wait,
        ),
    }
}

fn letter(code: &OtpCode) -> Letter {
    Letter {
        subject: "Your Callout code".to_owned(),
        text: format!(
            "Your code is {}\n\n\
             It can be used once, within 10 minutes. Nobody from Callout will ever ask you for it.\n\
             If you did not request it, you need not do anything.\n",
            code.as_str()
        ),
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{email, only_a_message, open, operation};

    operation("Mails a one-time code to an address")
        .that("The answer is the same whether or not the address has an account.")
        .by_anyone()
        .takes(
            open().with("email", email()),
            json!({"email": "john@example.com"}),
        )
        .answers(
            200,
            "The code is on its way.",
            only_a_message(),
            json!({"message": "OTP sent successfully"}),
        )
        .refuses(refused(SendRefused::TooSoon {
            wait: time::Duration::MINUTE,
        }))
        .refuses(refused(SendRefused::TooMany {
            wait: time::Duration::HOUR,
        }))
}

#[cfg(test)]
mod tests {
    use callout_domain::otp::OtpCode;

    use super::letter;

    #[test]
    fn the_code_is_in_the_letter_once_and_not_in_its_subject() {
        let letter = letter(&OtpCode::of_draw(4_711));
        assert_eq!(letter.text.matches("004711").count(), 1);
        assert!(!letter.subject.contains("004711"));
    }
}
