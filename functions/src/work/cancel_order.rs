//! POST /api/1/profiles/work-orders/{id}/cancel/ by its seeker until it is completed, or by its provider
//! once they have accepted it: before that they reject it.
//!
//! Leaves behind the order cancelled, its provider free, and a `work_cancelled` for the other party; what
//! either was told of it before is archived.

use callout_domain::work::{Side, work_cancelled};

use crate::http::{Answer, Call, Failure};
use crate::work::ending::{End, end};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    end(&call, CANCELLED).await
}

pub(super) const CANCELLED: End = End {
    step: Side::cancels_by,
    news: work_cancelled,
    sentence: "Work order cancelled",
};
