//! JSON written as YAML that people read: blocks, in an order that is always the same.

use serde_json::{Map, Value};

/// What stands first, in this order; everything else follows by its name.
const FIRST: [&str; 22] = [
    "openapi",
    "asyncapi",
    "info",
    "title",
    "version",
    "defaultContentType",
    "servers",
    "tags",
    "operationId",
    "summary",
    "description",
    "name",
    "in",
    "type",
    "required",
    "security",
    "parameters",
    "requestBody",
    "responses",
    "paths",
    "channels",
    "operations",
];

/// The document with this comment above it.
pub(super) fn write(comment: &str, document: &Value) -> String {
    let mut text = format!("# {comment}\n");
    block(&mut text, document, 0);
    text
}

fn block(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) => {
            for (name, value) in in_order(fields) {
                indent(text, depth);
                entry(text, name, value, depth);
            }
        }
        Value::Array(items) => {
            for item in items {
                indent(text, depth);
                text.push('-');
                below_a_dash(text, item, depth);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `name: value`, the indentation being there already.
fn entry(text: &mut String, name: &str, value: &Value, depth: usize) {
    text.push_str(&key(name));
    text.push(':');
    if let Some(line) = in_line(value) {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
    } else {
        text.push('\n');
        block(text, value, depth + 1);
    }
}

fn below_a_dash(text: &mut String, item: &Value, depth: usize) {
    if let Some(line) = in_line(item) {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
        return;
    }
    match item {
        Value::Object(fields) => {
            for (place, (name, value)) in in_order(fields).into_iter().enumerate() {
                if place == 0 {
                    text.push(' ');
                } else {
                    indent(text, depth + 1);
                }
                entry(text, name, value, depth + 1);
            }
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push('\n');
            block(text, item, depth + 1);
        }
    }
}

/// What fits into one line: whatever is no object or list, and short lists of such.
fn in_line(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Object(_) => None,
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .filter(|item| !item.is_object() && !item.is_array())
                .map(of_scalar)
                .collect();
            let line = format!("[{}]", items.join(", "));
            let is_whole = value.as_array().is_some_and(|all| all.len() == items.len());
            (is_whole && line.len() <= 100).then_some(line)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Some(of_scalar(value))
        }
    }
}

fn of_scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text as it is where it cannot be taken for anything else, and else as JSON, which is YAML.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./$ ".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$');
    let is_plain = begins && text.chars().all(is_word) && !text.ends_with(' ');
    let is_taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&text.to_ascii_lowercase().as_str());
    if is_plain && !is_taken {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

/// As a scalar; the braces of a path mean nothing in a key.
fn key(name: &str) -> String {
    let is_path = name.starts_with('/')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-/{}".contains(c));
    if is_path {
        name.to_owned()
    } else {
        scalar(name)
    }
}

fn in_order(fields: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut fields: Vec<(&str, &Value)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    fields.sort_by_key(|(name, _)| {
        FIRST
            .iter()
            .position(|first| first == name)
            .unwrap_or(FIRST.len())
    });
    fields
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::write;

    #[test]
    fn what_could_be_taken_for_something_else_is_quoted() {
        let document = json!({
            "200": {"a": "no", "b": "1", "c": "a: b", "d": [], "e": {}, "f": null},
            "paths": {"/{id}": [1, "two", [3]]},
            "info": "plain words",
            "list": [{"x": 1, "y": {"z": true}}],
        });
        let expected = "\
# Made
info: plain words
paths:
  /{id}:
    - 1
    - two
    - [3]
\"200\":
  a: \"no\"
  b: \"1\"
  c: \"a: b\"
  d: []
  e: {}
  f: null
list:
  - x: 1
    \"y\":
      z: true
";
        assert_eq!(write("Made", &document), expected);
    }
}
