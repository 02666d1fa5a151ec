//! Where a provider who is active for work is just now.

use time::Duration;

use crate::geo::GeoPoint;
use crate::moment::Moment;

/// A move shorter than this, in kilometres, says nothing that a seeker could use.
const LEAST_MOVE_KM: f64 = 0.01;
/// For so long a position that did not change is still taken for a new one.
const RENEWED_AFTER: Duration = Duration::seconds(30);

/// A provider who is active for work, as they said last; one who is not has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Live {
    /// Where they are.
    pub position: GeoPoint,
    /// When they said so.
    pub positioned_at: Moment,
}

impl Live {
    /// Whether the position is young enough to send somebody there: at most `most_age` old.
    pub fn is_fresh(self, most_age: Duration, now: Moment) -> bool {
        now.since(self.positioned_at) < most_age
    }

    /// Whether a position said now is worth writing down: somebody has moved, or has said nothing for
    /// a while. A phone says every second where it lies.
    pub fn is_news(self, position: GeoPoint, now: Moment) -> bool {
        self.position.distance_to(position).kilometres() >= LEAST_MOVE_KM
            || now.since(self.positioned_at) >= RENEWED_AFTER
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::Live;
    use crate::geo::GeoPoint;

    fn live() -> Live {
        Live {
            position: GeoPoint::new(27.7172, 85.324).unwrap(),
            positioned_at: "2026-02-24T10:30:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_position_is_fresh_until_it_is_as_old_as_it_may_be() {
        let age = |milliseconds| {
            let now = live()
                .positioned_at
                .plus(Duration::milliseconds(milliseconds));
            live().is_fresh(Duration::minutes(15), now)
        };
        assert!(age(0) && age(15 * 60_000 - 1));
        assert!(!age(15 * 60_000) && !age(86_400_000));
        // A clock that is behind the one that wrote it.
        assert!(age(-5_000));
    }

    #[test]
    fn who_stands_still_says_something_new_twice_a_minute() {
        let after = |seconds| live().positioned_at.plus(Duration::seconds(seconds));
        let (here, a_step, away) = (
            live().position,
            GeoPoint::new(27.717_25, 85.324).unwrap(),
            GeoPoint::new(27.7173, 85.324).unwrap(),
        );
        for (position, seconds, news) in [
            (here, 0, false),
            (here, 29, false),
            (here, 30, true),
            (a_step, 1, false),
            (away, 0, true),
        ] {
            assert_eq!(live().is_news(position, after(seconds)), news);
        }
    }
}
