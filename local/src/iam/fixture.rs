#![allow(clippy::unwrap_used)]

//! Roles for the tests of the doors.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Iam;
use crate::template::model::{Function, Stack};

/// A stack of functions with these policies and nothing else.
pub(crate) fn stack<const N: usize>(functions: [(&str, Value); N]) -> Stack {
    let functions = functions.map(|(name, policies)| {
        let function = Function {
            logical_id: name.to_owned(),
            handler: name.to_owned(),
            memory_mib: 128,
            timeout: Duration::from_secs(3),
            reserved_concurrency: None,
            environment: [].into(),
            policies: policies.as_array().unwrap().clone(),
            routes: Vec::new(),
            streams: Vec::new(),
            schedules: Vec::new(),
        };
        (name.to_owned(), function)
    });
    Stack {
        functions: functions.into(),
        ..Stack::default()
    }
}

/// A function of that name that may do these actions to everything.
pub(crate) fn allowing(function: &str, actions: &[&str]) -> Arc<Iam> {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let policies = json!([{ "Statement": [statement] }]);
    Arc::new(Iam::of(&stack([(function, policies)])).unwrap())
}
