//! The small stack's hospital: whoever founded it is told of everything.

use std::sync::Arc;

use axum::routing::{any, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Shared, Stack, caller, connect};

pub(super) fn routes() -> Router<Arc<Stack>> {
    Router::new()
        .route(
            "/ws/notifications/hospital-new-consultation/{id}/",
            any(connect),
        )
        .route("/api/consultation-request/", post(ask))
}

async fn ask(
    stack: Shared,
    headers: HeaderMap,
    Json(form): Json<Value>,
) -> impl axum::response::IntoResponse {
    let mut inner = stack.inner.lock().unwrap();
    let patient = inner.accounts[&caller(&headers)]["name"].clone();
    let message = json!({
        "type": "send_notification", "channel": "hospital-new-consultation",
        "data": { "message": "New", "patient": patient, "consultation_request_id": "one" },
    });
    inner.tell(form["hospital_id"].as_str().unwrap(), message);
    let answer = json!({ "consultation_request_id": "one", "status": "Pending" });
    (StatusCode::CREATED, Json(answer))
}
