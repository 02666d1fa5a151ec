//! POST /api/1/profiles/work-orders/{id}/complete/ by either of its parties, once it was accepted: the
//! seeker has what they asked for, or the provider is done with it and free for the next.
//!
//! Leaves behind the order completed, its provider free, and a `work_completed` for the other party; what
//! either was told of it before is archived.

use callout_domain::work::{Step, work_completed};

use crate::http::{Answer, Call, Failure};
use crate::work::ending::{End, end};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    end(&call, COMPLETED).await
}

const COMPLETED: End = End {
    step: |_| Step::Complete,
    news: work_completed,
    sentence: "Work order completed",
};
