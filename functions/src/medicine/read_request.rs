//! GET /medicine/request/{id}/ by whoever made it or may answer it: the request with every response
//! so far. Whoever made it also reads how many were told, and how many devices said that they have it.
//! For anybody else there is no such request.
//!
//! Leaves nothing behind.

use callout_domain::ids::{AccountId, EventId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse};
use serde_json::json;

use crate::http::{Answer, Call, Failure, Linked};
use crate::medicine::{parties, view};
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
        let distance = if let Some(answer) = own_answer(&responses, caller.account) {
            answer.distance_km
        } else {
            let told = parties::told(call.cloud, &caller, &requests, &request, call.now);
            told.await?.ok_or_else(unknown)?.distance_km
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
