//! The items of consultations, attribute by attribute, as far as they are their own.

use callout_domain::account::Specialty;
use callout_domain::consultation::{Consultation, Doctor, Note, Price, State, Suggestion};
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::organization::Organization;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::requests::KEPT;
use crate::requests::consultation::CONSULTATION;
use crate::requests::kept::{self, Answered, Kept};
use crate::stored::{self, Item, n};

/// How long what is said about a consultation is kept beyond its day.
const TALK_KEPT: Duration = Duration::days(365);

#[derive(Serialize, Deserialize)]
struct StoredConsultation {
    patient_name: String,
    hospital: Organization,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    specialty: Option<Specialty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preferred_date: Option<Moment>,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doctor: Option<Doctor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_doctors: Vec<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appointment_date: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doctor_message: Option<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suggestion: Option<Suggestion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
    version: u32,
}

/// A doctor or an organization that is a party to a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartyTo {
    id: ResponseId,
    /// To which consultation.
    pub consultation: RequestId,
    /// Which doctor, or which organization.
    pub party: AccountId,
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

/// The item of a consultation that was changed just now.
pub(super) fn item(consultation: &Consultation, now: Moment) -> Result<Item, CloudError> {
    let besides = StoredConsultation {
        patient_name: consultation.patient_name.clone(),
        hospital: consultation.hospital.clone(),
        specialty: consultation.specialty.clone(),
        description: consultation.description.clone(),
        preferred_date: consultation.preferred_date,
        state: consultation.state,
        doctor: consultation.doctor.clone(),
        former_doctors: consultation.former_doctors.clone(),
        appointment_date: consultation.appointment_date,
        price: consultation.price.clone(),
        doctor_message: consultation.doctor_message.clone(),
        suggestion: consultation.suggestion.clone(),
        ended_at: consultation.ended_at,
        version: consultation.version,
    };
    let item = kept::request_item(CONSULTATION, &consultation.header, &besides)?;
    Ok(ending(item, consultation, now))
}

/// The item by which a party finds a consultation.
pub(super) fn party(
    consultation: &Consultation,
    party: AccountId,
    now: Moment,
) -> Result<Item, CloudError> {
    let answered = Answered {
        id: ResponseId::of_party(consultation.header.id),
        request: consultation.header.id,
        responder: party,
    };
    let item = kept::answer_item(CONSULTATION, &consultation.header, answered, &Nothing {})?;
    Ok(ending(item, consultation, now))
}

/// Other kinds are over in days; this one may be about a day that is months away.
fn ending(mut item: Item, consultation: &Consultation, now: Moment) -> Item {
    let ends = n(last_day(consultation, now).plus(KEPT).unix_seconds());
    item.insert("expires_at".to_owned(), ends);
    item
}

/// The day that it is about, if that is to come.
fn last_day(consultation: &Consultation, now: Moment) -> Moment {
    let day = consultation
        .appointment_date
        .max(consultation.preferred_date);
    day.map_or(now, |day| day.max(now))
}

/// Until when it is kept what is said about it now. That does not move with the consultation, which each
/// change keeps longer: so it is long from the beginning, and the numbers of what was said go on.
pub(in crate::requests) fn talk_is_kept_until(consultation: &Consultation, now: Moment) -> Moment {
    last_day(consultation, now).plus(TALK_KEPT)
}

impl Kept for Consultation {
    const KIND: &'static str = CONSULTATION;
    type Id = RequestId;

    fn id(&self) -> RequestId {
        self.header.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let header = kept::header(&item)?;
        let stored: StoredConsultation = stored::read("a consultation", item)?;
        Ok(Self {
            header,
            patient_name: stored.patient_name,
            hospital: stored.hospital,
            specialty: stored.specialty,
            description: stored.description,
            preferred_date: stored.preferred_date,
            state: stored.state,
            doctor: stored.doctor,
            former_doctors: stored.former_doctors,
            appointment_date: stored.appointment_date,
            price: stored.price,
            doctor_message: stored.doctor_message,
            suggestion: stored.suggestion,
            ended_at: stored.ended_at,
            version: stored.version,
        })
    }
}

impl Kept for PartyTo {
    const KIND: &'static str = CONSULTATION;
    type Id = ResponseId;

    fn id(&self) -> ResponseId {
        self.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let answered = kept::answered(&item)?;
        Ok(Self {
            id: answered.id,
            consultation: answered.request,
            party: answered.responder,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use callout_domain::account::{HospitalName, PersonName, Specialty};
    use callout_domain::audience::Audience;
    use callout_domain::consultation::{Consultation, Doctor, Note, Price, State, Suggestion};
    use callout_domain::ids::{AccountId, RequestId};
    use callout_domain::moment::Moment;
    use callout_domain::organization::Organization;
    use callout_domain::request::Header;
    use time::Duration;
    use ulid::Ulid;

    use crate::requests::KEPT;
    use crate::requests::consultation::PartyTo;
    use crate::requests::kept;
    use crate::stored;

    pub(in crate::requests::consultation) fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn hospital(id: u128) -> Organization {
        Organization {
            id: AccountId::new(Ulid::from(id)),
            name: HospitalName::parse("Tunis Care").unwrap(),
        }
    }

    fn asked() -> Consultation {
        Consultation {
            header: Header::new(
                RequestId::new(Ulid::from(1)),
                AccountId::new(Ulid::from(7)),
                &Audience::new(Vec::new()),
                now(),
            ),
            patient_name: "John Doe".to_owned(),
            hospital: hospital(8),
            specialty: None,
            description: Some(Note::parse("It hurts").unwrap()),
            preferred_date: None,
            state: State::Pending,
            doctor: None,
            former_doctors: Vec::new(),
            appointment_date: None,
            price: None,
            doctor_message: None,
            suggestion: None,
            ended_at: None,
            version: 0,
        }
    }

    pub(in crate::requests::consultation) fn whole() -> Consultation {
        Consultation {
            specialty: Some(Specialty::parse("Cardiology").unwrap()),
            preferred_date: Some(now().plus(Duration::days(1))),
            state: State::Confirmed,
            doctor: Some(Doctor {
                account: AccountId::new(Ulid::from(9)),
                name: PersonName::parse("Dr. Smith").unwrap(),
            }),
            former_doctors: vec![AccountId::new(Ulid::from(11))],
            appointment_date: Some(now().plus(Duration::days(2))),
            price: Some(Price::parse("150.00").unwrap()),
            doctor_message: Some(Note::parse("Come early").unwrap()),
            suggestion: Some(Suggestion {
                hospital: hospital(10),
                text: None,
                is_accepted: true,
                at: now(),
            }),
            ended_at: Some(now()),
            version: 5,
            ..asked()
        }
    }

    #[test]
    fn a_consultation_reads_back_whole_and_bare() {
        for one in [asked(), whole()] {
            let item = super::item(&one, now()).unwrap();
            assert_eq!(kept::read(item, now()).unwrap(), Some(one));
        }
    }

    #[test]
    fn it_is_kept_ninety_days_beyond_its_appointment() {
        let item = super::item(&whole(), now()).unwrap();
        let end = now().plus(Duration::days(2)).plus(KEPT);
        assert_eq!(item["expires_at"], stored::n(end.unix_seconds()));
        let later = now().plus(Duration::days(30));
        let item = super::party(&whole(), hospital(8).id, later).unwrap();
        let end = later.plus(KEPT).unix_seconds();
        assert_eq!(item["expires_at"], stored::n(end));
    }

    #[test]
    fn what_is_said_about_it_outlives_it() {
        let kept = super::talk_is_kept_until(&whole(), now());
        assert_eq!(kept, now().plus(Duration::days(2 + 365)));
        let later = now().plus(Duration::days(30));
        let kept = super::talk_is_kept_until(&whole(), later);
        assert_eq!(kept, later.plus(Duration::days(365)));
    }

    #[test]
    fn a_party_finds_it_by_its_own_id() {
        let item = super::party(&whole(), hospital(8).id, now()).unwrap();
        assert_eq!(item["mine_sk"], stored::s(whole().header.id.to_string()));
        let read: Option<PartyTo> = kept::read(item, now()).unwrap();
        let read = read.unwrap();
        assert_eq!(read.consultation, whole().header.id);
        assert_eq!(read.party, hospital(8).id);
    }
}
