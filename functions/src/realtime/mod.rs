//! Sockets: who may open one, and what may be said over it.

pub(crate) mod connect;
pub(crate) mod disconnect;
pub(crate) mod message;
pub(crate) mod pass;
pub(crate) mod sweep;

mod ack;
mod admission;
mod conversation;
mod greeting;
mod location;
mod ping;
mod response;
mod saying;
mod work_response;

use callout_cloud::connections::Owner;

use crate::http::Caller;

/// Whoever speaks over a socket, as they would call.
fn caller(owner: &Owner) -> Caller {
    Caller {
        account: owner.account,
        role: owner.role,
        name: owner.name.clone(),
        session: owner.session,
    }
}
