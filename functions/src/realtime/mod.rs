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
mod ping;
mod response;
mod saying;

use callout_cloud::connections::Owner;

use crate::http::Caller;

/// Who speaks over a socket, as the caller of a rule that has a door over HTTP too.
fn caller(owner: &Owner) -> Caller {
    Caller {
        account: owner.account,
        role: owner.role,
        name: owner.name.clone(),
        session: owner.session,
    }
}
