//! `callout demo`: against the running stack, or one of its own.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;

use callout_local::demo::{self, DemoError, Options};
use callout_local::state::State;

use super::launch::{self, Plan};
use super::signals::StopSignals;
use super::state_folder::ACCOUNTS;
use super::{Failure, StackArguments};

/// Where `callout` listens unless told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8000";

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The accounts and their tokens are left in .callout/demo.json for use with curl; the next demo ends \
them and makes new ones.")]
pub(super) struct Arguments {
    /// The running stack [default: the one on port 8000, or one of its own if none runs there]
    #[arg(long)]
    url: Option<String>,
    /// The folder to leave demo.json in [default: .callout, beside the template]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    #[command(flatten)]
    pub(super) stack: StackArguments,
}

/// Plays the demo; a signal ends it in between.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        result = play(&arguments) => result,
        () = signals.next() => Err("stopped".into()),
    }
}

async fn play(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(url) = &arguments.url {
        return against(url, arguments).await;
    }
    match demo::find(DEFAULT_URL).await {
        Ok(()) => against(DEFAULT_URL, arguments).await,
        Err(absent) => against_its_own(&absent, arguments).await,
    }
}

async fn against(url: &str, arguments: &Arguments) -> Result<(), Failure> {
    let folder = match &arguments.state {
        Some(folder) => folder.clone(),
        None => launch::default_state(&launch::template(arguments.stack.template.as_deref())?),
    };
    let options = Options {
        url: url.to_owned(),
        accounts: Some(folder.join(ACCOUNTS)),
        patience: demo::PATIENCE,
    };
    Ok(demo::run(&options, std::io::stdout()).await?)
}

/// Starts a stack for the demo alone. Its accounts end with it, so none are left.
async fn against_its_own(absent: &DemoError, arguments: &Arguments) -> Result<(), Failure> {
    eprintln!("{absent}\nSo a stack is started for this demo alone.");
    let plan = Plan {
        template: launch::template(arguments.stack.template.as_deref())?,
        state: State::temporary()?,
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
    };
    let cloud = launch::launch(plan, &arguments.stack).await?;
    let options = Options {
        url: cloud.http_url().to_owned(),
        accounts: None,
        patience: demo::PATIENCE,
    };
    let result = demo::run(&options, std::io::stdout()).await;
    cloud.shutdown().await;
    Ok(result?)
}
