//! What a local cloud is told, and why it may not start.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::DynamoError;
use crate::dynamodb::streams::Polling;
use crate::faults::FaultPlan;
use crate::gateway::http::HttpLimits;
use crate::gateway::websocket::SocketLimits;
use crate::iam::IamError;
use crate::push::PushError;
use crate::schedules::Firing;
use crate::state::State;
use crate::template::TemplateError;

/// What a local cloud is made of.
#[derive(Clone)]
pub struct Options {
    /// The template.
    pub template: PathBuf,
    /// The built `bootstrap`.
    pub artifact: PathBuf,
    /// Where everything is kept.
    pub state: State,
    /// The address that clients come to; loopback unless others shall come in.
    pub host: IpAddr,
    /// The port that clients come to; 0 takes a free one.
    pub http_port: u16,
    /// Parameters of the template, beside those that the local cloud gives itself.
    pub parameters: BTreeMap<String, String>,
    /// What the HTTP API allows.
    pub http_limits: HttpLimits,
    /// What the WebSocket API allows.
    pub socket_limits: SocketLimits,
    /// When streams are looked at.
    pub polling: Polling,
    /// What starts the functions that have a schedule; nothing but demand unless told.
    pub firing: Firing,
    /// Faults that happen from the start on; none unless told.
    pub faults: FaultPlan,
    /// Processes of one function at most, unless it reserves its own concurrency.
    pub max_instances: u32,
    /// After how long a process without work is ended.
    pub function_idle_time: Duration,
    /// Whether what functions write is shown on standard error.
    pub verbose: bool,
    /// Told of each step of the start, in words for a person.
    pub progress: Progress,
}

/// Takes the steps of the start.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

impl Options {
    /// Loopback, a free port, AWS's own limits, no clock, quiet.
    pub fn new(template: PathBuf, artifact: PathBuf, state: State) -> Self {
        Self {
            template,
            artifact,
            state,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            http_port: 0,
            parameters: BTreeMap::new(),
            http_limits: HttpLimits::default(),
            socket_limits: SocketLimits::default(),
            polling: Polling::default(),
            firing: Firing::OnDemand,
            faults: FaultPlan::default(),
            max_instances: 10,
            function_idle_time: Duration::from_mins(10),
            verbose: false,
            progress: Arc::new(|_| {}),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("template", &self.template)
            .field("artifact", &self.artifact)
            .field("state", &self.state)
            .field("host", &self.host)
            .field("http_port", &self.http_port)
            .finish_non_exhaustive()
    }
}

/// Why a local cloud did not start: a sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address for clients cannot be had.
    #[error("cannot listen on {address}: {error}{}", advice(.error))]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The policies of the functions cannot be enforced.
    #[error(transparent)]
    Policies(#[from] IamError),
    /// The built functions are not where they should be.
    #[error("there is no artifact {}", .0.display())]
    Artifact(PathBuf),
    /// The tables cannot be opened.
    #[error(transparent)]
    Tables(#[from] DynamoError),
    /// The devices cannot be read.
    #[error(transparent)]
    Pushes(#[from] PushError),
    /// Something else in the state folder or on loopback cannot be used.
    #[error("{what}: {error}")]
    Io {
        /// What could not be used.
        what: &'static str,
        /// Why not.
        error: std::io::Error,
    },
}

fn advice(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        "; stop what listens there, or choose another by --port (0 takes a free one)"
    } else {
        ""
    }
}

pub(super) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> StartError {
    move |error| StartError::Io { what, error }
}
