//! `callout demo`: against the running stack, or one of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::Args;

use callout_local::client::Proof;
use callout_local::demo::{self, DemoError, Deployed, EventFolders, Options};

use super::launch::{self, Plan};
use super::signals::StopSignals;
use super::state_folder::{ACCOUNTS, EVENTS, StateFolder};
use super::{Failure, StackArguments};

/// Where `callout` listens unless told otherwise.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:8000";
const DEFAULT_PORT: u16 = 8000;

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The accounts and their tokens are left in .callout/demo.json for use with curl; the next demo ends \
them and makes new ones.

Against a deployed stack (docs/operations.md) it is played at sea, and leaves nothing behind:
  callout demo --http <HttpUrl> --ws <SocketUrl> --accounts-table <AccountsTable>")]
pub(super) struct Arguments {
    /// The running stack [default: the one on port 8000, or one of its own if none runs there]
    #[arg(long)]
    url: Option<String>,
    /// A deployed stack: the URL of its HTTP API, or of the edge in front of both APIs
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "url",
        requires = "accounts_table"
    )]
    http: Option<String>,
    /// The URL of its WebSocket API, if there is no edge
    #[arg(long, value_name = "URL", requires = "http")]
    ws: Option<String>,
    /// Its accounts table, where the addresses of the demo are marked as proved, with the credentials
    /// and region of the environment
    #[arg(long, value_name = "TABLE", requires = "http")]
    accounts_table: Option<String>,
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
    if let (Some(url), Some(table)) = (&arguments.http, &arguments.accounts_table) {
        return against_deployed(url, table, arguments.ws.clone()).await;
    }
    if let Some(url) = &arguments.url {
        return against(url, arguments).await;
    }
    match demo::find(DEFAULT_URL).await {
        Ok(()) => against(DEFAULT_URL, arguments).await,
        Err(absent) => against_its_own(&absent, arguments).await,
    }
}

async fn against_deployed(url: &str, table: &str, sockets: Option<String>) -> Result<(), Failure> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let options = Options {
        url: url.to_owned(),
        deployed: Some(Deployed {
            sockets,
            proof: Proof::mark(&config, table),
        }),
        accounts: None,
        events: None,
        patience: demo::PATIENCE,
    };
    Ok(demo::run(&options, std::io::stdout()).await?)
}

async fn against(url: &str, arguments: &Arguments) -> Result<(), Failure> {
    let template = launch::template(arguments.stack.template.as_deref())?;
    let options = options(url, &template, &state_path(arguments, &template));
    Ok(demo::run(&options, std::io::stdout()).await?)
}

/// Starts a stack for the demo, on the state folder that `cargo run` takes next: the accounts and
/// tokens that it leaves are good there.
async fn against_its_own(absent: &DemoError, arguments: &Arguments) -> Result<(), Failure> {
    eprintln!("{absent}\nSo a stack is started, which ends with the demo.");
    let template = launch::template(arguments.stack.template.as_deref())?;
    let folder = StateFolder::take(&state_path(arguments, &template), false)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let is_free = TcpListener::bind(address).is_ok();
    let plan = Plan {
        template: template.clone(),
        state: folder.state(),
        host: address.ip(),
        port: if is_free { DEFAULT_PORT } else { 0 },
    };
    let cloud = launch::launch(plan, &arguments.stack).await?;
    let options = options(cloud.http_url(), &template, folder.path());
    let result = demo::run(&options, std::io::stdout()).await;
    cloud.shutdown().await;
    Ok(result?)
}

fn state_path(arguments: &Arguments, template: &Path) -> PathBuf {
    match &arguments.state {
        Some(folder) => folder.clone(),
        None => launch::default_state(template),
    }
}

fn options(url: &str, template: &Path, state: &Path) -> Options {
    let events = template.with_file_name("events");
    Options {
        url: url.to_owned(),
        deployed: None,
        accounts: Some(state.join(ACCOUNTS)),
        events: events.is_dir().then(|| EventFolders {
            from: events,
            to: state.join(EVENTS),
        }),
        patience: demo::PATIENCE,
    }
}
