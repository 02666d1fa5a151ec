//! What a socket is for, who may open one on which channel, and how much a client may say over it.

use time::Duration;

use crate::consultation::{Channel, SEND_NOTIFICATION};
use crate::event::Message;
use crate::moment::Moment;
use crate::role::Role;

/// The largest message that a client may send, in bytes.
pub const LARGEST_MESSAGE_BYTES: usize = 32 * 1024;
/// How many messages a socket takes in any [`WINDOW`].
pub const MOST_MESSAGES: usize = 20;
/// The span in which a socket takes [`MOST_MESSAGES`].
pub const WINDOW: Duration = Duration::seconds(10);
/// How many sockets an account may have open; one more closes the oldest.
pub const MOST_SOCKETS: usize = 20;

/// The moment before which a message no longer counts against one that comes at `now`: with
/// [`MOST_MESSAGES`] later than it, one more is too many.
pub fn window_start(now: Moment) -> Moment {
    now.plus(-WINDOW)
}

/// Whether a socket's channel is for accounts of a role. A channel bears a role's own name, or the
/// one by which a seed's path calls those whom it serves.
pub fn channel_is_for(channel: &str, role: Role) -> bool {
    if let Ok(named) = Role::from_path_segment(channel) {
        return named == role;
    }
    match channel {
        "user" => matches!(role, Role::Customer | Role::Patient),
        other => Channel::named(other).is_some_and(|channel| channel.roles().contains(&role)),
    }
}

/// Whether a socket that was opened on a channel is told a message: one of the seed's notification
/// channels has its own messages alone, any other has everything.
pub fn hears(channel: &str, message: &Message) -> bool {
    let is_of_channel = message.kind == SEND_NOTIFICATION
        && message.fields.get("channel").and_then(|of| of.as_str()) == Some(channel);
    hears_everything(channel) || is_of_channel
}

/// Whether a channel is none of the seed's notification channels.
pub fn hears_everything(channel: &str) -> bool {
    Channel::named(channel).is_none()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::{channel_is_for, hears, window_start};
    use crate::event::Message;
    use crate::moment::Moment;
    use crate::role::Role;

    #[test]
    fn a_channel_named_after_a_role_is_for_that_role_alone() {
        for named in Role::ALL {
            for role in Role::ALL {
                assert_eq!(channel_is_for(named.path_segment(), role), named == role);
            }
        }
    }

    #[test]
    fn the_channels_of_the_seeds_are_for_those_whom_they_serve() {
        let served = |channel| -> Vec<Role> {
            Role::ALL
                .into_iter()
                .filter(|role| channel_is_for(channel, *role))
                .collect()
        };
        assert_eq!(served("user"), [Role::Customer, Role::Patient]);
        assert_eq!(served("patient-doctor-suggest"), [Role::Patient]);
        assert_eq!(served("patient-doctor-response"), [Role::Patient]);
        assert_eq!(
            served("doctor-consultation-response-accepted"),
            [Role::Patient]
        );
        assert_eq!(
            served("doctor-consultation-request-assigned"),
            [Role::Doctor]
        );
        assert_eq!(served("hospital-new-consultation"), [Role::Hospital]);
        assert_eq!(served("hospital-selected-by-doctor"), [Role::Hospital]);
        assert_eq!(
            served("patient-offer-accepted"),
            [Role::Doctor, Role::Hospital]
        );
        assert_eq!(
            served("consultation-update"),
            [Role::Patient, Role::Doctor, Role::Hospital]
        );
    }

    #[test]
    fn a_notification_channel_hears_its_own_and_any_other_everything() {
        let said = |kind: &str, channel: &str| Message::new(kind, json!({"channel": channel}));
        let own = said("send_notification", "patient-doctor-suggest");
        let other = said("send_notification", "patient-doctor-response");
        let strange = said("new_request", "patient-doctor-suggest");
        let bare = Message::new("send_notification", json!({}));
        for message in [&own, &other, &strange, &bare] {
            assert!(hears("patient", message) && hears("user", message));
            assert_eq!(hears("patient-doctor-suggest", message), message == &own);
        }
    }

    #[test]
    fn any_other_channel_is_for_nobody() {
        for channel in [
            "",
            "PHARMACY",
            "pharmacy ",
            "work",
            "work/",
            "notifications",
            "*",
        ] {
            assert!(
                Role::ALL
                    .into_iter()
                    .all(|role| !channel_is_for(channel, role)),
                "{channel:?}"
            );
        }
    }

    #[test]
    fn a_message_counts_for_ten_seconds() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let then: Moment = "2026-02-24T10:29:50Z".parse().unwrap();
        assert_eq!(window_start(now), then);
    }
}
