//! Reading typed values out of resolved properties. Numbers and flags may come as text, because
//! parameters are.

use serde_json::{Map, Value};

/// The text of a scalar, as `CloudFormation` would coerce it.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The property of that name as text.
pub(super) fn property_text(properties: &Value, name: &str) -> Result<Option<String>, String> {
    present(properties, name)
        .map(|value| text(value).ok_or_else(|| format!("{name} must be text")))
        .transpose()
}

/// The property of that name as a number of at most 32 bits.
pub(super) fn property_number(properties: &Value, name: &str) -> Result<Option<u32>, String> {
    let Some(value) = present(properties, name) else {
        return Ok(None);
    };
    text(value)
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| format!("{name} must be a whole number of zero or more, and is {value}"))
}

/// The property of that name as a flag; `false` where it is absent.
pub(super) fn property_flag(properties: &Value, name: &str) -> Result<bool, String> {
    let Some(value) = present(properties, name) else {
        return Ok(false);
    };
    match text(value).as_deref() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) | None => Err(format!("{name} must be true or false, and is {value}")),
    }
}

/// The property of that name as a list of texts; a lone text is a list of one.
pub(super) fn property_texts(properties: &Value, name: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{name} must be a list of text");
    match present(properties, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| text(item).ok_or_else(wrong))
            .collect(),
        Some(single) => Ok(vec![text(single).ok_or_else(wrong)?]),
    }
}

/// The property of that name as a map; empty where it is absent.
pub(super) fn property_map(properties: &Value, name: &str) -> Result<Map<String, Value>, String> {
    match present(properties, name) {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(format!("{name} must be a map")),
    }
}

fn present<'a>(properties: &'a Value, name: &str) -> Option<&'a Value> {
    properties.get(name).filter(|value| !value.is_null())
}
