//! The small stack's donors: one city, and everybody in it is told.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Flaw, Shared, Stack, caller, connect};

pub(super) fn routes() -> Router<Arc<Stack>> {
    Router::new()
        .route("/ws/notifications/donor/{id}/", any(connect))
        .route("/api/donor/requests/", post(ask))
        .route("/api/donor/requests/complete/", post(complete))
        .route("/api/donor/my-requests/", get(own))
        .route("/api/donor/{step}/", post(respond))
}

async fn ask(
    stack: Shared,
    headers: HeaderMap,
    Json(need): Json<Value>,
) -> impl axum::response::IntoResponse {
    let mut inner = stack.inner.lock().unwrap();
    let id = format!("need-{}", inner.requests.len());
    let asking = caller(&headers);
    let others: Vec<String> = inner
        .accounts
        .iter()
        .filter(|(other, account)| **other != asking && account["role"] == "DONOR")
        .map(|(other, _)| other.clone())
        .collect();
    let shown = if stack.flaw == Flaw::ShowsPatient {
        need["patientNumber"].clone()
    } else {
        Value::Null
    };
    for donor in &others {
        let message = json!({
            "type": "blood_request", "requestId": id, "message": "Urgent", "patientNumber": shown,
        });
        inner.tell(donor, message);
    }
    inner.requests.push(json!({
        "id": id, "status": "Active", "asking": asking, "told": others,
        "patientNumber": need["patientNumber"], "acceptedCount": 0, "confirmedCount": 0,
    }));
    let answer = json!({ "requestId": id, "notifiedCount": others.len(), "message": "Sent" });
    (StatusCode::CREATED, Json(answer))
}

async fn respond(
    State(stack): Shared,
    Path(step): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Json<Value> {
    let (response, count) = match step.as_str() {
        "accept-request" => ("Accepted", "acceptedCount"),
        _ => ("Confirmed", "confirmedCount"),
    };
    let mut inner = stack.inner.lock().unwrap();
    let name = inner.accounts[&caller(&headers)]["name"].clone();
    let mut requests = inner.requests.iter_mut();
    let request = requests.find(|one| one["id"] == body["requestId"]).unwrap();
    request[count] = json!(request[count].as_u64().unwrap() + 1);
    let request = request.clone();
    let message = json!({
        "type": "donor_response", "requestId": request["id"], "response": response, "name": name,
    });
    inner.tell(request["asking"].as_str().unwrap(), message);
    Json(json!({ "patientNumber": request["patientNumber"] }))
}

async fn complete(State(stack): Shared, Json(body): Json<Value>) -> Json<Value> {
    let mut inner = stack.inner.lock().unwrap();
    let mut requests = inner.requests.iter_mut();
    let request = requests.find(|one| one["id"] == body["requestId"]).unwrap();
    request["status"] = json!("Completed");
    let request = request.clone();
    for donor in request["told"].as_array().unwrap() {
        let message = json!({ "type": "blood_request_completed", "requestId": request["id"] });
        inner.tell(donor.as_str().unwrap(), message);
    }
    Json(json!({ "status": "Completed" }))
}

async fn own(State(stack): Shared) -> Json<Value> {
    Json(json!(stack.inner.lock().unwrap().requests))
}
