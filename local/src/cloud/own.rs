//! The local cloud's own routes beside the two APIs: `/_local/` and the console.

use std::sync::Arc;

use axum::Router;
use serde_json::json;

use super::Services;
use crate::captured::{self, Sources};
use crate::console;
use crate::inspect::{self, Inspected};
use crate::lambda::Lambdas;

/// All of them; pictures and voice are shown from `media`, where S3 is.
pub(super) fn routes(
    services: &Services,
    lambdas: &Lambdas,
    inspected: Inspected,
    media: &str,
) -> Router {
    captured::router(sources(services, lambdas))
        .merge(inspect::router(inspected))
        .merge(console::router(media))
}

fn sources(services: &Services, lambdas: &Lambdas) -> Sources {
    let dead_letters = services.dead_letters.clone();
    let lambdas = lambdas.clone();
    Sources {
        mailbox: services.mailbox.clone(),
        pushes: services.pushes.clone(),
        dead_letters: Arc::new(move || dead_letters.list()),
        functions: Arc::new(move || json!(lambdas.stats())),
    }
}
