//! The values of the domain as they travel, each once, with the domain's own bounds.
//!
//! What is answered is written one way; what is sent may often be written in several, and then has a
//! schema of its own (`Given…`).

mod kinds;

use callout_domain::account::{Email, Password};
use callout_domain::geo::RadiusKm;
use callout_domain::media::{MOST_BYTES, MediaKind};
use serde_json::{Value, json};

use super::schema::{Object, Schema, any_of, closed, one_of_texts};

pub(crate) use kinds::*;

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

/// True or false in a body, which a form can only send as text.
pub(crate) fn given_flag() -> Schema {
    any_of([flag(), one_of_texts(["true", "false"])])
}

/// A count in a body, which a form can only send as text.
pub(crate) fn given_count() -> Schema {
    let as_text = Schema::of(json!({"type": "string", "pattern": "^[0-9]{1,15}$"}));
    any_of([count(), as_text])
}

/// What a file is that is to be uploaded, as a browser says it, with parameters.
pub(crate) fn given_content_type() -> Schema {
    let kinds = MediaKind::ALL.map(MediaKind::content_type).join("|");
    Schema::of(json!({
        "type": "string",
        "pattern": format!("^({kinds})(;.*)?$"),
        "examples": ["audio/webm;codecs=opus"],
    }))
}

/// How large a file is that is to be uploaded.
pub(crate) fn given_bytes() -> Schema {
    let pattern = "^([1-9][0-9]{0,6}|1[0-9]{7}|2[0-4][0-9]{6}|25000000)$";
    let number = Schema::of(json!({"type": "integer", "minimum": 1, "maximum": MOST_BYTES}));
    any_of([
        number,
        Schema::of(json!({"type": "string", "pattern": pattern})),
    ])
}

/// A moment that is sent, in any offset.
pub(crate) fn given_moment() -> Schema {
    Schema::of(json!({
        "type": "string", "format": "date-time",
        "description": "RFC 3339, to come, within the next two years.",
    }))
}

/// An amount that is sent.
pub(crate) fn price_given() -> Schema {
    let as_text = Schema::of(json!({"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,3})?$"}));
    let number = Schema::of(json!({"type": "number", "minimum": 0, "maximum": 999_999_999}));
    any_of([number, as_text])
}

/// The id of something that was uploaded; forms send one that was left out as empty text.
pub(crate) fn upload_id() -> Schema {
    any_of([ulid(), no_file()])
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
