//! The command line.

mod bench;
mod demo;
mod invoke;
mod keys;
mod launch;
mod permissions;
mod redrive;
mod signals;
mod start;
mod state_folder;

use std::process::ExitCode;

use callout_local::faults::FaultPlan;
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// What a command gives when it could not do its work: a sentence for a person.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const ABOUT: &str = "\
Callout on one machine: every function, table, queue, bucket and socket of template.yaml, \
without AWS, Docker or a network.

Without a command it builds the functions and starts them. Requests go to one port, as they would go \
to the edge in AWS; mail and push messages are captured and shown under /_local/.";

const EXAMPLES: &str = "\
Examples:
  callout                          start on http://127.0.0.1:8000, state kept in .callout/
  callout --memory --port 0        start on a free port, and forget everything at the end
  callout --reset                  start afresh
  callout --param MailFrom=me@example.com
                                   start with another value for a parameter of the template
  callout --faults 'seed 7: dynamodb.throttled 10%; sockets.gone 2.5%; stream.twice 5%'
                                   start, and have faults happen; the same seed does the same again
  callout demo                     play every kind against the running stack, or
                                   against one of its own if none is running
  callout demo --http https://… --ws wss://… --accounts-table …
                                   the same against a deployed stack
  callout invoke accounts.login -e events/accounts.login.json
                                   run one function on an event
  callout redrive                  what could not be delivered; --go tries it again
  callout bench                    measure it (with the release build, on a quiet machine)

While it runs:
  curl http://127.0.0.1:8000/_local/mail?to=me@example.com     mail, and the codes in it
  curl http://127.0.0.1:8000/_local/push                       push messages
  curl http://127.0.0.1:8000/_local/dead-letters               what could not be delivered
  curl http://127.0.0.1:8000/_local/functions                  invocations, cold starts, memory

With cargo, arguments follow two dashes: cargo run -- --port 9000";

#[derive(Debug, Parser)]
#[command(
    name = "callout",
    version,
    about = "Callout on one machine, without AWS",
    long_about = ABOUT,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: start::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the stack and keep it running (what happens without a command)
    Start(start::Arguments),
    /// Play medicine, blood, work and consultations over real HTTP and sockets, and check every step of it
    Demo(demo::Arguments),
    /// Measure how fast it is, and what it asks of DynamoDB
    Bench(bench::Arguments),
    /// Run one function of the running stack on an event
    Invoke(invoke::Arguments),
    /// Give what could not be delivered another try, or say what there is
    Redrive(redrive::Arguments),
    /// Make a key pair for the access tokens of a deployment
    Keys,
    /// List what the template allows each function; with --used, what of that the tests never used
    Permissions(permissions::Arguments),
}

/// How the functions are built and watched; the same for every command that starts a stack.
#[derive(Debug, Clone, Args)]
struct StackArguments {
    /// The template to run [default: template.yaml, here or in a folder above]
    #[arg(long, value_name = "FILE")]
    template: Option<std::path::PathBuf>,
    /// A built `bootstrap` to run, instead of building one
    #[arg(long, value_name = "FILE", conflicts_with = "release")]
    artifact: Option<std::path::PathBuf>,
    /// Build the functions as they are deployed: smaller and faster, after some minutes
    #[arg(long)]
    release: bool,
    /// A parameter of the template; may be given several times
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Faults to make on purpose, such as `seed 7: dynamodb.throttled 10%; function.killed-after 1%`
    #[arg(long, value_name = "PLAN")]
    faults: Option<FaultPlan>,
    /// Show what the functions log
    #[arg(long, short)]
    verbose: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("must be KEY=VALUE".to_owned()),
    }
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Start(cli.start));
    listen_to_traces(match &command {
        Command::Start(arguments) => arguments.stack.verbose,
        Command::Demo(arguments) => arguments.stack.verbose,
        Command::Bench(arguments) => arguments.stack.verbose,
        Command::Invoke(_) | Command::Redrive(_) | Command::Keys | Command::Permissions(_) => false,
    });
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("callout: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Start(arguments) => start::run(arguments).await,
            Command::Demo(arguments) => Box::pin(demo::run(arguments)).await,
            Command::Bench(arguments) => bench::run(arguments).await,
            Command::Invoke(arguments) => invoke::run(&arguments).await,
            Command::Redrive(arguments) => Box::pin(redrive::run(&arguments)).await,
            Command::Keys => keys::run(),
            Command::Permissions(arguments) => permissions::run(&arguments),
        }
    })
}

fn listen_to_traces(verbose: bool) {
    let default = if verbose {
        "info,s3s=warn,s3s_fs=warn"
    } else {
        "warn"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn starts_without_a_command() {
        let cli = Cli::parse_from(["callout", "--port", "9000", "--param", "Stage=x=y"]);
        assert!(cli.command.is_none());
        assert_eq!(cli.start.port, 9000);
        assert_eq!(
            cli.start.stack.parameters,
            [("Stage".to_owned(), "x=y".to_owned())]
        );
    }

    #[test]
    fn refuses_what_contradicts_itself() {
        for arguments in [
            &["callout", "--memory", "--reset"][..],
            &["callout", "--memory", "--state", "x"],
            &["callout", "--param", "novalue"],
            &["callout", "--faults", "dynamodb.throttled 10%"],
            &["callout", "--artifact", "x", "--release"],
            &["callout", "--port", "9000", "demo"],
            &["callout", "demo", "--http", "https://a"],
            &["callout", "demo", "--ws", "wss://a"],
            &["callout", "redrive", "--queue", "https://a/b"],
        ] {
            assert!(Cli::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
    }
}
