//! `callout redrive`: dead letters go back to where they came from.

use std::io::Write as _;
use std::path::PathBuf;

use aws_config::BehaviorVersion;
use clap::Args;

use callout_local::operator;
use callout_local::redrive::Redrive;

use super::{Failure, launch};

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Without --queue it redrives the local cloud that runs on .callout/:
  callout redrive                  say what there is
  callout redrive --go             do it
  callout redrive --queue $(…DeadLettersUrl of the stack) --outbox $(…OutboxTable) --go
                                   in AWS, with the credentials and region of the environment

docs/operations.md says what to look at first.")]
pub(super) struct Arguments {
    /// URL of the queue of dead letters [default: that of the running local cloud]
    #[arg(long, value_name = "URL", requires = "outbox")]
    queue: Option<String>,
    /// Name of the outbox table
    #[arg(long, value_name = "TABLE", requires = "queue")]
    outbox: Option<String>,
    /// Do it; without this nothing is changed, and what would be done is said
    #[arg(long)]
    go: bool,
    /// The state folder of the running local cloud [default: .callout, beside the template]
    #[arg(long, value_name = "FOLDER", conflicts_with = "queue")]
    state: Option<PathBuf>,
}

/// Redrives, or says what that would be.
pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let redrive = match (&arguments.queue, &arguments.outbox) {
        (Some(queue), Some(outbox)) => {
            let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
            Redrive::new(&config, queue.clone(), outbox.clone())
        }
        (_, _) => local(arguments)?,
    };
    let mut out = std::io::stdout().lock();
    let dry = !arguments.go;
    let summary = redrive
        .run(dry, |line| {
            // Whoever reads may have gone; the work goes on.
            let _ = writeln!(out, "{line}");
        })
        .await?;
    writeln!(out, "{summary}")?;
    if dry && summary.reposted > 0 {
        writeln!(out, "Nothing was changed; --go does it.")?;
    }
    Ok(())
}

fn local(arguments: &Arguments) -> Result<Redrive, Failure> {
    let folder = match &arguments.state {
        Some(folder) => folder.clone(),
        None => launch::default_state(&launch::template(None)?),
    };
    let environment = operator::read(&folder)
        .map_err(|error| format!("no local cloud has run on {}: {error}", folder.display()))?;
    Redrive::local(&environment)
        .ok_or_else(|| format!("{} is of no stack with dead letters", folder.display()).into())
}
