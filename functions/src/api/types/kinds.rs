//! What the kinds of requests have of their own: how much, where it stands, how it is called.

use callout_domain::account::{
    Address, BloodGroup, City, CoverageKm, HospitalName, PersonName, ServiceType, Specialty,
};
use callout_domain::blood::{self, Standing, Units, Urgency};
use callout_domain::consultation::{self, Note};
use callout_domain::device::DeviceToken;
use callout_domain::medicine::{self, Choice, Quantity, ReplyText};
use callout_domain::notice::{Channel, Topic};
use callout_domain::role::Role;
use callout_domain::work::{self, Task};
use serde_json::json;

use super::{given, text, ulid, words};
use crate::api::schema::{Schema, closed, one_of_texts};

/// A group of blood.
pub(crate) fn blood_group() -> Schema {
    one_of_texts(BloodGroup::ALL.map(BloodGroup::as_str)).named("BloodGroup")
}

/// What an account is.
pub(crate) fn role() -> Schema {
    one_of_texts(Role::ALL.map(Role::as_str)).named("Role")
}

/// What an account is, as paths write it.
pub(crate) fn role_in_paths(roles: impl IntoIterator<Item = Role>) -> Schema {
    one_of_texts(roles.into_iter().map(Role::path_segment))
}

/// Where a request for medicine stands.
pub(crate) fn medicine_state() -> Schema {
    one_of_texts(medicine::State::ALL.map(medicine::State::as_str)).named("MedicineState")
}

/// What a pharmacy answers.
pub(crate) fn choice() -> Schema {
    one_of_texts([Choice::Accepted.as_str(), Choice::Rejected.as_str()]).named("Choice")
}

/// What a pharmacy says besides.
pub(crate) fn reply_text() -> Schema {
    Schema::of(json!({"type": "string", "maxLength": ReplyText::MOST_CHARACTERS}))
}

/// Where a request for blood stands.
pub(crate) fn blood_state() -> Schema {
    one_of_texts(blood::State::ALL.map(blood::State::as_str)).named("BloodState")
}

/// How soon blood is needed.
pub(crate) fn urgency() -> Schema {
    one_of_texts(Urgency::ALL.map(Urgency::as_str)).named("Urgency")
}

/// What a donor has done about a request.
pub(crate) fn standing() -> Schema {
    one_of_texts(Standing::ALL.map(Standing::as_str)).named("Standing")
}

/// What a message is about.
pub(crate) fn topic() -> Schema {
    one_of_texts(Topic::ALL.map(Topic::as_str)).named("Topic")
}

/// By what somebody is told.
pub(crate) fn channel() -> Schema {
    one_of_texts(Channel::ALL.map(Channel::as_str)).named("Channel")
}

/// What Firebase calls a device.
pub(crate) fn device_token() -> Schema {
    Schema::of(json!({
        "type": "string", "minLength": 1, "maxLength": DeviceToken::LONGEST,
        "pattern": "^[!-~]+$",
    }))
    .named("DeviceToken")
}

/// What a seeker wants done.
pub(crate) fn task() -> Schema {
    words(Task::MOST_CHARACTERS).named("Task")
}

/// Where an order for work stands.
pub(crate) fn work_state() -> Schema {
    one_of_texts(work::State::ALL.map(work::State::as_str)).named("WorkState")
}

/// What people write to each other about a consultation.
pub(crate) fn note() -> Schema {
    words(Note::LONGEST).named("Note")
}

/// Where a consultation stands.
pub(crate) fn consultation_state() -> Schema {
    one_of_texts(consultation::State::ALL.map(consultation::State::as_str))
        .named("ConsultationState")
}

/// A hospital, as others see it.
pub(crate) fn organization() -> Schema {
    closed()
        .with("id", ulid())
        .with("name", text())
        .named("Organization")
}

/// What a hospital is called.
pub(crate) fn hospital_name() -> Schema {
    words(HospitalName::LONGEST).named("HospitalName")
}

/// What a doctor is versed in.
pub(crate) fn specialty() -> Schema {
    words(Specialty::LONGEST).named("Specialty")
}

/// What a provider does.
pub(crate) fn service_type() -> Schema {
    words(ServiceType::LONGEST).named("ServiceType")
}

/// A city.
pub(crate) fn city() -> Schema {
    words(City::LONGEST).named("City")
}

/// Where something is, as mail finds it.
pub(crate) fn address() -> Schema {
    words(Address::LONGEST).named("Address")
}

/// What a person, or a pharmacy, is called.
pub(crate) fn person_name() -> Schema {
    words(PersonName::LONGEST).named("PersonName")
}

/// How much medicine.
pub(crate) fn quantity() -> Schema {
    let (least, most) = (Quantity::LEAST, Quantity::MOST);
    Schema::of(json!({"type": "integer", "minimum": least, "maximum": most})).named("Quantity")
}

/// How much medicine, as it is sent.
pub(crate) fn given_quantity() -> Schema {
    given(quantity(), "^(100000|[1-9][0-9]{0,4})$", "GivenQuantity")
}

/// How many units of blood.
pub(crate) fn units() -> Schema {
    let (least, most) = (Units::LEAST, Units::MOST);
    Schema::of(json!({"type": "integer", "minimum": least, "maximum": most})).named("Units")
}

/// How many units of blood, as it is sent.
pub(crate) fn given_units() -> Schema {
    given(units(), "^(20|1[0-9]|[1-9])$", "GivenUnits")
}

/// How far a provider travels.
pub(crate) fn coverage() -> Schema {
    let (least, most) = (
        CoverageKm::NEAREST.kilometres(),
        CoverageKm::FARTHEST.kilometres(),
    );
    Schema::of(json!({"type": "number", "minimum": least, "maximum": most})).named("CoverageKm")
}

/// How far a provider travels, as it is sent.
pub(crate) fn given_coverage() -> Schema {
    let pattern = r"^(500|0\.[1-9]|([1-9]|[1-9][0-9]|[1-4][0-9]{2})(\.[0-9]{1,9})?)$";
    given(coverage(), pattern, "GivenCoverageKm")
}
