//! What a template says, after its intrinsics are resolved: the one description that every door of
//! the local cloud reads.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// The whole stack.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// Functions by logical id.
    pub functions: BTreeMap<String, Function>,
    /// Tables by logical id.
    pub tables: BTreeMap<String, Table>,
    /// The HTTP API, if the template has one.
    pub http_api: Option<HttpApi>,
    /// The WebSocket API, if the template has one.
    pub socket_api: Option<SocketApi>,
    /// Buckets by logical id.
    pub buckets: BTreeMap<String, Bucket>,
    /// Queue names by logical id (dead letters).
    pub queues: BTreeMap<String, String>,
    /// Secrets by logical id.
    pub secrets: BTreeMap<String, Secret>,
    /// Names of the SNS platform applications by logical id or parameter.
    pub platform_applications: BTreeMap<String, String>,
}

/// One `AWS::Serverless::Function`.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its logical id, the name by which everything here knows it.
    pub logical_id: String,
    /// `Handler`: what the process finds in `_HANDLER`.
    pub handler: String,
    /// `MemorySize` in MiB.
    pub memory_mib: u32,
    /// `Timeout`.
    pub timeout: Duration,
    /// `ReservedConcurrentExecutions`, if given.
    pub reserved_concurrency: Option<u32>,
    /// `Environment.Variables`, `Globals` merged in, resolved.
    pub environment: BTreeMap<String, String>,
    /// `Policies` as written, intrinsics resolved.
    pub policies: Vec<Value>,
    /// HTTP routes that start it.
    pub routes: Vec<HttpRoute>,
    /// Streams that start it.
    pub streams: Vec<StreamSource>,
    /// Schedules that start it.
    pub schedules: Vec<Schedule>,
}

/// One `Schedule` or `ScheduleV2` event that is not disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// `Name`, or the names of the function and the event.
    pub name: String,
    /// How often.
    pub rate: Duration,
    /// Whose it is.
    pub service: ScheduleService,
}

/// A service that starts functions by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleService {
    /// `Schedule`: a rule of EventBridge.
    Rules,
    /// `ScheduleV2`: EventBridge Scheduler.
    Scheduler,
}

/// One `HttpApi` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRoute {
    /// Upper-case method, or `ANY`.
    pub method: String,
    /// Path as API Gateway writes it: `/pharmacy/{id}`, `/pharmacy/{slash+}`.
    pub path: String,
}

/// One `DynamoDB` event: a stream that starts a function.
#[derive(Debug, Clone)]
pub struct StreamSource {
    /// Logical id of the table whose stream it is.
    pub table: String,
    /// `BatchSize`.
    pub batch_size: usize,
    /// `MaximumBatchingWindowInSeconds`.
    pub batching_window: Duration,
    /// `ParallelizationFactor`.
    pub parallelization_factor: usize,
    /// `MaximumRetryAttempts`; `None` is without end, as AWS has it.
    pub maximum_retry_attempts: Option<u32>,
    /// `BisectBatchOnFunctionError`.
    pub bisect_batch_on_function_error: bool,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub report_batch_item_failures: bool,
    /// `FilterCriteria.Filters[].Pattern`, parsed.
    pub filters: Vec<Value>,
    /// Logical id of the queue that takes what cannot be delivered.
    pub dead_letter_queue: Option<String>,
    /// `StartingPosition`: `TRIM_HORIZON` or `LATEST`.
    pub starting_position: String,
}

/// One `AWS::DynamoDB::Table`.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its logical id.
    pub logical_id: String,
    /// Its physical name.
    pub name: String,
    /// `Properties` with intrinsics resolved and `TableName` set: the body of `CreateTable`, but
    /// for what only `CloudFormation` knows (TTL, recovery, protection, tags).
    pub properties: Value,
    /// The TTL attribute, if enabled.
    pub time_to_live: Option<String>,
    /// Whether it has a stream.
    pub has_stream: bool,
}

/// One `AWS::S3::Bucket`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Its physical name.
    pub name: String,
    /// `CorsConfiguration.CorsRules`, in their order.
    pub cors: Vec<CorsRule>,
    /// Of `LifecycleConfiguration.Rules`, those that are enabled and end objects.
    pub expirations: Vec<Expiration>,
}

/// What browsers of some origins may do with a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// `AllowedOrigins`, each with at most one `*`.
    pub allowed_origins: Vec<String>,
    /// `AllowedMethods`.
    pub allowed_methods: Vec<String>,
    /// `AllowedHeaders`, each with at most one `*`.
    pub allowed_headers: Vec<String>,
    /// `ExposedHeaders`.
    pub exposed_headers: Vec<String>,
    /// `MaxAge` in seconds.
    pub max_age_seconds: Option<u32>,
}

/// When objects of a bucket end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiration {
    /// With what their keys begin.
    pub prefix: String,
    /// `ExpirationInDays`.
    pub days: u32,
}

/// The `AWS::Serverless::HttpApi`.
#[derive(Debug, Clone, Default)]
pub struct HttpApi {
    /// Its logical id.
    pub logical_id: String,
    /// `CorsConfiguration`, if given.
    pub cors: Option<Cors>,
}

/// `CorsConfiguration` of an HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// `AllowOrigins`.
    pub allow_origins: Vec<String>,
    /// `AllowMethods`.
    pub allow_methods: Vec<String>,
    /// `AllowHeaders`.
    pub allow_headers: Vec<String>,
    /// `ExposeHeaders`.
    pub expose_headers: Vec<String>,
    /// `MaxAge` in seconds.
    pub max_age_seconds: Option<u32>,
    /// `AllowCredentials`.
    pub allow_credentials: bool,
}

/// The `AWS::Serverless::WebSocketApi`.
#[derive(Debug, Clone, Default)]
pub struct SocketApi {
    /// Its logical id.
    pub logical_id: String,
    /// The stage's name, which is the path of the socket.
    pub stage: String,
    /// `RouteSelectionExpression`, such as `$request.body.action`.
    pub route_selection_expression: String,
    /// Route key (`$connect`, `$disconnect`, `$default`, `message`) to the function's logical id.
    pub routes: BTreeMap<String, String>,
}

/// One `AWS::SecretsManager::Secret`.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// Length asked of `GenerateSecretString`, if it generates one.
    pub generated_length: Option<usize>,
}
