//! GET /api/donor/my-requests/ by a donor: the requests that they made, newest first, each with how
//! many were notified, came and did not, and who responded. An array, as the seed has it, of the newest
//! hundred; by `limit` and `cursor` in parts, to the end. Leaves nothing behind.

use callout_cloud::failure::CloudError;
use callout_cloud::paging::Paging;
use callout_cloud::requests::Requests;
use callout_domain::blood::{BloodRequest, DonorResponse};
use callout_domain::ids::RequestId;
use callout_domain::role::Role;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use time::Duration;

use crate::blood::listed::{Part, page};
use crate::blood::view;
use crate::http::{Answer, Call, Failure};

/// How many are answered with where no part is asked for.
const NEWEST: usize = 100;
/// Of how many requests the responses are read at once.
const AT_ONCE: usize = 8;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Donor])?;
    let part = Part::<RequestId>::read(&call)?;
    let paging = match part {
        Part::Whole => Paging {
            limit: NEWEST,
            before: None,
        },
        Part::Page { limit, after } => Paging {
            limit,
            before: after,
        },
    };

    let lifetime = call.cloud.blood_lifetime()?;
    let requests = &call.cloud.requests().await?;
    let own = requests
        .of_requester::<BloodRequest>(caller.account, paging, call.now)
        .await?;
    let seen: Vec<Option<Value>> = futures::stream::iter(own.items)
        .map(|request| of_one(requests, request.header.id, lifetime, &call))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let seen: Vec<Value> = seen.into_iter().flatten().collect();
    Ok(Answer::ok(match part {
        Part::Whole => Value::Array(seen),
        Part::Page { .. } => page(&seen, own.next),
    }))
}

/// One request as it stands now, for the index follows the table by some milliseconds; none if it is
/// gone.
async fn of_one(
    requests: &Requests,
    id: RequestId,
    lifetime: Duration,
    call: &Call,
) -> Result<Option<Value>, CloudError> {
    let found = requests
        .with_answers::<BloodRequest, DonorResponse>(id, call.now)
        .await?;
    Ok(found
        .map(|(request, responses)| view::own_request(&request, &responses, lifetime, call.now)))
}
