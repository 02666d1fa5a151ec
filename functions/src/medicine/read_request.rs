//! GET /medicine/request/{id}/ by whoever made it or may answer it: the request with every response
//! so far. Whoever made it also reads how many were told, and how many devices said that they have it.
//! For anybody else there is no such request.
//!
//! Leaves nothing behind.

use callout_cloud::requests::Requests;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse, Reach, State};
use callout_domain::role::Role;
use serde_json::json;

use crate::http::{Answer, Call, Caller, Failure, Linked};
use crate::medicine::view;
use crate::requests::{named_by_path, unknown};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let id = named_by_path(&call)?;

    let requests = call.cloud.requests().await?;
    let (request, responses) = requests
        .with_answers::<MedicineRequest, MedicineResponse>(id, call.now)
        .await?
        .ok_or_else(unknown)?;
    let seen = if request.header.requester == caller.account {
        let notifications = call.cloud.notifications().await?;
        let heard = notifications
            .heard(EventId::announcing(request.header.id))
            .await?;
        view::own_request(&request, call.now).with("pharmacies_heard", json!(heard))
    } else {
        let distance = match own_answer(&responses, caller.account) {
            Some(answer) => answer.distance_km,
            None => distance_of_told(&call, &caller, &requests, &request).await?,
        };
        view::request_for_pharmacy(&request, caller.account, distance, call.now)
    };
    let answers = responses.iter().map(view::response_with_distance).collect();
    let body: Linked = seen.with_list("responses", answers);
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

fn own_answer(responses: &[MedicineResponse], account: AccountId) -> Option<&MedicineResponse> {
    responses
        .iter()
        .find(|response| response.pharmacy == account)
}

/// How far a pharmacy is from the need, if it was told of it or may still answer it; 404 otherwise.
async fn distance_of_told(
    call: &Call,
    caller: &Caller,
    requests: &Requests,
    request: &MedicineRequest,
) -> Result<Option<f64>, Failure> {
    if caller.role != Role::Pharmacy {
        return Err(unknown());
    }
    if let Some(told) = requests.told(&request.header, caller.account).await? {
        return Ok(told.distance_km);
    }
    // One that came after the request was made has it in its list while it is open.
    let is_open_to_all = match request.reach {
        Reach::Around { .. } => request.state_at(call.now) == State::Pending,
        Reach::Directed { .. } => false,
    };
    if !is_open_to_all {
        return Err(unknown());
    }
    let accounts = call.cloud.accounts().await?;
    let pharmacy = accounts
        .read(caller.account)
        .await?
        .ok_or_else(Failure::unauthenticated)?;
    let distance = request
        .reach
        .admits(pharmacy.id, pharmacy.position())
        .map_err(|_| unknown())?;
    Ok(distance.map(callout_domain::geo::DistanceKm::rounded))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{any_of, count, list, operation, ulid};

    let responses = || list(view::response_seen_with_distance());
    operation("Shows a request to its parties, with every response so far")
        .at("id", ulid(), "The request's id.")
        .answers(
            200,
            "The request.",
            any_of([
                view::own_request_seen()
                    .with("pharmacies_heard", count())
                    .with("responses", responses())
                    .into(),
                view::request_seen_by_pharmacy()
                    .with("responses", responses())
                    .into(),
            ]),
            {
                let mut example = view::own_example("PENDING");
                example["pharmacies_heard"] = json!(2);
                example["responses"] = json!([]);
                example
            },
        )
        .refuses(unknown())
}
