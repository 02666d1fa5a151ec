//! The small stack's work: the provider is told of what they are assigned.

use std::sync::Arc;

use axum::routing::{any, patch, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Shared, Stack, connect};

pub(super) fn routes() -> Router<Arc<Stack>> {
    Router::new()
        .route("/ws/work/provider/", any(connect))
        .route(
            "/api/1/profiles/provider-status/",
            patch(|| async { Json(json!({ "status": "success" })) }),
        )
        .route("/api/1/profiles/assign-work/", post(assign))
}

async fn assign(stack: Shared, Json(form): Json<Value>) -> impl axum::response::IntoResponse {
    let mut inner = stack.inner.lock().unwrap();
    let message = json!({
        "type": "work_assigned", "work_id": "one", "message": form["message"],
    });
    inner.tell(form["provider_id"].as_str().unwrap(), message);
    let order = json!({ "work_order_id": "one", "websocket_sent": true });
    let answer = json!({ "status": "success", "data": order });
    (StatusCode::CREATED, Json(answer))
}
