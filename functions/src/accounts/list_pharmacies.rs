//! `GET /pharmacy/?lat&lng&radius_km`, by any account: the pharmacies within a radius, nearest
//! first. Leaves nothing behind.
//!
//! The index cannot sort by distance, so each page makes the whole search and cuts its part out: one that
//! opens or closes meanwhile moves no other across the cut.

use callout_domain::account::Account;
use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::role::Role;
use serde_json::{Value, json};

use super::{profile_fields, views};
use crate::http::{Answer, Call, Cut, Failure, Form};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    call.caller()?;
    let (center, radius) = disc(&call)?;
    let (limit, after) = (call.limit()?, call.cursor::<Cut>("cursor")?);

    let accounts = call.cloud.accounts().await?;
    let found = accounts
        .responders_near(Role::Pharmacy, center, radius)
        .await?;
    Ok(Answer::ok(page(found, after, limit)))
}

fn disc(call: &Call) -> Result<(GeoPoint, RadiusKm), Failure> {
    let mut form = Form::default();
    for name in ["lat", "lng", "radius_km"] {
        if let Some(text) = call.query(name) {
            form.fields.insert(name.to_owned(), Value::from(text));
        }
    }
    read_disc(&mut form)
}

fn read_disc(form: &mut Form) -> Result<(GeoPoint, RadiusKm), Failure> {
    let center = profile_fields::position(form);
    let radius = form.required("radius_km", |given| {
        RadiusKm::new(given.number()?).map_err(|error| error.to_string())
    });
    center.zip(radius).ok_or_else(|| form.reject())
}

fn page(mut found: Vec<(Account, DistanceKm)>, after: Option<Cut>, limit: usize) -> Value {
    let cut = |(account, distance): &(Account, DistanceKm)| Cut {
        distance: *distance,
        id: account.id,
    };
    found.sort_by_key(cut);
    let start = after.map_or(0, |after| found.partition_point(|one| cut(one) <= after));
    let rest = &found[start..];
    let shown = &rest[..rest.len().min(limit)];
    let pharmacies: Vec<Value> = shown
        .iter()
        .map(|(account, distance)| views::pharmacy(account, Some(*distance)))
        .collect();
    let mut body = json!({"count": pharmacies.len(), "pharmacies": pharmacies});
    if let Some(last) = shown.last().filter(|_| shown.len() < rest.len()) {
        body["next_cursor"] = Value::from(cut(last).to_string());
    }
    body
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::{Account, PharmacyProfile, Profile};
    use callout_domain::geo::{DistanceKm, GeoPoint};
    use callout_domain::ids::AccountId;
    use serde_json::{Value, json};

    use super::{page, read_disc};
    use crate::accounts::views::tests::account;
    use crate::http::{Cut, Failure, Form};

    fn pharmacy(number: u8, kilometres: f64) -> (Account, DistanceKm) {
        let id: AccountId = format!("01ARZ3NDEKTSV4RRFFQ69G5F{number:02}")
            .parse()
            .unwrap();
        let profile = PharmacyProfile {
            position: Some(GeoPoint::new(27.7, 85.3).unwrap()),
            address: None,
        };
        (
            account(id, Profile::Pharmacy(profile)),
            DistanceKm::try_from(kilometres).unwrap(),
        )
    }

    fn ids(body: &Value) -> Vec<String> {
        body["pharmacies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap()[24..].to_owned())
            .collect()
    }

    #[test]
    fn pages_hold_everyone_once_nearest_first() {
        // Three at the same distance, so that a page ends within a tie.
        let found = || {
            vec![
                pharmacy(5, 0.1 + 0.2),
                pharmacy(1, 2.5),
                pharmacy(4, 2.5),
                pharmacy(2, 2.5),
                pharmacy(3, 1.0 / 3.0),
            ]
        };
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let body = page(found(), after, 2);
            seen.extend(ids(&body));
            assert_eq!(body["count"], body["pharmacies"].as_array().unwrap().len());
            match body.get("next_cursor") {
                Some(cursor) => after = Some(cursor.as_str().unwrap().parse::<Cut>().unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, ["05", "03", "01", "02", "04"]);
    }

    #[test]
    fn a_full_last_page_has_no_next() {
        let body = page(vec![pharmacy(1, 1.0), pharmacy(2, 2.0)], None, 2);
        assert_eq!(ids(&body), ["01", "02"]);
        assert!(body.get("next_cursor").is_none());
        assert_eq!(
            page(vec![], None, 20),
            json!({"count": 0, "pharmacies": []})
        );
    }

    #[test]
    fn who_closes_between_two_pages_hides_nobody() {
        let first = page(
            vec![pharmacy(1, 1.0), pharmacy(2, 2.0), pharmacy(3, 3.0)],
            None,
            2,
        );
        let after = first["next_cursor"].as_str().unwrap().parse().unwrap();
        let second = page(vec![pharmacy(1, 1.0), pharmacy(3, 3.0)], Some(after), 2);
        assert_eq!(ids(&second), ["03"]);
    }

    #[test]
    fn a_disc_needs_position_and_radius() {
        let wrong = |fields: Value| {
            let mut form = Form::default();
            form.fields = fields.as_object().unwrap().clone();
            match read_disc(&mut form) {
                Ok(_) => Vec::new(),
                Err(Failure::Invalid(problems)) => problems.into_keys().collect(),
                Err(other) => unreachable!("{other:?}"),
            }
        };
        assert!(wrong(json!({"lat": "27.7", "lng": "85.3", "radius_km": "50"})).is_empty());
        assert_eq!(wrong(json!({})), ["lat", "lng", "radius_km"]);
        assert_eq!(
            wrong(json!({"lat": "91", "lng": "east", "radius_km": "50.1"})),
            ["lat", "lng", "radius_km"]
        );
        assert_eq!(
            wrong(json!({"lat": "0", "lng": "0", "radius_km": "NaN"})),
            ["radius_km"]
        );
    }
}
