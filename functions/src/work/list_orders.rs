//! GET /api/1/profiles/work-orders/ by a seeker: the orders that they made; by a provider: those that
//! they were assigned; newest first. `status` chooses.
//!
//! `limit` and `cursor` page it. Leaves nothing behind.

use callout_cloud::failure::CloudError;
use callout_cloud::paging::Paging;
use callout_cloud::requests::Requests;
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use callout_domain::work::{Assignment, Side, State, WorkOrder};
use serde_json::{Value, json};
use time::Duration;

use crate::http::{Answer, Call, Failure};
use crate::work::view;

/// How many are read at once where a state is looked for.
const AT_ONCE: usize = 100;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Seeker, Role::Provider])?;
    let wanted = call.query("status").map(status).transpose()?;
    let limit = call.limit()?;

    let look = Look {
        table: call.cloud.requests().await?,
        account: caller.account,
        lifetime: call.cloud.work_lifetime()?,
        wanted,
        now: call.now,
    };
    let (viewer, from) = if caller.role == Role::Seeker {
        (Side::Seeker, Part::Made(call.cursor("cursor")?))
    } else {
        (Side::Provider, Part::Assigned(call.cursor("cursor")?))
    };
    let (seen, next) = look.list(viewer, from, limit).await?;
    let mut data = json!({"count": seen.len(), "work_orders": seen});
    if let Some(next) = next {
        data["next_cursor"] = Value::from(next);
    }
    Ok(Answer::success("Work orders", &data))
}

/// A state by its name on the wire, which two may share.
fn status(text: &str) -> Result<&'static str, Failure> {
    State::ALL
        .into_iter()
        .map(State::as_str)
        .find(|name| *name == text)
        .ok_or_else(|| {
            Failure::field(
                "status",
                "must be pending, accepted, rejected, completed or cancelled",
            )
        })
}

/// The part of a list of somebody's that is older than this.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Of the orders that they made.
    Made(Option<RequestId>),
    /// Of those that they were assigned.
    Assigned(Option<ResponseId>),
}

/// An order on a list: the part after it, how that is written, and which order it is.
struct Entry {
    rest: Part,
    cursor: String,
    order: RequestId,
}

/// A look at somebody's orders.
struct Look {
    table: Requests,
    account: AccountId,
    lifetime: Duration,
    wanted: Option<&'static str>,
    now: Moment,
}

impl Look {
    /// The orders of a list that are wanted as they stand now, and how it goes on if there is more: the
    /// lists follow the table by some milliseconds, so each order is read again.
    async fn list(
        &self,
        viewer: Side,
        mut from: Part,
        limit: usize,
    ) -> Result<(Vec<Value>, Option<String>), CloudError> {
        let mut seen: Vec<Value> = Vec::new();
        let mut last = None;
        loop {
            let at_once = self.wanted.map_or(limit + 1, |_| AT_ONCE);
            let (entries, is_last) = self.entries(from, at_once).await?;
            let ids: Vec<RequestId> = entries.iter().map(|entry| entry.order).collect();
            let found = self.table.read_many::<WorkOrder>(&ids, self.now).await?;
            for entry in entries {
                from = entry.rest;
                let order = found.get(&entry.order);
                let Some(order) = order.filter(|order| self.is_wanted(order)) else {
                    continue;
                };
                if seen.len() == limit {
                    return Ok((seen, last));
                }
                seen.push(view::order(order, viewer, self.lifetime, self.now));
                last = Some(entry.cursor);
            }
            if is_last {
                return Ok((seen, None));
            }
        }
    }

    /// So many entries of a list, and whether there are no more.
    async fn entries(&self, from: Part, limit: usize) -> Result<(Vec<Entry>, bool), CloudError> {
        let (table, account, now) = (&self.table, self.account, self.now);
        match from {
            Part::Made(before) => {
                let paging = Paging { limit, before };
                let page = table
                    .of_requester::<WorkOrder>(account, paging, now)
                    .await?;
                let orders = page.items.iter().map(|order| order.header.id);
                let entries = orders.map(|order| Entry {
                    rest: Part::Made(Some(order)),
                    cursor: order.to_string(),
                    order,
                });
                Ok((entries.collect(), page.next.is_none()))
            }
            Part::Assigned(before) => {
                let paging = Paging { limit, before };
                let page = table
                    .answered_by::<Assignment>(account, paging, now)
                    .await?;
                let entries = page.items.iter().map(|assignment| Entry {
                    rest: Part::Assigned(Some(assignment.id)),
                    cursor: assignment.id.to_string(),
                    order: assignment.order,
                });
                Ok((entries.collect(), page.next.is_none()))
            }
        }
    }

    fn is_wanted(&self, order: &WorkOrder) -> bool {
        let state = order.state_at(self.lifetime, self.now);
        self.wanted.is_none_or(|wanted| wanted == state.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_status_is_one_of_the_contracts_five() {
        for name in ["pending", "accepted", "rejected", "completed", "cancelled"] {
            assert_eq!(status(name).ok(), Some(name));
        }
        for wrong in ["", "expired", "PENDING", "pending "] {
            assert!(status(wrong).is_err(), "{wrong:?}");
        }
    }
}
