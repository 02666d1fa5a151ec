//! GET /api/1/profiles/work-orders/{id}/notifications/ by either of its parties: every attempt to tell
//! either of them something of the order, in the order in which it was told.
//!
//! Leaves nothing behind.

use callout_cloud::notifications::{Listed, Route};
use callout_domain::delivery::{Attempt, Status};
use callout_domain::notice::Channel;
use callout_domain::role::Role;
use callout_domain::work::Side;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure};
use crate::work::{named_by_path, of_party};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Seeker, Role::Provider])?;
    let id = named_by_path(&call)?;

    let table = call.cloud.requests().await?;
    let (order, _) = of_party(&table, id, &caller, call.now).await?;
    let notifications = call.cloud.notifications().await?;
    let told = |account| notifications.told_of(account, id, order.header.created_at, call.now);
    let (seeker, provider) =
        futures::try_join!(told(order.header.requester), told(order.provider_id))?;

    let mut attempts: Vec<Value> = Vec::new();
    let both = [(Side::Provider, provider), (Side::Seeker, seeker)];
    for (side, told) in &both {
        attempts.extend(told.iter().flat_map(|listed| of_one(*side, listed)));
    }
    // Stable: the attempts of one message stay together.
    attempts.sort_by(|one, other| {
        one["created_at"]
            .as_str()
            .cmp(&other["created_at"].as_str())
    });
    let data = json!({
        "work_order_id": id,
        "count": attempts.len(),
        "notifications": attempts,
    });
    Ok(Answer::success("Delivery attempts", &data))
}

/// The attempts to tell one party one thing.
fn of_one(side: Side, listed: &Listed) -> Vec<Value> {
    let notification = &listed.notification;
    let view = |(route, attempt): (&Route, &Attempt)| {
        let status = status(route, attempt, listed);
        json!({
            "event_id": notification.event,
            "type": notification.message.kind,
            "recipient": side.as_str(),
            "channel": route.channel().as_str(),
            "delivery_status": status,
            "created_at": notification.created_at,
            "attempted_at": attempt.began_at,
            "sent_at": attempt.ended_at.filter(|_| attempt.status != Status::Failed),
            "delivered_at": listed.acked_at.filter(|_| status == Status::Delivered),
            "failed_at": attempt.ended_at.filter(|_| attempt.status == Status::Failed),
            "error": attempt.reason,
        })
    };
    listed.attempts.iter().map(view).collect()
}

/// Delivered is what a client has acknowledged, which it does over a socket.
fn status(route: &Route, attempt: &Attempt, listed: &Listed) -> Status {
    match (attempt.status, route.channel()) {
        (Status::Sent, Channel::Socket) if listed.acked_at.is_some() => Status::Delivered,
        (status, Channel::Socket | Channel::Push | Channel::Mail) => status,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_cloud::notifications::{Listed, Notification, Route};
    use callout_domain::delivery::{Attempt, Reason};
    use callout_domain::event::Message;
    use callout_domain::moment::Moment;
    use callout_domain::work::Side;
    use serde_json::{Value, json};

    use super::of_one;

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn listed(acked_at: Option<Moment>) -> Listed {
        Listed {
            notification: Notification {
                event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
                request: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().ok(),
                message: Message::new("work_assigned", json!({"seeker_name": "Sita Rai"})),
                created_at: now(),
                sequence: "1".to_owned(),
            },
            read_at: None,
            archived_at: None,
            acked_at,
            attempts: BTreeMap::from([
                (Route::Socket, Attempt::sent(now(), now())),
                (Route::Push("a-device".to_owned()), Attempt::begin(now())),
                (
                    Route::Push("another".to_owned()),
                    Attempt::failed(now(), now(), Reason::Disabled),
                ),
                (Route::Mail, Attempt::sent(now(), now())),
            ]),
        }
    }

    fn statuses(listed: &Listed) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        of_one(Side::Provider, listed)
            .iter()
            .map(|one| (text(&one["channel"]), text(&one["delivery_status"])))
            .collect()
    }

    #[test]
    fn every_attempt_has_its_channel_its_status_its_times_and_its_error() {
        let all = of_one(Side::Provider, &listed(None));
        let failed = all
            .iter()
            .find(|one| one["delivery_status"] == "failed")
            .unwrap();
        assert_eq!(
            *failed,
            json!({
                "event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "type": "work_assigned",
                "recipient": "provider",
                "channel": "push",
                "delivery_status": "failed",
                "created_at": "2026-02-24T10:30:00.000Z",
                "attempted_at": "2026-02-24T10:30:00.000Z",
                "sent_at": null,
                "delivered_at": null,
                "failed_at": "2026-02-24T10:30:00.000Z",
                "error": "disabled",
            })
        );
        // Neither a device's id nor what was said.
        let text = json!(all).to_string();
        assert!(!text.contains("device") && !text.contains("Sita"), "{text}");
    }

    #[test]
    fn delivered_is_what_a_client_has_acknowledged() {
        let of = |channel: &str, status: &str| (channel.to_owned(), status.to_owned());
        let rest = [
            of("push", "pending"),
            of("push", "failed"),
            of("mail", "sent"),
        ];
        for (acked_at, status) in [(None, "sent"), (Some(now()), "delivered")] {
            let mut expected = vec![of("socket", status)];
            expected.extend(rest.clone());
            assert_eq!(statuses(&listed(acked_at)), expected);
        }
    }
}
