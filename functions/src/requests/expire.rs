//! Every minute: ends the requests whose time is over, oldest first. A kind that ends by itself has an arm in
//! [`end`].
//!
//! Leaves behind, for each in a commit of its own, what its kind leaves of a request that has expired. It may be
//! run twice, and twice at once: the commit that ends a request happens once. One that cannot be ended is
//! logged and tried again the next time, after the others.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::contention;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::{Due, Kind, Requests};
use callout_domain::moment::Moment;
use futures::{StreamExt as _, stream};
use lambda_http::tracing;
use serde_json::{Value, json};

use crate::schedule::Tick;
use crate::{blood, medicine, work};

/// The most that one run looks at, well within its time; the others wait for the next.
const MOST: usize = 500;

/// How many are ended at once.
const AT_ONCE: usize = 8;

/// What came of a request whose time was said to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It has been ended.
    Ended,
    /// It had ended otherwise, or waits for nobody any more, or is not there.
    Over,
    /// It still waits, until then.
    Waits(Moment),
}

pub(crate) async fn handle(tick: Tick) -> Result<Value, CloudError> {
    let requests = tick.cloud.requests().await?;
    let due = requests.due(tick.now, MOST).await?;
    let done = stream::iter(due)
        .map(|due| turn(tick, &requests, due))
        .buffer_unordered(AT_ONCE)
        .fold(Done::default(), async |done, turned| done.and(&turned))
        .await;
    Ok(done.told())
}

/// What a run has done so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Done {
    ended: usize,
    over: usize,
    waiting: usize,
    failed: usize,
}

impl Done {
    fn and(mut self, turned: &Result<Fate, CloudError>) -> Self {
        let count = match turned {
            Ok(Fate::Ended) => &mut self.ended,
            Ok(Fate::Over) => &mut self.over,
            Ok(Fate::Waits(_)) => &mut self.waiting,
            Err(_) => &mut self.failed,
        };
        *count += 1;
        self
    }

    fn told(self) -> Value {
        json!({
            "ended": self.ended,
            "over": self.over,
            "waiting": self.waiting,
            "failed": self.failed,
        })
    }
}

/// One request's turn: ends it, or sees to it that it does not come again without need.
async fn turn(tick: Tick, requests: &Requests, due: Due) -> Result<Fate, CloudError> {
    // Boxed: every kind's reads and commit make a large future.
    let turned = match Box::pin(decide(tick, due)).await {
        Ok(fate) => match fate {
            Fate::Ended => Ok(()),
            Fate::Over => requests.strike(due).await,
            Fate::Waits(until) => requests.put_off(due, until).await,
        }
        .map(|()| fate),
        Err(error) => Err(error),
    };
    if let Err(error) = &turned {
        tracing::error!(request = %due.request, error = error.chain(), "it is not ended");
        // Behind the others, lest those that can never be ended keep all the others waiting. If not even that
        // can be written, it keeps its place.
        let _ = requests.put_off(due, tick.now).await;
    }
    turned
}

/// Whoever is overtaken, by an answer or by another run, decides again.
async fn decide(tick: Tick, due: Due) -> Result<Fate, CloudError> {
    contention::decide(&[Guard::RequestUnchanged], || end(tick, due)).await
}

/// The step of its kind: reads the request, and if its time is over ends it in one commit, refused by
/// [`Guard::RequestUnchanged`] if it is not as it was read.
async fn end(Tick { cloud, now }: Tick, due: Due) -> Result<Fate, CommitError> {
    match due.kind {
        Kind::Medicine => medicine::expire::end(cloud, due.request, now).await,
        Kind::Blood => blood::expire::end(cloud, due.request, now).await,
        Kind::Work => work::expire::end(cloud, due.request, now).await,
    }
}

#[cfg(test)]
mod tests {
    use callout_cloud::failure::CloudError;
    use callout_domain::moment::Moment;
    use serde_json::json;

    use super::{Done, Fate};

    #[test]
    fn a_run_counts_what_came_of_each() {
        let later = Moment::from_unix_milliseconds(0).map(Fate::Waits);
        let done = [
            Some(Fate::Ended),
            Some(Fate::Over),
            later,
            Some(Fate::Ended),
        ]
        .into_iter()
        .flatten()
        .map(Ok)
        .chain([Err(CloudError::Contended)])
        .fold(Done::default(), |done, turned| done.and(&turned));
        let expected = json!({"ended": 2, "over": 1, "waiting": 1, "failed": 1});
        assert_eq!(done.told(), expected);
    }
}
