//! Fields that several functions of this context read.

use callout_domain::account::Email;
use callout_domain::otp::OtpCode;

use super::profile_fields::text;
use crate::http::Form;

/// `email`, in any of its spellings.
pub(super) fn email(form: &mut Form) -> Option<Email> {
    form.required("email", text(Email::parse))
}

/// `otp`, as a person typed it.
pub(super) fn otp(form: &mut Form) -> Option<OtpCode> {
    form.required("otp", text(OtpCode::parse))
}
