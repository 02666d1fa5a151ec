//! Blood: asking for it, what a donor does about it, and how it ends.

pub(crate) mod active_requests;
pub(crate) mod close_request;
pub(crate) mod my_requests;

mod ending;
mod listed;
mod view;
