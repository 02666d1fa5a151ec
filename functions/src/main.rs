//! Every function of Callout, in one artifact: Lambda names the one to be in `_HANDLER`.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod api;
mod http;
mod metrics;
mod schedule;
mod socket;
mod stream;

mod accounts;
mod blood;
mod consultations;
mod conversations;
mod delivery;
mod hospitals;
mod media;
mod medicine;
mod notifications;
mod realtime;
mod requests;
mod work;

mod door;

use std::process::ExitCode;

use lambda_http::{lambda_runtime, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tracing::init_default_subscriber();
    let name = std::env::var("_HANDLER").unwrap_or_default();
    let Some(door) = door::of(&name) else {
        tracing::error!(handler = name, "no function of this name");
        return ExitCode::FAILURE;
    };
    match door.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error: lambda_runtime::Error = error;
            tracing::error!(%error, "the runtime ended");
            ExitCode::FAILURE
        }
    }
}
