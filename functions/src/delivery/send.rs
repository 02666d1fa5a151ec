//! One message to one socket, and what becomes of a socket that does not take it.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_cloud::sockets::Posted;
use callout_domain::ids::{AccountId, ConnectionId};
use serde_json::Value;

/// Sends a message. A socket that has gone is forgotten. One whose client reads too slowly is closed:
/// waiting for it would keep everyone else waiting, and on reconnecting it gets what it missed.
pub(super) async fn send(
    cloud: &Cloud,
    account: AccountId,
    socket: &ConnectionId,
    frame: &Value,
) -> Result<Posted, CloudError> {
    let posted = cloud.sockets().await?.post(socket, frame).await?;
    match posted {
        Posted::Taken => {}
        Posted::Gone => cloud.connections().await?.forget(account, socket).await?,
        Posted::Full => end(cloud, account, socket).await?,
    }
    Ok(posted)
}

/// Closes a socket and forgets it.
pub(super) async fn end(
    cloud: &Cloud,
    account: AccountId,
    socket: &ConnectionId,
) -> Result<(), CloudError> {
    cloud.sockets().await?.close(socket).await?;
    cloud.connections().await?.forget(account, socket).await
}
