//! `docs/openapi.yaml`: every operation at its path, with what all of them share.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::errors::{common, forms, gateway, reason, refused};
use super::operation::{Answered, Body, Callers, Operation, Parameter};
use super::routes::{self, Route};
use super::schema::Schema;
use super::{written, yaml};
use crate::door;
use crate::http::{Envelope, Refused};

const ABOUT: &str = "\
Callout carries an urgent need from the person who has it to the people nearby who can meet it, and \
brings back the first one who says yes. What is told while it happens goes over sockets: asyncapi.yaml.

Every path answers with and without its trailing slash. Ids are ULIDs, times RFC 3339 in UTC, distances \
kilometres, positions WGS 84 degrees. A field of a body that nobody knows is passed over; answers have the \
fields that are described and no others, but may get more in a later version.

What the gateway refuses by itself (a path that there is not, too much at once, a body over 10 MB) is \
`{\"message\"}`; a method that a path has not is a 404, as the HTTP APIs of API Gateway have it. Whatever a \
function refuses is `{\"error\", \"code\"}`, with `fields` for rejected fields; under `/api/1/profiles/` it is \
`{\"status\": \"error\", \"message\", \"code\"}`. Every answer of a function has an `x-request-id`, by which \
its logs are found, and a 500 has it in `request_id`, too.";

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
    for (name, form) in forms() {
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
