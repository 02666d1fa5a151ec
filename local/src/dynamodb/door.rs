//! The door that functions call: `DynamoDB`'s JSON protocol on loopback.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use dynoxide::DynoxideError;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::calls::{Operation, Touch};
use super::mishap;
use super::{DynamoError, Engine, upkeep};
use crate::caller::{self, Caller};
use crate::faults::{Faults, Occasion};
use crate::iam::{Iam, Refused, resource};
use crate::template::{ACCOUNT, REGION};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "DynamoDB_20120810.";
/// `DynamoDB` takes bodies of up to 16 MiB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A call as the door understands it.
#[derive(Debug)]
struct Call {
    caller: Option<Caller>,
    operation: Operation,
    touches: Vec<Touch>,
}

/// Serves `engine` on `listener` until `shutdown` resolves, and keeps its tables meanwhile:
/// expired items are deleted and old stream records trimmed.
///
/// # Errors
/// [`DynamoError::Serve`], when the listener fails.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    faults: Faults,
    iam: Arc<Iam>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), DynamoError> {
    let router = Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Served {
            engine: engine.clone(),
            faults,
            iam,
        });
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    tokio::select! {
        ended = serving => ended.map_err(DynamoError::Serve),
        never = upkeep::keep(engine) => match never {},
    }
}

#[derive(Clone)]
struct Served {
    engine: Engine,
    faults: Faults,
    iam: Arc<Iam>,
}

/// A call that is answered before it reaches the tables: the body of a status 400.
struct Refusal(String);

impl Refusal {
    fn new(kind: &str, message: Option<&str>) -> Self {
        let mut body = json!({ "__type": kind });
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        Self(body.to_string())
    }

    fn of(refused: &Refused) -> Self {
        let kind = match refused {
            Refused::Unknown => "com.amazon.coral.service#UnrecognizedClientException",
            Refused::Denied(_) => "com.amazon.coral.service#AccessDeniedException",
        };
        Self::new(kind, Some(&refused.message()))
    }
}

async fn answer(State(served): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
    let Served {
        engine,
        faults,
        iam,
    } = served;
    let Ok(body) = String::from_utf8(body.into()) else {
        return failure(&DynoxideError::SerializationException(String::new()));
    };
    let admitted = understand(&headers, &body).and_then(|call| admit(&iam, call));
    let Call {
        caller,
        operation,
        touches,
    } = match admitted {
        Ok(call) => call,
        Err(Refusal(body)) => return respond(StatusCode::BAD_REQUEST, body),
    };
    let function = caller.as_ref().and_then(Caller::function);
    let tables: Vec<String> = touches.iter().map(|touch| touch.table.clone()).collect();
    let targets: Vec<&str> = tables.iter().map(String::as_str).collect();
    let occasion = Occasion {
        function,
        instance: caller::instance(&headers),
        action: operation.name(),
        targets: &targets,
    };
    let mishap = faults.table(occasion).await;
    if let Some((status, body)) = mishap.and_then(|it| mishap::instead(it, operation, &body)) {
        return respond(status, body);
    }
    let mut counting = engine.meter().begin(function, operation);
    let body = match &mut counting {
        Some(counting) => counting.ask(body),
        None => body,
    };
    let answer = engine.call(operation, touches, body).await;
    if let Some(counting) = counting {
        counting.done(answer.as_deref().ok()).await;
    }
    if answer.is_ok() {
        faults.done(occasion).await;
    }
    if mishap.is_some() {
        let (status, body) = mishap::server_error();
        return respond(status, body);
    }
    match answer {
        Ok(answer) if operation == Operation::DescribeTable => {
            respond(StatusCode::OK, described(&engine, answer))
        }
        Ok(answer) => respond(StatusCode::OK, answer),
        Err(error) => failure(&error),
    }
}

/// Whether a call goes through. Every call passes here after it is understood and before it
/// reaches the tables: what a function's policies forbid, and faults made on purpose, belong here.
fn admit(iam: &Iam, call: Call) -> Result<Call, Refusal> {
    // A body that is not understood touches nothing: running it says what is wrong with it.
    let wanted = call.touches.iter().map(|touch| {
        let action = format!("dynamodb:{}", touch.action);
        (
            action,
            resource::table(&touch.table, touch.index.as_deref()),
        )
    });
    let admitted = match &call.caller {
        Some(caller) => iam.admit(caller, wanted),
        None => Err(Refused::Unknown),
    };
    match admitted {
        Ok(()) => Ok(call),
        Err(refused) => Err(Refusal::of(&refused)),
    }
}

fn understand(headers: &HeaderMap, body: &str) -> Result<Call, Refusal> {
    let unknown = |message| {
        Refusal::new(
            "com.amazon.coral.service#UnknownOperationException",
            message,
        )
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(name) = text("x-amz-target").and_then(|target| target.strip_prefix(TARGET)) else {
        return Err(unknown(None));
    };
    let Some(operation) = Operation::named(name) else {
        let message = format!("{name} is not served locally: tables are made from the template");
        return Err(unknown(Some(&message)));
    };
    let refused = dynoxide::auth_material::validate(dynoxide::auth_material::AuthMaterial {
        authorization: text("authorization"),
        query: "",
        has_date_header: headers.contains_key("x-amz-date") || headers.contains_key("date"),
    });
    if let Some(body) = refused {
        return Err(Refusal(body));
    }
    Ok(Call {
        caller: Caller::of(headers),
        operation,
        touches: operation.touches(body),
    })
}

/// A description with ARNs as AWS has them, and the view type that the template asks for.
fn described(engine: &Engine, answer: String) -> String {
    let Ok(mut description) = serde_json::from_str::<Value>(&answer) else {
        return answer;
    };
    let table = &mut description["Table"];
    let name = table["TableName"].as_str().unwrap_or_default().to_owned();
    if let Some(stream) = table.get_mut("StreamSpecification") {
        stream["StreamViewType"] = json!(engine.view_type(&name));
    }
    rewrite_arns(&mut description);
    description.to_string()
}

fn rewrite_arns(value: &mut Value) {
    match value {
        Value::String(text) => {
            let own = format!(
                "arn:aws:dynamodb:{}:{}:",
                dynoxide::streams::LOCAL_REGION,
                dynoxide::streams::LOCAL_ACCOUNT
            );
            if let Some(rest) = text.strip_prefix(own.as_str()) {
                *text = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite_arns),
        Value::Object(map) => map.values_mut().for_each(rewrite_arns),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn failure(error: &DynoxideError) -> Response {
    let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
    if status.is_server_error() {
        tracing::error!(%error, "the embedded DynamoDB failed");
    }
    respond(status, error.to_json())
}

fn respond(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(CONTENT_TYPE),
    );
    if let Ok(id) = ulid::Ulid::generate().to_string().parse() {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

#[cfg(test)]
mod tests;
