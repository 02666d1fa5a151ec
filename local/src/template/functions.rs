//! Functions, and the events that start them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::intrinsics::Scope;
use super::model::{Function, HttpRoute, ScheduleService, Stack, StreamSource};
use super::names;
use super::read::{
    property_flag, property_map, property_number, property_text, property_texts, text,
};
use super::resources::{global, properties};
use super::schedules::schedule;

/// The API that SAM makes for `HttpApi` events without an `ApiId`.
pub(super) const IMPLICIT_API: &str = "ServerlessHttpApi";

const MEMORY_MIB: u32 = 128;
const TIMEOUT_SECONDS: u32 = 3;
const STREAM_BATCH_SIZE: u32 = 100;

/// Event types that SAM knows and that nothing here starts a function by.
const OTHER_EVENTS: [&str; 15] = [
    "AlexaSkill",
    "Api",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "DocumentDB",
    "EventBridgeRule",
    "IoTRule",
    "Kinesis",
    "MQ",
    "MSK",
    "S3",
    "SNS",
    "SQS",
    "SelfManagedKafka",
];

/// One `AWS::Serverless::Function`, with `Globals.Function` merged in.
pub(super) fn function(
    scope: &Scope,
    logical_id: &str,
    resource: &Value,
    stack: &Stack,
) -> Result<Function, String> {
    let own = properties(scope, resource)?;
    let merged = merge(Value::Object(global(scope, "Function")?), own);
    let handler = property_text(&merged, "Handler")?
        .filter(|handler| !handler.is_empty())
        .ok_or("Handler is missing")?;
    refuse_another_role(&merged)?;
    let mut environment = BTreeMap::new();
    let variables = merged.get("Environment").cloned().unwrap_or_default();
    for (name, value) in property_map(&variables, "Variables")? {
        let value = text(&value).ok_or_else(|| format!("the variable {name} must be text"))?;
        environment.insert(name, value);
    }
    let mut function = Function {
        logical_id: logical_id.to_owned(),
        handler,
        memory_mib: property_number(&merged, "MemorySize")?.unwrap_or(MEMORY_MIB),
        timeout: seconds(property_number(&merged, "Timeout")?.unwrap_or(TIMEOUT_SECONDS)),
        reserved_concurrency: property_number(&merged, "ReservedConcurrentExecutions")?,
        environment,
        policies: policies(&merged),
        routes: Vec::new(),
        streams: Vec::new(),
        schedules: Vec::new(),
    };
    for (name, event) in property_map(&merged, "Events")? {
        add_event(scope, stack, (&name, &event), &mut function)
            .map_err(|what| format!("event {name}: {what}"))?;
    }
    Ok(function)
}

/// What a function may do is enforced from `Policies`. SAM passes those over where `Role` is given, and
/// a boundary narrows them.
fn refuse_another_role(properties: &Value) -> Result<(), String> {
    for name in ["Role", "PermissionsBoundary"] {
        if properties.get(name).is_some_and(|value| !value.is_null()) {
            return Err(format!(
                "{name} is not understood locally: say what the function may do in Policies"
            ));
        }
    }
    Ok(())
}

/// The logical id of the function of that ARN, its alias or version left aside.
pub(super) fn by_arn(scope: &Scope, stack: &Stack, arn: &str) -> Result<Option<String>, String> {
    for logical_id in stack.functions.keys() {
        let Some(named) = scope.named(logical_id)? else {
            continue;
        };
        let own = named.arn();
        let rest = arn.strip_prefix(own.as_str());
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
            return Ok(Some(logical_id.clone()));
        }
    }
    Ok(None)
}

/// SAM's merge of globals: maps by key, lists one after the other, anything else overridden.
pub(super) fn merge(global: Value, own: Value) -> Value {
    match (global, own) {
        (Value::Object(global), Value::Object(own)) => {
            let mut merged = global;
            for (key, value) in own {
                let value = match merged.remove(&key) {
                    Some(below) => merge(below, value),
                    None => value,
                };
                merged.insert(key, value);
            }
            Value::Object(merged)
        }
        (Value::Array(mut global), Value::Array(own)) => {
            global.extend(own);
            Value::Array(global)
        }
        (_, own) => own,
    }
}

fn policies(properties: &Value) -> Vec<Value> {
    match properties.get("Policies") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(policies)) => policies.clone(),
        Some(single) => vec![single.clone()],
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

fn add_event(
    scope: &Scope,
    stack: &Stack,
    (name, event): (&str, &Value),
    function: &mut Function,
) -> Result<(), String> {
    let kind = property_text(event, "Type")?.ok_or("Type is missing")?;
    let properties = Value::Object(property_map(event, "Properties")?);
    match kind.as_str() {
        "HttpApi" => function.routes.push(route(&properties)?),
        "DynamoDB" => {
            if properties.get("Enabled").is_none() || property_flag(&properties, "Enabled")? {
                function.streams.push(stream(scope, stack, &properties)?);
            }
        }
        "Schedule" | "ScheduleV2" => {
            let service = if kind == "Schedule" {
                ScheduleService::Rules
            } else {
                ScheduleService::Scheduler
            };
            let schedule = schedule(service, &function.logical_id, name, &properties)?;
            function.schedules.extend(schedule);
        }
        known if OTHER_EVENTS.contains(&known) => {}
        unknown => return Err(format!("there is no event type {unknown}")),
    }
    Ok(())
}

fn route(properties: &Value) -> Result<HttpRoute, String> {
    let method = property_text(properties, "Method")?;
    let path = property_text(properties, "Path")?;
    match (method, path) {
        (None, None) => Ok(HttpRoute {
            method: "ANY".to_owned(),
            path: "$default".to_owned(),
        }),
        (Some(_), None) => Err("Path is missing".to_owned()),
        (method, Some(path)) => {
            if path != "$default" && !path.starts_with('/') {
                return Err(format!("Path {path} must start with /"));
            }
            if path.len() > 1 && path.ends_with('/') {
                return Err(format!("Path {path} ends in /, which API Gateway refuses"));
            }
            Ok(HttpRoute {
                method: method.map_or_else(|| "ANY".to_owned(), |method| method.to_uppercase()),
                path,
            })
        }
    }
}

fn stream(scope: &Scope, stack: &Stack, properties: &Value) -> Result<StreamSource, String> {
    let arn = property_text(properties, "Stream")?.ok_or("Stream is missing")?;
    let table = stack
        .tables
        .values()
        .find(|table| names::stream_arn(&table.name) == arn)
        .ok_or_else(|| format!("Stream {arn} is no stream of a table of this template"))?;
    if !table.has_stream {
        return Err(format!(
            "table {} has no StreamSpecification",
            table.logical_id
        ));
    }
    let starting_position =
        property_text(properties, "StartingPosition")?.ok_or("StartingPosition is missing")?;
    if !["TRIM_HORIZON", "LATEST"].contains(&starting_position.as_str()) {
        return Err(format!(
            "StartingPosition {starting_position} is neither TRIM_HORIZON nor LATEST"
        ));
    }
    let window = property_number(properties, "MaximumBatchingWindowInSeconds")?.unwrap_or(0);
    let responses = property_texts(properties, "FunctionResponseTypes")?;
    Ok(StreamSource {
        table: table.logical_id.clone(),
        batch_size: between(properties, "BatchSize", STREAM_BATCH_SIZE, 10_000)?,
        batching_window: seconds(window),
        parallelization_factor: between(properties, "ParallelizationFactor", 1, 10)?,
        maximum_retry_attempts: retries(properties)?,
        bisect_batch_on_function_error: property_flag(properties, "BisectBatchOnFunctionError")?,
        report_batch_item_failures: responses
            .iter()
            .any(|kind| kind == "ReportBatchItemFailures"),
        filters: filters(properties)?,
        dead_letter_queue: dead_letter_queue(scope, stack, properties)?,
        starting_position,
    })
}

fn between(properties: &Value, name: &str, default: u32, most: u32) -> Result<usize, String> {
    let number = property_number(properties, name)?.unwrap_or(default);
    if number == 0 || number > most {
        return Err(format!("{name} must be between 1 and {most}"));
    }
    usize::try_from(number).map_err(|error| error.to_string())
}

/// `-1` and absence are both "without end".
fn retries(properties: &Value) -> Result<Option<u32>, String> {
    const NAME: &str = "MaximumRetryAttempts";
    match properties.get(NAME).and_then(text).as_deref() {
        Some("-1") => Ok(None),
        Some(_) | None => property_number(properties, NAME),
    }
}

fn filters(properties: &Value) -> Result<Vec<Value>, String> {
    let criteria = Value::Object(property_map(properties, "FilterCriteria")?);
    let filters = match criteria.get("Filters") {
        None => return Ok(Vec::new()),
        Some(filters) => filters.as_array().ok_or("Filters must be a list")?,
    };
    filters
        .iter()
        .map(|filter| {
            let pattern = property_text(filter, "Pattern")?.ok_or("a filter has no Pattern")?;
            serde_json::from_str::<Map<String, Value>>(&pattern)
                .map(Value::Object)
                .map_err(|error| format!("the Pattern {pattern} is not JSON: {error}"))
        })
        .collect()
}

fn dead_letter_queue(
    scope: &Scope,
    stack: &Stack,
    properties: &Value,
) -> Result<Option<String>, String> {
    let config = Value::Object(property_map(properties, "DestinationConfig")?);
    let on_failure = Value::Object(property_map(&config, "OnFailure")?);
    let Some(arn) = property_text(&on_failure, "Destination")? else {
        return Ok(None);
    };
    for logical_id in stack.queues.keys() {
        if scope
            .named(logical_id)?
            .is_some_and(|named| named.arn() == arn)
        {
            return Ok(Some(logical_id.clone()));
        }
    }
    Err(format!(
        "OnFailure goes to {arn}, which is no queue of this template"
    ))
}
