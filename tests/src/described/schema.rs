//! As much of JSON Schema (2020-12) as the descriptions use. Whatever else they may come to use fails here
//! until it is known, so that nothing is passed over.

use std::cell::RefCell;
use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What says nothing of whether a value fits.
const WORDS: [&str; 6] = [
    "description",
    "examples",
    "default",
    "format",
    "contentMediaType",
    "title",
];

/// Why a value is not of a schema; the path of what is wrong with it comes first.
pub(super) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(rules) = schema.as_object() else {
        panic!("no schema: {schema}");
    };
    for (rule, wanted) in rules {
        follows(document, rules, rule, wanted, value).map_err(|why| shorten(&why))?;
    }
    Ok(())
}

fn follows(
    document: &Value,
    rules: &Map<String, Value>,
    rule: &str,
    wanted: &Value,
    value: &Value,
) -> Result<(), String> {
    let holds = match rule {
        "$ref" => return check(document, referred(document, wanted), value),
        "type" => is_type(wanted, value),
        "const" => same(wanted, value),
        "enum" => wanted
            .as_array()
            .unwrap()
            .iter()
            .any(|one| same(one, value)),
        "anyOf" => return any(document, wanted, value),
        "allOf" => return all(document, wanted, value),
        "properties" => return properties(document, wanted, value),
        "additionalProperties" => return others(document, rules, wanted, value),
        "required" => return required(wanted, value),
        "dependentRequired" => return dependent(wanted, value),
        "items" => return items(document, wanted, value),
        "minimum" => value.as_f64().is_none_or(|value| value >= number(wanted)),
        "maximum" => value.as_f64().is_none_or(|value| value <= number(wanted)),
        "minLength" => length(value).is_none_or(|length| length >= number(wanted)),
        "maxLength" => length(value).is_none_or(|length| length <= number(wanted)),
        "maxItems" => value
            .as_array()
            .is_none_or(|list| size(list) <= number(wanted)),
        "pattern" => {
            let pattern = wanted.as_str().unwrap();
            value.as_str().is_none_or(|text| matches(pattern, text))
        }
        _ if WORDS.contains(&rule) => true,
        _ => panic!("nobody has written what {rule} means"),
    };
    if holds {
        Ok(())
    } else {
        Err(format!(": {value} breaks {rule}: {wanted}"))
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    // Each test is a thread of its own, and reads thousands of ids.
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.get(pattern) {
            return known.is_match(text);
        }
        let new = Regex::new(pattern).unwrap();
        let holds = new.is_match(text);
        known.insert(pattern.to_owned(), new);
        holds
    })
}

fn referred<'a>(document: &'a Value, place: &Value) -> &'a Value {
    let place = place.as_str().unwrap().trim_start_matches('#');
    document.pointer(place).unwrap()
}

fn is_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Array(kinds) => kinds.iter().any(|kind| is_type(kind, value)),
        kind => match kind.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            other => panic!("no type: {other}"),
        },
    }
}

/// 1 and 1.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

fn any(document: &Value, schemas: &Value, value: &Value) -> Result<(), String> {
    let mut why = Vec::new();
    for schema in schemas.as_array().unwrap() {
        match check(document, schema, value) {
            Ok(()) => return Ok(()),
            Err(error) => why.push(error),
        }
    }
    Err(format!(": none of these: [{}]", why.join(" | ")))
}

fn all(document: &Value, schemas: &Value, value: &Value) -> Result<(), String> {
    let schemas = schemas.as_array().unwrap();
    schemas
        .iter()
        .try_for_each(|schema| check(document, schema, value))
}

fn properties(document: &Value, wanted: &Value, value: &Value) -> Result<(), String> {
    for (name, schema) in wanted.as_object().unwrap() {
        if let Some(value) = value.get(name) {
            check(document, schema, value).map_err(|why| format!(".{name}{why}"))?;
        }
    }
    Ok(())
}

fn others(
    document: &Value,
    rules: &Map<String, Value>,
    wanted: &Value,
    value: &Value,
) -> Result<(), String> {
    let known = rules.get("properties");
    for (name, value) in value.as_object().into_iter().flatten() {
        if known.is_some_and(|known| known.get(name).is_some()) {
            continue;
        }
        match wanted {
            Value::Bool(true) => {}
            Value::Bool(false) => return Err(format!(".{name}: nobody knows this field")),
            schema => check(document, schema, value).map_err(|why| format!(".{name}{why}"))?,
        }
    }
    Ok(())
}

fn required(wanted: &Value, value: &Value) -> Result<(), String> {
    let Some(fields) = value.as_object() else {
        return Ok(());
    };
    for name in wanted.as_array().unwrap() {
        let name = name.as_str().unwrap();
        if !fields.contains_key(name) {
            return Err(format!(".{name}: is missing"));
        }
    }
    Ok(())
}

fn dependent(wanted: &Value, value: &Value) -> Result<(), String> {
    for (name, others) in wanted.as_object().unwrap() {
        if value.get(name).is_some() {
            required(others, value)?;
        }
    }
    Ok(())
}

fn items(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, schema, item).map_err(|why| format!("[{place}]{why}"))?;
    }
    Ok(())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[allow(clippy::cast_precision_loss)]
fn size<T>(list: &[T]) -> f64 {
    list.len() as f64
}

#[allow(clippy::cast_precision_loss)]
fn length(value: &Value) -> Option<f64> {
    value.as_str().map(|text| text.chars().count() as f64)
}

fn shorten(why: &str) -> String {
    why.chars().take(2_000).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn fits(schema: &Value, value: &Value) -> bool {
        let document =
            json!({"components": {"schemas": {"Id": {"type": "string", "minLength": 2}}}});
        check(&document, schema, value).is_ok()
    }

    #[test]
    fn each_rule_holds_for_what_it_is_for() {
        let id = json!({"$ref": "#/components/schemas/Id"});
        for (schema, good, bad) in [
            (json!({"type": "integer"}), json!(2.0), json!(2.5)),
            (json!({"type": ["string", "null"]}), Value::Null, json!(1)),
            (json!({"const": 1}), json!(1.0), json!("1")),
            (json!({"enum": ["a", null]}), Value::Null, json!("b")),
            (json!({"minimum": 1, "maximum": 2}), json!(2), json!(2.1)),
            (
                json!({"minLength": 1, "maxLength": 2}),
                json!("कख"),
                json!(""),
            ),
            (json!({"pattern": "^[0-9]{2}$"}), json!("12"), json!("123")),
            (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
            (json!({"items": id}), json!(["ab"]), json!(["ab", "c"])),
            (
                json!({"anyOf": [{"type": "null"}, id]}),
                json!("ab"),
                json!("a"),
            ),
            (
                json!({"allOf": [{"minLength": 3}, id]}),
                json!("abc"),
                json!("ab"),
            ),
            (
                json!({"required": ["a"]}),
                json!({"a": null}),
                json!({"b": 1}),
            ),
            (
                json!({"dependentRequired": {"a": ["b"]}}),
                json!({"b": 1}),
                json!({"a": 1}),
            ),
            (
                json!({"properties": {"a": id}, "additionalProperties": false}),
                json!({"a": "ab"}),
                json!({"a": "ab", "b": 1}),
            ),
            (
                json!({"additionalProperties": id}),
                json!({"x": "ab"}),
                json!({"x": 1}),
            ),
        ] {
            assert!(fits(&schema, &good), "{schema} {good}");
            assert!(!fits(&schema, &bad), "{schema} {bad}");
        }
    }

    #[test]
    #[should_panic(expected = "uniqueItems")]
    fn what_nobody_knows_is_not_passed_over() {
        fits(&json!({"uniqueItems": true}), &json!([]));
    }
}
