//! `FilterCriteria`: event patterns as Lambda matches them against stream records.

use serde_json::{Map, Value};

/// Whether one of `patterns` matches; without patterns everything is wanted.
pub(super) fn accept(patterns: &[Value], event: &Value) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, Some(event)))
}

/// A map matches where all its keys do, a list where one of its rules does.
fn matches(pattern: &Value, found: Option<&Value>) -> bool {
    match pattern {
        Value::Object(keys) => keys.iter().all(|(key, inner)| match (key.as_str(), inner) {
            ("$or", Value::Array(choices)) => choices.iter().any(|choice| matches(choice, found)),
            (key, inner) => matches(inner, found.and_then(|found| found.get(key))),
        }),
        Value::Array(rules) => match found {
            // A list in the event matches by any of its items.
            Some(Value::Array(items)) => items
                .iter()
                .any(|item| rules.iter().any(|rule| passes(rule, Some(item)))),
            found => rules.iter().any(|rule| passes(rule, found)),
        },
        // AWS refuses a pattern whose leaves are no lists.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn passes(rule: &Value, found: Option<&Value>) -> bool {
    match rule {
        Value::Object(rule) => rule
            .iter()
            .all(|(name, wanted)| compares(name, wanted, found)),
        Value::Number(wanted) => {
            found.is_some_and(|found| found.as_f64().is_some() && found.as_f64() == wanted.as_f64())
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => found == Some(rule),
    }
}

fn compares(name: &str, wanted: &Value, found: Option<&Value>) -> bool {
    let text = found.and_then(Value::as_str);
    let by_text = |holds: fn(&str, &str) -> bool| match (text, wanted.as_str()) {
        (Some(text), Some(wanted)) => holds(text, wanted),
        (Some(_) | None, _) => false,
    };
    match name {
        // Only a leaf exists: a map in its place does not count.
        "exists" => {
            let leaf = found.is_some_and(|found| !found.is_object());
            wanted.as_bool() == Some(leaf)
        }
        "prefix" => by_text(|text, wanted| text.starts_with(wanted)),
        "suffix" => by_text(|text, wanted| text.ends_with(wanted)),
        "equals-ignore-case" => {
            by_text(|text, wanted| text.to_lowercase() == wanted.to_lowercase())
        }
        "anything-but" => found.is_some_and(|found| anything_but(wanted, found)),
        "numeric" => found
            .and_then(Value::as_f64)
            .is_some_and(|number| numeric(wanted, number)),
        _ => false,
    }
}

fn anything_but(unwanted: &Value, found: &Value) -> bool {
    match unwanted {
        Value::Array(all) => !all.iter().any(|one| passes(one, Some(found))),
        Value::Object(rule) => !passes(&Value::Object(rule.clone() as Map<_, _>), Some(found)),
        single @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            !passes(single, Some(found))
        }
    }
}

/// `[">", 0, "<=", 5]`: pairs of a comparison and its bound, all of which must hold.
fn numeric(comparisons: &Value, number: f64) -> bool {
    let comparisons = comparisons
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let pairs = comparisons.chunks_exact(2);
    !comparisons.is_empty()
        && pairs.remainder().is_empty()
        && pairs
            .into_iter()
            .all(|pair| match (pair[0].as_str(), pair[1].as_f64()) {
                (Some("="), Some(bound)) => (number - bound).abs() < f64::EPSILON,
                (Some("<"), Some(bound)) => number < bound,
                (Some("<="), Some(bound)) => number <= bound,
                (Some(">"), Some(bound)) => number > bound,
                (Some(">="), Some(bound)) => number >= bound,
                (Some(_) | None, _) => false,
            })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::accept;

    fn event() -> Value {
        json!({
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": { "pk": { "S": "REQUEST#1" } },
                "NewImage": {
                    "kind": { "S": "medicine_request" },
                    "urgent": { "BOOL": true },
                    "tags": { "SS": ["a", "b"] },
                    "count": { "N": "3" },
                },
                "SizeBytes": 120,
            },
        })
    }

    #[test]
    fn patterns_match_as_documented() {
        let image = |attribute: Value| json!({ "dynamodb": { "NewImage": attribute } });
        let cases = [
            (json!({ "eventName": ["INSERT", "MODIFY"] }), true),
            (json!({ "eventName": ["REMOVE"] }), false),
            (
                image(json!({ "kind": { "S": ["medicine_request"] } })),
                true,
            ),
            (image(json!({ "kind": { "S": ["other"] } })), false),
            (
                image(json!({ "kind": { "S": [{ "prefix": "medicine_" }] } })),
                true,
            ),
            (
                image(json!({ "kind": { "S": [{ "prefix": "blood_" }] } })),
                false,
            ),
            (
                image(json!({ "kind": { "S": [{ "suffix": "_request" }] } })),
                true,
            ),
            (
                image(json!({ "kind": { "S": [{ "equals-ignore-case": "MEDICINE_request" }] } })),
                true,
            ),
            (
                image(json!({ "kind": { "S": [{ "anything-but": ["blood", "work"] }] } })),
                true,
            ),
            (
                image(json!({ "kind": { "S": [{ "anything-but": ["medicine_request"] }] } })),
                false,
            ),
            (
                image(json!({ "kind": { "S": [{ "anything-but": { "prefix": "med" } }] } })),
                false,
            ),
            (
                image(json!({ "kind": { "S": [{ "exists": true }] } })),
                true,
            ),
            (image(json!({ "kind": [{ "exists": true }] })), false),
            (
                image(json!({ "gone": { "S": [{ "exists": false }] } })),
                true,
            ),
            (
                image(json!({ "gone": { "S": [{ "anything-but": ["x"] }] } })),
                false,
            ),
            (image(json!({ "urgent": { "BOOL": [true] } })), true),
            (image(json!({ "tags": { "SS": ["b"] } })), true),
            (image(json!({ "tags": { "SS": ["c"] } })), false),
            // Numbers of an item are text in a record, which a numeric rule does not match.
            (
                image(json!({ "count": { "N": [{ "numeric": [">", 1] }] } })),
                false,
            ),
            (image(json!({ "count": { "N": ["3"] } })), true),
            (
                json!({ "dynamodb": { "SizeBytes": [{ "numeric": [">", 100, "<=", 120] }] } }),
                true,
            ),
            (
                json!({ "dynamodb": { "SizeBytes": [{ "numeric": ["<", 100] }] } }),
                false,
            ),
            (json!({ "dynamodb": { "SizeBytes": [120] } }), true),
            (
                json!({ "eventName": ["INSERT"], "dynamodb": { "SizeBytes": [1] } }),
                false,
            ),
            (
                json!({ "$or": [{ "eventName": ["REMOVE"] }, { "dynamodb": { "SizeBytes": [120] } }] }),
                true,
            ),
            (json!({ "eventName": "INSERT" }), false),
        ];
        for (pattern, expected) in cases {
            assert_eq!(
                accept(std::slice::from_ref(&pattern), &event()),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn one_pattern_of_several_is_enough_and_none_wants_everything() {
        let patterns = [
            json!({ "eventName": ["REMOVE"] }),
            json!({ "eventName": ["INSERT"] }),
        ];
        assert!(accept(&patterns, &event()));
        assert!(!accept(&patterns[..1], &event()));
        assert!(accept(&[], &event()));
    }
}
