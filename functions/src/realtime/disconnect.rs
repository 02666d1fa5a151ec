//! `$disconnect`: forgets a socket. API Gateway calls it when a socket has gone, most of the time; what
//! it does not tell of is found out by a 410, or ends by TTL.

use crate::http::Failure;
use crate::socket::{SocketAnswer, SocketCall};

pub(crate) async fn handle(call: SocketCall) -> Result<SocketAnswer, Failure> {
    let connections = call.cloud.connections().await?;
    connections.close(&call.connection).await?;
    Ok(SocketAnswer::ok())
}
