//! `callout invoke`: runs one function of the running local cloud on an event.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use callout_local::client::Api;
use clap::Args;

use super::Failure;
use super::demo::DEFAULT_URL;

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The same as `sam local invoke` without a container engine:
  callout invoke accounts.login -e events/accounts.login.json
  callout invoke LoginFunction -e .callout/events/accounts.login.json
                                   the event with the accounts that the demo left

What the function logs is in .callout/logs/.")]
pub(super) struct Arguments {
    /// The function: its logical id in the template, or its handler
    function: String,
    /// The event as Lambda would hand it over; - reads it from standard input
    #[arg(long, short, value_name = "FILE")]
    event: PathBuf,
    /// The running local cloud
    #[arg(long, default_value = DEFAULT_URL)]
    url: String,
}

/// Runs the function and prints what it answers.
pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut event = Vec::new();
    if arguments.event.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut event)?;
    } else {
        event = std::fs::read(&arguments.event)
            .map_err(|error| format!("{}: {error}", arguments.event.display()))?;
    }
    let path = format!("/_local/invoke/{}", arguments.function);
    let answer = Api::new(&arguments.url)
        .send(reqwest::Method::POST, &path, |request| request.body(event))
        .await?;
    writeln!(std::io::stdout().lock(), "{:#}", answer.body)?;
    if answer.status == 200 {
        return Ok(());
    }
    Err(format!("{} has no answer ({})", arguments.function, answer.status).into())
}
