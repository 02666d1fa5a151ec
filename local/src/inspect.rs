//! `/_local/stack`, `/_local/tables/` and `/_local/sockets`: what the local cloud is made of, what its
//! tables hold, and its sockets, which can be cut off as a network would cut them off.
//!
//! Tables are shown item by item as plain JSON, and cannot be changed here. What an item means, its
//! reader must know: the local cloud does not.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::dynamodb::Engine;
use crate::gateway::websocket::SocketGateway;
use crate::template::model::Stack;

/// Items that one answer shows at most.
const MOST_ITEMS: usize = 1_000;

/// What is shown.
#[derive(Clone)]
pub(crate) struct Inspected {
    /// Where requests go.
    pub(crate) http_url: String,
    /// Where sockets go.
    pub(crate) socket_url: String,
    pub(crate) stack: Arc<Stack>,
    pub(crate) engine: Engine,
    pub(crate) sockets: Option<Arc<SocketGateway>>,
}

/// The routes, all below `/_local/`:
///
/// - `GET stack`: its two URLs, its functions with their memory, and its tables
/// - `GET tables/{table}?pk=`: the items of a partition; `?attribute=&value=`: those that have that text
///   there, looked for in the whole table. At most a thousand; `more` says that there are others
/// - `GET sockets`: how many are open
/// - `POST sockets/drop` `{}`: cuts off every open socket without a word
pub(crate) fn router(inspected: Inspected) -> Router {
    Router::new()
        .route("/_local/stack", get(stack))
        .route("/_local/tables/{table}", get(table))
        .route("/_local/sockets", get(sockets))
        .route("/_local/sockets/drop", post(drop_sockets))
        .with_state(inspected)
}

async fn stack(Shared(inspected): Shared<Inspected>) -> Json<Value> {
    let stack = &inspected.stack;
    let functions: Map<String, Value> = stack
        .functions
        .values()
        .map(|function| {
            let shown = json!({"handler": function.handler, "memory_mib": function.memory_mib});
            (function.logical_id.clone(), shown)
        })
        .collect();
    Json(json!({
        "http_url": inspected.http_url,
        "socket_url": inspected.socket_url,
        "functions": functions,
        "tables": stack.tables.keys().collect::<Vec<_>>(),
    }))
}

#[derive(Debug, Deserialize)]
struct Wanted {
    pk: Option<String>,
    attribute: Option<String>,
    value: Option<String>,
}

impl Wanted {
    /// The operation that finds it, and its body; none of what names nothing.
    fn call(&self, table: &str) -> Option<(&'static str, Value)> {
        match (&self.pk, &self.attribute, &self.value) {
            (Some(pk), None, None) => Some((
                "Query",
                json!({
                    "TableName": table,
                    "ConsistentRead": true,
                    "KeyConditionExpression": "pk = :pk",
                    "ExpressionAttributeValues": {":pk": {"S": pk}},
                }),
            )),
            (None, Some(attribute), Some(value)) => Some((
                "Scan",
                json!({
                    "TableName": table,
                    "ConsistentRead": true,
                    "FilterExpression": "#attribute = :value",
                    "ExpressionAttributeNames": {"#attribute": attribute},
                    "ExpressionAttributeValues": {":value": {"S": value}},
                }),
            )),
            _ => None,
        }
    }
}

type Refused = (StatusCode, Json<Value>);

async fn table(
    Shared(inspected): Shared<Inspected>,
    Path(table): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refused> {
    let known = inspected.stack.tables.get(&table);
    let known = known.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "there is no such table"))?;
    let (operation, body) = wanted.call(&known.name).ok_or_else(|| {
        let sentence = "give either pk, or attribute and value";
        refuse(StatusCode::BAD_REQUEST, sentence)
    })?;
    find(&inspected.engine, operation, body)
        .await
        .map(Json)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, &error))
}

async fn find(engine: &Engine, operation: &str, mut body: Value) -> Result<Value, String> {
    let mut items = Vec::new();
    let more = loop {
        let page = engine.call_as_operator(operation, &body).await?;
        let found = page["Items"].as_array().into_iter().flatten();
        items.extend(found.map(item));
        let last = &page["LastEvaluatedKey"];
        if last.is_null() || items.len() > MOST_ITEMS {
            break !last.is_null() || items.len() > MOST_ITEMS;
        }
        body["ExclusiveStartKey"] = last.clone();
    };
    items.truncate(MOST_ITEMS);
    Ok(json!({"items": items, "more": more}))
}

fn refuse(status: StatusCode, sentence: &str) -> Refused {
    (status, Json(json!({"error": sentence})))
}

async fn sockets(Shared(inspected): Shared<Inspected>) -> Json<Value> {
    let open = inspected
        .sockets
        .map(|gateway| gateway.connections().count());
    Json(json!({"open": open.unwrap_or_default()}))
}

/// Takes JSON, which no page of another origin can send without being asked first.
async fn drop_sockets(Shared(inspected): Shared<Inspected>, Json(_): Json<Value>) -> Json<Value> {
    let dropped = inspected
        .sockets
        .map(|gateway| gateway.connections().cut_off());
    Json(json!({"dropped": dropped.unwrap_or_default()}))
}

fn item(item: &Value) -> Value {
    let attributes = item.as_object().into_iter().flatten();
    let plain = attributes.map(|(name, value)| (name.clone(), plain(value)));
    Value::Object(plain.collect())
}

/// An attribute without its type: `{"N": "1"}` is 1.
fn plain(attribute: &Value) -> Value {
    let typed = attribute.as_object().and_then(|typed| typed.iter().next());
    let Some((kind, value)) = typed else {
        return Value::Null;
    };
    match kind.as_str() {
        "NULL" => Value::Null,
        "N" => number(value),
        "M" => item(value),
        "L" => value.as_array().into_iter().flatten().map(plain).collect(),
        "NS" => value.as_array().into_iter().flatten().map(number).collect(),
        _ => value.clone(),
    }
}

/// Some numbers of `DynamoDB` have more digits than a number of JSON is read with; those stay text.
fn number(text: &Value) -> Value {
    let parsed = text
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    parsed
        .filter(Value::is_number)
        .unwrap_or_else(|| text.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Wanted, item};

    #[test]
    fn items_are_shown_without_their_types() {
        let typed = json!({
            "pk": {"S": "REQUEST#1"}, "count": {"N": "3"}, "open": {"BOOL": true},
            "none": {"NULL": true}, "far": {"L": [{"N": "0.5"}, {"S": "x"}]},
            "map": {"M": {"in": {"NS": ["1", "2"]}}},
        });
        assert_eq!(
            item(&typed),
            json!({
                "pk": "REQUEST#1", "count": 3, "open": true, "none": null,
                "far": [0.5, "x"], "map": {"in": [1, 2]},
            })
        );
    }

    #[test]
    fn what_names_nothing_is_not_looked_for() {
        let wanted = |pk: Option<&str>, attribute: Option<&str>, value: Option<&str>| Wanted {
            pk: pk.map(str::to_owned),
            attribute: attribute.map(str::to_owned),
            value: value.map(str::to_owned),
        };
        assert!(wanted(Some("a"), None, None).call("t").is_some());
        assert!(wanted(None, Some("a"), Some("b")).call("t").is_some());
        assert!(wanted(None, None, None).call("t").is_none());
        assert!(wanted(None, Some("a"), None).call("t").is_none());
        assert!(wanted(Some("a"), Some("a"), Some("b")).call("t").is_none());
    }
}
