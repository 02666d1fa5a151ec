//! What of a message has been handed over, as the record of its delivery says: read until it says how
//! it went, or for some three seconds. What was not handed over by then was not; nothing is guessed.

use std::collections::BTreeMap;
use std::time::Duration;

use callout_cloud::failure::CloudError;
use callout_cloud::notifications::Route;
use callout_cloud::{Cloud, clock};
use callout_domain::delivery::{Attempt, Status};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::notice::Channel;
use lambda_http::tracing;

/// The waits between readings, in milliseconds.
const WAITS: [u64; 12] = [20, 30, 50, 80, 120, 180, 250, 320, 400, 450, 500, 600];

/// On which channels somebody was handed a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct HandedOver {
    /// At least one device of theirs was.
    pub(super) push: bool,
    /// At least one open socket of theirs was.
    pub(super) socket: bool,
}

/// What somebody has been handed of an event. A record that cannot be read says that nothing was.
pub(super) async fn wait(cloud: &Cloud, recipient: AccountId, event: EventId) -> HandedOver {
    read(cloud, recipient, event)
        .await
        .inspect_err(|error| {
            tracing::error!(error = error.chain(), "a record of delivery was not read");
        })
        .unwrap_or_default()
}

async fn read(
    cloud: &Cloud,
    recipient: AccountId,
    event: EventId,
) -> Result<HandedOver, CloudError> {
    let notifications = cloud.notifications().await?;
    for wait in WAITS {
        if let Some(attempts) = notifications.attempts(recipient, event).await?
            && (is_decided(&attempts) || !is_awaited(cloud, recipient, &attempts).await?)
        {
            return Ok(HandedOver::by(&attempts));
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let attempts = notifications.attempts(recipient, event).await?;
    Ok(HandedOver::by(&attempts.unwrap_or_default()))
}

/// Whether no more can become of these: each has ended, that at the sockets too.
fn is_decided(attempts: &BTreeMap<Route, Attempt>) -> bool {
    attempts.contains_key(&Route::Socket) && !is_any_pending(attempts)
}

/// Whether more may become of them: one has begun, or there is a socket, of which nothing is on record
/// before it has ended.
async fn is_awaited(
    cloud: &Cloud,
    recipient: AccountId,
    attempts: &BTreeMap<Route, Attempt>,
) -> Result<bool, CloudError> {
    if is_any_pending(attempts) {
        return Ok(true);
    }
    let connections = cloud.connections().await?;
    let open = connections.of_account(recipient, clock::now()).await?;
    Ok(!open.is_empty())
}

fn is_any_pending(attempts: &BTreeMap<Route, Attempt>) -> bool {
    attempts
        .values()
        .any(|attempt| attempt.status == Status::Pending)
}

impl HandedOver {
    fn by(attempts: &BTreeMap<Route, Attempt>) -> Self {
        let was_sent = |channel| {
            attempts.iter().any(|(route, attempt)| {
                route.channel() == channel
                    && matches!(attempt.status, Status::Sent | Status::Delivered)
            })
        };
        Self {
            push: was_sent(Channel::Push),
            socket: was_sent(Channel::Socket),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_cloud::notifications::Route;
    use callout_domain::delivery::{Attempt, Reason};
    use callout_domain::moment::Moment;

    use super::{HandedOver, WAITS, is_decided};

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    #[test]
    fn it_is_waited_for_three_seconds_ever_more_slowly() {
        assert!(WAITS.is_sorted());
        assert_eq!(WAITS.iter().sum::<u64>(), 3_000);
    }

    #[test]
    fn only_what_was_sent_was_handed_over() {
        let failed = Attempt::failed(now(), now(), Reason::Gone);
        let (sent, pending) = (Attempt::sent(now(), now()), Attempt::begin(now()));
        let device = |id: &str| Route::Push(id.to_owned());
        for (attempts, push, socket, decided) in [
            (vec![], false, false, false),
            (vec![(Route::Socket, sent)], false, true, true),
            (vec![(Route::Socket, failed)], false, false, true),
            (vec![(device("a"), sent)], true, false, false),
            (
                vec![
                    (device("a"), failed),
                    (device("b"), sent),
                    (Route::Socket, sent),
                ],
                true,
                true,
                true,
            ),
            (
                vec![(device("a"), pending), (Route::Socket, sent)],
                false,
                true,
                false,
            ),
            (vec![(Route::Mail, sent)], false, false, false),
        ] {
            let attempts: BTreeMap<Route, Attempt> = attempts.into_iter().collect();
            let handed = HandedOver { push, socket };
            assert_eq!(HandedOver::by(&attempts), handed, "{attempts:?}");
            assert_eq!(is_decided(&attempts), decided, "{attempts:?}");
        }
    }
}
