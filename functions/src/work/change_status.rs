//! PATCH /api/1/profiles/provider-status/ `{is_active_for_work, latitude?, longitude?}` by a provider:
//! offers them for work where they are, or no more.
//!
//! Whoever does not say where they are is where they said last, or else where their profile has them.
//! Leaves behind their live position, or nothing of it. An order that they have accepted goes on.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::live::Placed;
use callout_domain::account::{Account, Profile, ProviderProfile};
use callout_domain::geo::GeoPoint;
use callout_domain::role::Role;
use callout_domain::work::Live;
use serde_json::json;

use crate::http::{Answer, Call, Failure, Form, flag};
use crate::requests::place;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Provider])?;
    let wanted = Status::read(&mut call.json()?)?;

    let accounts = call.cloud.accounts().await?;
    let account = accounts
        .read(caller.account)
        .await?
        .ok_or_else(Failure::unauthenticated)?;
    let Profile::Provider(profile) = &account.profile else {
        return Err(Failure::unauthenticated());
    };
    let live = match wanted {
        Status::Inactive => {
            call.cloud.live().await?.leave(account.id).await?;
            None
        }
        Status::Active(position) => Some(activate(&call, &account, profile, position).await?),
    };
    Ok(answer(&account, profile, live))
}

/// What a provider wants to be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Status {
    Inactive,
    Active(Option<GeoPoint>),
}

impl Status {
    /// 400 with every field that is wrong; a position is given whole or not at all.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let is_active = form.required("is_active_for_work", flag);
        let is_somewhere = !form.is_absent("latitude") || !form.is_absent("longitude");
        let position = if is_somewhere {
            place::point(form, "latitude", "longitude")
        } else {
            None
        };
        form.check()?;
        match is_active {
            Some(true) => Ok(Self::Active(position)),
            Some(false) => Ok(Self::Inactive),
            None => Err(form.reject()),
        }
    }
}

async fn activate(
    call: &Call,
    account: &Account,
    profile: &ProviderProfile,
    position: Option<GeoPoint>,
) -> Result<Live, Failure> {
    let most_age = call.cloud.position_lifetime()?;
    let accounts = call.cloud.accounts().await?;
    let here = |before: Option<Live>| {
        let last = before.filter(|before| before.is_fresh(most_age, call.now));
        let last = last.map_or(profile.position, |last| last.position);
        Some(position.unwrap_or(last))
    };
    let live = call.cloud.live().await?;
    let placed = live.place(account.id, most_age, call.now, here, |commit| {
        // Where somebody is who has left nobody would ever erase.
        accounts.must_be_there(commit, account.id)
    });
    match placed.await {
        Ok(Placed::At(live) | Placed::Left(Some(live))) => Ok(live),
        Ok(Placed::Left(None)) => Err(callout_cloud::failure::CloudError::Contended.into()),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
            Err(Failure::unauthenticated())
        }
        Err(error) => Err(error.into()),
    }
}

fn answer(account: &Account, profile: &ProviderProfile, live: Option<Live>) -> Answer {
    let data = json!({
        "user_id": account.id,
        "provider_id": account.id,
        "user_type": account.role.path_segment(),
        "is_active_for_work": live.is_some(),
        "service_type": profile.service_type,
        "service_coverage_area": profile.coverage_km(),
        "latitude": live.map(|live| live.position.lat()),
        "longitude": live.map(|live| live.position.lng()),
        "positioned_at": live.map(|live| live.positioned_at),
    });
    Answer::success("Provider status updated successfully", &data)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::geo::GeoPoint;
    use serde_json::{Value, json};

    use super::Status;
    use crate::http::{Failure, Form};

    fn read(fields: &Value) -> Result<Status, Failure> {
        Status::read(&mut Form::of(fields.as_object().unwrap().clone()))
    }

    #[test]
    fn a_status_is_active_somewhere_or_inactive() {
        let active = json!({"is_active_for_work": true});
        assert_eq!(read(&active).unwrap(), Status::Active(None));
        let here = json!({"is_active_for_work": true, "latitude": 27.7, "longitude": "85.3"});
        let position = GeoPoint::new(27.7, 85.3).ok();
        assert_eq!(read(&here).unwrap(), Status::Active(position));
        let inactive = json!({"is_active_for_work": false, "latitude": 27.7, "longitude": 85.3});
        assert_eq!(read(&inactive).unwrap(), Status::Inactive);
    }

    #[test]
    fn what_is_none_is_refused_field_by_field() {
        for (fields, wrong) in [
            (json!({}), vec!["is_active_for_work"]),
            (json!({"is_active_for_work": 1}), vec!["is_active_for_work"]),
            (
                json!({"is_active_for_work": true, "latitude": 27.7}),
                vec!["longitude"],
            ),
            (
                json!({"is_active_for_work": "no", "latitude": 91, "longitude": "west"}),
                vec!["is_active_for_work", "latitude", "longitude"],
            ),
        ] {
            match read(&fields) {
                Err(Failure::Invalid(problems)) => {
                    assert_eq!(problems.into_keys().collect::<Vec<_>>(), wrong);
                }
                other => unreachable!("{fields}: {other:?}"),
            }
        }
    }
}
