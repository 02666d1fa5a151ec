//! A donor's move towards a request, whichever it is: who may make it, what the rule says, the one
//! commit, and the answer.
//!
//! Leaves behind the donor's answer, the request's counts, and a `donor_response` for the requester where
//! the donor stands elsewhere than before. What is decided holds only for what was read; whoever is
//! overtaken, by others or by themselves, decides again.

use callout_cloud::accounts::Accounts;
use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::requests::blood::Moved;
use callout_cloud::{Cloud, clock, contention};
use callout_domain::account::{Account, DonationDate, DonorProfile, Profile};
use callout_domain::blood::{
    Answered, BloodRequest, DonorResponse, Move, Standing, State, TooSoon, may_confirm, may_donate,
};
use callout_domain::geo::DistanceKm;
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::json;
use time::Duration;

use crate::blood::refused;
use crate::blood::telling::Tidings;
use crate::http::{Answer, Call, Failure, Form};
use crate::requests::unknown;

/// Refusals that say that something is not as it was read.
const OVERTAKEN: [Guard; 4] = [
    Guard::FirstResponse,
    Guard::ResponseUnchanged,
    Guard::RequestUnchanged,
    Guard::AccountUnchanged,
];

/// Where a donor's move has led.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    request: BloodRequest,
    standing: Standing,
    state: State,
}

/// Makes the caller's move towards the request that the body names.
pub(super) async fn make(call: &Call, step: Move) -> Result<Made, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Donor])?;
    let id = named(&mut call.json()?)?;

    let table = Table {
        cloud: call.cloud,
        accounts: call.cloud.accounts().await?,
        requests: call.cloud.requests().await?,
        lifetime: call.cloud.blood_lifetime()?,
        now: call.now,
    };
    for tries in 0..contention::TRIES {
        // Boxed: three reads at once make a large future.
        let scene = Box::pin(table.read(id, caller.account, step)).await?;
        let Some(answered) = table.judge(&scene, step)? else {
            return Ok(scene.unmoved(table.lifetime, table.now));
        };
        match table.commit(&scene, step, &answered).await {
            Ok(()) => return Ok(Made::of(answered)),
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
                return Err(Failure::unauthenticated());
            }
            Err(CommitError::Refused(refusal)) if OVERTAKEN.contains(&refusal.guard) => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

/// The request that a body names in either spelling; 404 for what is no id.
fn named(form: &mut Form) -> Result<RequestId, Failure> {
    let name = form.either("requestId", "request_id");
    let id = form.required(name, |given| given.text().map(str::to_owned));
    form.check()?;
    let id = id.ok_or_else(|| form.reject())?;
    id.parse().map_err(|_| unknown())
}

/// What a move is made with.
struct Table {
    cloud: &'static Cloud,
    accounts: Accounts,
    requests: Requests,
    lifetime: Duration,
    now: Moment,
}

/// What a move is decided on.
struct Scene {
    donor: Account,
    profile: DonorProfile,
    request: BloodRequest,
    /// The donor's answer, if they have moved before.
    earlier: Option<DonorResponse>,
    /// Whether the donor is known to be of those who were told.
    was_told: bool,
}

impl Table {
    /// 404 for a request that does not reach the donor, 400 for their own.
    async fn read(&self, id: RequestId, donor: AccountId, step: Move) -> Result<Scene, Failure> {
        let (donor, request, earlier) = futures::try_join!(
            self.accounts.read(donor),
            self.requests.read::<BloodRequest>(id, self.now),
            self.requests.answer::<DonorResponse>(id, donor, self.now),
        )?;
        let donor = donor.ok_or_else(Failure::unauthenticated)?;
        let Profile::Donor(profile) = donor.profile.clone() else {
            return Err(Failure::unauthenticated());
        };
        let request = request.ok_or_else(unknown)?;
        if request.header.requester == donor.id {
            return Err(own_request());
        }
        let was_told = earlier.as_ref().is_some_and(|earlier| earlier.was_told);
        let mut scene = Scene {
            donor,
            profile,
            request,
            earlier,
            was_told,
        };
        // The audience of a large city is long: read only where it decides something.
        if !scene.was_told && (step == Move::Ignore || !scene.is_in_reach()) {
            scene.was_told = self.was_told(&scene.request, scene.donor.id).await?;
        }
        if scene.is_in_reach() {
            Ok(scene)
        } else {
            Err(unknown())
        }
    }

    async fn was_told(&self, request: &BloodRequest, donor: AccountId) -> Result<bool, CloudError> {
        let told = self.requests.told(&request.header, donor).await?;
        Ok(told.is_some())
    }

    /// What the move comes to; nothing, if the donor stands where it leads already.
    fn judge(&self, scene: &Scene, step: Move) -> Result<Option<Answered>, Failure> {
        let standing = scene.standing();
        if (standing, step) == (Standing::Ignored, Move::Ignore) {
            return Ok(None);
        }
        let from = (standing, scene.was_told);
        let answered = scene
            .request
            .answer(scene.donor.id, from, step, self.lifetime, self.now)
            .map_err(refused)?;
        if let (Move::Accept, Some(earlier)) = (step, &scene.earlier) {
            earlier.may_accept().map_err(refused)?;
        }
        let today = DonationDate::of(self.now);
        let rested = match step {
            Move::Accept => {
                let interval = self.cloud.donation_interval()?;
                may_donate(scene.profile.last_donation_date, interval, today)
            }
            Move::Confirm => {
                let interval = self.cloud.donation_interval()?;
                may_confirm(&scene.profile, scene.request.header.id, interval, today)
            }
            Move::Call | Move::Withdraw | Move::Ignore => Ok(()),
        };
        rested.map_err(too_soon)?;
        Ok(Some(answered).filter(|answered| answered.standing != standing))
    }

    async fn commit(
        &self,
        scene: &Scene,
        step: Move,
        answered: &Answered,
    ) -> Result<(), CommitError> {
        let mut response = scene.response(answered.standing, self.now);
        let tidings = Tidings::of(&scene.request, answered, &response);
        response.reported.extend(tidings.report());

        let mut commit = self.cloud.commit().await;
        let moved = Moved {
            request: &scene.request,
            earlier: scene.earlier.as_ref(),
            answered,
            response: &response,
            covered: tidings.covered(),
        };
        self.requests
            .blood()
            .answer(&mut commit, moved, self.lifetime)?;
        self.touch_account(&mut commit, scene, step)?;
        tidings.post(self.cloud, &mut commit).await?;
        commit.run().await
    }

    /// The donor's account must be there still; that they gave blood is written down there.
    fn touch_account(
        &self,
        commit: &mut Commit,
        scene: &Scene,
        step: Move,
    ) -> Result<(), CloudError> {
        if step == Move::Confirm {
            let given = scene.having_given(DonationDate::of(self.now));
            self.accounts.change(commit, &scene.donor, &given)
        } else {
            self.accounts.must_be_there(commit, scene.donor.id)
        }
    }
}

impl Scene {
    fn standing(&self) -> Standing {
        self.earlier
            .as_ref()
            .map(|earlier| earlier.standing)
            .unwrap_or_default()
    }

    /// Whether the donor may know of the request: once they were told of it or have answered it, for
    /// good.
    fn is_in_reach(&self) -> bool {
        self.was_told || self.earlier.is_some() || self.request.is_open_to(&self.profile.city)
    }

    /// The donor's answer once they stand there.
    fn response(&self, standing: Standing, now: Moment) -> DonorResponse {
        let earlier = self.earlier.as_ref();
        let distance = self.request.distance_to(self.profile.position);
        DonorResponse {
            id: earlier.map_or_else(|| ResponseId::new(clock::fresh_ulid()), |was| was.id),
            request: self.request.header.id,
            donor: self.donor.id,
            name: self.donor.name.clone(),
            phone_number: Some(self.donor.phone_number.clone()),
            blood_group: self.profile.blood_group,
            distance_km: distance.map(DistanceKm::rounded),
            standing,
            at: now,
            was_told: self.was_told,
            reported: earlier.map(|was| was.reported.clone()).unwrap_or_default(),
        }
    }

    /// The donor's account once they gave for the request on a day, or on the later one that it names
    /// already. It changes in any case: of two confirmations at once, one finds it changed.
    fn having_given(&self, day: DonationDate) -> Account {
        let profile = DonorProfile {
            last_donation_date: self.profile.last_donation_date.max(Some(day)),
            last_donation_for: Some(self.request.header.id),
            ..self.profile.clone()
        };
        Account {
            profile: Profile::Donor(profile),
            ..self.donor.clone()
        }
    }

    fn unmoved(self, lifetime: Duration, now: Moment) -> Made {
        Made {
            standing: self.standing(),
            state: self.request.state_at(lifetime, now),
            request: self.request,
        }
    }
}

impl Made {
    fn of(answered: Answered) -> Self {
        Self {
            standing: answered.standing,
            state: answered.request.state,
            request: answered.request,
        }
    }

    /// 200 with this sentence, and whom to call where the donor may.
    pub(super) fn answer(&self, sentence: &str) -> Answer {
        let request = &self.request;
        let mut body = json!({
            "success": true,
            "message": sentence,
            "requestId": request.header.id,
            "request_id": request.header.id,
            "response": self.standing,
            "status": self.state.as_str(),
        });
        if self.state == State::Active && self.may_call() {
            for (name, value) in [
                ("attenderName", json!(request.attender_name)),
                ("attenderNumber", json!(request.attender_number)),
                ("hospitalName", json!(request.hospital_name)),
                ("location", json!(request.location)),
            ] {
                body[name] = value;
            }
        }
        if self.standing.sees_patient_number() {
            body["patientName"] = json!(request.patient_name);
            body["patientNumber"] = json!(request.patient_number);
        }
        Answer::ok(body)
    }

    const fn may_call(&self) -> bool {
        match self.standing {
            Standing::Called | Standing::Accepted | Standing::Confirmed => true,
            Standing::Silent | Standing::Withdrawn | Standing::Ignored => false,
        }
    }
}

fn too_soon(why: TooSoon) -> Failure {
    Failure::bad("too_soon", why.to_string())
}

fn own_request() -> Failure {
    Failure::bad("own_request", "This is your own request")
}

/// What every move of a donor takes, answers and refuses.
#[cfg(test)]
pub(super) fn described(
    summary: &'static str,
    step: Move,
    leads: Standing,
) -> crate::api::Operation {
    use crate::api::{
        address, blood_state, closed, constant, contact_number, hospital_name, id, open, operation,
        person_name, standing, text, ulid,
    };
    let answered = closed()
        .with("success", constant(true))
        .with("message", text())
        .with("requestId", ulid())
        .with("request_id", ulid())
        .with("response", standing())
        .with("status", blood_state())
        .may("attenderName", person_name())
        .may("attenderNumber", contact_number())
        .may("hospitalName", hospital_name())
        .may("location", address())
        .may("patientName", person_name())
        .may("patientNumber", contact_number());
    operation(summary)
        .by(&[Role::Donor])
        .takes(
            open().either("requestId", "request_id", ulid()),
            json!({"requestId": id('B')}),
        )
        .answers(
            200,
            "Where the donor and the request stand now, and whom to call where the donor may.",
            answered.named("BloodMove"),
            json!({
                "success": true, "message": "…", "requestId": id('B'), "request_id": id('B'),
                "response": leads, "status": "Active",
            }),
        )
        .refuses(unknown())
        .refuses(own_request())
        .refuses_any(refusals(step))
}

/// Every refusal of a move that the rules have, wherever the donor and the request may stand.
#[cfg(test)]
fn refusals(step: Move) -> Vec<Failure> {
    use callout_domain::blood::{DonationInterval, Refused, Step};
    // Who never accepted confirms nothing, and is told so as for any other answer.
    let steps = if step == Move::Confirm {
        &[Step::Confirm, Step::Answer][..]
    } else {
        &[Step::Answer]
    };
    let over = steps
        .iter()
        .flat_map(|step| State::ALL.map(|state| state.after(*step).err().map(Refused::Over)));
    let not_open = Standing::ALL.map(|standing| standing.after(step).err().map(Refused::NotOpen));
    let mut all: Vec<Failure> = over.chain(not_open).flatten().map(refused).collect();
    if step == Move::Accept {
        all.extend([Refused::Covered, Refused::TooOften].map(refused));
    }
    if matches!(step, Move::Accept | Move::Confirm) {
        let day: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let from = DonationDate::of(day);
        let interval = DonationInterval::default();
        all.push(too_soon(TooSoon { interval, from }));
    }
    all
}

#[cfg(test)]
mod tests;
