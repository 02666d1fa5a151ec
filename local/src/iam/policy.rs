//! `Policies` of a function, read into statements. What is not understood is refused and never
//! passed over: a policy half understood would allow here what fails in the cloud, or hide it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use super::pattern::Pattern;

/// What a statement says of the calls that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// One `Statement`.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    /// Each action on each resource.
    pub(super) grants: Vec<Grant>,
}

/// One action on one resource of a statement.
#[derive(Debug)]
pub(super) struct Grant {
    /// As the template has it.
    pub(super) action: String,
    /// As the template has it, resolved.
    pub(super) resource: String,
    actions: Pattern,
    resources: Pattern,
    used: AtomicBool,
}

impl Grant {
    pub(super) fn new(action: &str, resource: &str) -> Self {
        Self {
            actions: Pattern::of_action(action),
            resources: Pattern::of_resource(resource),
            action: action.to_owned(),
            resource: resource.to_owned(),
            used: AtomicBool::new(false),
        }
    }

    pub(super) fn covers(&self, action: &str, resource: &str) -> bool {
        self.actions.has_action(action) && self.resources.has_resource(resource)
    }

    /// Notes that a call was allowed by it.
    pub(super) fn mark_used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

/// The statements of all policies of a function, in order. An error says where and what.
pub(super) fn statements(policies: &[Value]) -> Result<Vec<Statement>, String> {
    let mut statements = Vec::new();
    for (number, policy) in (1..).zip(policies) {
        let of_this = document(policy).map_err(|what| format!("policy {number}: {what}"))?;
        statements.extend(of_this);
    }
    Ok(statements)
}

fn document(policy: &Value) -> Result<Vec<Statement>, String> {
    let map = match policy {
        Value::Object(map) => map,
        Value::String(name) => {
            return Err(format!(
                "the managed policy {name} is not understood locally; write its statements inline"
            ));
        }
        _ => return Err("it is neither a document nor a name".to_owned()),
    };
    let Some(given) = map.get("Statement") else {
        let names = map.keys().map(String::as_str).collect::<Vec<_>>();
        return Err(format!(
            "the SAM policy template {} is not understood locally; write its statements inline",
            names.join(", ")
        ));
    };
    refuse_others(map, &["Version", "Id", "Statement"])?;
    let single = std::slice::from_ref(given);
    let given = given.as_array().map_or(single, Vec::as_slice);
    (1..)
        .zip(given)
        .map(|(number, given)| {
            statement(given).map_err(|what| match given["Sid"].as_str() {
                Some(sid) => format!("statement {number} ({sid}): {what}"),
                None => format!("statement {number}: {what}"),
            })
        })
        .collect()
}

fn statement(given: &Value) -> Result<Statement, String> {
    let map = given.as_object().ok_or("it is no map")?;
    refuse_others(map, &["Sid", "Effect", "Action", "Resource"])?;
    let effect = match given["Effect"].as_str() {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(_) | None => return Err("Effect must be Allow or Deny".to_owned()),
    };
    let actions = texts(given, "Action")?;
    let resources = texts(given, "Resource")?;
    let mut grants = Vec::with_capacity(actions.len() * resources.len());
    for action in &actions {
        let is_action = action
            .split_once(':')
            .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !is_action && *action != "*" {
            return Err(format!("{action} is no action"));
        }
        for resource in &resources {
            if !resource.starts_with("arn:") && *resource != "*" {
                return Err(format!("{resource} is no ARN"));
            }
            if resource.contains("${") {
                return Err(format!(
                    "the policy variable in {resource} is not understood locally"
                ));
            }
            grants.push(Grant::new(action, resource));
        }
    }
    Ok(Statement { effect, grants })
}

fn refuse_others(map: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(format!("{other} is not understood locally")),
        None => Ok(()),
    }
}

/// A text or a list of texts, of which there is at least one.
fn texts<'a>(given: &'a Value, name: &str) -> Result<Vec<&'a str>, String> {
    let texts = match &given[name] {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        Value::Null => return Err(format!("{name} is missing")),
        _ => None,
    };
    texts
        .filter(|texts| !texts.is_empty())
        .ok_or_else(|| format!("{name} must be text or a list of text"))
}
