//! `docs/openapi.yaml`: every operation at its path, with what all of them share.

use std::collections::BTreeMap;

use callout_domain::role::Role;
use lambda_http::http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{Answered, Body, Callers, Operation, Parameter};
use super::routes::{self, Route};
use super::schema::Schema;
use super::{written, yaml};
use crate::door;
use crate::http::{Envelope, Failure, Refused};

const ABOUT: &str = "\
Callout carries an urgent need from the person who has it to the people nearby who can meet it, and \
brings back the first one who says yes. What is told while it happens goes over sockets: asyncapi.yaml.

Every path answers with and without its trailing slash. Ids are ULIDs, times RFC 3339 in UTC, distances \
kilometres, positions WGS 84 degrees. A field of a body that nobody knows is passed over; answers have the \
fields that are described and no others, but may get more in a later version.

What the gateway refuses by itself (a path that there is not, too much at once, a body over 10 MB) is \
`{\"message\"}`; a method that a path has not is a 404, as the HTTP APIs of API Gateway have it. Whatever a \
function refuses is `{\"error\", \"code\"}`, with `fields` for rejected fields; under `/api/1/profiles/` it is \
`{\"status\": \"error\", \"message\", \"code\"}`. A 5xx has a `request_id` to look up.";

/// Bodies up to here are read; see `http::form`.
const MOST_WRONG_FIELDS: &str = "Each wrong field with what it must be.";

#[test]
fn the_description_of_the_api_is_that_of_the_code() {
    let comment = "Made from the code: UPDATE_DOCS=1 cargo test --workspace description";
    written::hold("openapi.yaml", &yaml::write(comment, &document()));
}

/// What several operations share.
#[derive(Default)]
struct Components {
    schemas: BTreeMap<&'static str, Value>,
    responses: BTreeMap<String, Value>,
}

fn document() -> Value {
    let routes = routes::of_the_template();
    let mut components = Components::default();
    for (name, form) in errors() {
        components.schemas.insert(name, form);
    }
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (name, envelope, operation) in door::described() {
        let routes = routes
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no route"));
        assert!(!routes.is_empty(), "{name} has no route");
        for (place, route) in routes.iter().enumerate() {
            let described = components.operation(name, place, route, envelope, &operation);
            let there = paths.entry(route.path.clone()).or_default();
            assert!(
                there.insert(route.method.clone(), described).is_none(),
                "{route:?} twice"
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Callout", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [
            {"url": "http://127.0.0.1:8000", "description": "The local cloud."},
            {"url": "https://{host}", "description": "A deployment.",
             "variables": {"host": {"default": "callout.example"}}},
        ],
        "security": [{"bearer": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "The access token of `/login`, for 15 minutes.",
            }},
            "parameters": {"IdempotencyKey": {
                "in": "header", "name": "Idempotency-Key", "required": false,
                "description": "The same key and body is answered the same, and the work done once; \
                                for 24 hours.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }},
            "responses": components.responses,
            "schemas": components.schemas,
        },
    })
}

fn tags() -> Value {
    let mut names: Vec<&str> = door::described()
        .iter()
        .map(|(name, ..)| tag(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| json!({ "name": name }))
        .collect()
}

fn tag(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The forms that errors have.
fn errors() -> [(&'static str, Value); 3] {
    let code = json!({"type": "string", "pattern": "^[a-z0-9_]+$", "description": "Stable."});
    let fields = json!({
        "type": "object", "additionalProperties": {"type": "string"}, "description": MOST_WRONG_FIELDS,
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

impl Components {
    fn operation(
        &mut self,
        name: &str,
        place: usize,
        route: &Route,
        envelope: Envelope,
        operation: &Operation,
    ) -> Value {
        let mut described = json!({
            "operationId": if place == 0 { name.to_owned() } else { format!("{name}.{place}") },
            "tags": [tag(name)],
            "summary": operation.summary,
            "responses": self.responses(envelope, operation),
        });
        if !operation.details.is_empty() {
            described["description"] = json!(operation.details);
        }
        match &operation.callers {
            Callers::Anyone => described["security"] = json!([]),
            Callers::AnyAccount => {}
            Callers::These(roles) => {
                let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
                described["x-callers"] = json!(roles);
            }
        }
        let mut parameters: Vec<Value> = operation
            .parameters
            .iter()
            .filter(|one| one.place != "path" || route.path.contains(&format!("{{{}}}", one.name)))
            .map(|one| self.parameter(one))
            .collect();
        if operation.takes_key {
            parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
        }
        if !parameters.is_empty() {
            described["parameters"] = json!(parameters);
        }
        if let Some(body) = &operation.body {
            described["requestBody"] = self.body(body);
        }
        described
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        json!({
            "in": parameter.place,
            "name": parameter.name,
            "description": parameter.sentence,
            "required": parameter.is_required,
            "schema": self.schema(&parameter.schema),
        })
    }

    fn body(&mut self, body: &Body) -> Value {
        let mut content = json!({"application/json": {
            "schema": self.schema(&body.json),
            "examples": body.examples,
        }});
        if let Some(form) = &body.form {
            content["multipart/form-data"] = json!({"schema": self.schema(form)});
        }
        json!({"required": body.is_required, "content": content})
    }

    fn responses(&mut self, envelope: Envelope, operation: &Operation) -> BTreeMap<String, Value> {
        let mut responses = BTreeMap::new();
        for answered in &operation.answers {
            responses.insert(answered.status.to_string(), self.answered(answered));
        }
        let common = common(operation);
        for status in [400, 401, 403, 404, 413, 415, 422, 429, 500, 503] {
            let usual: Vec<&Refused> = common.iter().filter(|one| one.status == status).collect();
            let own = operation.refusals.iter().filter(|one| one.status == status);
            let own: Vec<&Refused> = own.filter(|one| !has(&usual, one)).collect();
            let by_gateway = gateway(status);
            if usual.is_empty() && own.is_empty() && by_gateway.is_none() {
                continue;
            }
            let all: Vec<&Refused> = usual.into_iter().chain(own.iter().copied()).collect();
            let response = refused(status, envelope, &all, by_gateway);
            // Whatever is the same everywhere is written once.
            let is_shared = own.is_empty() && status != 400 && status != 403;
            responses.insert(
                status.to_string(),
                if is_shared {
                    self.shared(status, envelope, response)
                } else {
                    response
                },
            );
        }
        responses
    }

    fn answered(&mut self, answered: &Answered) -> Value {
        let mut response = json!({"description": answered.sentence});
        if let Some(schema) = &answered.schema {
            response["content"] = json!({"application/json": {
                "schema": self.schema(schema),
                "examples": answered.examples,
            }});
        }
        for (name, sentence) in &answered.headers {
            response["headers"][name] =
                json!({"description": sentence, "required": true, "schema": {"type": "string"}});
        }
        response
    }

    fn shared(&mut self, status: u16, envelope: Envelope, response: Value) -> Value {
        let has_code = response["content"]["application/json"]["schema"]
            .get("$ref")
            .is_none();
        let kind = match envelope {
            Envelope::Work if has_code => "Work",
            Envelope::Work | Envelope::Plain => "",
        };
        let by_function = if has_code { "" } else { "ByGateway" };
        let name = format!(
            "{kind}{by_function}{}",
            reason(status).replace([' ', '-'], "")
        );
        let known = self.responses.insert(name.clone(), response.clone());
        assert!(
            known.is_none_or(|known| known == response),
            "two responses are called {name}"
        );
        json!({"$ref": format!("#/components/responses/{name}")})
    }

    fn schema(&mut self, schema: &Schema) -> Value {
        schema.clone().into_json(&mut self.schemas)
    }
}

fn has(some: &[&Refused], one: &Refused) -> bool {
    some.iter().any(|known| known.code == one.code)
}

/// What every operation refuses that takes what this one takes.
fn common(operation: &Operation) -> Vec<Refused> {
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
const fn gateway(status: u16) -> Option<&'static str> {
    match status {
        404 => Some("Not Found"),
        413 => Some("Request Entity Too Large"),
        429 => Some("Too Many Requests"),
        500 => Some("Internal Server Error"),
        503 => Some("Service Unavailable"),
        _ => None,
    }
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

/// The response with every code that it may have.
fn refused(status: u16, envelope: Envelope, all: &[&Refused], gateway: Option<&str>) -> Value {
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
