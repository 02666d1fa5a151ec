//! GET /api/donor/active-requests/ by a donor: the active requests of others in their city, within
//! `radius_km` of `lat`, `lng` where these are given, and those whose own radius reaches where the donor
//! lives; but for those they ignored or withdrew from. `blood_group` keeps those for patients of a group.
//!
//! Nearest first, from the place that was given or else from where the donor lives, and after them,
//! newest first, those that have no distance. An array, as the seed has it; by `limit` and `cursor` in
//! parts. Leaves nothing behind.
//!
//! No index sorts by both, so each page makes the whole search and cuts its part out, as the list of
//! pharmacies does.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_domain::account::{BloodGroup, BloodGroupError, DonorProfile, Profile};
use callout_domain::blood::{BloodRequest, DonorResponse, Standing, State};
use callout_domain::geo::{DistanceKm, GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::Value;
use time::Duration;

use crate::blood::{listed, view};
use crate::http::{Answer, Call, Failure, Form};
use crate::requests::place::{self, Names};

/// How the query calls the place around which is looked.
const PLACE: Names = Names {
    lat: "lat",
    lng: "lng",
    radius: "radius_km",
};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Donor])?;
    let wanted = Wanted::read(&call)?;
    let part = listed::Part::<Cut>::read(&call)?;

    let accounts = call.cloud.accounts().await?;
    let account = accounts
        .read(caller.account)
        .await?
        .ok_or_else(Failure::unauthenticated)?;
    let Profile::Donor(donor) = &account.profile else {
        return Err(Failure::unauthenticated());
    };
    let requests = call.cloud.requests().await?;
    let found = find(&requests, donor, &wanted).await?;
    let (asked, answers) = futures::try_join!(
        requests.read_many::<BloodRequest>(&found, call.now),
        requests.answers_of::<DonorResponse>(account.id, &found, call.now),
    )?;

    let looking = Looking {
        account: account.id,
        donor,
        wanted,
        standings: standings(answers),
        lifetime: call.cloud.blood_lifetime()?,
        now: call.now,
    };
    Ok(Answer::ok(looking.list(asked, part)))
}

/// Which requests are looked for, besides those that reach the donor anyway.
#[derive(Debug, PartialEq)]
struct Wanted {
    around: Option<(GeoPoint, RadiusKm)>,
    blood_group: Option<BloodGroup>,
}

impl Wanted {
    fn read(call: &Call) -> Result<Self, Failure> {
        let mut form = Form::default();
        for name in ["lat", "lng", "radius_km", "blood_group"] {
            if let Some(text) = call.query(name) {
                form.fields.insert(name.to_owned(), Value::from(text));
            }
        }
        Self::of(&mut form)
    }

    /// 400 with every variable that is wrong; a place is given whole or not at all.
    fn of(form: &mut Form) -> Result<Self, Failure> {
        let somewhere = ["lat", "lng", "radius_km"]
            .iter()
            .any(|name| !form.is_absent(name));
        let around = if somewhere {
            place::around(form, PLACE)
        } else {
            None
        };
        let blood_group = form.optional("blood_group", |given| {
            let text = given.text().map_err(str::to_owned)?;
            blood_group(text).map_err(|error| error.to_string())
        });
        form.check()?;
        Ok(Self {
            around,
            blood_group,
        })
    }
}

/// In a query a bare `+` means a space, and few clients know: `O+` comes as `O `.
fn blood_group(text: &str) -> Result<BloodGroup, BloodGroupError> {
    match text.strip_suffix(' ') {
        Some(letters) => BloodGroup::parse(&format!("{letters}+")),
        None => BloodGroup::parse(text),
    }
}

/// The requests that may be listed, each once.
async fn find(
    requests: &Requests,
    donor: &DonorProfile,
    wanted: &Wanted,
) -> Result<Vec<RequestId>, CloudError> {
    let blood = requests.blood();
    let near = async |place: Option<(GeoPoint, RadiusKm)>| match place {
        Some((point, within)) => blood.open_around(point, within).await,
        None => Ok(Vec::new()),
    };
    // Further away none can reach anybody.
    let home = donor.position.map(|position| (position, RadiusKm::WIDEST));
    let (in_city, around, reaching) =
        futures::try_join!(blood.open_in(&donor.city), near(wanted.around), near(home))?;
    let all = in_city.into_iter().chain(around).chain(reaching);
    let once: HashSet<RequestId> = all.map(|open| open.id).collect();
    Ok(once.into_iter().collect())
}

fn standings(answers: Vec<DonorResponse>) -> HashMap<RequestId, Standing> {
    answers
        .into_iter()
        .map(|answer| (answer.request, answer.standing))
        .collect()
}

/// A donor who looks at the requests of others.
struct Looking<'a> {
    account: AccountId,
    donor: &'a DonorProfile,
    wanted: Wanted,
    standings: HashMap<RequestId, Standing>,
    lifetime: Duration,
    now: Moment,
}

impl Looking<'_> {
    fn list(&self, asked: HashMap<RequestId, BloodRequest>, part: listed::Part<Cut>) -> Value {
        let mut seen: Vec<(Cut, BloodRequest)> = asked
            .into_values()
            .filter(|request| self.sees(request))
            .map(|request| (self.cut(&request), request))
            .collect();
        seen.sort_by_key(|(cut, _)| *cut);
        let views = seen.iter().map(|(cut, request)| {
            let standing = self.standing(request);
            let view =
                view::request_for_donor(request, standing, cut.distance, self.lifetime, self.now);
            (*cut, view)
        });
        part.of(views.collect())
    }

    /// The index follows the table by some milliseconds, so what it found is judged as it was read.
    fn sees(&self, request: &BloodRequest) -> bool {
        let group = self.wanted.blood_group;
        request.state_at(self.lifetime, self.now) == State::Active
            && request.header.requester != self.account
            && self.standing(request).lists_request()
            && group.is_none_or(|group| request.blood_group == group)
            && self.is_in_reach(request)
    }

    fn is_in_reach(&self, request: &BloodRequest) -> bool {
        let is_near = |(center, radius): (GeoPoint, RadiusKm)| {
            request
                .distance_to(Some(center))
                .is_some_and(|distance| radius.reaches(distance))
        };
        request.reaches(&self.donor.city, self.donor.position)
            || self.wanted.around.is_some_and(is_near)
    }

    /// From where distances are told.
    fn from(&self) -> Option<GeoPoint> {
        let asked = self.wanted.around.map(|(center, _)| center);
        asked.or(self.donor.position)
    }

    fn standing(&self, request: &BloodRequest) -> Standing {
        let standing = self.standings.get(&request.header.id);
        standing.copied().unwrap_or_default()
    }

    fn cut(&self, request: &BloodRequest) -> Cut {
        Cut {
            distance: request.distance_to(self.from()),
            id: request.header.id,
        }
    }
}

/// Where a request stands in the list, and where a part of it ended: one that comes or goes meanwhile
/// moves no other across the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    distance: Option<DistanceKm>,
    id: RequestId,
}

#[derive(Debug, PartialEq, Eq)]
struct NotACut;

impl Cut {
    /// Those with a distance first, and the newer first where two are as far.
    fn order(self) -> (bool, Option<DistanceKm>, Reverse<RequestId>) {
        (self.distance.is_none(), self.distance, Reverse(self.id))
    }
}

impl Ord for Cut {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Cut {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The bits of the distance, for a rounded one could lie on the wrong side of the request; and the id
/// alone where there is none.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(distance) = self.distance {
            write!(f, "{:016x}", distance.kilometres().to_bits())?;
        }
        write!(f, "{}", self.id)
    }
}

impl FromStr for Cut {
    type Err = NotACut;

    fn from_str(text: &str) -> Result<Self, NotACut> {
        if let Ok(id) = text.parse() {
            return Ok(Self { distance: None, id });
        }
        let (bits, id) = text.split_at_checked(16).ok_or(NotACut)?;
        let bits = u64::from_str_radix(bits, 16).map_err(|_| NotACut)?;
        let distance = DistanceKm::try_from(f64::from_bits(bits)).map_err(|_| NotACut)?;
        let id = id.parse().map_err(|_| NotACut)?;
        Ok(Self {
            distance: Some(distance),
            id,
        })
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        blood_group, cursor_by_distance_or_id, latitude, longitude, operation, radius,
    };

    operation("Lists the active requests that reach a donor, nearest first")
        .that("All at once, as an array; or in parts, for whoever asks by `limit` or `cursor`.")
        .by(&[Role::Donor])
        .may_ask(
            "lat",
            latitude(),
            "Around where, too; with `lng` and `radius_km`.",
        )
        .may_ask(
            "lng",
            longitude(),
            "Around where, too; with `lat` and `radius_km`.",
        )
        .may_ask(
            "radius_km",
            radius(),
            "How far around; with `lat` and `lng`.",
        )
        .may_ask(
            "blood_group",
            blood_group(),
            "Only those for patients of this group.",
        )
        .in_pages_by(cursor_by_distance_or_id())
        .answers(
            200,
            "The requests.",
            listed::listed(&view::seen_by_donor()),
            serde_json::json!([view::example_for_donor()]),
        )
        .or_answers(
            "in_parts",
            serde_json::json!({"count": 1, "requests": [view::example_for_donor()]}),
        )
}
