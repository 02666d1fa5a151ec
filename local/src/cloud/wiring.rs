//! How the parts of the cloud reach each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use serde_json::json;

use super::doors::Listeners;
use super::{Options, Services};
use crate::captured::{self, Sources};
use crate::console;
use crate::faults::Kill;
use crate::inspect::{self, Inspected};
use crate::lambda::{LambdaOptions, Lambdas};
use crate::operator::{self, Operator};
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

/// How a fault ends a function's processes. The functions hold the faults: held by them in turn, neither
/// would ever be gone.
pub(super) fn killer(lambdas: &Lambdas) -> Kill {
    let lambdas = lambdas.downgrade();
    Arc::new(move |function, instance| {
        let lambdas = lambdas.upgrade();
        Box::pin(async move {
            let Some(lambdas) = lambdas else { return };
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
    captured::router(sources(services, lambdas, schedules, &inspected.stack))
        .merge(inspect::router(inspected))
        .merge(console::router(media))
}

/// What `/_local/` shows and does.
fn sources(
    services: &Services,
    lambdas: &Lambdas,
    schedules: Schedules,
    stack: &Arc<Stack>,
) -> Sources {
    let dead_letters = services.dead_letters.clone();
    let lambdas = lambdas.clone();
    let invoked = Arc::new(lambdas.clone());
    Sources {
        mailbox: services.mailbox.clone(),
        pushes: services.pushes.clone(),
        dead_letters: Arc::new(move || dead_letters.list()),
        functions: Arc::new(move || json!(lambdas.stats())),
        schedules,
        invoke: invoked,
        stack: Arc::clone(stack),
    }
}

/// Leaves in the state folder what an operator needs; gives the environment that was left.
pub(super) fn leave_to_operator(
    operator: &Operator,
    options: &Options,
    settings: &LambdaOptions,
    listeners: &Listeners,
) -> std::io::Result<BTreeMap<String, String>> {
    let (stack, endpoints) = (&settings.stack, &settings.endpoints);
    let mut doors = endpoints.clone();
    doors.extend(listeners.endpoints_of_operator()?);
    let environment = operator.environment(stack, &doors);
    operator::leave(options.state.path(), &environment, stack, endpoints)?;
    Ok(environment)
}
