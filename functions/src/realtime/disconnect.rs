//! `$disconnect`: forgets a socket, and tells those who look at a conversation with its account if it was the
//! last. API Gateway calls it when a socket has gone, most of the time; what
//! it does not tell of is found out by a 410, or ends by TTL.

use crate::conversations::presence;
use crate::http::Failure;
use crate::socket::{SocketAnswer, SocketCall};

pub(crate) async fn handle(call: SocketCall) -> Result<SocketAnswer, Failure> {
    let connections = call.cloud.connections().await?;
    if let Some(owner) = connections.close(&call.connection, call.now).await? {
        presence::tell(call.cloud, owner.account, call.now).await;
    }
    Ok(SocketAnswer::ok())
}
