//! Blood: asking donors for it, what they do about it, and how it ends.

pub(crate) mod accept_request;
pub(crate) mod active_requests;
pub(crate) mod call_attender;
pub(crate) mod close_request;
pub(crate) mod confirm_donation;
pub(crate) mod create_request;
pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod ignore_request;
pub(crate) mod my_requests;
pub(crate) mod withdraw_request;

mod ending;
mod listed;
mod moving;
mod telling;
mod view;

use callout_domain::blood::Refused;

use crate::http::Failure;

/// 400: where the request or the donor stands forbids it.
fn refused(why: Refused) -> Failure {
    Failure::bad(why.code(), why.to_string())
}
