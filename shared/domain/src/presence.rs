//! Whether somebody is there.
//!
//! A socket that died without a word looks open for minutes; only what a client says proves that it
//! is there. Clients ping every 30 seconds, as the seed has it, so whoever was not heard for longer than
//! that, and some seconds for the network, is not there.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::moment::Moment;

/// For how long somebody counts as there after they were heard.
pub const THERE_FOR: Duration = Duration::seconds(40);

/// How often it is looked who has fallen silent: with [`THERE_FOR`], what others are told of it is true
/// within a minute.
pub const LOOKED_EVERY: Duration = Duration::seconds(20);

/// Whether somebody is there, and when they were heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether they are there.
    pub online: bool,
    /// When they were heard last, as far as is known.
    pub last_seen_at: Option<Moment>,
}

impl Presence {
    /// That of somebody one of whose open sockets was heard last at `heard`, and who had been seen last,
    /// on a socket that has closed, at `seen`.
    pub fn at(heard: Option<Moment>, seen: Option<Moment>, now: Moment) -> Self {
        Self {
            online: heard.is_some_and(|heard| now.since(heard) < THERE_FOR),
            last_seen_at: heard.max(seen),
        }
    }

    /// Its name on the wire.
    pub const fn status(self) -> &'static str {
        if self.online { "online" } else { "offline" }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::{LOOKED_EVERY, Presence, THERE_FOR};
    use crate::moment::Moment;

    #[test]
    fn somebody_is_there_for_forty_seconds_after_they_were_heard() {
        let heard: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let at = |seconds| Presence::at(Some(heard), None, heard.plus(Duration::seconds(seconds)));
        assert!(at(0).online && at(39).online);
        assert!(!at(40).online);
        assert_eq!(at(40).last_seen_at, Some(heard));
        assert_eq!((at(39).status(), at(40).status()), ("online", "offline"));
    }

    #[test]
    fn whoever_has_no_socket_was_seen_on_the_last_one() {
        let seen: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let gone = Presence::at(None, Some(seen), seen);
        assert_eq!((gone.online, gone.last_seen_at), (false, Some(seen)));
        let never = Presence::at(None, None, seen);
        assert_eq!((never.online, never.last_seen_at), (false, None));
        let later = seen.plus(Duration::seconds(1));
        assert_eq!(
            Presence::at(Some(later), Some(seen), later).last_seen_at,
            Some(later)
        );
    }

    #[test]
    fn what_is_told_is_true_within_a_minute_of_a_client_that_pings_every_thirty_seconds() {
        assert!(THERE_FOR > Duration::seconds(30));
        assert!(THERE_FOR + LOOKED_EVERY <= Duration::MINUTE);
    }
}
