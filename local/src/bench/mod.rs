//! `callout bench`: how fast it is, through real HTTP and sockets, and what it asks of `DynamoDB`.
//!
//! Everything is measured from outside, as a client would, but for what only the `DynamoDB` door can
//! see: when a notification was written, and what a call cost. Responders are put into the tables
//! directly, as copies of one that was registered, and stand where people live; those who act in a
//! measurement are registered like anybody.

mod blood;
mod broadcast;
mod cold;
mod cost;
mod load;
mod places;
mod progress;
mod reach;
mod report;
mod search;
mod statistics;
mod town;

use std::path::PathBuf;
use std::time::Duration;

use crate::client::ClientError;
use crate::cloud::StartError;
use crate::lambda::InvokeError;
use progress::Progress;
pub use report::Report;
use report::Section;
use town::Ground;

/// How long anything may take before the measurement is called off.
const PATIENCE: Duration = Duration::from_mins(3);

/// How often AWS looks at a stream.
const AWS_POLL: Duration = Duration::from_millis(250);

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A request to 20 pharmacies in reach, of ever more pharmacies.
    Broadcast,
    /// A request to ever more pharmacies in reach.
    Reach,
    /// A request for blood to all donors of a city.
    Blood,
    /// Many customers at once.
    Load,
    /// The radius search alone.
    Search,
    /// Starting a process, and what is around a handler.
    Cold,
    /// What each endpoint asks of `DynamoDB`.
    Cost,
}

impl Part {
    /// All of them, in the order in which they are measured.
    pub const ALL: [Self; 7] = [
        Self::Broadcast,
        Self::Reach,
        Self::Blood,
        Self::Load,
        Self::Search,
        Self::Cold,
        Self::Cost,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Reach => "reach",
            Self::Blood => "blood",
            Self::Load => "load",
            Self::Search => "search",
            Self::Cold => "cold",
            Self::Cost => "cost",
        }
    }
}

/// What is to be measured, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The template.
    pub template: PathBuf,
    /// The built `bootstrap`.
    pub artifact: PathBuf,
    /// The built `bare`, for a comparison in [`Part::Cold`].
    pub bare: Option<PathBuf>,
    /// The parts.
    pub parts: Vec<Part>,
    /// Numbers of pharmacies, for [`Part::Broadcast`] and [`Part::Load`].
    pub sizes: Vec<usize>,
    /// Numbers of pharmacies in reach, for [`Part::Reach`].
    pub in_reach: Vec<usize>,
    /// Numbers of donors in a city, for [`Part::Blood`].
    pub donors: Vec<usize>,
    /// Numbers of customers at once, for [`Part::Load`].
    pub customers: Vec<usize>,
    /// Responders for [`Part::Search`].
    pub responders: usize,
    /// How often a thing is measured whose percentiles are shown.
    pub rounds: usize,
    /// How long [`Part::Load`] goes on for each size.
    pub load_time: Duration,
    /// Starts for [`Part::Cold`].
    pub starts: usize,
    /// Invocations after which memory is read.
    pub invocations: usize,
}

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A stack did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A call or a socket failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A function did not answer.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The tables refused.
    #[error("the tables: {0}")]
    Tables(String),
    /// Something was not there or not as it should be.
    #[error("{0}")]
    Wrong(String),
    /// Nothing happened for as long as a measurement waits.
    #[error("{0} took more than {seconds} s", seconds = PATIENCE.as_secs())]
    Late(&'static str),
    /// A file or folder cannot be used.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Measures, showing on stderr how far it is.
///
/// # Errors
/// [`BenchError`]: the first thing that is not as it should be.
pub async fn run(options: &Options) -> Result<Report, BenchError> {
    let progress = Progress::new();
    let mut report = Report::new();
    for part in Part::ALL {
        if !options.parts.contains(&part) {
            continue;
        }
        progress.part(part.name());
        let sections = measure(part, options, &progress).await?;
        report.sections.extend(sections);
    }
    progress.end();
    Ok(report)
}

async fn measure(
    part: Part,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<Section>, BenchError> {
    let ground = Ground::of(options);
    // Boxed: each is a story of its own, and together they make a large future.
    Ok(match part {
        Part::Broadcast => vec![Box::pin(broadcast::measure(&ground, options, progress)).await?],
        Part::Reach => vec![Box::pin(reach::measure(&ground, options, progress)).await?],
        Part::Blood => vec![Box::pin(blood::measure(&ground, options, progress)).await?],
        Part::Load => vec![Box::pin(load::measure(&ground, options, progress)).await?],
        Part::Search => vec![Box::pin(search::measure(&ground, options, progress)).await?],
        Part::Cold => Box::pin(cold::measure(&ground, options, progress)).await?,
        Part::Cost => vec![Box::pin(cost::measure(&ground, progress)).await?],
    })
}
