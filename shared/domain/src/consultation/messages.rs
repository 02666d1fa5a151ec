//! What people are told of a consultation: the seed's `send_notification`, on one of its channels.

use serde_json::{Value, json};

use super::{Channel, Consultation, Note, Party, State, Step, words};
use crate::event::Message;
use crate::notice::{Notice, Topic, Urgency};

/// The type of every message about a consultation.
pub const SEND_NOTIFICATION: &str = "send_notification";

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// The hospital: a patient asks.
    Asked,
    /// The patient: the hospital has accepted.
    HospitalAccepted,
    /// The doctor: it is theirs.
    Assigned,
    /// The patient: the doctor offers.
    Offered,
    /// The patient: the doctor declines.
    DoctorDeclined,
    /// The hospital: the doctor declines.
    DoctorDeclinedTo,
    /// Hospital and doctor: the patient accepts the offer.
    OfferAccepted,
    /// Hospital and doctor: the patient does not.
    OfferDeclined,
    /// The patient: the doctor suggests.
    Suggested,
    /// The suggested hospital: a doctor has chosen it.
    SelectedByDoctor,
    /// The patient: the hospital has accepted the suggestion.
    SuggestionAccepted,
    /// The doctor: the same.
    SuggestionAcceptedTo,
    /// Everybody: it is over.
    Completed,
    /// Everybody: it is called off.
    Cancelled,
}

impl Step {
    /// Who is told what of it; whoever took it is left out.
    pub const fn tells(self) -> &'static [(Party, News)] {
        match self {
            Self::Accept => &[
                (Party::Patient, News::HospitalAccepted),
                (Party::Doctor, News::Assigned),
            ],
            Self::Offer => &[(Party::Patient, News::Offered)],
            Self::Decline => &[
                (Party::Patient, News::DoctorDeclined),
                (Party::Hospital, News::DoctorDeclinedTo),
            ],
            Self::AcceptOffer => &[
                (Party::Hospital, News::OfferAccepted),
                (Party::Doctor, News::OfferAccepted),
            ],
            Self::DeclineOffer => &[
                (Party::Hospital, News::OfferDeclined),
                (Party::Doctor, News::OfferDeclined),
            ],
            Self::Suggest => &[
                (Party::Patient, News::Suggested),
                (Party::SuggestedHospital, News::SelectedByDoctor),
            ],
            Self::AcceptSuggestion => &[
                (Party::Patient, News::SuggestionAccepted),
                (Party::Doctor, News::SuggestionAcceptedTo),
            ],
            Self::Complete => &[
                (Party::Patient, News::Completed),
                (Party::Hospital, News::Completed),
                (Party::Doctor, News::Completed),
                (Party::SuggestedHospital, News::Completed),
            ],
            Self::Cancel => &[
                (Party::Patient, News::Cancelled),
                (Party::Hospital, News::Cancelled),
                (Party::Doctor, News::Cancelled),
                (Party::SuggestedHospital, News::Cancelled),
            ],
        }
    }
}

impl News {
    /// On which channel it is told.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Asked => Channel::HospitalNewConsultation,
            Self::HospitalAccepted => Channel::PatientDoctorResponse,
            Self::Assigned => Channel::DoctorRequestAssigned,
            Self::Offered | Self::DoctorDeclined => Channel::DoctorResponse,
            Self::OfferAccepted => Channel::PatientOfferAccepted,
            Self::Suggested | Self::SuggestionAccepted => Channel::PatientDoctorSuggest,
            Self::SelectedByDoctor => Channel::HospitalSelectedByDoctor,
            Self::DoctorDeclinedTo
            | Self::OfferDeclined
            | Self::SuggestionAcceptedTo
            | Self::Completed
            | Self::Cancelled => Channel::Update,
        }
    }

    /// The word of the contract for where the thing stands that is told of: the acceptance of a
    /// suggestion is told as one of the suggestion.
    fn status(self, state: State) -> &'static str {
        match self {
            Self::SuggestionAccepted | Self::SuggestionAcceptedTo => "accepted",
            Self::Asked
            | Self::HospitalAccepted
            | Self::Assigned
            | Self::Offered
            | Self::DoctorDeclined
            | Self::DoctorDeclinedTo
            | Self::OfferAccepted
            | Self::OfferDeclined
            | Self::Suggested
            | Self::SelectedByDoctor
            | Self::Completed
            | Self::Cancelled => state.as_str(),
        }
    }

    const fn urgency(self) -> Urgency {
        match self {
            Self::Completed | Self::SuggestionAcceptedTo => Urgency::Routine,
            Self::Asked
            | Self::HospitalAccepted
            | Self::Assigned
            | Self::Offered
            | Self::DoctorDeclined
            | Self::DoctorDeclinedTo
            | Self::OfferAccepted
            | Self::OfferDeclined
            | Self::Suggested
            | Self::SelectedByDoctor
            | Self::SuggestionAccepted
            | Self::Cancelled => Urgency::Urgent,
        }
    }
}

/// What one party is told of a consultation as it stands now.
pub fn send_notification(consultation: &Consultation, news: News) -> Message {
    let said = words::of(news);
    let data = data(consultation, news, said.sentence);
    let fields = json!({"channel": news.channel().as_str(), "data": data});
    Message::new(SEND_NOTIFICATION, fields).with_notice(Notice {
        topic: Topic::Consultation,
        title: said.title.to_owned(),
        body: said.sentence.to_owned(),
        urgency: news.urgency(),
    })
}

/// The fields of the seed, and those that this news is about.
fn data(consultation: &Consultation, news: News, sentence: &str) -> Value {
    let suggestion = consultation.suggestion.as_ref();
    let is_of_suggestion = match news {
        News::Suggested
        | News::SelectedByDoctor
        | News::SuggestionAccepted
        | News::SuggestionAcceptedTo => true,
        News::Asked
        | News::HospitalAccepted
        | News::Assigned
        | News::Offered
        | News::DoctorDeclined
        | News::DoctorDeclinedTo
        | News::OfferAccepted
        | News::OfferDeclined
        | News::Completed
        | News::Cancelled => false,
    };
    let organization = suggestion
        .filter(|_| is_of_suggestion)
        .map_or(&consultation.hospital, |suggestion| &suggestion.hospital);
    let mut data = json!({
        "message": sentence,
        "patient": consultation.patient_name,
        "doctor": consultation.doctor.as_ref().map(|doctor| &doctor.name),
        "appointment_date": consultation.appointment_date,
        "organization": organization,
        "consultation_request_id": consultation.header.id,
        "status": news.status(consultation.state),
    });
    let note = |note: &Option<Note>| json!(note.as_ref().map(Note::as_str));
    match news {
        News::Asked | News::Assigned => {
            data["specialty"] = json!(consultation.specialty);
            data["description"] = note(&consultation.description);
            data["preferred_date"] = json!(consultation.preferred_date);
        }
        News::Offered | News::DoctorDeclined | News::DoctorDeclinedTo => {
            data["price"] = json!(consultation.price);
            data["doctor_message"] = note(&consultation.doctor_message);
        }
        News::Suggested | News::SelectedByDoctor => {
            data["suggestion"] =
                suggestion.map_or(Value::Null, |suggestion| note(&suggestion.text));
        }
        News::HospitalAccepted
        | News::OfferAccepted
        | News::OfferDeclined
        | News::SuggestionAccepted
        | News::SuggestionAcceptedTo
        | News::Completed
        | News::Cancelled => {}
    }
    data
}
