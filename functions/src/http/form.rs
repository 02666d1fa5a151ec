//! The fields of a body, the same whether they came as JSON or as a multipart form, and the
//! gathering of everything that is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::http::{Failure, multipart};

/// The largest body that any endpoint reads; larger files go by a presigned upload.
pub(crate) const LARGEST_BODY_BYTES: usize = 4_500_000;

/// A file of a multipart form.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Its content; its name and declared type are not to be trusted and not kept.
    pub(crate) bytes: Vec<u8>,
}

/// The fields of a body and what is wrong with them so far.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) fields: Map<String, Value>,
    pub(crate) files: BTreeMap<String, Upload>,
    problems: BTreeMap<String, String>,
}

/// What was given for one field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a>(&'a Value);

impl Form {
    /// The fields of an object that was read already, such as a socket's message.
    pub(crate) fn of(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    /// Reads a JSON object or a multipart form.
    pub(crate) async fn read(content_type: Option<&str>, body: &[u8]) -> Result<Self, Failure> {
        match content_type {
            Some(value) if media_type(value) == "multipart/form-data" => {
                if body.len() > LARGEST_BODY_BYTES {
                    return Err(Failure::too_large());
                }
                multipart::read(value, body).await
            }
            other => Self::read_json(other, body),
        }
    }

    /// Reads a JSON object.
    pub(crate) fn read_json(content_type: Option<&str>, body: &[u8]) -> Result<Self, Failure> {
        if content_type.is_none_or(|value| media_type(value) != "application/json") {
            return Err(Failure::unsupported_media_type());
        }
        if body.len() > LARGEST_BODY_BYTES {
            return Err(Failure::too_large());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self::of(fields)),
            Ok(_) | Err(_) => Err(Failure::bad(
                "malformed_body",
                "The body is not a JSON object",
            )),
        }
    }

    /// A field that must be there and must make sense to `read`, whose error says what it must be.
    pub(crate) fn required<T, E: Display>(
        &mut self,
        name: &str,
        read: impl FnOnce(Given<'_>) -> Result<T, E>,
    ) -> Option<T> {
        if self.is_absent(name) {
            self.problem(name, "is required");
            return None;
        }
        self.optional(name, read)
    }

    /// A field that may be left out or null.
    pub(crate) fn optional<T, E: Display>(
        &mut self,
        name: &str,
        read: impl FnOnce(Given<'_>) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        match read(Given(value)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, error.to_string());
                None
            }
        }
    }

    /// The first of two names under which a field may come.
    pub(crate) fn either<'n>(&self, name: &'n str, twin: &'n str) -> &'n str {
        if self.is_absent(name) && !self.is_absent(twin) {
            twin
        } else {
            name
        }
    }

    /// Whether a field was left out, or given as null.
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        self.fields.get(name).is_none_or(Value::is_null)
    }

    /// Takes a file out, if one came under that name.
    pub(crate) fn file(&mut self, name: &str) -> Option<Upload> {
        self.files.remove(name)
    }

    /// Notes what is wrong with a field; the first problem of a field stands.
    pub(crate) fn problem(&mut self, name: &str, problem: impl Into<String>) {
        self.problems
            .entry(name.to_owned())
            .or_insert_with(|| problem.into());
    }

    /// 400 with all that is wrong, if anything is.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.reject())
        }
    }

    /// 400 with all that is wrong.
    pub(crate) fn reject(&mut self) -> Failure {
        Failure::Invalid(std::mem::take(&mut self.problems))
    }

    /// A fingerprint of everything that was sent, whatever the order of its fields and the
    /// boundary of its form: two bodies that mean the same have the same.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        // serde_json's map is sorted by key, so its text is canonical.
        hash.update(Value::Object(self.fields.clone()).to_string());
        for (name, file) in &self.files {
            hash.update(name);
            hash.update([0]);
            hash.update(Sha256::digest(&file.bytes));
        }
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}

impl<'a> Given<'a> {
    /// The JSON as it stands.
    pub(crate) const fn value(self) -> &'a Value {
        self.0
    }

    /// Text as it stands.
    pub(crate) fn text(self) -> Result<&'a str, &'static str> {
        self.0.as_str().ok_or("must be text")
    }

    /// A number, or text that writes one, for forms have only text.
    pub(crate) fn number(self) -> Result<f64, &'static str> {
        let number = match self.0 {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or("must be a number")
    }

    /// A whole number, or text that writes one.
    pub(crate) fn whole_number(self) -> Result<i64, &'static str> {
        match self.0 {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        }
        .ok_or("must be a whole number")
    }
}

/// True or false, or text that says so, for forms have only text.
pub(crate) fn flag(given: Given<'_>) -> Result<bool, &'static str> {
    match given.value() {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
