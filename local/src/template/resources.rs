//! Resources into the stack.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::intrinsics::Scope;
use super::model::{Cors, HttpApi, Secret, SocketApi, Stack, Table};
use super::names::{self, Named};
use super::read::{property_flag, property_map, property_number, property_text, property_texts};
use super::{TemplateError, buckets, functions};

/// A SAM WebSocket API without `StageName` has the stage of this name.
const DEFAULT_SOCKET_STAGE: &str = "default";

/// Everything that the local cloud serves.
pub(super) fn stack(scope: &Scope) -> Result<Stack, TemplateError> {
    let resources = scope
        .section("Resources")
        .filter(|resources| !resources.is_empty())
        .ok_or_else(|| TemplateError::new("has no Resources"))?;
    let mut stack = Stack::default();
    let mut present = Vec::new();
    for (logical_id, resource) in resources {
        let blame = |what: String| TemplateError::new(what).in_resource(logical_id);
        let condition = resource.get("Condition").and_then(Value::as_str);
        let left_out = match condition {
            Some(name) => !scope.condition(name).map_err(blame)?,
            None => false,
        };
        if left_out {
            continue;
        }
        let kind = resource
            .get("Type")
            .and_then(Value::as_str)
            .ok_or_else(|| blame("Type is missing".to_owned()))?;
        present.push((logical_id, kind, resource));
    }
    // Functions and socket routes name tables, queues and functions by ARN, so those come first.
    for (logical_id, kind, resource) in &present {
        storage(scope, logical_id, kind, resource, &mut stack)
            .map_err(|what| TemplateError::new(what).in_resource(logical_id))?;
    }
    for (logical_id, kind, resource) in &present {
        if *kind == names::FUNCTION {
            let function = functions::function(scope, logical_id, resource, &stack)
                .map_err(|what| TemplateError::new(what).in_resource(logical_id))?;
            stack.functions.insert((*logical_id).clone(), function);
        }
    }
    refuse_a_route_twice(&stack)?;
    for (logical_id, kind, resource) in &present {
        api(scope, logical_id, kind, resource, &mut stack)
            .map_err(|what| TemplateError::new(what).in_resource(logical_id))?;
    }
    if stack.http_api.is_none() && stack.functions.values().any(|f| !f.routes.is_empty()) {
        stack.http_api = Some(implicit_api(scope)?);
    }
    applications_given_by_parameter(scope, &mut stack);
    Ok(stack)
}

/// API Gateway refuses a deployment in which two functions ask for one route.
fn refuse_a_route_twice(stack: &Stack) -> Result<(), TemplateError> {
    let mut taken = BTreeMap::new();
    for function in stack.functions.values() {
        for route in &function.routes {
            let key = (&route.method, &route.path);
            if let Some(other) = taken.insert(key, &function.logical_id) {
                let what = format!("{} {} also starts {other}", route.method, route.path);
                return Err(TemplateError::new(what).in_resource(&function.logical_id));
            }
        }
    }
    Ok(())
}

/// The properties of a resource, resolved.
pub(super) fn properties(scope: &Scope, resource: &Value) -> Result<Value, String> {
    let properties = resource.get("Properties").unwrap_or(&Value::Null);
    if properties.is_null() {
        return Ok(json!({}));
    }
    match scope.resolve(properties)? {
        Some(resolved @ Value::Object(_)) => Ok(resolved),
        Some(_) | None => Err("Properties must be a map".to_owned()),
    }
}

fn named(scope: &Scope, logical_id: &str) -> Result<Named, String> {
    scope
        .named(logical_id)?
        .ok_or_else(|| format!("there is no resource {logical_id}"))
}

fn storage(
    scope: &Scope,
    logical_id: &str,
    kind: &str,
    resource: &Value,
    stack: &mut Stack,
) -> Result<(), String> {
    let id = logical_id.to_owned();
    match kind {
        names::TABLE => {
            let name = named(scope, logical_id)?.name;
            let table = table(logical_id, name, properties(scope, resource)?)?;
            stack.tables.insert(id, table);
        }
        names::BUCKET => {
            let name = named(scope, logical_id)?.name;
            let bucket = buckets::bucket(name, &properties(scope, resource)?)?;
            stack.buckets.insert(id, bucket);
        }
        names::QUEUE => {
            stack.queues.insert(id, named(scope, logical_id)?.name);
        }
        names::SECRET => {
            let properties = properties(scope, resource)?;
            stack
                .secrets
                .insert(id, secret(scope, logical_id, &properties)?);
        }
        // CloudFormation has no such type of its own: custom resources make them.
        kind if kind.ends_with("PlatformApplication") => {
            let name = property_text(&properties(scope, resource)?, "Name")?;
            stack
                .platform_applications
                .insert(id.clone(), name.unwrap_or(id));
        }
        _ => {}
    }
    Ok(())
}

fn table(logical_id: &str, name: String, mut properties: Value) -> Result<Table, String> {
    for needed in ["KeySchema", "AttributeDefinitions"] {
        if !properties.get(needed).is_some_and(Value::is_array) {
            return Err(format!("{needed} is missing"));
        }
    }
    let time_to_live = match properties.get("TimeToLiveSpecification") {
        Some(specification) if property_flag(specification, "Enabled")? => Some(
            property_text(specification, "AttributeName")?
                .ok_or("TimeToLiveSpecification names no AttributeName")?,
        ),
        Some(_) | None => None,
    };
    let mut has_stream = false;
    if let Some(specification) = properties.get_mut("StreamSpecification") {
        let Some(specification) = specification.as_object_mut() else {
            return Err("StreamSpecification must be a map".to_owned());
        };
        if !specification.contains_key("StreamViewType") {
            return Err("StreamSpecification has no StreamViewType".to_owned());
        }
        // In a template its presence enables the stream; CreateTable wants it said.
        specification.insert("StreamEnabled".to_owned(), json!(true));
        has_stream = true;
    }
    properties["TableName"] = json!(name);
    Ok(Table {
        logical_id: logical_id.to_owned(),
        name,
        properties,
        time_to_live,
        has_stream,
    })
}

fn secret(scope: &Scope, logical_id: &str, properties: &Value) -> Result<Secret, String> {
    const PASSWORD_LENGTH: u32 = 32;
    let generated_length = match properties.get("GenerateSecretString") {
        Some(generate) => {
            let length = property_number(generate, "PasswordLength")?.unwrap_or(PASSWORD_LENGTH);
            Some(usize::try_from(length).map_err(|error| error.to_string())?)
        }
        None => None,
    };
    Ok(Secret {
        logical_id: logical_id.to_owned(),
        name: named(scope, logical_id)?.name,
        generated_length,
    })
}

fn api(
    scope: &Scope,
    logical_id: &str,
    kind: &str,
    resource: &Value,
    stack: &mut Stack,
) -> Result<(), String> {
    match kind {
        names::HTTP_API => {
            if let Some(other) = &stack.http_api {
                return Err(format!(
                    "there is already the HTTP API {}",
                    other.logical_id
                ));
            }
            let shared = Value::Object(global(scope, "HttpApi")?);
            let merged = functions::merge(shared, properties(scope, resource)?);
            stack.http_api = Some(HttpApi {
                logical_id: logical_id.to_owned(),
                cors: cors(&merged)?,
            });
        }
        names::SOCKET_API => {
            if let Some(other) = &stack.socket_api {
                return Err(format!(
                    "there is already the WebSocket API {}",
                    other.logical_id
                ));
            }
            stack.socket_api = Some(socket_api(scope, logical_id, resource, stack)?);
        }
        _ => {}
    }
    Ok(())
}

fn implicit_api(scope: &Scope) -> Result<HttpApi, TemplateError> {
    let properties = global(scope, "HttpApi").map_err(TemplateError::new)?;
    Ok(HttpApi {
        logical_id: functions::IMPLICIT_API.to_owned(),
        cors: cors(&Value::Object(properties)).map_err(TemplateError::new)?,
    })
}

/// `Globals.<section>`, resolved.
pub(super) fn global(scope: &Scope, section: &str) -> Result<Map<String, Value>, String> {
    let found = scope
        .section("Globals")
        .and_then(|globals| globals.get(section));
    match found
        .map(|found| scope.resolve(found))
        .transpose()?
        .flatten()
    {
        Some(Value::Object(map)) => Ok(map),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(format!("Globals.{section} must be a map")),
    }
}

fn cors(properties: &Value) -> Result<Option<Cors>, String> {
    match properties.get("CorsConfiguration") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        // SAM's shorthand for "any origin".
        Some(Value::Bool(true)) => Ok(Some(Cors {
            allow_origins: vec!["*".to_owned()],
            ..Cors::default()
        })),
        Some(given @ Value::Object(_)) => Ok(Some(Cors {
            allow_origins: property_texts(given, "AllowOrigins")?,
            allow_methods: property_texts(given, "AllowMethods")?,
            allow_headers: property_texts(given, "AllowHeaders")?,
            expose_headers: property_texts(given, "ExposeHeaders")?,
            max_age_seconds: property_number(given, "MaxAge")?,
            allow_credentials: property_flag(given, "AllowCredentials")?,
        })),
        Some(_) => Err("CorsConfiguration must be a map or a flag".to_owned()),
    }
}

fn socket_api(
    scope: &Scope,
    logical_id: &str,
    resource: &Value,
    stack: &Stack,
) -> Result<SocketApi, String> {
    let shared = Value::Object(global(scope, "WebSocketApi")?);
    let properties = functions::merge(shared, properties(scope, resource)?);
    let mut routes = BTreeMap::new();
    for (key, route) in property_map(&properties, "Routes")? {
        let arn = property_text(&route, "FunctionArn")?
            .ok_or_else(|| format!("route {key} has no FunctionArn"))?;
        let function = functions::by_arn(scope, stack, &arn)?.ok_or_else(|| {
            format!("route {key} starts {arn}, which is no function of this template")
        })?;
        routes.insert(key, function);
    }
    if routes.is_empty() {
        return Err("Routes is missing or empty".to_owned());
    }
    Ok(SocketApi {
        logical_id: logical_id.to_owned(),
        stage: property_text(&properties, "StageName")?
            .unwrap_or_else(|| DEFAULT_SOCKET_STAGE.to_owned()),
        route_selection_expression: property_text(&properties, "RouteSelectionExpression")?
            .ok_or("RouteSelectionExpression is missing")?,
        routes,
    })
}

/// Platform applications cannot be declared in a template, so their ARNs come as parameters.
fn applications_given_by_parameter(scope: &Scope, stack: &mut Stack) {
    for (name, value) in scope.parameters() {
        if let Some((_, application)) = value.as_str().and_then(|arn| arn.split_once(":app/"))
            && !application.is_empty()
        {
            stack
                .platform_applications
                .insert(name.clone(), application.to_owned());
        }
    }
}
