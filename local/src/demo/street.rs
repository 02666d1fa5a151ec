//! The street of the medicine scenario: a customer, four pharmacies around, and where that may be.

use futures::future::join_all;
use rand::RngExt as _;
use serde_json::{Value, json};

use super::narrator::{Narrator, equal};
use super::{DemoError, Wrong};
use crate::client::{Account, Api, Person, Proof};

/// Kathmandu, where the scenario comes from.
const HOME: (f64, f64) = (27.7172, 85.3240);
/// The point of the sea that is farthest from any land, 2,688 km: nobody asks for medicine there.
const POINT_NEMO: (f64, f64) = (-48.8767, -123.3933);
/// Of a top-level domain that cannot exist (RFC 2606): what is mailed there reaches nobody.
const NOBODYS_DOMAIN: &str = "callout-smoke.invalid";
/// Kilometres of one degree of latitude on a sphere of 6371.0088 km.
const KM_PER_DEGREE: f64 = 111.195_08;
/// Letter and place of each pharmacy: kilometres north (south, where negative) of the customer.
const PLACES: [(char, f64); 4] = [('A', 0.8), ('B', -2.4), ('C', 4.3), ('D', -15.0)];
/// No pharmacy of anybody else may stand in here: wider than the widest search of the story.
const STAGE_KM: u32 = 25;

/// Where it is played, and by whom.
#[derive(Debug)]
pub(super) struct Scene {
    home: (f64, f64),
    /// What the home is called.
    called: &'static str,
    /// Where else it may be played, in degrees from `home`; anywhere if there is no limit.
    within_degrees: Option<f64>,
    domain: &'static str,
    proof: Proof,
    /// The run's own part of every address: a code can be asked for once a minute only.
    run: String,
}

impl Scene {
    /// A local cloud, where nobody else is.
    pub(super) fn local() -> Self {
        Self {
            home: HOME,
            called: "in Kathmandu",
            within_degrees: None,
            domain: "example.com",
            proof: Proof::Mail,
            run: ulid::Ulid::generate().to_string().to_lowercase(),
        }
    }

    /// A stack that real people may use.
    pub(super) fn deployed(proof: Proof) -> Self {
        Self {
            home: POINT_NEMO,
            called: "at Point Nemo",
            within_degrees: Some(8.0),
            domain: NOBODYS_DOMAIN,
            proof,
            ..Self::local()
        }
    }

    /// Somebody of the story; `number` tells those of one role apart.
    pub(super) fn person(&self, role: &str, name: &str, number: u32, profile: Value) -> Person {
        let (run, domain) = (&self.run, self.domain);
        Person {
            role: role.to_owned(),
            email: format!("{}.{number}.{run}@{domain}", role.to_lowercase()),
            password: format!("demo-{}", ulid::Ulid::generate()),
            name: name.to_owned(),
            phone_number: format!("984123456{number}"),
            profile,
        }
    }

    fn another_place(&self) -> (f64, f64) {
        let mut random = rand::rng();
        let (lat, lng) = match self.within_degrees {
            Some(most) => (
                self.home.0 + random.random_range(-most..most),
                self.home.1 + random.random_range(-most..most),
            ),
            None => (
                random.random_range(-50.0..50.0),
                random.random_range(-179.0..179.0),
            ),
        };
        (round(lat), round(lng))
    }
}

/// A pharmacy of the story.
#[derive(Debug)]
pub(super) struct Pharmacy {
    pub(super) letter: char,
    /// From the customer.
    pub(super) distance_km: f64,
    pub(super) lat: f64,
    pub(super) lng: f64,
    pub(super) account: Account,
}

impl Pharmacy {
    pub(super) fn name(&self) -> String {
        format!("Pharmacy {}", self.letter)
    }
}

/// Who needs medicine, and who may have it.
#[derive(Debug)]
pub(super) struct Street {
    pub(super) lat: f64,
    pub(super) lng: f64,
    pub(super) customer: Account,
    /// Nearest first.
    pub(super) pharmacies: Vec<Pharmacy>,
}

/// Registers them. Whose account is there goes to `opened`, also where others' then fails.
pub(super) async fn open(
    api: &Api,
    scene: &Scene,
    narrator: &mut Narrator,
    opened: &mut Vec<Account>,
) -> Result<Street, DemoError> {
    let customer = scene.person("CUSTOMER", "Sita Sharma", 0, json!({}));
    let customer = Account::open_by(&scene.proof, api, customer).await?;
    opened.push(customer.clone());
    equal("the customer's role", "CUSTOMER", &customer.session.role)?;
    narrator.fact("Sita Sharma, the customer, registered and signed in");

    let (lat, lng) = free_stage(&customer.api, scene, narrator).await?;
    let opening = PLACES
        .iter()
        .zip(1..)
        .map(|(&(letter, north_km), number)| async move {
            let lat = round(lat + north_km / KM_PER_DEGREE);
            let name = format!("Pharmacy {letter}");
            let profile = json!({ "lat": lat, "lng": lng, "address": format!("{letter} Street") });
            let person = scene.person("PHARMACY", &name, number, profile);
            let account = Account::open_by(&scene.proof, api, person).await?;
            Ok::<_, DemoError>(Pharmacy {
                letter,
                distance_km: north_km.abs(),
                lat,
                lng,
                account,
            })
        });
    let pharmacies = join_all(opening).await;
    let theirs = pharmacies.iter().flatten();
    opened.extend(theirs.map(|pharmacy| pharmacy.account.clone()));
    let pharmacies: Vec<Pharmacy> = pharmacies.into_iter().collect::<Result<_, _>>()?;
    for pharmacy in &pharmacies {
        equal(
            "a pharmacy's role",
            "PHARMACY",
            &pharmacy.account.session.role,
        )?;
        narrator.fact(&format!(
            "{} at {:.1} km",
            pharmacy.name(),
            pharmacy.distance_km
        ));
    }
    Ok(Street {
        lat,
        lng,
        customer,
        pharmacies,
    })
}

/// Six decimals are a tenth of a metre.
fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// A place without anybody else's pharmacy, so that counts mean something: the scene's own if it is free.
async fn free_stage(
    api: &Api,
    scene: &Scene,
    narrator: &mut Narrator,
) -> Result<(f64, f64), DemoError> {
    let mut place = scene.home;
    for _ in 0..20 {
        if pharmacies_near(api, place).await? == 0 {
            if place != scene.home {
                let (lat, lng) = place;
                narrator.remark(&format!(
                    "there are other pharmacies {}, so this is played at {lat}, {lng}",
                    scene.called
                ));
            }
            return Ok(place);
        }
        place = scene.another_place();
    }
    Err(DemoError::Wrong(Wrong {
        what: "a place to play".to_owned(),
        expected: format!("no pharmacies within {STAGE_KM} km"),
        got: "pharmacies wherever it looked".to_owned(),
    }))
}

async fn pharmacies_near(api: &Api, (lat, lng): (f64, f64)) -> Result<usize, DemoError> {
    let path = format!("/pharmacy/?lat={lat}&lng={lng}&radius_km={STAGE_KM}");
    let answer = api.get(&path).await?;
    let body = answer.clone().expect(200)?;
    let found = body["pharmacies"].as_array().map(Vec::len);
    found.ok_or_else(|| answer.unexpected("a list of `pharmacies`").into())
}
