//! What is asked for, by whom, and what a donor's answer does to it.

use serde::{Deserialize, Serialize};
use time::Duration;

use super::{
    ContactNumber, DonationInterval, Donor, IllegalMove, IllegalStep, Matching, Move, Standing,
    State, Step, Units, Urgency,
};
use crate::account::{
    Address, BloodGroup, City, DonationDate, HospitalName, PersonName, PhoneNumber,
};
use crate::geo::{DistanceKm, GeoPoint, RadiusKm};
use crate::ids::{AccountId, EventId, RequestId, ResponseId};
use crate::moment::Moment;
use crate::request::Header;

/// A request for blood.
#[derive(Debug, Clone, PartialEq)]
pub struct BloodRequest {
    /// What every request has.
    pub header: Header,
    /// What its requester is called; the requester's own number is nobody's.
    pub requester_name: PersonName,
    /// Who needs blood.
    pub patient_name: PersonName,
    /// The patient's number: for the requester, and for donors who accepted.
    pub patient_number: ContactNumber,
    /// Who is with the patient.
    pub attender_name: PersonName,
    /// The attender's number: whoever is told may call it.
    pub attender_number: ContactNumber,
    /// The patient's blood group.
    pub blood_group: BloodGroup,
    /// How much is needed.
    pub units: Units,
    /// How soon.
    pub urgency: Urgency,
    /// Where to.
    pub hospital_name: HospitalName,
    /// The hospital's postal address.
    pub location: Address,
    /// The hospital's city.
    pub city: City,
    /// Where donors are looked for; in the city if nothing is said.
    pub around: Option<Around>,
    /// Which of these donors are told.
    pub matching: Matching,
    /// What was written last of where it stands; [`BloodRequest::state_at`] judges.
    pub state: State,
    /// How many donors have promised a unit; those who gave it are among them.
    pub accepted: u16,
    /// How many have given it.
    pub confirmed: u16,
    /// How many of those who were told have ignored it.
    pub ignored: u32,
    /// How many have taken their promise back, told or not, and given none again.
    pub withdrawn: u32,
    /// Who has promised a unit, or given it.
    pub givers: Vec<AccountId>,
    /// When everybody who was told had ignored it for the first time; its requester was told then.
    pub all_ignored_at: Option<Moment>,
}

/// The surroundings of a place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// Where the need is.
    pub center: GeoPoint,
    /// How far it reaches.
    pub radius: RadiusKm,
}

/// A donor's answer to a request; each has one, and it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct DonorResponse {
    /// Its name.
    pub id: ResponseId,
    /// What it answers.
    pub request: RequestId,
    /// Who answers.
    pub donor: AccountId,
    /// What they are called.
    pub name: PersonName,
    /// Where they are reached; nowhere once they have left.
    pub phone_number: Option<PhoneNumber>,
    /// What they can give.
    pub blood_group: BloodGroup,
    /// How far they are from the need in kilometres to two decimals, if both have a position.
    pub distance_km: Option<f64>,
    /// What they did last.
    pub standing: Standing,
    /// When they did that.
    pub at: Moment,
    /// Whether they are known to be of those who were told of the request; of whoever ignores it that
    /// is found out, for they are counted.
    pub was_told: bool,
    /// The events by which whoever asked was told what they did, oldest first.
    pub reported: Vec<EventId>,
}

/// What a donor's move comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Where the donor stands now.
    pub standing: Standing,
    /// The request as it is now: its counts, and perhaps its state.
    pub request: BloodRequest,
    /// What follows from it for others.
    pub consequence: Option<Consequence>,
}

/// What a donor's move may bring about beyond their own answer. Each happens to a request once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// As many have accepted as units are needed, which the other donors do not know yet.
    Covered,
    /// Everybody who was told has ignored it, which its requester does not know yet.
    IgnoredByAll,
    /// The last unit was given.
    Completed,
}

/// Why a donor's move is not to be; its text is the sentence for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The request is over.
    #[error(transparent)]
    Over(#[from] IllegalStep),
    /// The move is not open to a donor who stands there.
    #[error(transparent)]
    NotOpen(#[from] IllegalMove),
    /// As many donors have accepted as units are needed.
    #[error("The units needed are covered already")]
    Covered,
    /// They have come and gone too often already.
    #[error("You have withdrawn from this request too often")]
    TooOften,
}

impl Refused {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Over(illegal) => illegal.code(),
            Self::NotOpen(illegal) => illegal.code(),
            Self::Covered => "covered",
            Self::TooOften => "too_often",
        }
    }
}

impl BloodRequest {
    /// Where it stands, if a request waits for `lifetime`.
    pub fn state_at(&self, lifetime: Duration, now: Moment) -> State {
        self.state.at(self.header.created_at, lifetime, now)
    }

    /// Whether as many donors have accepted as units are needed.
    pub const fn is_covered(&self) -> bool {
        self.accepted >= self.units.get()
    }

    /// Whether everybody who was told of it has ignored it, and somebody was told.
    pub const fn is_ignored_by_all(&self) -> bool {
        self.header.told > 0 && self.ignored >= self.header.told
    }

    /// Whether a donor whom it reaches is told of it on a day. Its requester never is.
    pub fn calls(&self, donor: &Donor, interval: DonationInterval, today: DonationDate) -> bool {
        donor.account != self.header.requester
            && self
                .matching
                .admits(donor, self.blood_group, interval, today)
    }

    /// How far from the need somebody is, if both have a position.
    pub fn distance_to(&self, position: Option<GeoPoint>) -> Option<DistanceKm> {
        Some(self.around?.center.distance_to(position?))
    }

    /// Whether a donor in that city, or at that position, is shown it though they were not told, and
    /// without looking elsewhere.
    pub fn reaches(&self, city: &City, position: Option<GeoPoint>) -> bool {
        let is_near = |around: Around| {
            self.distance_to(position)
                .is_some_and(|distance| around.radius.reaches(distance))
        };
        self.city == *city || self.around.is_some_and(is_near)
    }

    /// Whether a donor of that city may answer it though they were not told: what has a position is
    /// found by whoever looks there, wherever they live, and what can be found can be answered.
    pub fn is_open_to(&self, city: &City) -> bool {
        self.around.is_some() || self.city == *city
    }

    /// What the move of a donor who stands at `standing` comes to at `now`, if a request waits for
    /// `lifetime`. `was_told` says whether they are of those who were told: others may answer as
    /// well, but do not count as ignoring it.
    ///
    /// # Errors
    /// [`Refused`] when the request is over, the move is not open to them, or the units are
    /// covered, looked at in this order. One that its requester has completed is over for all but
    /// those who had promised a unit, and may still say that they gave it.
    pub fn answer(
        &self,
        donor: AccountId,
        (standing, was_told): (Standing, bool),
        step: Move,
        lifetime: Duration,
        now: Moment,
    ) -> Result<Answered, Refused> {
        let leads = if (standing, step) == (Standing::Accepted, Move::Confirm) {
            Step::Confirm
        } else {
            Step::Answer
        };
        let state = self.state_at(lifetime, now).after(leads)?;
        let next = standing.after(step)?;
        let (had, has) = (standing.counts(), next.counts());
        if has.accepted > had.accepted && self.is_covered() {
            return Err(Refused::Covered);
        }

        let mut request = self.clone();
        request.accepted = (self.accepted + has.accepted).saturating_sub(had.accepted);
        request.confirmed = (self.confirmed + has.confirmed).saturating_sub(had.confirmed);
        request.withdrawn = (self.withdrawn + has.withdrawn).saturating_sub(had.withdrawn);
        if was_told {
            request.ignored = (self.ignored + has.ignored).saturating_sub(had.ignored);
        }
        request.givers.retain(|giver| *giver != donor);
        if has.accepted > 0 {
            request.givers.push(donor);
        }
        request.state = if state == State::Active && request.confirmed >= request.units.get() {
            state.after(Step::Complete)?
        } else {
            state
        };
        let consequence = self.consequence(&request);
        if consequence == Some(Consequence::IgnoredByAll) {
            request.all_ignored_at = Some(now);
        }
        Ok(Answered {
            standing: next,
            request,
            consequence,
        })
    }

    /// What it brings about that this request has become that one.
    fn consequence(&self, next: &Self) -> Option<Consequence> {
        // That it is covered is all that its audience is ever told while it is active.
        let is_known_covered = !self.header.announced.is_empty();
        if next.state == State::Completed && self.state != State::Completed {
            Some(Consequence::Completed)
        } else if next.is_covered() && !self.is_covered() && !is_known_covered {
            Some(Consequence::Covered)
        } else if next.is_ignored_by_all() && self.all_ignored_at.is_none() {
            Some(Consequence::IgnoredByAll)
        } else {
            None
        }
    }
}

impl DonorResponse {
    /// How often whoever asked is told of one donor before that donor may come no more: each time
    /// disturbs them, and is taken out of their inbox if the donor leaves.
    const MOST_REPORTS: usize = 20;

    /// Whether the donor may still promise a unit, as often as they have come and gone.
    ///
    /// # Errors
    /// [`Refused::TooOften`].
    pub const fn may_accept(&self) -> Result<(), Refused> {
        if self.reported.len() < Self::MOST_REPORTS {
            Ok(())
        } else {
            Err(Refused::TooOften)
        }
    }
}

impl AsRef<Header> for BloodRequest {
    fn as_ref(&self) -> &Header {
        &self.header
    }
}

#[cfg(test)]
pub(super) mod tests;
