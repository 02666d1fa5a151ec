//! What a pool of functions is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::caller::INSTANCE_PREFIX;
use crate::faults::Faults;
use crate::identifiers;
use crate::state::State;
use crate::template::model::{Function, Stack};

/// Where everything that is not given an endpoint goes: the discard port, where nobody listens, so
/// that no call slips out to the real cloud.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

/// Where `@connections` is, which only the template can tell a function.
pub(crate) const MANAGEMENT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// How functions are run.
#[derive(Debug, Clone)]
pub struct LambdaOptions {
    /// The stack whose functions these are.
    pub stack: Arc<Stack>,
    /// The `bootstrap` that is every function.
    pub artifact: PathBuf,
    /// `AWS_ENDPOINT_URL_*` to the local doors.
    pub endpoints: BTreeMap<String, String>,
    /// Where `logs/<function>.log` is written.
    pub state: State,
    /// What functions sign their calls with; the doors that verify signatures know it.
    pub secret_access_key: String,
    /// Instances of one function at most, unless it reserves its own concurrency.
    pub max_instances: u32,
    /// After how long an instance without work is ended.
    pub idle_time: Duration,
    /// How long a process may take to its first poll. Lambda gives ten seconds; a laptop that is
    /// compiling at the same time gets more.
    pub init_timeout: Duration,
    /// Whether the lines that functions write are shown on standard error too.
    pub verbose: bool,
    /// Faults that are made on purpose: processes that are killed.
    pub faults: Faults,
}

impl LambdaOptions {
    /// The defaults: ten instances a function, ten minutes idle, thirty seconds to start, quiet.
    pub fn new(stack: Arc<Stack>, artifact: PathBuf, state: State) -> Self {
        Self {
            stack,
            artifact,
            endpoints: BTreeMap::new(),
            state,
            secret_access_key: identifiers::secret_access_key(),
            max_instances: 10,
            idle_time: Duration::from_mins(10),
            init_timeout: Duration::from_secs(30),
            verbose: false,
            faults: Faults::default(),
        }
    }

    /// How many instances `function` may have.
    pub(super) fn limit(&self, function: &Function) -> usize {
        function
            .reserved_concurrency
            .unwrap_or(self.max_instances)
            .try_into()
            .unwrap_or(usize::MAX)
    }

    /// The whole environment of a process of `function`, as Lambda makes it, and nothing of this
    /// process's own but `PATH`.
    pub(super) fn environment(
        &self,
        function: &Function,
        instance: u64,
        runtime_api: &str,
    ) -> BTreeMap<String, String> {
        let name = &function.logical_id;
        let root = self
            .artifact
            .parent()
            .map(|folder| folder.display().to_string())
            .unwrap_or_default();
        let mut environment: BTreeMap<String, String> = [
            ("_HANDLER", function.handler.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                function.memory_mib.to_string(),
            ),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                format!("local/[$LATEST]{}", identifiers::request_id()),
            ),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", format!("LOCAL{name}")),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
            // Tells the doors which instance calls: the access key is that of the function.
            ("AWS_SDK_UA_APP_ID", format!("{INSTANCE_PREFIX}{instance}")),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", NOWHERE.to_owned()),
            ("LAMBDA_TASK_ROOT", root),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("TZ", ":UTC".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if let Ok(path) = std::env::var("PATH") {
            environment.insert("PATH".to_owned(), path);
        }
        environment.extend(function.environment.clone());
        // Last: what the template says of an endpoint holds in the cloud, not here.
        for (name, url) in &self.endpoints {
            // AWS has no address of its own for this one: a function that is not told it there must
            // not find it here.
            if name != MANAGEMENT || function.environment.contains_key(MANAGEMENT) {
                environment.insert(name.clone(), url.clone());
            }
        }
        environment
    }
}
