//! How an order ends by one of its parties: the step, the one commit, and what the other is told.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::{Cloud, contention};
use callout_domain::event::Message;
use callout_domain::ids::EventId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use callout_domain::work::{Side, Step, WorkOrder};
use time::Duration;

use crate::http::{Answer, Call, Failure};
use crate::requests::tell::{Telling, archive_for_requester, shelve_for_others};
use crate::work::{illegal, named_by_path, of_party, view};

/// What an end is: the step of each side that brings it about, and the words for it.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) step: fn(Side) -> Step,
    pub(super) news: fn(&WorkOrder, Side) -> Message,
    /// What whoever ends it is answered.
    pub(super) sentence: &'static str,
}

/// Ends the order that the path names, by whichever of its parties calls.
pub(super) async fn end(call: &Call, how: End) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Seeker, Role::Provider])?;
    let id = named_by_path(call)?;

    let table = call.cloud.requests().await?;
    let lifetime = call.cloud.work_lifetime()?;
    for tries in 0..contention::TRIES {
        let (before, side) = of_party(&table, id, &caller, call.now).await?;
        let step = (how.step)(side);
        let after = before.after(step, lifetime, call.now).map_err(illegal)?;
        let how_by = (side, how);
        let committed = commit(
            call.cloud, &table, &before, &after, how_by, lifetime, call.now,
        );
        match committed.await {
            Ok(()) => {
                let data = view::order(&after, side, lifetime, call.now);
                return Ok(Answer::success(how.sentence, &data));
            }
            // It has moved on, perhaps to where it can be ended just the same: what was pending was accepted.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

/// The one commit of an end: the other party is told, and what either was told of the order before is
/// over.
pub(super) async fn commit(
    cloud: &Cloud,
    table: &Requests,
    before: &WorkOrder,
    after: &WorkOrder,
    (by, how): (Side, End),
    lifetime: Duration,
    now: Moment,
) -> Result<(), CommitError> {
    let mut commit = cloud.commit().await;
    table
        .work()
        .step(&mut commit, before, after, lifetime, now)?;
    let outbox = cloud.outbox().await?;
    let header = &after.header;
    let news = (how.news)(after, by);
    match by {
        Side::Seeker => {
            Telling::ending(header, news, now).audience(&outbox, &mut commit)?;
            archive_for_requester(header, &outbox, &mut commit, now)?;
        }
        Side::Provider => {
            Telling::of(header, news, now)
                .putting_aside(&[EventId::reporting(after.assignment)])
                .these(&outbox, &mut commit, &[header.requester])?;
            shelve_for_others(header, &[], &outbox, &mut commit, now)?;
        }
    }
    commit.run().await
}

/// What every end takes, answers and refuses.
#[cfg(test)]
pub(super) fn described(summary: &'static str, how: End, status: &str) -> crate::api::Operation {
    use crate::api::{operation, success, ulid};
    let steps = [Side::Seeker, Side::Provider].map(how.step);
    operation(summary)
        .by(&[Role::Seeker, Role::Provider])
        .at("id", ulid(), "The order's id.")
        .answers(
            200,
            "The order as it is now.",
            success(view::order_seen().named("WorkOrder")),
            serde_json::json!({
                "status": "success", "message": how.sentence, "data": view::example(status),
            }),
        )
        .refuses(crate::work::unknown())
        .refuses_any(steps.into_iter().flat_map(crate::work::illegal_steps))
}
