//! The values of the domain as they travel, each once, with the domain's own bounds.
//!
//! What is answered is written one way; what is sent may often be written in several, and then has a
//! schema of its own (`Given…`).

use callout_domain::account::{
    Address, BloodGroup, City, CoverageKm, Email, HospitalName, Password, PersonName, ServiceType,
    Specialty,
};
use callout_domain::blood::{self, Standing, Units, Urgency};
use callout_domain::device::DeviceToken;
use callout_domain::geo::RadiusKm;
use callout_domain::medicine::{self, Choice, Quantity, ReplyText};
use callout_domain::notice::{Channel, Topic};
use callout_domain::role::Role;
use callout_domain::work::{self, Task};
use serde_json::{Value, json};

use super::schema::{Object, Schema, any_of, closed, one_of_texts};

/// Text of any kind.
pub(crate) fn text() -> Schema {
    Schema::of(json!({"type": "string"}))
}

/// Text of 1 to so many characters, the space around it aside, all of which can be seen.
pub(crate) fn words(longest: usize) -> Schema {
    Schema::of(json!({"type": "string", "minLength": 1, "maxLength": longest}))
}

/// True or false.
pub(crate) fn flag() -> Schema {
    Schema::of(json!({"type": "boolean"}))
}

/// A count.
pub(crate) fn count() -> Schema {
    Schema::of(json!({"type": "integer", "minimum": 0}))
}

/// Any number.
pub(crate) fn number() -> Schema {
    Schema::of(json!({"type": "number"}))
}

/// An id.
pub(crate) fn ulid() -> Schema {
    Schema::of(json!({
        "type": "string",
        "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        "description": "A ULID: it sorts by the time at which it was made.",
        "examples": ["01KJ7Y9B8M3XKQ0V5T2W4Z6R8N"],
    }))
    .named("Id")
}

/// A moment.
pub(crate) fn moment() -> Schema {
    Schema::of(json!({
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
        "description": "RFC 3339 in UTC, to the millisecond.",
        "examples": ["2026-02-24T10:30:00.000Z"],
    }))
    .named("Moment")
}

/// A day.
pub(crate) fn day() -> Schema {
    Schema::of(json!({"type": "string", "format": "date", "examples": ["2026-02-24"]})).named("Day")
}

/// Degrees from the equator.
pub(crate) fn latitude() -> Schema {
    Schema::of(json!({"type": "number", "minimum": -90, "maximum": 90})).named("Latitude")
}

/// Degrees from the meridian of Greenwich.
pub(crate) fn longitude() -> Schema {
    Schema::of(json!({"type": "number", "minimum": -180, "maximum": 180})).named("Longitude")
}

/// How far a search reaches.
pub(crate) fn radius() -> Schema {
    let (least, most) = (
        RadiusKm::NARROWEST.kilometres(),
        RadiusKm::WIDEST.kilometres(),
    );
    Schema::of(json!({"type": "number", "minimum": least, "maximum": most})).named("RadiusKm")
}

/// How far away something is.
pub(crate) fn distance() -> Schema {
    Schema::of(json!({"type": "number", "minimum": 0, "description": "Kilometres."}))
        .named("DistanceKm")
}

/// How far away something is, where that is known.
pub(crate) fn distance_or_null() -> Schema {
    distance().or_null()
}

/// A number in a body, which a form can only send as text.
fn given(number: Schema, pattern: &str, name: &'static str) -> Schema {
    let as_text = Schema::of(json!({
        "type": "string",
        "pattern": pattern,
        "description": "The same as text, as forms have it.",
    }));
    any_of([number, as_text]).named(name)
}

/// A latitude that is sent.
pub(crate) fn given_latitude() -> Schema {
    let pattern = r"^-?(90|[1-8]?[0-9](\.[0-9]{1,9})?)$";
    given(latitude(), pattern, "GivenLatitude")
}

/// A longitude that is sent.
pub(crate) fn given_longitude() -> Schema {
    let pattern = r"^-?(180|(1[0-7][0-9]|[1-9]?[0-9])(\.[0-9]{1,9})?)$";
    given(longitude(), pattern, "GivenLongitude")
}

/// A radius that is sent.
pub(crate) fn given_radius() -> Schema {
    let pattern = r"^(50|([1-9]|[1-4][0-9])(\.[0-9]{1,9})?)$";
    given(radius(), pattern, "GivenRadiusKm")
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

/// A position.
pub(crate) fn place() -> Schema {
    closed()
        .with("lat", latitude())
        .with("lng", longitude())
        .named("Place")
}

/// An address that mail arrives at.
pub(crate) fn email() -> Schema {
    Schema::of(json!({"type": "string", "format": "email", "maxLength": Email::LONGEST_BYTES}))
        .named("Email")
}

/// A password that is to be set.
pub(crate) fn password() -> Schema {
    let (least, most) = (Password::SHORTEST, Password::LONGEST);
    Schema::of(json!({
        "type": "string", "format": "password", "minLength": least, "maxLength": most,
        "description": "Not one of those that are guessed first.",
    }))
    .named("Password")
}

/// A one-time code.
pub(crate) fn otp() -> Schema {
    Schema::of(json!({"type": "string", "pattern": "^[0-9]{6}$"})).named("OtpCode")
}

/// What a person, or a pharmacy, is called.
pub(crate) fn person_name() -> Schema {
    words(PersonName::LONGEST).named("PersonName")
}

/// Where something is, as mail finds it.
pub(crate) fn address() -> Schema {
    words(Address::LONGEST).named("Address")
}

/// A city.
pub(crate) fn city() -> Schema {
    words(City::LONGEST).named("City")
}

/// What a provider does.
pub(crate) fn service_type() -> Schema {
    words(ServiceType::LONGEST).named("ServiceType")
}

/// What a doctor is versed in.
pub(crate) fn specialty() -> Schema {
    words(Specialty::LONGEST).named("Specialty")
}

/// What a hospital is called.
pub(crate) fn hospital_name() -> Schema {
    words(HospitalName::LONGEST).named("HospitalName")
}

/// A number of an account.
pub(crate) fn phone_number() -> Schema {
    Schema::of(json!({"type": "string", "pattern": "^\\+?[0-9]{7,15}$"})).named("PhoneNumber")
}

/// A number that somebody else is reached under.
pub(crate) fn contact_number() -> Schema {
    Schema::of(json!({
        "type": "string",
        "pattern": "^\\+?[0-9]+([ -][0-9]+)*$",
        "minLength": 7, "maxLength": 30,
        "description": "7 to 15 digits, single spaces or hyphens between them.",
        "examples": ["+91 9876543210"],
    }))
    .named("ContactNumber")
}

/// A link that ends soon, or null for nothing.
pub(crate) fn link() -> Schema {
    Schema::of(json!({"type": ["string", "null"], "format": "uri"}))
        .about("A link that ends after 15 minutes.")
}

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

/// True or false in a body, which a form can only send as text.
pub(crate) fn given_flag() -> Schema {
    any_of([flag(), one_of_texts(["true", "false"])])
}

/// A file of a multipart form; of the bytes only their own look counts.
pub(crate) fn file(what: &str) -> Schema {
    Schema::of(json!({
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "description": what,
    }))
}

/// A file that may be left out: as JSON only null, or an empty text.
pub(crate) fn no_file() -> Schema {
    Schema::of(json!({"enum": [Value::Null, ""]}))
}

/// What a part of a list says of how it goes on.
pub(crate) fn page(of: &str, item: impl Into<Schema>) -> Object {
    closed()
        .with("count", count())
        .with(of, super::list(item))
        .may("next_cursor", cursor())
}

/// Where a list goes on.
pub(crate) fn cursor() -> Schema {
    text().about("Where the list goes on; not there where it ends.")
}

/// `{"message"}`.
pub(crate) fn only_a_message() -> Object {
    closed().with("message", text())
}

/// The envelope of the work endpoints.
pub(crate) fn success(data: impl Into<Schema>) -> Object {
    closed()
        .with("status", super::constant("success"))
        .with("message", text())
        .with("data", data)
}

/// Where a list goes on that is in the order of distances: the bits of one, and an id.
pub(crate) fn cursor_by_distance() -> Schema {
    Schema::of(json!({"type": "string", "pattern": format!("^{DISTANCE_BITS}{ID}$")}))
}

/// The same, where some have no distance.
pub(crate) fn cursor_by_distance_or_id() -> Schema {
    Schema::of(json!({"type": "string", "pattern": format!("^({DISTANCE_BITS})?{ID}$")}))
}

const ID: &str = "[0-7][0-9A-HJKMNP-TV-Z]{25}";
const DISTANCE_BITS: &str = "(0{16}|[0-3][0-9a-f]{15}|40[0-4][0-9a-f]{13})";
