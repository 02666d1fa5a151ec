//! A stack with as many pharmacies as a measurement needs, and the people who act in it.

use std::path::PathBuf;
use std::time::Instant;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use ulid::Ulid;

use super::places::{HOME, Place, Settlement, around};
use super::progress::Progress;
use super::report::grouped;
use super::{BenchError, Options, PATIENCE};
use crate::client::{Account, Api, Person, Socket};
use crate::cloud::{self, LocalCloud};
use crate::dynamodb::streams::Polling;
use crate::state::State;

/// People put into the table at once.
pub(super) const PUT_AT_ONCE: usize = 5_000;
/// People who register or sign in at once: each holds a core for a password's hash.
pub(super) const PEOPLE_AT_ONCE: usize = 4;

/// What every stack of the measurements is made of.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) template: PathBuf,
    pub(super) artifact: PathBuf,
}

impl Ground {
    pub(super) fn of(options: &Options) -> Self {
        Self {
            template: options.template.clone(),
            artifact: options.artifact.clone(),
        }
    }

    pub(super) async fn start(
        &self,
        state: &State,
        polling: Polling,
    ) -> Result<LocalCloud, BenchError> {
        let options = cloud::Options {
            polling,
            ..cloud::Options::new(self.template.clone(), self.artifact.clone(), state.clone())
        };
        Ok(LocalCloud::start(options).await?)
    }
}

/// Who lives in a town.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Pharmacies in reach of the customers, evenly spread over the disc.
    pub(super) in_reach: usize,
    /// Of these, how many have a socket: the nearest, the farthest, and some between.
    pub(super) listening: usize,
    /// Pharmacies out of reach, wherever people live.
    pub(super) elsewhere: usize,
    /// Customers, all at one place.
    pub(super) customers: usize,
    /// How far a request reaches, in kilometres.
    pub(super) radius_km: f64,
}

/// A town that is there and asleep: its tables are full, and nothing runs.
#[derive(Debug)]
pub(super) struct Town {
    ground: Ground,
    state: State,
    plan: Plan,
    pharmacies: Vec<Person>,
    customers: Vec<Person>,
}

/// A town that is awake.
#[derive(Debug)]
pub(super) struct Awake {
    pub(super) cloud: LocalCloud,
    /// Those that have sockets, nearest first.
    pub(super) pharmacies: Vec<Account>,
    /// In the same order.
    pub(super) sockets: Vec<Socket>,
    pub(super) customers: Vec<Account>,
    radius_km: f64,
}

impl Town {
    /// Builds it: those who act are registered, all others copied from one who is.
    pub(super) async fn build(
        ground: &Ground,
        plan: Plan,
        progress: &Progress,
    ) -> Result<Self, BenchError> {
        let state = State::temporary()?;
        let cloud = ground.start(&state, Polling::Immediate).await?;
        let places = around(HOME, plan.radius_km, plan.in_reach);
        let is_listening = |place: usize| listens(place, plan.in_reach, plan.listening);
        let (listening, silent): (Vec<_>, Vec<_>) = places
            .into_iter()
            .enumerate()
            .partition(|(place, _)| is_listening(*place));
        let pharmacies = listening.iter().map(|(place, at)| pharmacy(*place, *at));
        let pharmacies: Vec<Person> = pharmacies.collect();
        let customers: Vec<Person> = (0..plan.customers).map(customer).collect();
        progress.begin(
            format!("registering {} people", pharmacies.len() + customers.len()),
            pharmacies.len() + customers.len(),
        );
        let api = Api::new(cloud.http_url());
        let registering = pharmacies.iter().chain(&customers).cloned();
        let mut registered: Vec<Account> = futures::stream::iter(registering)
            .map(|person| async {
                let account = Account::open(&api, person).await;
                progress.advance(1);
                account
            })
            .buffered(PEOPLE_AT_ONCE)
            .try_collect()
            .await?;
        if let Some(sample) = registered.drain(..).next() {
            let silent = silent.into_iter().map(|(_, place)| place);
            let mut settlement = Settlement::new();
            let elsewhere = std::iter::repeat_with(move || settlement.draw())
                .filter(|place| place.distance_km(HOME) > plan.radius_km)
                .take(plan.elsewhere);
            let everyone = silent.chain(elsewhere).collect();
            settle(&cloud, &sample.session.user_id, everyone, progress).await?;
        }
        cloud.shutdown().await;
        Ok(Self {
            ground: ground.clone(),
            state,
            plan,
            pharmacies,
            customers,
        })
    }

    /// Starts it, signs everybody in, and opens the sockets; every customer has one too.
    pub(super) async fn wake(&self, polling: Polling) -> Result<Awake, BenchError> {
        let cloud = self.ground.start(&self.state, polling).await?;
        let api = Api::new(cloud.http_url());
        let pharmacies = sign_in(&api, &self.pharmacies).await?;
        let customers = sign_in(&api, &self.customers).await?;
        let sockets = futures::stream::iter(&pharmacies)
            .map(|pharmacy| listen(pharmacy, "/ws/pharmacy/"))
            .buffered(PEOPLE_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Awake {
            cloud,
            pharmacies,
            sockets,
            customers,
            radius_km: self.plan.radius_km,
        })
    }
}

impl Awake {
    /// A customer asks everybody in reach; the request's id.
    pub(super) async fn ask(&self, customer: &Account) -> Result<String, BenchError> {
        let body = json!({
            "patient_lat": HOME.lat,
            "patient_lng": HOME.lng,
            "radius_km": self.radius_km,
            "quantity": 1,
        });
        let created = customer.api.post_json("/medicine/request/", &body).await?;
        let created = created.expect(201)?;
        let id = created["request_id"].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| BenchError::Wrong(format!("no request_id in {created}")))
    }

    /// When each of the pharmacies' sockets heard of a request.
    pub(super) async fn heard(&mut self, request: &str) -> Result<Vec<Instant>, BenchError> {
        let hearing = self.sockets.iter_mut().map(|socket| {
            socket.expect_timed("new_request", PATIENCE, |message| {
                is_about(message, "new_request", request)
            })
        });
        let heard = futures::future::try_join_all(hearing).await?;
        Ok(heard.into_iter().map(|(_, at)| at).collect())
    }

    /// Closes the sockets and ends the stack.
    pub(super) async fn sleep(self) {
        futures::future::join_all(self.sockets.into_iter().map(Socket::close)).await;
        self.cloud.shutdown().await;
    }
}

/// Whether a message is of that type and about that request.
pub(super) fn is_about(message: &Value, kind: &str, request: &str) -> bool {
    message["type"] == kind && message["request_id"] == request
}

/// Opens a socket and waits for its greeting.
pub(super) async fn listen(account: &Account, path: &str) -> Result<Socket, BenchError> {
    let mut socket = account.listen(path).await?;
    socket.expect("connection", PATIENCE).await?;
    Ok(socket)
}

/// Whether the pharmacy at that place of `count` is one of the `listening`.
fn listens(place: usize, count: usize, listening: usize) -> bool {
    if listening >= count {
        return true;
    }
    let steps = listening.saturating_sub(1).max(1);
    (0..listening).any(|nth| nth * (count - 1) / steps == place)
}

pub(super) async fn sign_in(api: &Api, people: &[Person]) -> Result<Vec<Account>, BenchError> {
    let signing_in = futures::stream::iter(people.iter().cloned()).map(|person| async {
        let session = api.login(&person.email, &person.password).await?;
        Ok(Account {
            api: api.with_token(&session.access),
            person,
            session,
        })
    });
    signing_in.buffered(PEOPLE_AT_ONCE).try_collect().await
}

pub(super) fn person(role: &str, number: usize, profile: Value) -> Person {
    Person {
        role: role.to_owned(),
        email: format!("{role}-{number}@example.com"),
        password: "correct horse battery staple".to_owned(),
        name: format!("{role} {number}"),
        phone_number: format!("98{number:08}"),
        profile,
    }
}

pub(super) fn customer(number: usize) -> Person {
    person("customer", number, json!({}))
}

pub(super) fn pharmacy(number: usize, place: Place) -> Person {
    let profile = json!({"lat": place.lat, "lng": place.lng, "address": "New Road 1"});
    person("pharmacy", number, profile)
}

/// Puts a pharmacy at every place: copies of a registered one.
pub(super) async fn settle(
    cloud: &LocalCloud,
    sample: &str,
    mut places: Vec<Place>,
    progress: &Progress,
) -> Result<(), BenchError> {
    let key = json!({"pk": {"S": format!("ACCOUNT#{sample}")}, "sk": {"S": "PROFILE"}});
    let table = &cloud.stack().tables["Accounts"].name;
    let found = cloud
        .dynamodb("GetItem", &json!({"TableName": table, "Key": key}))
        .await
        .map_err(BenchError::Tables)?;
    let sample = &found["Item"];
    let count = u64::try_from(places.len()).unwrap_or(u64::MAX);
    progress.begin(
        format!("settling {} pharmacies", grouped(count)),
        places.len(),
    );
    // In the order of the index, which is then written from its beginning to its end.
    let mut hashed = Vec::with_capacity(places.len());
    for place in places.drain(..) {
        hashed.push((place.geohash()?, place));
    }
    hashed.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    for part in hashed.chunks(PUT_AT_ONCE) {
        let items = part
            .iter()
            .map(|(geohash, place)| copy(sample, geohash, *place));
        cloud
            .fill("Accounts", items.collect())
            .await
            .map_err(BenchError::Tables)?;
        progress.advance(part.len());
    }
    Ok(())
}

fn copy(sample: &Value, geohash: &str, place: Place) -> Value {
    let id = Ulid::generate();
    let mut item = sample.clone();
    item["pk"] = json!({"S": format!("ACCOUNT#{id}")});
    item["account_id"] = json!({"S": id.to_string()});
    item["email"] = json!({"S": format!("{id}@example.com")});
    item["gpk"] = json!({"S": format!("PHARMACY#{}", geohash.get(..3).unwrap_or_default())});
    item["gsk"] = json!({"S": format!("{geohash}#{id}")});
    put_position(&mut item["profile"], place);
    item
}

/// Wherever in the profile the position is.
fn put_position(value: &mut Value, place: Place) {
    match value {
        Value::Object(map) => {
            for (name, degrees) in [("lat", place.lat), ("lng", place.lng)] {
                if let Some(number) = map.get_mut(name) {
                    *number = json!({"N": degrees.to_string()});
                }
            }
            map.values_mut()
                .for_each(|value| put_position(value, place));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| put_position(value, place)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_and_the_farthest_listen() {
        for (count, listening) in [(20, 20), (100, 20), (10_000, 20), (5, 20)] {
            let places: Vec<usize> = (0..count)
                .filter(|place| listens(*place, count, listening))
                .collect();
            assert_eq!(places.len(), listening.min(count), "{count}");
            assert_eq!((places[0], places[places.len() - 1]), (0, count - 1));
        }
    }

    #[test]
    fn a_copy_differs_in_who_and_where_and_in_nothing_else() {
        let sample = json!({
            "pk": {"S": "ACCOUNT#A"}, "sk": {"S": "PROFILE"}, "account_id": {"S": "A"},
            "email": {"S": "a@example.com"}, "gpk": {"S": "PHARMACY#abc"}, "gsk": {"S": "abc#A"},
            "version": {"N": "1"},
            "profile": {"M": {"role": {"S": "PHARMACY"},
                              "position": {"M": {"lat": {"N": "0"}, "lng": {"N": "0"}}}}},
        });
        let place = Place { lat: 1.5, lng: 2.5 };
        let copy = copy(&sample, "s02equ04ven0", place);
        assert_eq!(copy["gpk"], json!({"S": "PHARMACY#s02"}));
        let position = json!({"M": {"lat": {"N": "1.5"}, "lng": {"N": "2.5"}}});
        assert_eq!(copy["profile"]["M"]["position"], position);
        assert_eq!(copy["profile"]["M"]["role"], sample["profile"]["M"]["role"]);
        assert_eq!(copy["version"], sample["version"]);
        assert_ne!(copy["pk"], sample["pk"]);
    }
}
