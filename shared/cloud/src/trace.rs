//! The name of the request that everything now being done comes from, however many steps away.
//!
//! A function runs its handler [`within`] the id of its own invocation; what it commits bears that id
//! ([`crate::outbox`]), and delivery carries on within the id that it finds there. So one name leads
//! from the answer of an HTTP call over its event to the frame on a socket, in the logs of all of them.

use std::future::Future;

tokio::task_local! {
    static TRACE: String;
}

/// Runs `work` as part of the request of that id.
pub async fn within<F: Future>(id: impl Into<String>, work: F) -> F::Output {
    TRACE.scope(id.into(), work).await
}

/// The id of the request that is being worked for, if it is known.
pub fn current() -> Option<String> {
    TRACE
        .try_with(Clone::clone)
        .ok()
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{current, within};

    #[tokio::test]
    async fn works_side_by_side_each_have_their_own() {
        let seen = |id: &'static str| {
            within(id, async {
                tokio::task::yield_now().await;
                current()
            })
        };
        let (one, other) = tokio::join!(seen("one"), seen("other"));
        assert_eq!(
            (one.as_deref(), other.as_deref()),
            (Some("one"), Some("other"))
        );
        assert_eq!(current(), None, "outside of both");
        assert_eq!(
            within("", async { current() }).await,
            None,
            "no name is none"
        );
    }
}
