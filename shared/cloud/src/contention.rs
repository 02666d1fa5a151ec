//! Waiting before one more try at what others keep changing: longer each time, and drawn at random,
//! so that those who met do not meet again
//! (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).

use std::time::Duration;

use rand::RngExt as _;

/// The first wait's upper bound; it doubles with every try.
const FIRST_WAIT: Duration = Duration::from_millis(8);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How often a decision is tried that others overtake.
pub const TRIES: u32 = 24;

/// Waits before the try that follows number `tries`, counted from 0.
pub async fn wait(tries: u32) {
    let wait = rand::rng().random_range(Duration::ZERO..=bound(tries));
    tokio::time::sleep(wait).await;
}

fn bound(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(2_u32.saturating_pow(tries))
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::{FIRST_WAIT, LONGEST_WAIT, TRIES, bound};

    #[test]
    fn waits_grow_to_a_bound() {
        assert_eq!(bound(0), FIRST_WAIT);
        assert_eq!(bound(1), FIRST_WAIT * 2);
        assert_eq!(bound(TRIES), LONGEST_WAIT);
        assert_eq!(bound(u32::MAX), LONGEST_WAIT);
    }
}
