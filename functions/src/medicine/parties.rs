//! Who may see a request for medicine: whoever made it, those who were told of it, those who answered, and
//! while it is open every pharmacy that it reaches.

use callout_cloud::Cloud;
use callout_cloud::requests::Requests;
use callout_domain::geo::DistanceKm;
use callout_domain::ids::RequestId;
use callout_domain::medicine::{MedicineRequest, MedicineResponse, Reach, State};
use callout_domain::moment::Moment;
use callout_domain::role::Role;

use crate::http::{Caller, Failure};

/// How a party sees a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    /// How far it is from them, where it has a place.
    pub(crate) distance_km: Option<f64>,
}

/// How the caller sees a request; not at all, if there is none or they are no party of it.
pub(crate) async fn of(
    cloud: &Cloud,
    caller: &Caller,
    id: RequestId,
    now: Moment,
) -> Result<Option<Seen>, Failure> {
    let requests = cloud.requests().await?;
    let Some(request) = requests.read::<MedicineRequest>(id, now).await? else {
        return Ok(None);
    };
    if request.header.requester == caller.account {
        return Ok(Some(Seen { distance_km: None }));
    }
    let answer = requests.answer::<MedicineResponse>(id, caller.account, now);
    match answer.await? {
        Some(answer) => Ok(Some(Seen {
            distance_km: answer.distance_km,
        })),
        None => told(cloud, caller, &requests, &request, now).await,
    }
}

/// How a pharmacy that has not answered sees a request, if it was told of it or may still answer it.
pub(super) async fn told(
    cloud: &Cloud,
    caller: &Caller,
    requests: &Requests,
    request: &MedicineRequest,
    now: Moment,
) -> Result<Option<Seen>, Failure> {
    if caller.role != Role::Pharmacy {
        return Ok(None);
    }
    if let Some(told) = requests.told(&request.header, caller.account).await? {
        return Ok(Some(Seen {
            distance_km: told.distance_km,
        }));
    }
    // One that came after the request was made has it in its list while it is open.
    let is_open_to_all = match request.reach {
        Reach::Around { .. } => request.state_at(now) == State::Pending,
        Reach::Directed { .. } => false,
    };
    if !is_open_to_all {
        return Ok(None);
    }
    let accounts = cloud.accounts().await?;
    let pharmacy = accounts
        .read(caller.account)
        .await?
        .ok_or_else(Failure::unauthenticated)?;
    let reached = request.reach.admits(pharmacy.id, pharmacy.position()).ok();
    Ok(reached.map(|distance| Seen {
        distance_km: distance.map(DistanceKm::rounded),
    }))
}
