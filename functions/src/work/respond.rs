//! POST /api/1/profiles/work-orders/{id}/respond/ `{accepted}` by its provider: yes or no, once. The
//! socket's `work_response` goes by the same rule, [`answer`].
//!
//! Leaves behind the order accepted, and its provider at work on it, or rejected; that it waits no more;
//! and a `work_response` for the seeker. What is rejected is archived for the provider.

use callout_cloud::Cloud;
use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use callout_domain::work::{Side, State, Step, WorkOrder, work_response};
use serde_json::{Map, Value, json};
use time::Duration;

use crate::http::{Answer, Call, Caller, Failure, Form, Linked, Once, Reply, Scope, Turn, flag};
use crate::requests::tell::{Telling, shelve_for_others};
use crate::work::{busy, illegal, named_by_path, of_party, overtaken, unknown, view};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Provider])?;

    let mut form = call.json()?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let answer = WorkAnswer {
        order: named_by_path(&call)?,
        step: step(&mut form).ok_or_else(|| form.reject())?,
    };

    let reply = match record(call.cloud, &caller, answer, call.now, &once).await {
        // What stands in the way may be this very answer, sent twice and recorded meanwhile.
        Err(Failure::Refused(refused)) => once.answered_or(call.cloud, refused).await?,
        outcome => outcome?,
    };
    Ok(reply.sign(call.cloud).await?)
}

/// What a provider answers, whichever way it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkAnswer {
    order: RequestId,
    step: Step,
}

impl WorkAnswer {
    /// Reads what came over a socket: `work_id`, or `order_id`, and `accepted`. 400 with every field that
    /// is wrong; 404 for an order that can be none.
    pub(crate) fn read(form: &mut Form) -> Result<Self, Failure> {
        let name = form.either("work_id", "order_id");
        let order = form.required(name, |given| given.text().map(str::to_owned));
        let step = step(form);
        form.check()?;
        let (Some(order), Some(step)) = (order, step) else {
            return Err(form.reject());
        };
        Ok(Self {
            order: order.parse().map_err(|_| unknown())?,
            step,
        })
    }
}

fn step(form: &mut Form) -> Option<Step> {
    let accepted = form.required("accepted", flag)?;
    Some(if accepted { Step::Accept } else { Step::Reject })
}

/// Records a provider's answer that came over a socket; what the REST twin answers comes back, as far as
/// it speaks of the order.
pub(crate) async fn answer(
    cloud: &Cloud,
    caller: &Caller,
    answer: WorkAnswer,
    now: Moment,
) -> Result<Map<String, Value>, Failure> {
    let once = Once::without_key(now);
    let reply = record(cloud, caller, answer, now, &once).await?;
    match reply.body.sign(cloud).await?["data"].take() {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

async fn record(
    cloud: &Cloud,
    caller: &Caller,
    answer: WorkAnswer,
    now: Moment,
    once: &Once,
) -> Result<Reply, Failure> {
    let table = cloud.requests().await?;
    let lifetime = cloud.work_lifetime()?;
    let before = judge(&table, caller, answer, lifetime, now).await?;
    let after = before.after(answer.step, lifetime, now).map_err(illegal)?;

    let reply = reply(&after, lifetime, now);
    let mut commit = once.commit(cloud, &reply).await?;
    table
        .work()
        .step(&mut commit, &before, &after, lifetime, now)?;
    let accounts = cloud.accounts().await?;
    accounts.must_be_there(&mut commit, after.provider_id)?;
    tell(cloud, &mut commit, &after, now).await?;
    match commit.run().await {
        Ok(()) => Ok(reply),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
            once.answered(cloud).await
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
            Err(Failure::unauthenticated())
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::ProviderFree => Err(busy()),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
            Err(overtaken(&table, answer.order, answer.step, lifetime, now).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// The order, if nothing forbids the answer as things are read.
async fn judge(
    table: &Requests,
    caller: &Caller,
    answer: WorkAnswer,
    lifetime: Duration,
    now: Moment,
) -> Result<WorkOrder, Failure> {
    let (order, side) = of_party(table, answer.order, caller, now).await?;
    if side != Side::Provider {
        return Err(unknown());
    }
    order.after(answer.step, lifetime, now).map_err(illegal)?;
    Ok(order)
}

async fn tell(
    cloud: &Cloud,
    commit: &mut Commit,
    after: &WorkOrder,
    now: Moment,
) -> Result<(), CloudError> {
    let outbox = cloud.outbox().await?;
    let header = &after.header;
    Telling::reporting(header, after.assignment, work_response(after), now).these(
        &outbox,
        commit,
        &[header.requester],
    )?;
    if after.state == State::Rejected {
        shelve_for_others(header, &[], &outbox, commit, now)?;
    }
    Ok(())
}

fn reply(after: &WorkOrder, lifetime: Duration, now: Moment) -> Reply {
    let accepted = after.state == State::Accepted;
    let mut data = view::order(after, Side::Provider, lifetime, now);
    data["accepted"] = Value::Bool(accepted);
    Reply::ok(Linked::new(json!({
        "status": "success",
        "message": if accepted { "Work order accepted" } else { "Work order rejected" },
        "data": data,
    })))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::work::{State, Step};
    use serde_json::{Value, json};

    use super::{WorkAnswer, reply};
    use crate::http::{Failure, Form};
    use crate::work::view::samples::order;

    const ORDER: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn read(fields: &Value) -> Result<WorkAnswer, Failure> {
        WorkAnswer::read(&mut Form::of(fields.as_object().unwrap().clone()))
    }

    #[test]
    fn an_answer_names_its_order_in_either_spelling() {
        for name in ["work_id", "order_id"] {
            let yes = read(&json!({name: ORDER, "accepted": true})).unwrap();
            assert_eq!(yes.step, Step::Accept);
            assert_eq!(yes.order, ORDER.parse().unwrap());
        }
        let no = read(&json!({"work_id": ORDER, "accepted": false})).unwrap();
        assert_eq!(no.step, Step::Reject);
    }

    #[test]
    fn what_is_no_answer_is_refused_field_by_field() {
        let wrong = |fields: Value| match read(&fields) {
            Err(Failure::Invalid(fields)) => fields.into_keys().collect::<Vec<_>>(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(wrong(json!({})), ["accepted", "work_id"]);
        assert_eq!(wrong(json!({"work_id": 1, "accepted": true})), ["work_id"]);
        for accepted in [
            json!(1),
            json!("yes"),
            json!(null),
            json!({}),
            json!("TRUE"),
        ] {
            let fields = json!({"work_id": ORDER, "accepted": accepted});
            assert_eq!(wrong(fields), ["accepted"]);
        }
        match read(&json!({"work_id": "1", "accepted": true})) {
            Err(Failure::Refused(refused)) => assert_eq!(refused.status.as_u16(), 404),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn whoever_said_yes_is_shown_whom_to_call() {
        for (state, accepted, mobile) in [
            (State::Accepted, true, json!("9841111111")),
            (State::Rejected, false, Value::Null),
        ] {
            let order = order(state);
            let reply = reply(&order, time::Duration::minutes(30), order.header.created_at);
            let body: Value = serde_json::from_str(&reply.body.to_keep().0).unwrap();
            assert_eq!(reply.status.as_u16(), 200);
            assert_eq!(body["data"]["accepted"], accepted);
            assert_eq!(body["data"]["seeker_mobile"], mobile);
        }
    }
}
