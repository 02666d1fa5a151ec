//! Who plays, and where they stand.

use futures::future::try_join_all;
use rand::RngExt as _;
use serde_json::{Value, json};

use super::accounts::{AccountsFile, Former};
use super::clinic::{self, Clinic};
use super::events::Blanks;
use super::narrator::{Narrator, equal};
use super::work::{self, Crew};
use super::{DemoError, Wrong};
use crate::client::{Account, Api, Person};

/// Kathmandu, where the scenario comes from.
const HOME: (f64, f64) = (27.7172, 85.3240);
/// Kilometres of one degree of latitude on a sphere of 6371.0088 km.
const KM_PER_DEGREE: f64 = 111.195_08;
/// Letter and place of each pharmacy: kilometres north (south, where negative) of the customer.
const PLACES: [(char, f64); 4] = [('A', 0.8), ('B', -2.4), ('C', 4.3), ('D', -15.0)];
/// No pharmacy of anybody else may stand in here: wider than the widest search of the story.
const STAGE_KM: u32 = 25;

/// Where the donors live, and what they have and need.
pub(super) const CITY: &str = "Kathmandu";
pub(super) const BLOOD_GROUP: &str = "O+";
const DONORS: [&str; 3] = ["Maya Gurung", "Ravi Thapa", "Anil Rai"];

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

/// Everybody in the story.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) lat: f64,
    pub(super) lng: f64,
    pub(super) customer: Account,
    /// Nearest first.
    pub(super) pharmacies: Vec<Pharmacy>,
    /// Who asks for blood, and two who give it.
    pub(super) donors: [Account; 3],
    /// Who assigns work, and who does it.
    pub(super) crew: Crew,
    /// A hospital, and who asks it for a consultation.
    pub(super) clinic: Clinic,
}

impl Cast {
    /// What an event may say of them: `{{customer.access}}`, `{{pharmacy_a.user_id}}`.
    pub(super) fn blanks(&self) -> Blanks {
        let customer = Blanks::default().with_client("customer", &self.customer);
        let pharmacies = self.pharmacies.iter().fold(customer, |blanks, pharmacy| {
            let name = format!("pharmacy_{}", pharmacy.letter.to_ascii_lowercase());
            blanks.with_client(&name, &pharmacy.account)
        });
        let donors = ["donor_a", "donor_b", "donor_c"].into_iter();
        let donors = donors
            .zip(&self.donors)
            .fold(pharmacies, |blanks, (name, donor)| {
                blanks.with_client(name, donor)
            });
        let clinic = self.clinic.people().into_iter();
        clinic
            .chain(self.crew.people())
            .fold(donors, |blanks, (name, account)| {
                blanks.with_client(name, account)
            })
    }
}

/// Ends the accounts of the former demo, so that its pharmacies are not told of anything.
pub(super) async fn dismiss_former(
    api: &Api,
    file: &AccountsFile,
    narrator: &mut Narrator,
) -> Result<(), DemoError> {
    let former = file.former(api.base())?;
    let mut ended = 0;
    for account in &former {
        // One who cannot sign in is gone already: the stack was reset.
        if end(api, account).await.is_ok() {
            ended += 1;
        }
    }
    if ended > 0 {
        narrator.remark(&format!("ended the {ended} accounts of the former demo"));
    }
    Ok(())
}

async fn end(api: &Api, former: &Former) -> Result<(), DemoError> {
    let session = api.login(&former.email, &former.password).await?;
    let path = format!("/{}/profile/", former.role.to_lowercase());
    let answer = api.with_token(session.access).delete(&path).await?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    Err(answer.unexpected("an ended account").into())
}

/// Registers everybody, each by the code in their mail.
pub(super) async fn gather(
    api: &Api,
    file: Option<&AccountsFile>,
    narrator: &mut Narrator,
) -> Result<Cast, DemoError> {
    narrator.act("Fourteen people register, each by the code in their mail");
    // Addresses of their own in every run: a code can be asked for once a minute only.
    let run = ulid::Ulid::generate().to_string().to_lowercase();
    let customer =
        Account::open(api, person(&run, "CUSTOMER", "Sita Sharma", 0, json!({}))).await?;
    equal("the customer's role", "CUSTOMER", &customer.session.role)?;
    narrator.fact("Sita Sharma, the customer, registered and signed in");

    let (lat, lng) = free_stage(&customer.api, narrator).await?;
    let opening = PLACES.iter().zip(1..).map(|(&(letter, north_km), number)| {
        let run = &run;
        async move {
            let lat = round(lat + north_km / KM_PER_DEGREE);
            let name = format!("Pharmacy {letter}");
            let profile = json!({ "lat": lat, "lng": lng, "address": format!("{letter} Street") });
            let account =
                Account::open(api, person(run, "PHARMACY", &name, number, profile)).await?;
            Ok::<_, DemoError>(Pharmacy {
                letter,
                distance_km: north_km.abs(),
                lat,
                lng,
                account,
            })
        }
    });
    let pharmacies = try_join_all(opening).await?;
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
    let donors = open_donors(api, &run).await?;
    narrator.fact(&format!("{}, donors in {CITY}", DONORS.join(", ")));
    let somebody =
        |role: &str, name: &str, number, profile| person(&run, role, name, number, profile);
    let crew = work::open(api, somebody).await?;
    narrator.fact("Asha Karki, who needs work done, and Bikash Magar, who does it");
    let clinic = clinic::open(api, somebody).await?;
    narrator.fact("Tunis Care Hospital, its two clerks and a doctor, and a patient");
    if let Some(file) = file {
        let named = pharmacies
            .iter()
            .map(|pharmacy| (format!("pharmacy_{}", pharmacy.letter), &pharmacy.account));
        let customer = std::iter::once(("customer".to_owned(), &customer));
        let donors = ["donor_A", "donor_B", "donor_C"]
            .map(str::to_owned)
            .into_iter()
            .zip(&donors);
        let clinic = clinic.people().into_iter().chain(crew.people());
        let clinic = clinic.map(|(name, account)| (name.to_owned(), account));
        let everybody = customer.chain(named).chain(donors).chain(clinic);
        file.write(api.base(), everybody)?;
    }
    Ok(Cast {
        lat,
        lng,
        customer,
        pharmacies,
        donors,
        crew,
        clinic,
    })
}

async fn open_donors(api: &Api, run: &str) -> Result<[Account; 3], DemoError> {
    let opening = async |name: &str, number: u32| -> Result<Account, DemoError> {
        let profile = json!({ "blood_group": BLOOD_GROUP, "city": CITY });
        let account = Account::open(api, person(run, "DONOR", name, number, profile)).await?;
        equal("a donor's role", "DONOR", &account.session.role)?;
        Ok(account)
    };
    let [asks, first, second] = DONORS;
    let (asks, first, second) =
        futures::try_join!(opening(asks, 5), opening(first, 6), opening(second, 7))?;
    Ok([asks, first, second])
}

fn person(run: &str, role: &str, name: &str, number: u32, profile: Value) -> Person {
    Person {
        role: role.to_owned(),
        email: format!("{}.{number}.{run}@example.com", role.to_lowercase()),
        password: format!("demo-{}", ulid::Ulid::generate()),
        name: name.to_owned(),
        phone_number: format!("984123456{number}"),
        profile,
    }
}

/// Six decimals are a tenth of a metre.
fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// A place without anybody else's pharmacy, so that counts mean something: Kathmandu if it is free.
async fn free_stage(api: &Api, narrator: &mut Narrator) -> Result<(f64, f64), DemoError> {
    let mut place = HOME;
    for _ in 0..20 {
        if pharmacies_near(api, place).await? == 0 {
            if place != HOME {
                let (lat, lng) = place;
                narrator.remark(&format!(
                    "there are other pharmacies in Kathmandu, so this is played at {lat}, {lng}"
                ));
            }
            return Ok(place);
        }
        let mut random = rand::rng();
        place = (
            round(random.random_range(-50.0..50.0)),
            round(random.random_range(-179.0..179.0)),
        );
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
