//! `location_update {lat, lng}`, or `latitude` and `longitude`: a provider is somewhere. Gets no answer.
//!
//! Whoever is active for work is found there from now on; and while an order of theirs is underway its
//! seeker is told how far away they are, at most every 5 seconds. That is worth nothing a moment later, so
//! it goes into no inbox.

use callout_cloud::connections::Owner;
use callout_cloud::live::Placed;
use callout_domain::geo::GeoPoint;
use callout_domain::role::Role;
use callout_domain::work::{DISTANCE_UPDATE, Live, distance_update};
use serde_json::{Map, Value};

use crate::http::{Failure, Form};
use crate::realtime::{caller, pass};
use crate::requests::place;
use crate::socket::{SocketCall, frame};

pub(super) async fn take(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<(), Failure> {
    caller(owner).must_be(&[Role::Provider])?;
    let position = position(fields)?;

    // The seeker first, for whom it ages; where somebody is found is written also if that failed.
    let is_underway = Box::pin(tells_seeker(call, owner, position)).await;
    let is_active = Box::pin(moves(call, owner, position)).await?;
    let is_underway = is_underway?;
    if is_active || is_underway {
        Ok(())
    } else {
        Err(Failure::bad(
            "provider_inactive",
            "You are not active for work; nobody looks for you",
        ))
    }
}

fn position(fields: Map<String, Value>) -> Result<GeoPoint, Failure> {
    let mut form = Form::of(fields);
    let (lat, lng) = (
        form.either("lat", "latitude"),
        form.either("lng", "longitude"),
    );
    place::point(&mut form, lat, lng).ok_or_else(|| form.reject())
}

/// Moves their live position, if they are active; whether they are.
async fn moves(call: &SocketCall, owner: &Owner, position: GeoPoint) -> Result<bool, Failure> {
    let most_age = call.cloud.position_lifetime()?;
    let live = call.cloud.live().await?;
    let news = |before: Option<Live>| {
        before
            .filter(|before| before.is_news(position, call.now))
            .map(|_| position)
    };
    let placed = live
        .place(owner.account, most_age, call.now, news, |_| Ok(()))
        .await?;
    match placed {
        Placed::At(_) | Placed::Left(Some(_)) => Ok(true),
        Placed::Left(None) => Ok(false),
    }
}

/// Tells the seeker of the order that they are at, if it is time to; whether there is one.
async fn tells_seeker(
    call: &SocketCall,
    owner: &Owner,
    position: GeoPoint,
) -> Result<bool, Failure> {
    let table = call.cloud.requests().await?;
    let work = table.work();
    let Some(underway) = work.tells_distance(owner.account, call.now).await? else {
        let busy = work.busy(&[owner.account], call.now).await?;
        return Ok(!busy.is_empty());
    };
    let distance = position.distance_to(underway.place);
    let fields = distance_update(underway.order, distance, call.now);
    let told = frame::reply(DISTANCE_UPDATE, fields);
    pass::pass(call.cloud, underway.seeker, &told, call.now).await?;
    Ok(true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::position;
    use crate::http::Failure;

    #[test]
    fn a_position_is_read_in_either_spelling() {
        for fields in [
            json!({"lat": 27.7, "lng": 85.3}),
            json!({"latitude": 27.7, "longitude": "85.3"}),
        ] {
            let at = position(fields.as_object().unwrap().clone()).unwrap();
            assert!((at.lat() - 27.7).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn what_is_none_is_refused_field_by_field() {
        let wrong = |fields: Value| match position(fields.as_object().unwrap().clone()) {
            Err(Failure::Invalid(problems)) => problems.into_keys().collect::<Vec<_>>(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(wrong(json!({})), ["lat", "lng"]);
        assert_eq!(wrong(json!({"lat": 90.1, "lng": -180.1})), ["lat", "lng"]);
        assert_eq!(wrong(json!({"latitude": 27.7})), ["lng"]);
        assert_eq!(wrong(json!({"lat": [1], "lng": null})), ["lat", "lng"]);
    }
}
