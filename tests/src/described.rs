//! The descriptions in `docs/` held against what the cloud says: an answer or a message that they do not
//! describe fails the test that got it.

mod schema;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value};

use crate::workspace_root;

static OPENAPI: LazyLock<Value> = LazyLock::new(|| read("openapi.yaml"));
static ASYNCAPI: LazyLock<Value> = LazyLock::new(|| read("asyncapi.yaml"));

/// What a call was: `POST /login`, as [`callout_local::client::Answer`] has it.
struct Call<'a> {
    method: String,
    path: &'a str,
}

/// Fails where an answer is not one of those that the description has for the call.
pub(crate) fn check_answer(call: &str, status: u16, body: &Value) {
    if !is_of_the_api(call) {
        return;
    }
    let Some(operation) = operation(call) else {
        // A path that there is not, or no method of it: the gateway's answer, or a function's below it.
        assert!(
            matches!(status, 204 | 404),
            "{call} is described nowhere, and answered {status} {body}"
        );
        return;
    };
    let responses = &operation["responses"];
    let response = follow(&OPENAPI, &responses[status.to_string()]);
    assert!(
        response.is_object(),
        "{call}: {status} is not described: {body}"
    );
    let described = &response["content"]["application/json"]["schema"];
    if described.is_null() {
        assert!(
            body.is_null(),
            "{call}: {status} has no body by its description, and this: {body}"
        );
    } else if let Err(why) = schema::check(&OPENAPI, described, body) {
        panic!("{call}: {status} is not as described: {why}\nin {body}");
    }
}

/// Whether a call goes to the API: not to a presigned link, nor to what only the local cloud has.
fn is_of_the_api(call: &str) -> bool {
    let path = call.split_once(' ').map_or("", |(_, path)| path);
    path.starts_with('/') && !path.starts_with("/_local") && !path.starts_with("/console")
}

/// Fails where a body was taken that the description forbids.
pub(crate) fn check_taken(call: &str, status: u16, sent: &Value) {
    let Some(operation) = operation(call).filter(|_| (200..300).contains(&status)) else {
        return;
    };
    let described = &operation["requestBody"]["content"]["application/json"]["schema"];
    if described.is_null() {
        return;
    }
    if let Err(why) = schema::check(&OPENAPI, described, sent) {
        panic!("{call} took what its description forbids: {why}\nin {sent}");
    }
}

/// How the types begin of messages that tests write into the outbox themselves.
const OF_A_TEST: &str = "test_";

/// Fails where a message is none that the description has.
pub(crate) fn check_message(message: &Value) {
    let kind = message["type"].as_str().unwrap_or_default();
    if kind.starts_with(OF_A_TEST) {
        return;
    }
    let described = &ASYNCAPI["components"]["messages"][kind]["payload"];
    assert!(
        described.is_object(),
        "messages of this type are not described: {message}"
    );
    if let Err(why) = schema::check(&ASYNCAPI, described, message) {
        panic!("{kind} is not as described: {why}\nin {message}");
    }
}

/// Fails where a handshake was refused in a way that the description has not.
pub(crate) fn check_refusal(status: u16, body: &Value) {
    let refusals = &ASYNCAPI["channels"]["socket"]["x-refusals"];
    let is_described = refusals
        .as_array()
        .unwrap()
        .iter()
        .any(|refusal| refusal["status"] == status && refusal["body"] == *body);
    // What the gateway or the edge refuses by itself has no code of ours.
    assert!(
        is_described || body.get("code").is_none() || status >= 500,
        "refused as nobody describes: {status} {body}"
    );
}

/// Every example of both descriptions, with the schema that it is an example of.
///
/// # Panics
/// Where one is not what it is an example of.
pub fn check_examples() -> usize {
    let mut checked = 0;
    for document in [&*OPENAPI, &*ASYNCAPI] {
        examples(document, document, &mut checked);
    }
    checked
}

fn examples(document: &Value, below: &Value, checked: &mut usize) {
    match below {
        Value::Object(fields) => {
            let schema = fields.get("schema").or(fields.get("payload"));
            let named = fields.get("examples").and_then(Value::as_object);
            let listed = fields.get("examples").and_then(Value::as_array);
            let values = named
                .into_iter()
                .flat_map(|named| named.values())
                .map(|one| &one["value"]);
            let payloads = listed.into_iter().flatten().map(|one| &one["payload"]);
            if let Some(schema) = schema {
                for example in values.chain(payloads) {
                    if let Err(why) = schema::check(document, schema, example) {
                        panic!("no example of what it is said to be: {why}\nin {example}");
                    }
                    *checked += 1;
                }
            }
            fields
                .values()
                .for_each(|below| examples(document, below, checked));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|below| examples(document, below, checked)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The operation of a call: of the paths that it fits, the one with the most that is no variable.
fn operation(call: &str) -> Option<&'static Value> {
    let call = Call::of(call)?;
    let paths = OPENAPI["paths"].as_object().unwrap();
    paths
        .iter()
        .filter_map(|(path, operations)| Some((call.fits(path)?, operations.get(&call.method)?)))
        .max_by(|(one, _), (other, _)| one.cmp(other))
        .map(|(_, operation)| operation)
}

impl<'a> Call<'a> {
    fn of(call: &'a str) -> Option<Self> {
        let (method, path) = call.split_once(' ')?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        Some(Self {
            method: method.to_lowercase(),
            path,
        })
    }

    /// How many parts of a path are literally this call's, if all of it fits.
    fn fits(&self, path: &str) -> Option<Vec<bool>> {
        let (ours, theirs): (Vec<_>, Vec<_>) =
            (self.path.split('/').collect(), path.split('/').collect());
        let fits = |(ours, theirs): (&&str, &&str)| {
            let is_variable = theirs.starts_with('{');
            (ours == theirs || (is_variable && !ours.is_empty())).then_some(!is_variable)
        };
        (ours.len() == theirs.len())
            .then(|| ours.iter().zip(theirs.iter()).map(fits).collect())
            .flatten()
    }
}

/// What a reference refers to.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn read(file: &str) -> Value {
    let text = std::fs::read_to_string(workspace_root().join("docs").join(file)).unwrap();
    json(&Yaml::load_from_str(&text).unwrap()[0])
}

fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => Value::from(*flag),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(pairs) => {
            let pairs: BTreeMap<String, Value> = pairs
                .iter()
                .map(|(key, value)| (json(key).as_str().unwrap().to_owned(), json(value)))
                .collect();
            Value::Object(Map::from_iter(pairs))
        }
        other => panic!("nothing that a description has: {other:?}"),
    }
}
