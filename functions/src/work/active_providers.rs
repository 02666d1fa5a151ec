//! GET /api/1/profiles/active-providers/?latitude&longitude&radius_km&service_type by a seeker, or an
//! administrator: the providers who are active for work and have said lately that they are within that
//! radius (10 km if none is given), nearest first; `busy` while they are at an order.
//!
//! `limit` and `cursor` page it. Leaves nothing behind.

use callout_cloud::failure::CloudError;
use callout_cloud::live::Near;
use callout_domain::account::{Account, Profile, ServiceType};
use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::role::Role;
use callout_domain::work::distance_text;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Cut, Failure, Form};
use crate::requests::place;

/// The radius of who gives none, in kilometres.
const USUAL_RADIUS: f64 = 10.0;
/// Of how many it is read at once what they do and whether they are at it.
const AT_ONCE: usize = 100;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Seeker, Role::Admin])?;
    let sought = Sought::of(&call)?;
    let (limit, after) = (call.limit()?, call.cursor::<Cut>("cursor")?);

    let live = call.cloud.live().await?;
    let most_age = call.cloud.position_lifetime()?;
    let mut near = live
        .near(sought.center, sought.radius, most_age, call.now)
        .await?;
    near.retain(|near| after.is_none_or(|after| cut(near) > after));
    let page = first(&call, &near, sought.service_type.as_ref(), limit + 1).await?;
    Ok(answer(&page, limit))
}

/// What is looked for.
#[derive(Debug)]
struct Sought {
    center: GeoPoint,
    radius: RadiusKm,
    service_type: Option<ServiceType>,
}

impl Sought {
    fn of(call: &Call) -> Result<Self, Failure> {
        let mut form = Form::default();
        for name in ["latitude", "longitude", "radius_km", "service_type"] {
            if let Some(text) = call.query(name) {
                form.fields.insert(name.to_owned(), Value::from(text));
            }
        }
        Self::read(&mut form)
    }

    fn read(form: &mut Form) -> Result<Self, Failure> {
        let center = place::point(form, "latitude", "longitude");
        let radius = form.optional("radius_km", place::radius);
        let service_type = form.optional("service_type", |given| {
            ServiceType::parse(given.text()?).map_err(|error| error.to_string())
        });
        form.check()?;
        let usual = RadiusKm::new(USUAL_RADIUS).ok();
        let (Some(center), Some(radius)) = (center, radius.or(usual)) else {
            return Err(form.reject());
        };
        Ok(Self {
            center,
            radius,
            service_type,
        })
    }
}

/// Somebody who is offered.
struct Offered {
    near: Near,
    account: Account,
    is_busy: bool,
}

/// The first so many of these who are providers still, of that trade where one is asked for.
async fn first(
    call: &Call,
    near: &[Near],
    service_type: Option<&ServiceType>,
    most: usize,
) -> Result<Vec<Offered>, CloudError> {
    let accounts = call.cloud.accounts().await?;
    let table = call.cloud.requests().await?;
    let mut offered = Vec::new();
    for some in near.chunks(AT_ONCE) {
        let ids: Vec<_> = some.iter().map(|near| near.provider).collect();
        let (mut found, busy) =
            futures::try_join!(accounts.read_many(&ids), table.work().busy(&ids, call.now))?;
        for near in some {
            let account = found.remove(&near.provider);
            let Some(account) = account.filter(|account| does(account, service_type)) else {
                continue;
            };
            offered.push(Offered {
                near: *near,
                is_busy: busy.contains_key(&account.id),
                account,
            });
            if offered.len() == most {
                return Ok(offered);
            }
        }
    }
    Ok(offered)
}

fn does(account: &Account, service_type: Option<&ServiceType>) -> bool {
    let Profile::Provider(profile) = &account.profile else {
        return false;
    };
    service_type.is_none_or(|wanted| profile.service_type.names_the_same(wanted))
}

fn cut(near: &Near) -> Cut {
    Cut {
        distance: near.distance,
        id: near.provider,
    }
}

fn answer(offered: &[Offered], limit: usize) -> Answer {
    let shown = &offered[..offered.len().min(limit)];
    let providers: Vec<Value> = shown.iter().map(view).collect();
    let mut data = json!({"count": providers.len(), "providers": providers});
    if let Some(last) = shown.last().filter(|_| shown.len() < offered.len()) {
        data["next_cursor"] = Value::from(cut(&last.near).to_string());
    }
    Answer::success("Active providers", &data)
}

fn view(offered: &Offered) -> Value {
    let Offered {
        near,
        account,
        is_busy,
    } = offered;
    let coverage = match &account.profile {
        Profile::Provider(profile) => Some((&profile.service_type, profile.coverage_km())),
        Profile::Customer
        | Profile::Pharmacy(_)
        | Profile::Donor(_)
        | Profile::Seeker
        | Profile::Patient
        | Profile::Doctor(_)
        | Profile::Hospital(_)
        | Profile::Admin => None,
    };
    let distance = near.distance;
    json!({
        "id": near.provider,
        "provider_id": near.provider,
        "name": account.name,
        "provider_name": account.name,
        "service_type": coverage.map(|(service_type, _)| service_type),
        "service_coverage_area": coverage.map(|(_, kilometres)| kilometres),
        "in_coverage": coverage.is_some_and(|(_, most)| distance.kilometres() <= most),
        "distance": distance_text(distance.rounded()),
        "distance_km": distance.rounded(),
        "latitude": near.live.position.lat(),
        "longitude": near.live.position.lng(),
        "positioned_at": near.live.positioned_at,
        "is_active_for_work": true,
        "busy": is_busy,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::live::Near;
    use callout_domain::account::{
        Account, CoverageKm, Email, PersonName, PhoneNumber, Profile, ProviderProfile, ServiceType,
    };
    use callout_domain::geo::{DistanceKm, GeoPoint};
    use callout_domain::ids::AccountId;
    use callout_domain::work::Live;
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{Offered, Sought, answer, does};
    use crate::http::{Failure, Form};

    fn account(id: AccountId, profile: Profile) -> Account {
        Account {
            id,
            role: profile.role(),
            email: Email::parse("provider@example.com").unwrap(),
            name: PersonName::parse("John Doe").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").unwrap(),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            profile,
            version: 0,
        }
    }

    fn offered(number: u128, kilometres: f64) -> Offered {
        let id = AccountId::new(Ulid::from(number));
        let position = GeoPoint::new(27.7, 85.3).unwrap();
        let profile = ProviderProfile {
            service_type: ServiceType::parse("Painter").unwrap(),
            position,
            service_coverage_area: CoverageKm::new(2.0).ok(),
        };
        Offered {
            near: Near {
                provider: id,
                live: Live {
                    position,
                    positioned_at: "2026-02-24T10:30:00Z".parse().unwrap(),
                },
                distance: DistanceKm::try_from(kilometres).unwrap(),
            },
            account: account(id, Profile::Provider(profile)),
            is_busy: number == 2,
        }
    }

    #[test]
    fn each_is_shown_with_how_far_they_are_and_whether_they_are_at_work() {
        let body = answer(&[offered(1, 1.234), offered(2, 2.5)], 20).into_body();
        assert_eq!(body["status"], "success");
        assert_eq!(body["data"]["count"], 2);
        let [near, far] = [0, 1].map(|nth| body["data"]["providers"][nth].clone());
        assert_eq!(
            near,
            json!({
                "id": "00000000000000000000000001",
                "provider_id": "00000000000000000000000001",
                "name": "John Doe",
                "provider_name": "John Doe",
                "service_type": "Painter",
                "service_coverage_area": 2.0,
                "in_coverage": true,
                "distance": "1.23km",
                "distance_km": 1.23,
                "latitude": 27.7,
                "longitude": 85.3,
                "positioned_at": "2026-02-24T10:30:00.000Z",
                "is_active_for_work": true,
                "busy": false,
            })
        );
        assert_eq!(
            (&far["busy"], &far["in_coverage"]),
            (&json!(true), &json!(false))
        );
        let text = body.to_string();
        assert!(
            !text.contains("9841234567") && !text.contains('@'),
            "{text}"
        );
    }

    #[test]
    fn a_page_says_how_to_go_on_only_when_there_is_more() {
        let all = [offered(1, 1.0), offered(2, 2.0), offered(3, 3.0)];
        let body = answer(&all, 2).into_body();
        assert_eq!(body["data"]["count"], 2);
        assert!(body["data"]["next_cursor"].is_string());
        assert_eq!(answer(&all, 3).into_body()["data"].get("next_cursor"), None);
    }

    #[test]
    fn a_trade_is_asked_for_however_it_is_typed_or_not_at_all() {
        let painter = offered(1, 1.0).account;
        let trade = |text| ServiceType::parse(text).ok();
        assert!(does(&painter, None) && does(&painter, trade(" PAINTER ").as_ref()));
        assert!(!does(&painter, trade("plumber").as_ref()));
        let seeker = account(painter.id, Profile::Seeker);
        assert!(!does(&seeker, None));
    }

    #[test]
    fn a_place_is_needed_and_a_radius_is_not() {
        let read = |fields: Value| Sought::read(&mut Form::of(fields.as_object().unwrap().clone()));
        let wrong = |fields| match read(fields) {
            Err(Failure::Invalid(problems)) => problems.into_keys().collect::<Vec<_>>(),
            other => unreachable!("{other:?}"),
        };
        let sought = read(json!({"latitude": "27.7", "longitude": "85.3"})).unwrap();
        assert!((sought.radius.kilometres() - 10.0).abs() < f64::EPSILON);
        assert_eq!(wrong(json!({})), ["latitude", "longitude"]);
        for radius in ["0.9", "50.1", "NaN", ""] {
            let fields = json!({"latitude": "0", "longitude": "0", "radius_km": radius});
            assert_eq!(wrong(fields), ["radius_km"]);
        }
        let fields = json!({"latitude": "91", "longitude": "0", "service_type": " "});
        assert_eq!(wrong(fields), ["latitude", "service_type"]);
    }
}
