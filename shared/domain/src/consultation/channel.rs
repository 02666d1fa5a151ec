//! The channels of the seed: each is a socket of its own, which hears nothing but its messages.

use crate::role::Role;

/// On which channel somebody is told something about a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A patient hears of a doctor's suggestion, and of its acceptance.
    PatientDoctorSuggest,
    /// A doctor hears that a consultation is theirs.
    DoctorRequestAssigned,
    /// A patient hears what the doctor says.
    DoctorResponse,
    /// A patient hears that the hospital has accepted.
    PatientDoctorResponse,
    /// A hospital hears that somebody asks.
    HospitalNewConsultation,
    /// A hospital hears that a doctor has chosen it.
    HospitalSelectedByDoctor,
    /// Hospital and doctor hear that the patient accepts the offer.
    PatientOfferAccepted,
    /// Everything that the seed has no channel for: declined, completed, cancelled.
    Update,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PatientDoctorSuggest,
        Self::DoctorRequestAssigned,
        Self::DoctorResponse,
        Self::PatientDoctorResponse,
        Self::HospitalNewConsultation,
        Self::HospitalSelectedByDoctor,
        Self::PatientOfferAccepted,
        Self::Update,
    ];

    /// Its name, in paths and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PatientDoctorSuggest => "patient-doctor-suggest",
            Self::DoctorRequestAssigned => "doctor-consultation-request-assigned",
            Self::DoctorResponse => "doctor-consultation-response-accepted",
            Self::PatientDoctorResponse => "patient-doctor-response",
            Self::HospitalNewConsultation => "hospital-new-consultation",
            Self::HospitalSelectedByDoctor => "hospital-selected-by-doctor",
            Self::PatientOfferAccepted => "patient-offer-accepted",
            Self::Update => "consultation-update",
        }
    }

    /// Whose it is.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::PatientDoctorSuggest | Self::DoctorResponse | Self::PatientDoctorResponse => {
                &[Role::Patient]
            }
            Self::DoctorRequestAssigned => &[Role::Doctor],
            Self::HospitalNewConsultation | Self::HospitalSelectedByDoctor => &[Role::Hospital],
            Self::PatientOfferAccepted => &[Role::Hospital, Role::Doctor],
            Self::Update => &[Role::Patient, Role::Hospital, Role::Doctor],
        }
    }

    /// The channel of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }
}
