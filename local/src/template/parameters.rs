//! What a parameter stands for.

use serde_json::Value;

use super::read::text;

/// The value of a parameter: what was given, or its `Default`, in the shape of its `Type`.
pub(super) fn value(declaration: &Value, given: Option<&String>) -> Result<Value, String> {
    let value = match (given, declaration.get("Default")) {
        (Some(given), _) => given.clone(),
        (None, Some(default)) => {
            text(default).ok_or_else(|| "has a Default that is not text".to_owned())?
        }
        (None, None) => return Err("has no Default and was not given a value".to_owned()),
    };
    if let Some(allowed) = declaration.get("AllowedValues").and_then(Value::as_array)
        && !allowed
            .iter()
            .filter_map(text)
            .any(|allowed| allowed == value)
    {
        let allowed: Vec<_> = allowed.iter().filter_map(text).collect();
        return Err(format!("must be one of {}", allowed.join(", ")));
    }
    let kind = declaration
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or("String");
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        return Ok(value.split(',').map(str::trim).map(Value::from).collect());
    }
    if kind == "Number" {
        return serde_json::from_str(&value)
            .ok()
            .filter(Value::is_number)
            .ok_or_else(|| "must be a number".to_owned());
    }
    Ok(Value::String(value))
}
