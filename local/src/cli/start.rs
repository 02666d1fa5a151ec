//! `callout`: starts the stack and keeps it running.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use callout_local::console;
use callout_local::state::State;

use super::launch::{self, Plan};
use super::signals::StopSignals;
use super::state_folder::StateFolder;
use super::{Failure, StackArguments};

#[derive(Debug, Clone, Args)]
pub(super) struct Arguments {
    /// The port that requests and sockets go to; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    pub(super) port: u16,
    /// The address to listen on; anything but loopback lets others in
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The folder that tables, objects, keys and logs are kept in [default: .callout, beside the template]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Keep nothing: the state ends with the process
    #[arg(long, conflicts_with_all = ["state", "reset"])]
    memory: bool,
    /// Empty the state folder first
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    pub(super) stack: StackArguments,
}

/// Starts the stack, tells where it is, and stops it when told to.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let template = launch::template(arguments.stack.template.as_deref())?;
    let folder = take_state(&arguments, &template)?;
    let state = match &folder {
        Some(folder) => folder.state(),
        None => State::temporary()?,
    };
    let plan = Plan {
        template,
        state: state.clone(),
        host: arguments.host,
        port: arguments.port,
    };
    let cloud = tokio::select! {
        cloud = launch::launch(plan, &arguments.stack) => cloud?,
        // Dropping the start ends the build and whatever has been started.
        () = signals.next() => return Ok(()),
    };
    let announcement = announce(
        cloud.http_url(),
        cloud.socket_url(),
        folder.is_some(),
        &state,
    );
    // Whoever started this may have stopped reading; that is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{announcement}");

    signals.next().await;
    eprintln!("Stopping");
    tokio::select! {
        () = cloud.shutdown() => {}
        () = signals.next() => eprintln!("Stopping at once"),
    }
    Ok(())
}

/// Takes the state folder, unless nothing is to be kept.
fn take_state(arguments: &Arguments, template: &Path) -> Result<Option<StateFolder>, Failure> {
    if arguments.memory {
        return Ok(None);
    }
    let path = arguments
        .state
        .clone()
        .unwrap_or_else(|| launch::default_state(template));
    Ok(Some(StateFolder::take(&path, arguments.reset)?))
}

fn announce(http: &str, socket: &str, kept: bool, state: &State) -> String {
    let state = if kept {
        format!("{} (kept; --reset starts afresh)", state.path().display())
    } else {
        "in memory (gone at the end)".to_owned()
    };
    format!(
        "\nCallout is running.\n\n  \
         Console     {http}{console}\n  \
         HTTP        {http}\n  \
         WebSocket   {socket}?token=<access token>\n              \
         and {base}/ws/customer/, /ws/pharmacy/ … as the apps know them\n  \
         Mail        {http}/_local/mail\n  \
         Push        {http}/_local/push\n  \
         State       {state}\n\n\
         See it work:  cargo run -- demo   (in another terminal)\n\
         Stop it:      Ctrl-C",
        console = console::PATH,
        base = http.replacen("http", "ws", 1),
    )
}
