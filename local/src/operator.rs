//! Who runs this cloud: somebody with credentials of their own, as an account's administrator has
//! them in AWS. They go through the same doors as the functions, and every door lets them in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use serde_json::{Map, Value, json};

use crate::identifiers;
use crate::lambda::NOWHERE;
use crate::secrets::write_private;
use crate::template::REGION;
use crate::template::model::Stack;

/// What a shell reads to become the operator.
pub const ENVIRONMENT: &str = "operator.env";
/// What `sam local invoke` reads, which lets a container in.
pub const SAM_ENVIRONMENT: &str = "sam-env.json";
/// Names the queue of dead letters and the table that they go back to, in [`ENVIRONMENT`].
pub const DEAD_LETTERS: &str = "CALLOUT_DEAD_LETTERS";
/// See [`DEAD_LETTERS`].
pub const OUTBOX: &str = "CALLOUT_OUTBOX_TABLE";
/// Names the accounts table, in [`ENVIRONMENT`].
pub const ACCOUNTS: &str = "CALLOUT_ACCOUNTS_TABLE";

/// The operator's credentials, drawn anew at each start: to be guessed by nobody who cannot read
/// the state folder.
#[derive(Clone)]
pub struct Operator {
    access_key: String,
    secret: String,
}

/// Shows no secret.
impl std::fmt::Debug for Operator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Operator").finish_non_exhaustive()
    }
}

impl Operator {
    /// New credentials; `secret` is what this cloud's doors verify signatures by.
    pub(crate) fn new(secret: &str) -> Self {
        Self {
            access_key: format!("OPERATOR{}", identifiers::hex(&rand::random::<[u8; 16]>())),
            secret: secret.to_owned(),
        }
    }

    pub(crate) fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The environment in which AWS's tools and SDKs find this cloud and nothing else; `endpoints`
    /// are its doors.
    pub(crate) fn environment(
        &self,
        stack: &Stack,
        endpoints: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut environment = endpoints.clone();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", self.access_key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", &self.secret),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", NOWHERE),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        if let Some(queue) = stack.queues.get("DeadLetters") {
            environment.insert(DEAD_LETTERS.to_owned(), queue.clone());
        }
        for (variable, table) in [(OUTBOX, "Outbox"), (ACCOUNTS, "Accounts")] {
            if let Some(table) = stack.tables.get(table) {
                environment.insert(variable.to_owned(), table.name.clone());
            }
        }
        environment
    }
}

/// Leaves the operator's environment in the state folder, and the functions' for `sam local invoke`.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn leave(
    folder: &Path,
    environment: &BTreeMap<String, String>,
    stack: &Stack,
    endpoints: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut lines = String::new();
    for (name, value) in environment {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "export {name}='{value}'");
    }
    write_private(&folder.join(ENVIRONMENT), lines.as_bytes())?;
    let functions = stack.functions.values().map(|function| {
        let mut own = function.environment.clone();
        own.extend(endpoints.clone());
        (function.logical_id.clone(), json!(own))
    });
    let functions: Map<String, Value> = functions.collect();
    let text = format!("{:#}\n", Value::Object(functions));
    write_private(&folder.join(SAM_ENVIRONMENT), text.as_bytes())
}

/// Reads what `leave` left: the operator's environment.
///
/// # Errors
/// When there is none.
pub fn read(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join(ENVIRONMENT))?;
    let lines = text.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('\'').to_owned()))
    });
    Ok(lines.collect())
}

/// How an SDK reaches one door, `door` being its variable (`AWS_ENDPOINT_URL_SQS`); `None` when the
/// environment lacks something.
pub fn config(environment: &BTreeMap<String, String>, door: &str) -> Option<SdkConfig> {
    let value = |name: &str| environment.get(name).cloned();
    let (key, secret) = (value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, None, None, "operator");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(value("AWS_REGION")?))
        .endpoint_url(value(door)?);
    Some(config.build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::state::State;

    #[test]
    fn what_is_left_is_read_again_and_is_nobody_elses() {
        let state = State::temporary().unwrap();
        let endpoints = BTreeMap::from([(
            "AWS_ENDPOINT_URL_SQS".to_owned(),
            "http://127.0.0.1:1".to_owned(),
        )]);
        let stack = Stack::default();
        let operator = Operator::new("a/secret+");
        let environment = operator.environment(&stack, &endpoints);
        leave(state.path(), &environment, &stack, &endpoints).unwrap();
        assert_eq!(read(state.path()).unwrap(), environment);
        assert_eq!(environment["AWS_SECRET_ACCESS_KEY"], "a/secret+");
        let file = std::fs::metadata(state.path().join(ENVIRONMENT)).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn two_clouds_have_two_operators() {
        let keys = [Operator::new("a"), Operator::new("a")].map(|it| it.access_key);
        assert_ne!(keys[0], keys[1]);
    }
}
