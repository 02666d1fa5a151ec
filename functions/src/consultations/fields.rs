//! The fields of the forms of consultations.

use std::fmt::Display;

use callout_domain::consultation::{Note, Price};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde_json::Value;
use time::Duration;

use crate::http::{Failure, Form, Given};

pub(super) const NOT_A_HOSPITAL: &str = "must be the id of a hospital";
pub(super) const NOT_YOUR_DOCTOR: &str = "must be the id of a doctor of your hospital";

/// How far ahead a date may be.
const FURTHEST: Duration = Duration::days(2 * 366);

/// Reads text by the rule of its type.
pub(super) fn text<T, E: Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(Given<'_>) -> Result<T, String> {
    |given| parse(given.text()?).map_err(|error| error.to_string())
}

/// An id, with what to say of what is none.
pub(super) fn account(
    problem: &'static str,
) -> impl FnOnce(Given<'_>) -> Result<AccountId, &'static str> {
    move |given| given.text()?.trim().parse().map_err(|_| problem)
}

/// A note that may be left out, or be empty.
pub(super) fn note(form: &mut Form, name: &str) -> Option<Note> {
    let is_empty = form
        .fields
        .get(name)
        .and_then(Value::as_str)
        .is_some_and(|text| text.trim().is_empty());
    if is_empty {
        return None;
    }
    form.optional(name, text(Note::parse))
}

/// A time to come.
pub(super) fn upcoming(now: Moment) -> impl FnOnce(Given<'_>) -> Result<Moment, String> {
    move |given| {
        let moment: Moment = given
            .text()?
            .trim()
            .parse()
            .map_err(|error: callout_domain::moment::NotAMoment| error.to_string())?;
        if moment <= now {
            Err("must be in the future".to_owned())
        } else if moment.since(now) > FURTHEST {
            Err("must be within the next two years".to_owned())
        } else {
            Ok(moment)
        }
    }
}

/// An amount, as a number or as text that writes one.
pub(super) fn price(given: Given<'_>) -> Result<Price, String> {
    let written = match given.value() {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    Price::parse(&written).map_err(|error| error.to_string())
}

/// What was read, now that nothing is wrong.
pub(super) fn all_of<T>(form: &mut Form, read: Option<T>) -> Result<T, Failure> {
    form.check()?;
    read.ok_or_else(|| form.reject())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::{note, price, upcoming};
    use crate::http::Form;

    fn form(value: &Value) -> Form {
        let Value::Object(fields) = json!({"field": value}) else {
            unreachable!("it is an object");
        };
        Form::of(fields)
    }

    #[test]
    fn a_price_is_exact_however_it_is_written() {
        let read = |value: Value| form(&value).required("field", price).map(String::from);
        for (given, kept) in [
            (json!(150), "150"),
            (json!(0), "0"),
            (json!(150.1), "150.1"),
            (json!("150.10"), "150.10"),
        ] {
            assert_eq!(read(given), Some(kept.to_owned()));
        }
        for wrong in [
            json!(-1),
            json!(1e21),
            json!(0.0001),
            json!("x"),
            json!([1]),
            json!(true),
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_to_come_is_neither_past_nor_out_of_sight() {
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        let read = |value: Value| form(&value).required("field", upcoming(now));
        assert!(read(json!("2026-02-24T10:30:00.001Z")).is_some());
        assert!(read(json!("2026-02-24T12:31:00+02:00")).is_some());
        for wrong in [
            json!("2026-02-24T10:30:00Z"),
            json!("2026-02-24T11:30:00+02:00"),
            json!("2029-01-01T00:00:00Z"),
            json!("9999-12-31T23:59:59-23:59"),
            json!("0000-01-01T00:00:00+23:59"),
            json!("2027-02-30T00:00:00Z"),
            json!("2027-02-24"),
            json!("tomorrow"),
            json!(1_800_000_000),
        ] {
            assert!(read(wrong.clone()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_note_is_none_and_a_wrong_one_a_problem() {
        for nothing in [json!(null), json!(""), json!(" \n")] {
            let mut form = form(&nothing);
            assert_eq!(note(&mut form, "field"), None);
            assert!(form.check().is_ok());
        }
        let mut wrong = form(&json!("a\u{0}"));
        assert_eq!(note(&mut wrong, "field"), None);
        assert!(wrong.check().is_err());
    }
}
