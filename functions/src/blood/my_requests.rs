//! GET /api/donor/my-requests/ by a donor: the requests that they made, newest first, each with how
//! many were notified, came and did not, and who responded. An array, as the seed has it, of the newest
//! hundred; by `limit` and `cursor` in parts, to the end. Leaves nothing behind.
//!
//! Who ignores a request is counted and not named, and so is not read; of those who are named it is the
//! newest 200 of each request, and all who promised a unit. The counts are of everybody.

use callout_cloud::failure::CloudError;
use callout_cloud::paging::Paging;
use callout_cloud::requests::Requests;
use callout_domain::blood::BloodRequest;
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
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
    let ids: Vec<RequestId> = own.items.iter().map(|own| own.header.id).collect();
    // As they stand now, for the index follows the table by some milliseconds; without those that are
    // gone.
    let mut current = requests.read_many::<BloodRequest>(&ids, call.now).await?;
    let current: Vec<_> = ids.iter().filter_map(|id| current.remove(id)).collect();
    let seen: Vec<Value> = futures::stream::iter(current)
        .map(|request| of_one(requests, request, lifetime, call.now))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Answer::ok(match part {
        Part::Whole => Value::Array(seen),
        Part::Page { .. } => page(&seen, own.next),
    }))
}

/// One request with who responded.
async fn of_one(
    requests: &Requests,
    request: BloodRequest,
    lifetime: Duration,
    now: Moment,
) -> Result<Value, CloudError> {
    let named = requests.blood().named(&request, now).await?;
    Ok(view::own_request(&request, &named, lifetime, now))
}
