//! Every English sentence about a consultation, in one place: whoever adds a language adds it here.
//! What a locked screen shows names nobody and nothing of somebody's health: anybody may look.

use super::{News, State};

/// What a message says.
pub struct Words {
    /// The first line of what a locked screen shows.
    pub title: &'static str,
    /// The sentence, in the message and on a locked screen.
    pub sentence: &'static str,
}

/// What the answer to a step that was taken says, by the step's outcome.
pub const ASKED: &str = "Consultation request submitted";
/// The answer to the hospital that accepted.
pub const ASSIGNED: &str = "Consultation request accepted";
/// The answer to the doctor who offered.
pub const OFFERED: &str = "Offer sent to the patient";
/// The answer to the doctor who declined.
pub const DECLINED: &str = "Consultation request declined";
/// The answer to the patient who accepted.
pub const OFFER_ACCEPTED: &str = "Offer accepted";
/// The answer to the patient who declined.
pub const OFFER_DECLINED: &str = "Offer declined";
/// The answer to the doctor who suggested.
pub const SUGGESTED: &str = "Suggestion sent to the patient and the hospital";
/// The answer to the hospital that accepted a suggestion.
pub const SUGGESTION_ACCEPTED: &str = "Suggestion accepted";
/// The answer to whoever completed.
pub const COMPLETED: &str = "Consultation completed";
/// The answer to whoever cancelled.
pub const CANCELLED: &str = "Consultation cancelled";
/// What a patient is called who has left.
pub const DELETED: &str = "Deleted account";
/// 404.
pub const UNKNOWN: &str = "There is no such consultation";
/// 403 for a party whose step it is not.
pub const NOT_YOURS: &str = "This step is for another party of the consultation";
/// 400 beyond the most changes that one consultation takes.
pub const TOO_MANY_CHANGES: &str =
    "This consultation has been changed too often; complete or cancel it and start another";

/// What people are told.
pub const fn of(news: News) -> Words {
    let (title, sentence) = match news {
        News::Asked => (
            "New Consultation Request",
            "A patient has sent a new consultation request",
        ),
        News::HospitalAccepted => (
            "Consultation Accepted",
            "Your consultation request has been accepted by the hospital",
        ),
        News::Assigned => (
            "Consultation Assigned",
            "A consultation request has been assigned to you",
        ),
        News::Offered => (
            "Doctor Responded",
            "The doctor has responded to your consultation request with an offer",
        ),
        News::DoctorDeclined => (
            "Doctor Responded",
            "The doctor has declined your consultation request",
        ),
        News::DoctorDeclinedTo => (
            "Consultation Declined",
            "The doctor has declined a consultation request; another one can be assigned",
        ),
        News::OfferAccepted => (
            "Offer Accepted",
            "The patient has accepted the doctor's offer",
        ),
        News::OfferDeclined => (
            "Offer Declined",
            "The patient has declined the doctor's offer",
        ),
        News::Suggested => (
            "Doctor's Suggestion",
            "Your doctor has sent you a suggestion",
        ),
        News::SelectedByDoctor => (
            "Selected by a Doctor",
            "A doctor has selected your hospital for a patient",
        ),
        News::SuggestionAccepted => (
            "Suggestion Accepted",
            "The hospital has accepted your doctor's suggestion",
        ),
        News::SuggestionAcceptedTo => (
            "Suggestion Accepted",
            "The hospital has accepted your suggestion",
        ),
        News::Completed => ("Consultation Completed", "The consultation is completed"),
        News::Cancelled => (
            "Consultation Cancelled",
            "The consultation has been cancelled",
        ),
    };
    Words { title, sentence }
}

/// Why a step is not possible in a state, which it names.
pub const fn illegal(state: State) -> &'static str {
    match state {
        State::Pending => "This consultation is Pending: the hospital has not accepted it yet",
        State::Assigned => "This consultation is Assigned: its doctor has not responded yet",
        State::Offered => {
            "This consultation is Offered: the patient has not answered the offer yet"
        }
        State::Accepted => "This consultation is Accepted: the patient has accepted the offer",
        State::Declined => "This consultation is Declined: it needs a new offer, or another doctor",
        State::Suggested => {
            "This consultation is Suggested: the hospital has not accepted the suggestion yet"
        }
        State::Confirmed => {
            "This consultation is Confirmed: the hospital has accepted the suggestion"
        }
        State::Completed => "This consultation is Completed",
        State::Cancelled => "This consultation is Cancelled",
    }
}
