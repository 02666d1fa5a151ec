use std::collections::BTreeSet;

use serde_json::json;
use ulid::Ulid;

use super::{Act, Consultation, Doctor, MOST_CHANGES, Offer, Refused, Speaker, Suggestion};
use crate::account::{HospitalName, PersonName};
use crate::audience::Audience;
use crate::consultation::{
    Channel, News, Note, Party, Price, State, Step, send_notification, words,
};
use crate::ids::{AccountId, EventId, RequestId};
use crate::moment::Moment;
use crate::notice::Topic;
use crate::organization::Organization;
use crate::request::Header;
use crate::role::Role;

fn now() -> Moment {
    "2026-02-24T10:30:00Z".parse().unwrap()
}

pub(in crate::consultation) fn account(number: u128) -> AccountId {
    AccountId::new(Ulid::from(number))
}

fn event(number: u128) -> EventId {
    EventId::new(Ulid::from(number))
}

fn hospital(number: u128, name: &str) -> Organization {
    Organization {
        id: account(number),
        name: HospitalName::parse(name).unwrap(),
    }
}

pub(in crate::consultation) const PATIENT: u128 = 1;
const HOSPITAL: u128 = 2;
pub(in crate::consultation) const DOCTOR: u128 = 3;
const OTHER: u128 = 4;

pub(in crate::consultation) fn asked() -> Consultation {
    let header = Header::new(
        RequestId::new(Ulid::from(44)),
        account(PATIENT),
        &Audience::new(Vec::new()),
        now(),
    );
    Consultation {
        header,
        patient_name: "John Doe".to_owned(),
        hospital: hospital(HOSPITAL, "Tunis Care Hospital"),
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

fn act(step: Step) -> Act {
    match step {
        Step::Accept => Act::Accept {
            doctor: Doctor {
                account: account(DOCTOR),
                name: PersonName::parse("Dr. Smith").unwrap(),
            },
            appointment_date: None,
        },
        Step::Offer => Act::Offer(Offer {
            appointment_date: "2026-05-05T10:00:00Z".parse().unwrap(),
            price: Some(Price::parse("150.00").unwrap()),
            message: Some(Note::parse("Come early").unwrap()),
        }),
        Step::Decline => Act::Decline { message: None },
        Step::AcceptOffer => Act::AcceptOffer,
        Step::DeclineOffer => Act::DeclineOffer,
        Step::Suggest => Act::Suggest(Suggestion {
            hospital: hospital(OTHER, "Sousse Clinic"),
            text: Some(Note::parse("An operation").unwrap()),
            is_accepted: false,
            at: now(),
        }),
        Step::AcceptSuggestion => Act::AcceptSuggestion,
        Step::Complete => Act::Complete,
        Step::Cancel => Act::Cancel,
    }
}

fn after(steps: &[Step]) -> Consultation {
    steps.iter().fold(asked(), |consultation, step| {
        consultation.after(act(*step), event(100), now()).unwrap()
    })
}

pub(in crate::consultation) fn confirmed() -> Consultation {
    after(&[
        Step::Accept,
        Step::Offer,
        Step::AcceptOffer,
        Step::Suggest,
        Step::AcceptSuggestion,
    ])
}

const SPEAKERS: [Speaker; 8] = [
    Speaker::Patient(AccountId::new(Ulid(PATIENT))),
    Speaker::Patient(AccountId::new(Ulid(DOCTOR))),
    Speaker::Doctor(AccountId::new(Ulid(DOCTOR))),
    Speaker::Doctor(AccountId::new(Ulid(PATIENT))),
    Speaker::Organization(AccountId::new(Ulid(HOSPITAL))),
    Speaker::Organization(AccountId::new(Ulid(OTHER))),
    Speaker::Organization(AccountId::new(Ulid(PATIENT))),
    Speaker::Organization(AccountId::new(Ulid(DOCTOR))),
];

#[test]
fn a_speaker_is_what_their_role_and_id_make_them() {
    let known: Vec<bool> = SPEAKERS.map(|speaker| confirmed().knows(speaker)).to_vec();
    assert_eq!(known, [true, false, true, false, true, true, false, false]);
    let at_first: Vec<bool> = SPEAKERS.map(|speaker| asked().knows(speaker)).to_vec();
    assert_eq!(
        at_first,
        [true, false, false, false, true, false, false, false]
    );
}

#[test]
fn nobody_takes_a_step_that_is_not_theirs() {
    for state in State::ALL {
        let consultation = Consultation {
            state,
            ..confirmed()
        };
        for step in Step::ALL {
            for speaker in SPEAKERS {
                let outcome = consultation.taken(speaker, act(step), event(1), now());
                let may = step
                    .by()
                    .iter()
                    .any(|party| consultation.is(speaker, *party));
                let expected = match state.after(step) {
                    _ if !consultation.knows(speaker) => Err(Refused::Stranger),
                    Err(illegal) => Err(Refused::Illegal(illegal)),
                    Ok(_) if !may => Err(Refused::NotYours),
                    Ok(next) => Ok(next),
                };
                assert_eq!(
                    outcome.map(|next| next.state),
                    expected,
                    "{state:?} {step:?}"
                );
            }
        }
    }
}

#[test]
fn a_step_changes_what_it_brings_and_is_written_down() {
    let offered = after(&[Step::Accept, Step::Offer]);
    assert_eq!(offered.state, State::Offered);
    assert_eq!(offered.version, 2);
    assert_eq!(offered.header.announced, [event(100), event(100)]);
    assert_eq!(offered.price.as_ref().unwrap().as_str(), "150.00");
    let declined = offered.after(act(Step::Decline), event(7), now()).unwrap();
    assert_eq!((&declined.price, declined.appointment_date), (&None, None));
    let reassigned = declined.after(act(Step::Accept), event(8), now()).unwrap();
    assert_eq!(reassigned.state, State::Assigned);
    assert_eq!(reassigned.former_doctors, []);
    let another = Act::Accept {
        doctor: Doctor {
            account: account(9),
            name: PersonName::parse("Dr. Jones").unwrap(),
        },
        appointment_date: None,
    };
    let released = declined.after(another, event(9), now()).unwrap();
    assert_eq!(released.former_doctors, [account(DOCTOR)]);
    assert_eq!(confirmed().ended_at, None);
    assert!(confirmed().suggestion.unwrap().is_accepted);
    let again = after(&[
        Step::Accept,
        Step::Offer,
        Step::AcceptOffer,
        Step::Suggest,
        Step::Suggest,
    ]);
    assert!(!again.suggestion.unwrap().is_accepted);
}

#[test]
fn only_the_end_is_left_of_one_that_was_changed_too_often() {
    let mut offered = after(&[Step::Accept, Step::Offer]);
    offered.version = MOST_CHANGES;
    let refused = offered.after(act(Step::DeclineOffer), event(1), now());
    assert_eq!(refused.unwrap_err(), Refused::TooManyChanges);
    let cancelled = offered.after(act(Step::Cancel), event(1), now()).unwrap();
    assert_eq!(cancelled.ended_at, Some(now()));
}

#[test]
fn who_left_is_in_nothing_that_stays() {
    let left = confirmed().without_patient();
    assert!(left.has_lost_its_patient() && !confirmed().has_lost_its_patient());
    for news in [News::Cancelled, News::Suggested, News::Asked, News::Offered] {
        let text = serde_json::to_string(&send_notification(&left, news)).unwrap();
        for secret in ["John", "hurts", "operation", "early"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(confirmed().without_doctor().doctor, None);
}

#[test]
fn a_message_is_the_seeds() {
    let offered = after(&[Step::Accept, Step::Offer]);
    let message = send_notification(&offered, News::Offered);
    assert_eq!(message.kind, "send_notification");
    assert_eq!(
        serde_json::Value::Object(message.fields),
        json!({
            "channel": "doctor-consultation-response-accepted",
            "data": {
                "message": "The doctor has responded to your consultation request with an offer",
                "patient": "John Doe",
                "doctor": "Dr. Smith",
                "appointment_date": "2026-05-05T10:00:00.000Z",
                "organization": {"id": account(HOSPITAL), "name": "Tunis Care Hospital"},
                "consultation_request_id": RequestId::new(Ulid::from(44)),
                "status": "Offered",
                "price": "150.00",
                "doctor_message": "Come early",
            },
        })
    );
    let accepted = send_notification(&confirmed(), News::SuggestionAccepted);
    assert_eq!(accepted.fields["channel"], "patient-doctor-suggest");
    let data = &accepted.fields["data"];
    assert_eq!(data["status"], "accepted");
    assert_eq!(data["organization"]["name"], "Sousse Clinic");
}

#[test]
fn every_step_is_told_on_a_channel_that_its_hearers_may_open() {
    for step in Step::ALL {
        for (party, news) in step.tells() {
            let role = match party {
                Party::Patient => Role::Patient,
                Party::Doctor => Role::Doctor,
                Party::Hospital | Party::SuggestedHospital => Role::Hospital,
            };
            assert!(news.channel().roles().contains(&role), "{step:?} {news:?}");
        }
        let parties: BTreeSet<&str> = step
            .tells()
            .iter()
            .map(|(party, _)| party.as_str())
            .collect();
        assert_eq!(parties.len(), step.tells().len(), "{step:?}");
    }
    for channel in Channel::ALL {
        assert_eq!(Channel::named(channel.as_str()), Some(channel));
    }
}

#[test]
fn a_locked_screen_names_nobody() {
    for step in Step::ALL {
        for (_, news) in step.tells() {
            let notice = send_notification(&confirmed(), *news).notice.unwrap();
            assert_eq!(notice.topic, Topic::Consultation);
            let shown = format!("{} {}", notice.title, notice.body);
            for name in ["John", "Smith", "Tunis", "Sousse", "operation", "hurts"] {
                assert!(!shown.contains(name), "{shown}");
            }
            assert_eq!(notice.body, words::of(*news).sentence);
        }
    }
}
