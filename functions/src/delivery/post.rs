//! Saying something to the open sockets of an account.

use callout_cloud::Cloud;
use callout_cloud::connections::Socket;
use callout_cloud::failure::CloudError;
use callout_cloud::sockets::Posted;
use callout_domain::delivery::{Attempt, Reason};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde_json::Value;

use crate::delivery::send::send;

/// Says it to every socket of an account that has been greeted; what became of that, if there was one.
/// Those that are being greeted just now have it left to their replay.
pub(super) async fn post(
    cloud: &Cloud,
    account: AccountId,
    sockets: Vec<Socket>,
    frame: &Value,
    now: Moment,
) -> Result<Option<Attempt>, CloudError> {
    let (ready, waiting): (Vec<Socket>, Vec<Socket>) =
        sockets.into_iter().partition(|socket| socket.ready);
    let mut posted = post_to_all(cloud, account, &ready, frame).await?;
    let mut ready_by_now = Vec::new();
    if !waiting.is_empty() {
        let connections = cloud.connections().await?;
        for socket in waiting {
            if !connections.leave_to_replay(account, &socket.id).await? {
                ready_by_now.push(socket);
            }
        }
    }
    posted.extend(post_to_all(cloud, account, &ready_by_now, frame).await?);
    Ok(outcome(&posted, now))
}

/// Says it to all of them, also if one cannot be told.
async fn post_to_all(
    cloud: &Cloud,
    account: AccountId,
    sockets: &[Socket],
    frame: &Value,
) -> Result<Vec<Posted>, CloudError> {
    let sent = sockets
        .iter()
        .map(|socket| send(cloud, account, &socket.id, frame));
    futures::future::join_all(sent).await.into_iter().collect()
}

/// It has succeeded when at least one socket took it and none was too slow for it: what a slow one
/// missed, it gets on reconnecting.
fn outcome(posted: &[Posted], now: Moment) -> Option<Attempt> {
    if posted.contains(&Posted::Full) {
        Some(Attempt::failed(now, now, Reason::TooSlow))
    } else if posted.contains(&Posted::Taken) {
        Some(Attempt::sent(now, now))
    } else if posted.contains(&Posted::Gone) {
        Some(Attempt::failed(now, now, Reason::Gone))
    } else {
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::sockets::Posted;
    use callout_domain::delivery::{Reason, Status};

    use super::outcome;

    fn of(posted: &[Posted]) -> Option<(Status, Option<Reason>)> {
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        outcome(posted, now).map(|attempt| (attempt.status, attempt.reason))
    }

    #[test]
    fn it_is_sent_when_one_socket_took_it_and_none_was_too_slow() {
        let sent = Some((Status::Sent, None));
        let failed = |reason| Some((Status::Failed, Some(reason)));
        assert_eq!(of(&[Posted::Taken]), sent);
        assert_eq!(of(&[Posted::Gone, Posted::Taken]), sent);
        assert_eq!(of(&[Posted::Gone]), failed(Reason::Gone));
        assert_eq!(of(&[Posted::Taken, Posted::Full]), failed(Reason::TooSlow));
        assert_eq!(of(&[]), None, "nothing was tried");
    }
}
