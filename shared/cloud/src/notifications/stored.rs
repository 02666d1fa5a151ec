//! A notification as an item, attribute by attribute.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use callout_domain::delivery::Attempt;
use callout_domain::ids::{EventId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use serde::{Deserialize, Serialize};

use super::Notification;
use super::badge::Day;
use crate::failure::CloudError;

/// The way of one attempt: a channel, and of several devices which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Route {
    /// All open sockets together.
    Socket,
    /// One device, by its id.
    Push(String),
    /// The mailbox.
    Mail,
}

impl Route {
    /// Its channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Socket => Channel::Socket,
            Self::Push(_) => Channel::Push,
            Self::Mail => Channel::Mail,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = self.channel().as_str();
        match self {
            Self::Socket | Self::Mail => f.write_str(channel),
            Self::Push(device) => write!(f, "{channel}#{device}"),
        }
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.to_string()
    }
}

/// A route that nobody has written.
#[derive(Debug, thiserror::Error)]
#[error("is no route")]
pub struct NotARoute;

impl FromStr for Route {
    type Err = NotARoute;

    fn from_str(text: &str) -> Result<Self, NotARoute> {
        match text.split_once('#') {
            None if text == Channel::Socket.as_str() => Ok(Self::Socket),
            None if text == Channel::Mail.as_str() => Ok(Self::Mail),
            Some((channel, device)) if channel == Channel::Push.as_str() => {
                Ok(Self::Push(device.to_owned()))
            }
            None | Some(_) => Err(NotARoute),
        }
    }
}

impl TryFrom<String> for Route {
    type Error = NotARoute;

    fn try_from(text: String) -> Result<Self, NotARoute> {
        text.parse()
    }
}

/// What an item holds beside its key.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<RequestId>,
    /// The message with what was for this recipient alone, media still by their ids.
    payload: String,
    pub(super) sequence: String,
    pub(super) created_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unheard: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unread: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) acked_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) read_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) archived_at: Option<Moment>,
    pub(super) deliveries: BTreeMap<Route, Attempt>,
    expires_at: i64,
}

/// An item with the parts of its key that say which event it tells of.
#[derive(Deserialize)]
pub(super) struct Kept {
    pub(super) pk: String,
    pub(super) sk: EventId,
    #[serde(flatten)]
    pub(super) body: Stored,
}

impl Stored {
    /// A new one, with the attempts that begin at once.
    pub(super) fn of(
        notification: &Notification,
        routes: &[Route],
        now: Moment,
    ) -> Result<Self, CloudError> {
        let listed = notification
            .message
            .is_listed()
            .then_some(notification.event);
        let begun = |route: &Route| (route.clone(), Attempt::begin(now));
        Ok(Self {
            kind: notification.message.kind.clone(),
            request_id: notification.request,
            payload: serde_json::to_string(&notification.message)
                .map_err(CloudError::malformed("a message"))?,
            sequence: notification.sequence.clone(),
            created_at: notification.created_at,
            unheard: Some(notification.event),
            unread: listed,
            current: listed,
            sent_at: None,
            acked_at: None,
            read_at: None,
            archived_at: None,
            deliveries: routes.iter().map(begun).collect(),
            expires_at: Day::of(notification.created_at).ends_at(),
        })
    }

    /// Whether it is still to be seen; TTL deletes late.
    pub(super) fn is_kept(&self, now: Moment) -> bool {
        self.expires_at > now.unix_seconds()
    }

    /// The day on which the badge counts it, if it is unread.
    pub(super) fn counted_on(&self) -> Option<Day> {
        self.unread.map(|_| Day::of(self.created_at))
    }
}

impl TryFrom<Kept> for Notification {
    type Error = CloudError;

    fn try_from(kept: Kept) -> Result<Self, CloudError> {
        Ok(Self {
            event: kept.sk,
            request: kept.body.request_id,
            message: serde_json::from_str(&kept.body.payload)
                .map_err(CloudError::malformed("a notification's payload"))?,
            created_at: kept.body.created_at,
            sequence: kept.body.sequence,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::event::Message;
    use callout_domain::moment::Moment;
    use serde_json::json;

    use super::{Kept, Notification, Route, Stored};
    use crate::notifications::inbox_key;
    use crate::stored;

    #[test]
    fn a_notification_reads_back_as_it_was_stored() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let media = "01ARZ3NDEKTSV4RRFFQ69G5FAX".parse().unwrap();
        let notification = Notification {
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            request: Some("01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap()),
            message: Message::new("new_request", json!({"quantity": 10, "distance_km": 2.5}))
                .with_link("image_url", Some(media)),
            created_at: now,
            sequence: "000000000000000000042".to_owned(),
        };
        let routes = [Route::Push("a-device".to_owned()), Route::Mail];
        let body = Stored::of(&notification, &routes, now).unwrap();
        let inbox = inbox_key("01ARZ3NDEKTSV4RRFFQ69G5FAY".parse().unwrap());
        let item = stored::item(inbox, notification.event.to_string(), &body).unwrap();
        for index in ["unheard", "current"] {
            assert_eq!(
                item.get(index).and_then(|key| key.as_s().ok()),
                Some(&notification.event.to_string()),
                "what is new is in the index {index}"
            );
        }
        let kept: Kept = stored::read("a notification", item).unwrap();
        assert!(kept.body.deliveries.keys().eq(&routes), "both have begun");
        assert!(kept.body.is_kept(now));
        assert_eq!(Notification::try_from(kept).unwrap(), notification);
    }

    #[test]
    fn a_route_has_one_name() {
        for route in [Route::Socket, Route::Mail, Route::Push("-a_b#c".to_owned())] {
            assert_eq!(route.to_string().parse::<Route>().unwrap(), route);
        }
        for wrong in ["", "push", "socket#1", "pigeon"] {
            assert!(wrong.parse::<Route>().is_err(), "{wrong}");
        }
    }
}
