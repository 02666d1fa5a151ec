//! How operations refuse: what all of a kind have in common, and what the gateway says by itself.

use callout_domain::role::Role;
use lambda_http::http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{Callers, Operation};
use crate::http::{Envelope, Failure, Refused};

/// The forms that errors have.
pub(super) fn forms() -> [(&'static str, Value); 3] {
    let code = json!({"type": "string", "pattern": "^[a-z0-9_]+$", "description": "Stable."});
    let fields = json!({
        "type": "object", "additionalProperties": {"type": "string"}, "description": "Each wrong field with what it must be.",
    });
    let sentence = json!({"type": "string", "description": "A sentence for a person."});
    [
        (
            "Error",
            json!({
                "type": "object",
                "required": ["error", "code"],
                "additionalProperties": false,
                "properties": {
                    "error": sentence, "code": code, "fields": fields, "request_id": {"type": "string"},
                },
            }),
        ),
        (
            "WorkError",
            json!({
                "type": "object",
                "required": ["status", "message", "code"],
                "additionalProperties": false,
                "properties": {
                    "status": {"const": "error"}, "message": sentence, "code": code, "fields": fields,
                    "request_id": {"type": "string"},
                },
            }),
        ),
        (
            "GatewayError",
            json!({
                "type": "object",
                "required": ["message"],
                "additionalProperties": false,
                "properties": {"message": {"type": "string"}},
            }),
        ),
    ]
}

/// What every operation refuses that takes what this one takes.
pub(super) fn common(operation: &Operation) -> Vec<Refused> {
    let mut failures = vec![Failure::unknown_path()];
    if operation.callers != Callers::Anyone {
        failures.push(Failure::unauthenticated());
    }
    if let Callers::These(roles) = &operation.callers {
        failures.push(forbidden(roles));
    }
    if operation.body.is_some() {
        failures.push(Failure::bad(
            "malformed_body",
            "The body is not a JSON object",
        ));
        failures.push(Failure::too_large());
        failures.push(Failure::unsupported_media_type());
    }
    let has_query = operation.parameters.iter().any(|one| one.place == "query");
    if operation.body.is_some() || has_query {
        failures.push(Failure::bad("invalid_input", "Some fields are not valid"));
    }
    if operation.takes_key {
        failures.extend(crate::http::refusals_of_keys());
    }
    let refused = failures.into_iter().filter_map(|failure| match failure {
        Failure::Refused(refused) => Some(refused),
        Failure::Invalid(_) | Failure::Broken(_) => None,
    });
    let broken = Refused::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side; please try again",
    );
    refused.chain([broken]).collect()
}

/// As `Caller::must_be` says it.
fn forbidden(roles: &[Role]) -> Failure {
    let names: Vec<&str> = roles.iter().map(|role| role.path_segment()).collect();
    Failure::forbidden(format!("Only a {} account may do this", names.join(" or ")))
}

/// What API Gateway says by itself.
pub(super) const fn gateway(status: u16) -> Option<&'static str> {
    match status {
        404 => Some("Not Found"),
        413 => Some("Request Entity Too Large"),
        429 => Some("Too Many Requests"),
        500 => Some("Internal Server Error"),
        503 => Some("Service Unavailable"),
        _ => None,
    }
}

pub(super) fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

/// The response with every code that it may have.
pub(super) fn refused(
    status: u16,
    envelope: Envelope,
    all: &[&Refused],
    gateway: Option<&str>,
) -> Value {
    let mut examples = Map::new();
    for refused in all {
        let example = example(envelope, refused);
        examples.insert(refused.code.to_owned(), json!({ "value": example }));
    }
    if let Some(message) = gateway {
        examples.insert("gateway".to_owned(), json!({"value": {"message": message}}));
    }
    let codes: Vec<&str> = all.iter().map(|refused| refused.code).collect();
    let by_function = json!({
        "allOf": [{"$ref": format!("#/components/schemas/{}", form(envelope))}],
        "properties": {"code": {"enum": codes}},
    });
    let by_gateway = json!({"$ref": "#/components/schemas/GatewayError"});
    let schema = match (gateway, all) {
        (None, _) => by_function,
        (Some(_), []) => by_gateway,
        (Some(_), _) => json!({"anyOf": [by_function, by_gateway]}),
    };
    let mut response = json!({
        "description": reason(status),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    });
    if status == 429 {
        response["headers"] = json!({"Retry-After": {
            "description": "In how many seconds to come back; the gateway does not say.",
            "schema": {"type": "integer", "minimum": 0},
        }});
    }
    response
}

const fn form(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::Plain => "Error",
        Envelope::Work => "WorkError",
    }
}

/// As the handler's failure would be answered.
fn example(envelope: Envelope, refused: &Refused) -> Value {
    let failure = Failure::Refused(refused.clone());
    let mut body = envelope.failed(failure.answer("")).into_body();
    if refused.code == "invalid_input" {
        body["fields"] = json!({"a_field": "what it must be"});
    }
    if refused.status == StatusCode::INTERNAL_SERVER_ERROR {
        body["request_id"] = json!("6f1c1e0a-4b7e-4f0e-9f5d-2f4f7b1f7a11");
    }
    body
}
