//! `Close`: tells the sockets of a sign-in that has ended, and closes them.

use callout_cloud::Cloud;
use callout_cloud::connections::Socket;
use callout_cloud::failure::CloudError;
use callout_domain::ids::{AccountId, SessionId};
use callout_domain::moment::Moment;

use crate::socket::frame;

/// Closes the sockets of one session, or of all that no longer hold: this event may come again after
/// its account has signed in anew.
pub(super) async fn close(
    cloud: &Cloud,
    account: AccountId,
    session: Option<SessionId>,
    now: Moment,
) -> Result<(), CloudError> {
    let sockets = cloud.connections().await?.of_account(account, now).await?;
    for socket in &sockets {
        let is_over = if let Some(session) = session {
            socket.session == session
        } else {
            let sessions = cloud.sessions().await?;
            !Box::pin(sessions.is_alive(account, socket.session, now)).await?
        };
        if is_over {
            turn_away(cloud, account, socket).await?;
        }
    }
    Ok(())
}

async fn turn_away(cloud: &Cloud, account: AccountId, socket: &Socket) -> Result<(), CloudError> {
    let sockets = cloud.sockets().await?;
    sockets.post(&socket.id, &frame::unwelcome()).await?;
    let closed = sockets.close(&socket.id).await?;
    if !closed && !socket.ready {
        // Its upgrade may be pending, and cannot be stopped. Its greeting comes after this event and
        // finds the session over; forgotten now, it would stay open.
        return Ok(());
    }
    cloud.connections().await?.forget(account, &socket.id).await
}
