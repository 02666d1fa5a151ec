//! Saying something to somebody that is worth nothing a moment later: where the other is, that they
//! type. It goes to the sockets that are open now, into no inbox and on no record; who has none open
//! has missed nothing that they could still use.

use callout_cloud::Cloud;
use callout_cloud::connections::Socket;
use callout_cloud::failure::CloudError;
use callout_cloud::sockets::Posted;
use callout_domain::ids::{AccountId, ConnectionId};
use callout_domain::moment::Moment;
use callout_domain::socket::hears_everything;
use serde_json::Value;

/// Says it to every socket of an account that has been greeted; whether one took it.
///
/// A socket that does not take it is left alone: what must arrive goes by the outbox, and delivery
/// forgets the dead.
pub(crate) async fn pass(
    cloud: &Cloud,
    to: AccountId,
    frame: &Value,
    now: Moment,
) -> Result<bool, CloudError> {
    let open = cloud.connections().await?.of_account(to, now).await?;
    let ready: Vec<ConnectionId> = open
        .into_iter()
        .filter(|socket: &Socket| socket.ready && hears_everything(&socket.channel))
        .map(|socket| socket.id)
        .collect();
    let sockets = cloud.sockets().await?;
    let posts = ready.iter().map(|socket| sockets.post(socket, frame));
    let posted = futures::future::join_all(posts).await;
    let posted: Vec<Posted> = posted.into_iter().collect::<Result<_, _>>()?;
    Ok(posted.contains(&Posted::Taken))
}
