//! What several functions of this context refuse with.

use crate::http::Failure;

/// 400: the one-time code is wrong, and that is counted.
pub(super) fn wrong_otp() -> Failure {
    Failure::bad("wrong_otp", "This code is not right")
}

/// 400: there is no code that could be right.
pub(super) fn otp_ended() -> Failure {
    Failure::bad(
        "otp_ended",
        "This code has been used, has expired or was tried too often; request a new one",
    )
}

/// 429 for as long as it takes, in whole seconds.
pub(super) fn too_many(code: &'static str, sentence: &str, wait: time::Duration) -> Failure {
    Failure::too_many(code, sentence, whole_seconds(wait))
}

/// Never less than is needed: who comes back after that many seconds is not refused again.
fn whole_seconds(wait: time::Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanoseconds() > 0);
    u64::try_from(wait.whole_seconds()).unwrap_or(0) + begun
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::whole_seconds;

    #[test]
    fn who_waits_as_told_has_waited_long_enough() {
        assert_eq!(whole_seconds(Duration::seconds(60)), 60);
        assert_eq!(whole_seconds(Duration::milliseconds(59_001)), 60);
        assert_eq!(whole_seconds(Duration::milliseconds(1)), 1);
        assert_eq!(whole_seconds(Duration::milliseconds(-1)), 0);
    }
}
