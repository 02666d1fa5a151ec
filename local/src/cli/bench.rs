//! `callout bench`: how fast it is.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use callout_local::artifact::{self, BuildOptions, Console};
use callout_local::bench::{self, Options, Part};

use super::signals::StopSignals;
use super::{Failure, StackArguments, launch};

/// The binary that does nothing, for a comparison.
const BARE: &str = "bare";

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Figures are worth something only of the release build on a quiet machine:
  cargo run --release -- bench
  cargo run --release -- bench --quick                         the same, smaller, in minutes
  cargo run --release -- bench --part search --responders 100000")]
pub(super) struct Arguments {
    /// What to measure; may be given several times [default: everything]
    #[arg(long = "part", value_enum, value_name = "PART")]
    parts: Vec<Named>,
    /// Numbers of pharmacies, 20 of them in reach
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000, 100_000])]
    sizes: Vec<usize>,
    /// Numbers of pharmacies in reach
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
    reach: Vec<usize>,
    /// Numbers of donors in a city
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 20_000])]
    donors: Vec<usize>,
    /// Numbers of customers at once
    #[arg(long, value_delimiter = ',', default_values_t = [8, 64])]
    customers: Vec<usize>,
    /// Responders to search among
    #[arg(long, default_value_t = 1_000_000)]
    responders: usize,
    /// How often to measure what percentiles are shown of
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// How long to keep up a load, in seconds
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Starts of a function
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// Small sizes and few rounds: to see that it works. Replaces the sizes above
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
    /// A built `bare` (of callout-tests), instead of building one
    #[arg(long, value_name = "FILE")]
    bare: Option<PathBuf>,
    #[command(flatten)]
    pub(super) stack: StackArguments,
}

/// A part as it is written on the command line.
#[derive(Debug, Clone, Copy)]
struct Named(Part);

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Named; 7] = [
            Named(Part::ALL[0]),
            Named(Part::ALL[1]),
            Named(Part::ALL[2]),
            Named(Part::ALL[3]),
            Named(Part::ALL[4]),
            Named(Part::ALL[5]),
            Named(Part::ALL[6]),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

/// Measures; a signal ends it in between.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        result = measure(&arguments) => result,
        () = signals.next() => Err("stopped".into()),
    }
}

async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        eprintln!("This is no release build: its figures mean nothing.");
    }
    let template = launch::template(arguments.stack.template.as_deref())?;
    let parts = match arguments.parts.as_slice() {
        [] => Part::ALL.to_vec(),
        parts => parts.iter().map(|named| named.0).collect(),
    };
    let bare = match &arguments.bare {
        Some(path) if path.is_file() => Some(std::path::absolute(path)?),
        Some(path) => return Err(format!("there is no artifact {}", path.display()).into()),
        // A given bootstrap may be of another place, where no `bare` can be built.
        None if parts.contains(&Part::Cold) && arguments.stack.artifact.is_none() => {
            Some(build_bare(&template, &arguments.stack).await?)
        }
        None => None,
    };
    let artifact = launch::artifact(&template, &arguments.stack).await?;
    let report = bench::run(&arguments.options(template, artifact, bare, parts)).await?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{:#}", report.json())?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

async fn build_bare(template: &Path, stack: &StackArguments) -> Result<PathBuf, Failure> {
    let options = BuildOptions {
        workspace: template.parent().unwrap_or(Path::new(".")).to_owned(),
        release: stack.release || !cfg!(debug_assertions),
        console: Console::detect(),
    };
    Ok(artifact::build_binary(&options, BARE).await?)
}

impl Arguments {
    fn options(
        &self,
        template: PathBuf,
        artifact: PathBuf,
        bare: Option<PathBuf>,
        parts: Vec<Part>,
    ) -> Options {
        let options = Options {
            template,
            artifact,
            bare,
            parts,
            sizes: self.sizes.clone(),
            in_reach: self.reach.clone(),
            donors: self.donors.clone(),
            customers: self.customers.clone(),
            responders: self.responders,
            rounds: self.rounds.max(1),
            load_time: Duration::from_secs(self.seconds.max(1)),
            starts: self.starts.max(1),
            invocations: 1_000,
        };
        if !self.quick {
            return options;
        }
        Options {
            sizes: vec![100, 1_000],
            in_reach: vec![100],
            donors: vec![100],
            customers: vec![8],
            responders: 10_000,
            rounds: 10,
            load_time: Duration::from_secs(2),
            starts: 5,
            invocations: 100,
            ..options
        }
    }
}
