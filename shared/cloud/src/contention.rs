//! One more try at what others keep changing, after a wait: longer each time, and drawn at random, so that
//! those who met do not meet again
//! (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).

use std::time::Duration;

use rand::RngExt as _;

use crate::commit::{CommitError, Guard};
use crate::failure::CloudError;

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

/// Decides, and decides again on what is there then for as long as the commit is refused by one of these
/// guards: others were faster.
///
/// # Errors
/// When the outside world fails, or [`CloudError::Contended`] when others were always faster, or another guard
/// refused, which none of what was decided on allows for.
pub async fn decide<T, F: Future<Output = Result<T, CommitError>>>(
    overtaken: &[Guard],
    mut decide_once: impl FnMut() -> F,
) -> Result<T, CloudError> {
    for tries in 0..TRIES {
        match decide_once().await {
            Ok(decided) => return Ok(decided),
            Err(CommitError::Refused(refusal)) if overtaken.contains(&refusal.guard) => {
                wait(tries).await;
            }
            Err(CommitError::Refused(_)) => return Err(CloudError::Contended),
            Err(CommitError::Cloud(error)) => return Err(error),
        }
    }
    Err(CloudError::Contended)
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
