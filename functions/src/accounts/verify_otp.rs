//! `POST /verify-otp` `{email, otp}`, by anyone: checks a one-time code.
//!
//! Right, the code is used up and the address counts as proved for half an hour: enough to open an
//! account, or to set a new password with the same code. Wrong, that is counted, and the fifth time
//! ends the code.

use callout_cloud::otp::Verdict;
use serde_json::json;

use super::fields;
use super::refusals::{otp_ended, wrong_otp};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let mut form = call.json()?;
    let (Some(email), Some(code)) = (fields::email(&mut form), fields::otp(&mut form)) else {
        return Err(form.reject());
    };

    let otps = call.cloud.otps().await?;
    match otps.verify(&email, &code, call.now).await? {
        Verdict::Right => Ok(Answer::ok(
            json!({"message": "Email verified successfully"}),
        )),
        Verdict::Wrong => Err(wrong_otp()),
        Verdict::Ended => Err(otp_ended()),
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{email, only_a_message, open, operation, otp};

    operation("Proves an address by the code that was mailed there")
        .that("For half an hour: enough to register, or to set a new password with the same code.")
        .by_anyone()
        .takes(
            open().with("email", email()).with("otp", otp()),
            json!({"email": "john@example.com", "otp": "123456"}),
        )
        .answers(
            200,
            "The address is proved.",
            only_a_message(),
            json!({"message": "Email verified successfully"}),
        )
        .refuses(wrong_otp())
        .refuses(otp_ended())
}
