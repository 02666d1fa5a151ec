//! Guessing at passwords: ten failures lock an address for a quarter of an hour, whether or not it
//! has an account.
//!
//! An attempt is counted before its password is checked, and a success forgets the count: guesses
//! made at once are then no cheaper than guesses made one after another.

use time::Duration;

use crate::moment::Moment;

/// The failures in a row that lock an address.
pub const MOST_FAILURES: u32 = 10;
/// How long it stays locked; failures further apart than this are not in a row.
pub const LOCK: Duration = Duration::minutes(15);

/// What is known of the attempts at an address since the last success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginAttempts {
    /// Those in a row, the one that is under way included.
    pub count: u32,
    /// When the last one was made.
    pub last_at: Moment,
    /// Until when no other is allowed.
    pub locked_until: Option<Moment>,
}

/// The address is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked {
    /// How long to wait.
    pub wait: Duration,
}

/// The state after one more attempt, to be stored before its password is checked.
///
/// # Errors
/// [`Locked`] while the address is locked; that changes nothing.
pub fn attempt(before: Option<LoginAttempts>, now: Moment) -> Result<LoginAttempts, Locked> {
    if let Some(until) = before.and_then(|attempts| attempts.locked_until)
        && now < until
    {
        return Err(Locked {
            wait: until.since(now),
        });
    }
    let in_a_row = before
        .filter(|attempts| attempts.locked_until.is_none() && now.since(attempts.last_at) < LOCK)
        .map_or(0, |attempts| attempts.count);
    let count = in_a_row + 1;
    Ok(LoginAttempts {
        count,
        last_at: now,
        locked_until: (count >= MOST_FAILURES).then(|| now.plus(LOCK)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::{LOCK, Locked, LoginAttempts, MOST_FAILURES, attempt};
    use crate::moment::Moment;

    fn at(seconds: i64) -> Moment {
        let noon: Moment = "2026-02-24T12:00:00Z".parse().unwrap();
        noon.plus(Duration::seconds(seconds))
    }

    fn after_failures(number: u32) -> Option<LoginAttempts> {
        (0..number).fold(None, |before, second| {
            Some(attempt(before, at(i64::from(second))).unwrap())
        })
    }

    #[test]
    fn ten_attempts_are_allowed_and_the_eleventh_waits() {
        assert!(attempt(after_failures(9), at(20)).is_ok());
        assert_eq!(
            attempt(after_failures(MOST_FAILURES), at(10)),
            Err(Locked {
                wait: LOCK - Duration::seconds(1)
            })
        );
    }

    #[test]
    fn a_lock_ends_and_counting_starts_anew() {
        let locked = after_failures(MOST_FAILURES);
        let end = at(9).plus(LOCK);
        assert!(attempt(locked, end.plus(Duration::milliseconds(-1))).is_err());
        let next = attempt(locked, end).unwrap();
        assert_eq!((next.count, next.locked_until), (1, None));
    }

    #[test]
    fn failures_far_apart_are_not_in_a_row() {
        let nine = after_failures(9);
        assert_eq!(attempt(nine, at(8).plus(LOCK)).unwrap().count, 1);
        let close = at(8).plus(LOCK - Duration::milliseconds(1));
        assert!(attempt(nine, close).unwrap().locked_until.is_some());
    }

    #[test]
    fn a_success_forgets_what_was_before() {
        assert_eq!(attempt(None, at(0)).unwrap().count, 1);
    }
}
