//! A consultation, who is what to it, and what becomes of it by what they do.

use serde::{Deserialize, Serialize};

use super::{IllegalStep, Note, Party, Price, State, Step, words};
use crate::account::{PersonName, Specialty};
use crate::ids::{AccountId, EventId};
use crate::moment::Moment;
use crate::organization::Organization;
use crate::request::Header;

/// How often a consultation may be changed before only its end is left. Each change is told, and all
/// that was told is archived in one transaction with the end.
pub const MOST_CHANGES: u32 = 48;

/// A consultation.
#[derive(Debug, Clone, PartialEq)]
pub struct Consultation {
    /// What it has as a request of any kind.
    pub header: Header,
    /// What the patient is called.
    pub patient_name: String,
    /// The organization that is asked.
    pub hospital: Organization,
    /// In what field, if the patient says.
    pub specialty: Option<Specialty>,
    /// What it is about; none once the patient has left.
    pub description: Option<Note>,
    /// When the patient would like it.
    pub preferred_date: Option<Moment>,
    /// Where it stands.
    pub state: State,
    /// To whom it is assigned.
    pub doctor: Option<Doctor>,
    /// To whom it was assigned before, and who still have what they were told.
    pub former_doctors: Vec<AccountId>,
    /// When it takes place, as far as that is known.
    pub appointment_date: Option<Moment>,
    /// What the doctor asks for it.
    pub price: Option<Price>,
    /// What the doctor says with the offer, or on declining.
    pub doctor_message: Option<Note>,
    /// What the doctor suggests.
    pub suggestion: Option<Suggestion>,
    /// When it was completed, or called off.
    pub ended_at: Option<Moment>,
    /// How often it was changed; a change is made to the version that it was decided on.
    pub version: u32,
}

/// A doctor, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctor {
    /// Their account.
    pub account: AccountId,
    /// What they are called.
    pub name: PersonName,
}

/// What a doctor offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// When.
    pub appointment_date: Moment,
    /// For how much.
    pub price: Option<Price>,
    /// And what they say besides.
    pub message: Option<Note>,
}

/// A treatment that a doctor suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Where.
    pub hospital: Organization,
    /// What; none once its patient has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Note>,
    /// Whether that hospital has accepted it.
    pub is_accepted: bool,
    /// When it was made.
    pub at: Moment,
}

/// For whom somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// A patient, for themselves.
    Patient(AccountId),
    /// A doctor, for themselves.
    Doctor(AccountId),
    /// One who speaks for an organization.
    Organization(AccountId),
}

/// A step with all that it brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// The hospital accepts, with a doctor.
    Accept {
        /// Which.
        doctor: Doctor,
        /// When it could take place.
        appointment_date: Option<Moment>,
    },
    /// The doctor offers.
    Offer(Offer),
    /// The doctor declines.
    Decline {
        /// What they say.
        message: Option<Note>,
    },
    /// The patient accepts the offer.
    AcceptOffer,
    /// The patient declines it.
    DeclineOffer,
    /// The doctor suggests.
    Suggest(Suggestion),
    /// The suggested hospital accepts.
    AcceptSuggestion,
    /// Somebody closes it.
    Complete,
    /// Somebody calls it off.
    Cancel,
}

/// Why somebody cannot do what they want to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// They are nobody to it, and are not to know that it is there.
    #[error("{}", words::UNKNOWN)]
    Stranger,
    /// Another party takes this step.
    #[error("{}", words::NOT_YOURS)]
    NotYours,
    /// Where it stands forbids it.
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
    /// It was changed too often.
    #[error("{}", words::TOO_MANY_CHANGES)]
    TooManyChanges,
}

impl AsRef<Header> for Consultation {
    fn as_ref(&self) -> &Header {
        &self.header
    }
}

impl Act {
    /// Which step it is.
    pub const fn step(&self) -> Step {
        match self {
            Self::Accept { .. } => Step::Accept,
            Self::Offer(_) => Step::Offer,
            Self::Decline { .. } => Step::Decline,
            Self::AcceptOffer => Step::AcceptOffer,
            Self::DeclineOffer => Step::DeclineOffer,
            Self::Suggest(_) => Step::Suggest,
            Self::AcceptSuggestion => Step::AcceptSuggestion,
            Self::Complete => Step::Complete,
            Self::Cancel => Step::Cancel,
        }
    }
}

impl Consultation {
    /// Whether a speaker is this to it.
    pub fn is(&self, speaker: Speaker, party: Party) -> bool {
        match (party, speaker) {
            (Party::Patient, Speaker::Patient(account)) => self.header.requester == account,
            (Party::Doctor, Speaker::Doctor(account)) => self
                .doctor
                .as_ref()
                .is_some_and(|doctor| doctor.account == account),
            (Party::Hospital, Speaker::Organization(id)) => self.hospital.id == id,
            (Party::SuggestedHospital, Speaker::Organization(id)) => self
                .suggestion
                .as_ref()
                .is_some_and(|suggestion| suggestion.hospital.id == id),
            (Party::Patient, Speaker::Doctor(_) | Speaker::Organization(_))
            | (Party::Doctor, Speaker::Patient(_) | Speaker::Organization(_))
            | (
                Party::Hospital | Party::SuggestedHospital,
                Speaker::Patient(_) | Speaker::Doctor(_),
            ) => false,
        }
    }

    /// Whether a speaker may know of it.
    pub fn knows(&self, speaker: Speaker) -> bool {
        Party::ALL.into_iter().any(|party| self.is(speaker, party))
    }

    /// What becomes of it when a speaker does something about it, which is told by `event`.
    ///
    /// # Errors
    /// [`Refused`] where they may not, or where it stands forbids it.
    pub fn taken(
        &self,
        speaker: Speaker,
        act: Act,
        event: EventId,
        now: Moment,
    ) -> Result<Self, Refused> {
        if !self.knows(speaker) {
            return Err(Refused::Stranger);
        }
        let may = |party: &Party| self.is(speaker, *party);
        let is_theirs = act.step().by().iter().any(may);
        let next = self.after(act, event, now)?;
        if is_theirs {
            Ok(next)
        } else {
            Err(Refused::NotYours)
        }
    }

    /// What becomes of it by an act at `now`, whoever does it.
    ///
    /// # Errors
    /// [`Refused`] where it stands forbids it.
    pub fn after(&self, act: Act, event: EventId, now: Moment) -> Result<Self, Refused> {
        let state = self.state.after(act.step())?;
        if self.version >= MOST_CHANGES && !state.is_over() {
            return Err(Refused::TooManyChanges);
        }
        let mut next = Self {
            state,
            version: self.version.saturating_add(1),
            ..self.clone()
        };
        next.header.announced.push(event);
        match act {
            Act::Accept {
                doctor,
                appointment_date,
            } => {
                next.release_doctor_for(&doctor);
                next.doctor = Some(doctor);
                next.appointment_date = appointment_date;
                next.take_back_offer();
            }
            Act::Offer(offer) => {
                next.appointment_date = Some(offer.appointment_date);
                next.price = offer.price;
                next.doctor_message = offer.message;
            }
            Act::Decline { message } => {
                next.appointment_date = None;
                next.take_back_offer();
                next.doctor_message = message;
            }
            Act::Suggest(suggestion) => next.suggestion = Some(suggestion),
            Act::AcceptSuggestion => {
                if let Some(suggestion) = &mut next.suggestion {
                    suggestion.is_accepted = true;
                }
            }
            Act::Complete | Act::Cancel => next.ended_at = Some(now),
            Act::AcceptOffer | Act::DeclineOffer => {}
        }
        Ok(next)
    }

    /// What is left of it once its patient has left: what happened, and not to whom.
    #[must_use]
    pub fn without_patient(&self) -> Self {
        let suggestion = self.suggestion.clone().map(|suggestion| Suggestion {
            text: None,
            ..suggestion
        });
        Self {
            patient_name: words::DELETED.to_owned(),
            description: None,
            doctor_message: None,
            suggestion,
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }

    /// Whether its patient has left.
    pub fn has_lost_its_patient(&self) -> bool {
        self.patient_name == words::DELETED && self.description.is_none()
    }

    /// What is left of it once its doctor has left.
    #[must_use]
    pub fn without_doctor(&self) -> Self {
        Self {
            doctor: None,
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }

    fn release_doctor_for(&mut self, next: &Doctor) {
        let former = self.doctor.as_ref().map(|doctor| doctor.account);
        let former = former.filter(|former| *former != next.account);
        if let Some(former) = former
            && !self.former_doctors.contains(&former)
        {
            self.former_doctors.push(former);
        }
    }

    fn take_back_offer(&mut self) {
        self.price = None;
        self.doctor_message = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests;
