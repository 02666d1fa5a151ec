//! How the parts of the cloud reach each other.

use std::sync::Arc;

use axum::Router;
use serde_json::json;

use super::{Options, Services};
use crate::captured::{self, Sources};
use crate::console;
use crate::faults::Kill;
use crate::inspect::{self, Inspected};
use crate::lambda::{LambdaOptions, Lambdas};
use crate::schedules::Schedules;
use crate::template::model::Stack;

pub(super) fn lambda_options(options: &Options, stack: &Arc<Stack>) -> LambdaOptions {
    let mut settings = LambdaOptions::new(
        Arc::clone(stack),
        options.artifact.clone(),
        options.state.clone(),
    );
    settings.max_instances = options.max_instances;
    settings.idle_time = options.function_idle_time;
    settings.verbose = options.verbose;
    settings
}

/// How a fault ends a function's processes.
pub(super) fn killer(lambdas: Lambdas) -> Kill {
    Arc::new(move |function, instance| {
        let lambdas = lambdas.clone();
        Box::pin(async move {
            match instance {
                Some(instance) => lambdas.kill_instance(&function, instance).await,
                None => drop(lambdas.kill(&function).await),
            }
        })
    })
}

/// The local cloud's own routes beside the two APIs: `/_local/` and the console, which shows pictures and voice
/// from `media`, where S3 is.
pub(super) fn own_routes(
    services: &Services,
    lambdas: &Lambdas,
    schedules: Schedules,
    inspected: Inspected,
    media: &str,
) -> Router {
    captured::router(sources(services, lambdas, schedules))
        .merge(inspect::router(inspected))
        .merge(console::router(media))
}

/// What `/_local/` shows and does.
fn sources(services: &Services, lambdas: &Lambdas, schedules: Schedules) -> Sources {
    let dead_letters = services.dead_letters.clone();
    let lambdas = lambdas.clone();
    Sources {
        mailbox: services.mailbox.clone(),
        pushes: services.pushes.clone(),
        dead_letters: Arc::new(move || dead_letters.list()),
        functions: Arc::new(move || json!(lambdas.stats())),
        schedules,
    }
}
