//! Fields that several functions of this context read.

use callout_domain::account::Email;
use callout_domain::otp::OtpCode;

use crate::http::Form;

/// `email`, in any of its spellings.
pub(super) fn email(form: &mut Form) -> Option<Email> {
    form.required("email", |given| -> Result<_, String> {
        Email::parse(given.text()?).map_err(|error| error.to_string())
    })
}

/// `otp`, as a person typed it.
pub(super) fn otp(form: &mut Form) -> Option<OtpCode> {
    form.required("otp", |given| -> Result<_, String> {
        OtpCode::parse(given.text()?).map_err(|error| error.to_string())
    })
}
