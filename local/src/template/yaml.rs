//! YAML with `CloudFormation`'s short tags to the JSON that its long forms mean.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, Tag, YamlData};
use serde_json::{Map, Value, json};

use super::TemplateError;

/// Short forms whose long form is `Fn::<tag>`.
const FUNCTIONS: [&str; 20] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "GetStackOutput",
];

/// Reads the one document of `text`.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| TemplateError::new(format!("is not YAML: {error}")))?;
    match documents.as_slice() {
        [document] => value(document),
        [] => Err(TemplateError::new("is empty")),
        [_, _, ..] => Err(TemplateError::new("holds more than one document")),
    }
}

fn value(node: &MarkedYaml<'_>) -> Result<Value, TemplateError> {
    match &node.data {
        YamlData::Value(found) => scalar(found, node),
        YamlData::Sequence(items) => Ok(Value::Array(
            items.iter().map(value).collect::<Result<_, _>>()?,
        )),
        YamlData::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, found) in pairs {
                let name = key_text(key)?;
                // `a` and `"a"` differ as YAML nodes may, and are one key as JSON.
                if map.insert(name.clone(), value(found)?).is_some() {
                    return Err(at(key, &format!("the key {name} stands twice")));
                }
            }
            Ok(Value::Object(map))
        }
        YamlData::Tagged(tag, inner) => long_form(node, tag, value(inner)?),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            Err(at(node, "a value that cannot be read"))
        }
    }
}

fn scalar(found: &Scalar<'_>, node: &MarkedYaml<'_>) -> Result<Value, TemplateError> {
    match found {
        Scalar::Null => Ok(Value::Null),
        Scalar::Boolean(found) => Ok(json!(found)),
        Scalar::Integer(found) => Ok(json!(found)),
        Scalar::FloatingPoint(found) => serde_json::Number::from_f64(found.into_inner())
            .map(Value::Number)
            .ok_or_else(|| at(node, "a number that JSON has not")),
        Scalar::String(found) => Ok(json!(found)),
    }
}

fn key_text(key: &MarkedYaml<'_>) -> Result<String, TemplateError> {
    match value(key)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(at(key, "a key that is not a plain word"))
        }
    }
}

/// `!Ref X` is `{"Ref": X}`, `!Condition X` is `{"Condition": X}`, `!GetAtt A.B` is
/// `{"Fn::GetAtt": ["A", "B"]}`, and every other `!Name` is `{"Fn::Name": …}`.
fn long_form(node: &MarkedYaml<'_>, tag: &Tag, inner: Value) -> Result<Value, TemplateError> {
    match (tag.suffix.as_str(), inner) {
        ("Ref", inner) => Ok(json!({ "Ref": inner })),
        ("Condition", inner) => Ok(json!({ "Condition": inner })),
        ("GetAtt", Value::String(path)) => {
            let Some((resource, attribute)) = path.split_once('.') else {
                return Err(at(node, &format!("!GetAtt {path} names no attribute")));
            };
            Ok(json!({ "Fn::GetAtt": [resource, attribute] }))
        }
        (known, inner) if FUNCTIONS.contains(&known) => Ok(Value::Object(Map::from_iter([(
            format!("Fn::{known}"),
            inner,
        )]))),
        (unknown, _) => Err(at(node, &format!("unknown intrinsic !{unknown}"))),
    }
}

fn at(node: &MarkedYaml<'_>, what: &str) -> TemplateError {
    TemplateError::new(format!("line {}: {what}", node.span.start.line()))
}
