//! POST /api/donor/requests/complete/ `{requestId, status}` by whoever made the request: `Completed`,
//! or `Cancelled`. Somebody else's is a 404.
//!
//! Leaves behind the request in that state and off every list, a `blood_request_completed` or
//! `blood_request_cancelled` for the donors who had accepted, and what anybody was told of it archived.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::{Cloud, contention};
use callout_domain::blood::{BloodRequest, State, Step};
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::json;

use crate::blood::{ending, refused};
use crate::http::{Answer, Call, Failure, Form, Given};
use crate::requests;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Donor])?;
    let closing = Closing::read(&mut call.json()?)?;

    let table = call.cloud.requests().await?;
    let lifetime = call.cloud.blood_lifetime()?;
    for tries in 0..contention::TRIES {
        let found = table
            .read::<BloodRequest>(closing.request, call.now)
            .await?;
        let request = requests::own(found, &caller)?;
        let state = request.state_at(lifetime, call.now);
        let closed = state
            .after(closing.step)
            .map_err(|illegal| refused(illegal.into()))?;
        match close(call.cloud, &table, &request, closing.step, call.now).await {
            Ok(()) => return Ok(answer(closing.request, closed)),
            // A donor came or went, and is to be told too; or somebody else ended it.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

/// The one commit that ends an active request for its requester. Refused by
/// [`Guard::RequestUnchanged`] if it is not as it was read.
async fn close(
    cloud: &Cloud,
    requests: &Requests,
    request: &BloodRequest,
    step: Step,
    now: Moment,
) -> Result<(), CommitError> {
    let mut commit = cloud.commit().await;
    let lifetime = cloud.blood_lifetime()?;
    let blood = requests.blood();
    match step {
        Step::Complete => blood.complete(&mut commit, request, lifetime, now)?,
        Step::Cancel => blood.cancel(&mut commit, request, lifetime, now)?,
        Step::Answer | Step::Confirm => {}
    }
    ending::tell(cloud, &mut commit, request, step, now).await?;
    commit.run().await
}

/// What is to be closed, and how.
#[derive(Debug, PartialEq, Eq)]
struct Closing {
    request: RequestId,
    step: Step,
}

impl Closing {
    /// 400 with every field that is wrong; 404 for a request that can be none.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let name = form.either("requestId", "request_id");
        let request = form.required(name, |given| given.text().map(str::to_owned));
        let step = form.required("status", step);
        form.check()?;
        let (Some(request), Some(step)) = (request, step) else {
            return Err(form.reject());
        };
        let request = request.parse().map_err(|_| requests::unknown())?;
        Ok(Self { request, step })
    }
}

fn step(given: Given<'_>) -> Result<Step, &'static str> {
    let status = given.text()?.trim();
    [
        (State::Completed, Step::Complete),
        (State::Cancelled, Step::Cancel),
    ]
    .into_iter()
    .find(|(state, _)| state.as_str().eq_ignore_ascii_case(status))
    .map(|(_, step)| step)
    .ok_or("must be Completed or Cancelled")
}

fn answer(request: RequestId, closed: State) -> Answer {
    let status = closed.as_str();
    Answer::ok(json!({
        "success": true,
        "message": format!("Request marked as {status}"),
        "requestId": request,
        "status": status,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::blood::{State, Step};
    use serde_json::{Value, json};

    use super::{Closing, answer};
    use crate::http::{Failure, Form};

    const REQUEST: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn read(fields: Value) -> Result<Closing, Failure> {
        let Value::Object(fields) = fields else {
            unreachable!("it is an object");
        };
        Closing::read(&mut Form::of(fields))
    }

    #[test]
    fn both_spellings_and_both_ends_are_read() {
        for name in ["requestId", "request_id"] {
            for (status, step) in [
                ("Completed", Step::Complete),
                ("Cancelled", Step::Cancel),
                (" cancelled ", Step::Cancel),
            ] {
                let closing = read(json!({name: REQUEST, "status": status})).unwrap();
                assert_eq!(closing.request.to_string(), REQUEST);
                assert_eq!(closing.step, step);
            }
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        for status in [json!("Active"), json!("Expired"), json!(""), json!(1)] {
            let Err(Failure::Invalid(fields)) = read(json!({"status": status})) else {
                unreachable!("it must be refused");
            };
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            assert_eq!(names, ["requestId", "status"]);
        }
    }

    #[test]
    fn what_is_no_id_names_no_request() {
        let Err(Failure::Refused(refused)) =
            read(json!({"requestId": "67a3f2c1...", "status": "Completed"}))
        else {
            unreachable!("it must be refused");
        };
        assert_eq!(refused.status.as_u16(), 404);
    }

    #[test]
    fn the_answer_says_how_it_stands() {
        let body = answer(REQUEST.parse().unwrap(), State::Completed).into_body();
        assert_eq!(
            body,
            json!({
                "success": true,
                "message": "Request marked as Completed",
                "requestId": REQUEST,
                "status": "Completed"
            })
        );
    }
}
