//! Who plays.

use serde_json::json;

use super::DemoError;
use super::accounts::{AccountsFile, Former};
use super::clinic::{self, Clinic};
use super::events::Blanks;
use super::narrator::{Narrator, equal};
use super::street::{self, Scene, Street};
use super::work::{self, Crew};
use crate::client::{Account, Api};

/// Where the donors live, and what they have and need.
pub(super) const CITY: &str = "Kathmandu";
pub(super) const BLOOD_GROUP: &str = "O+";
const DONORS: [&str; 3] = ["Maya Gurung", "Ravi Thapa", "Anil Rai"];

/// Everybody in the story.
#[derive(Debug)]
pub(super) struct Cast {
    /// A customer, and pharmacies around.
    pub(super) street: Street,
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
        let customer = Blanks::default().with_client("customer", &self.street.customer);
        let pharmacies = self
            .street
            .pharmacies
            .iter()
            .fold(customer, |blanks, pharmacy| {
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
    let scene = Scene::local();
    let street = street::open(api, &scene, narrator, &mut Vec::new()).await?;
    let donors = open_donors(api, &scene).await?;
    narrator.fact(&format!("{}, donors in {CITY}", DONORS.join(", ")));
    let somebody =
        |role: &str, name: &str, number, profile| scene.person(role, name, number, profile);
    let crew = work::open(api, somebody).await?;
    narrator.fact("Asha Karki, who needs work done, and Bikash Magar, who does it");
    let clinic = clinic::open(api, somebody).await?;
    narrator.fact("Tunis Care Hospital, its two clerks and a doctor, and a patient");
    if let Some(file) = file {
        let named = street
            .pharmacies
            .iter()
            .map(|pharmacy| (format!("pharmacy_{}", pharmacy.letter), &pharmacy.account));
        let customer = std::iter::once(("customer".to_owned(), &street.customer));
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
        street,
        donors,
        crew,
        clinic,
    })
}

async fn open_donors(api: &Api, scene: &Scene) -> Result<[Account; 3], DemoError> {
    let opening = async |name: &str, number: u32| -> Result<Account, DemoError> {
        let profile = json!({ "blood_group": BLOOD_GROUP, "city": CITY });
        let account = Account::open(api, scene.person("DONOR", name, number, profile)).await?;
        equal("a donor's role", "DONOR", &account.session.role)?;
        Ok(account)
    };
    let [asks, first, second] = DONORS;
    let (asks, first, second) =
        futures::try_join!(opening(asks, 5), opening(first, 6), opening(second, 7))?;
    Ok([asks, first, second])
}
