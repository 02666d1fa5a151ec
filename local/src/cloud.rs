//! The whole local cloud: every door opened, wired to the others, and closed again.
//!
//! Each AWS service is a loopback listener on a port of its own, and functions find them by the SDK's
//! own `AWS_ENDPOINT_URL_*` variables. Clients see one port: the edge.

mod doors;
mod options;
#[cfg(test)]
mod tests;
mod token_key;
mod wiring;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::doors::{Listeners, report, turns_true};
use self::options::io;
pub use self::options::{Options, Progress, StartError};
pub use self::token_key::TokenKey;
use self::wiring::{killer, lambda_options, leave_to_operator, own_routes};
use crate::dead_letters::DeadLetters;
use crate::dynamodb::streams::{self, Following, Reached};
use crate::dynamodb::{Engine, Meter};
use crate::faults::Faults;
use crate::gateway::edge::Edge;
use crate::gateway::http::HttpGateway;
use crate::gateway::websocket::SocketGateway;
use crate::iam::Iam;
use crate::inspect::Inspected;
use crate::lambda::{Invoke, LambdaOptions, Lambdas};
use crate::mail::Mailbox;
use crate::operator::Operator;
use crate::push::Pushes;
use crate::schedules::{Firing, Schedules};
use crate::secrets::Secrets;
use crate::state::State;
use crate::template::model::Stack;
use crate::template::{self, ACCOUNT, REGION, TemplateError};

/// The template's parameter for the keys that access tokens are verified with.
const PUBLIC_KEYS_PARAMETER: &str = "TokenPublicKeys";
/// The template's parameter for the application that devices are registered with; not every template
/// has it.
const PUSH_APPLICATION_PARAMETER: &str = "PushApplicationArn";
/// The application that there is here.
const PUSH_APPLICATION: &str = "app/GCM/callout";
/// The template's secret for the key that access tokens are signed with.
const SIGNING_KEY_SECRET: &str = "TokenSigningKey";

/// How functions are told of S3, where the console shows pictures and voice from.
const MEDIA_ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// How long the end of the cloud waits for answers under way, before it drops them.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A running local cloud. [`LocalCloud::shutdown`] ends it in order; dropping it ends it at once.
pub struct LocalCloud {
    http_url: String,
    socket_url: String,
    lambdas: Lambdas,
    sockets: Option<Arc<SocketGateway>>,
    stack: Arc<Stack>,
    engine: Engine,
    faults: Faults,
    reached: Reached,
    iam: Arc<Iam>,
    operator: BTreeMap<String, String>,
    token_key: TokenKey,
    dead_letters: DeadLetters,
    secrets: Secrets,
    mailbox: Mailbox,
    pushes: Pushes,
    edge: JoinSet<()>,
    /// Streams and schedules: what starts functions without a client.
    starters: JoinSet<()>,
    doors: JoinSet<()>,
    /// Turns true when clients are no longer let in.
    closing: watch::Sender<bool>,
    /// Turns true when functions no longer need the doors.
    closed: watch::Sender<bool>,
    /// Keeps a temporary folder until everything has ended.
    state: State,
}

/// What the doors hold, opened.
struct Services {
    engine: Engine,
    secrets: Secrets,
    mailbox: Mailbox,
    pushes: Pushes,
    dead_letters: DeadLetters,
    faults: Faults,
    iam: Arc<Iam>,
}

impl Services {
    fn open(state: &State, stack: &Stack, operator: &Operator) -> Result<Self, StartError> {
        Ok(Self {
            iam: Arc::new(Iam::of(stack)?.with_operator(operator.access_key())),
            engine: Engine::open(state, stack)?,
            secrets: Secrets::open(state, stack).map_err(io("the secrets cannot be kept"))?,
            mailbox: Mailbox::default(),
            pushes: Pushes::open(state)?,
            dead_letters: DeadLetters::open(state)
                .map_err(io("the dead letters cannot be kept"))?,
            faults: Faults::default(),
        })
    }
}

impl LocalCloud {
    /// Opens every door and lets clients in.
    ///
    /// # Errors
    /// [`StartError`]: the address is taken, the template or the state folder cannot be used.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let address = SocketAddr::new(options.host, options.http_port);
        let front = TcpListener::bind(address)
            .await
            .map_err(|error| StartError::Address { address, error })?;
        if !options.artifact.is_file() {
            return Err(StartError::Artifact(options.artifact));
        }
        std::fs::create_dir_all(options.state.path()).map_err(io("the state folder"))?;
        let token_key = TokenKey::open(&options.state).map_err(io("the token signing key"))?;
        (options.progress)("reading the template");
        let stack = Arc::new(load(&options, &token_key)?);
        (options.progress)("opening tables, objects, mail and push");
        let settings = lambda_options(&options, &stack);
        let operator = Operator::new(&settings.secret_access_key);
        let services = Services::open(&options.state, &stack, &operator)?;
        if stack.secrets.contains_key(SIGNING_KEY_SECRET) {
            services
                .secrets
                .set(SIGNING_KEY_SECRET, &token_key.private_base64())
                .map_err(io("the token signing key"))?;
        }
        Self::assemble(options, settings, services, (operator, token_key), front).await
    }

    async fn assemble(
        options: Options,
        mut settings: LambdaOptions,
        services: Services,
        (operator, token_key): (Operator, TokenKey),
        front: TcpListener,
    ) -> Result<Self, StartError> {
        let listeners = Listeners::bind().await.map_err(io("a loopback port"))?;
        let front_url = authority(&front).map_err(io("the listener for clients"))?;
        let stack = Arc::clone(&settings.stack);
        let stage = stack.socket_api.as_ref().map(|api| api.stage.clone());
        settings.endpoints = listeners
            .endpoints(stage.as_deref())
            .map_err(io("a loopback port"))?;
        let operator = leave_to_operator(&operator, &options, &settings, &listeners)
            .map_err(io("what the operator reads"))?;
        let media = settings.endpoints.get(MEDIA_ENDPOINT).cloned();
        let media = media.unwrap_or_default();
        settings.faults = services.faults.clone();
        services.faults.set(options.faults.clone());
        let secret = settings.secret_access_key.clone();
        let lambdas = Lambdas::new(settings);
        let functions: Arc<dyn Invoke> = Arc::new(lambdas.clone());
        services.faults.kill_by(killer(&lambdas));
        let sockets = stack
            .socket_api
            .clone()
            .map(|api| SocketGateway::new(api, Arc::clone(&functions), options.socket_limits));
        let closing = watch::Sender::new(false);
        let closed = watch::Sender::new(false);
        let folder = &options.state;
        let doors = listeners.open(&stack, folder, &services, sockets.as_ref(), secret, &closed);
        let reached = Reached::default();
        let mut starters = JoinSet::new();
        let following = streams::run(
            services.engine.clone(),
            Arc::clone(&stack),
            Arc::clone(&functions),
            services.dead_letters.clone(),
            Following {
                polling: options.polling,
                faults: services.faults.clone(),
                reached: reached.clone(),
            },
            closing.subscribe(),
        );
        starters.spawn(async move { report("the streams", following.await) });
        let schedules = Schedules::new(Arc::clone(&stack), Arc::clone(&functions));
        if options.firing == Firing::ByTheClock {
            starters.spawn(schedules.clone().follow(closing.subscribe()));
        }
        let http_url = format!("http://{front_url}");
        let socket_url = format!("ws://{front_url}/{}", stage.unwrap_or_default());
        let inspected = Inspected {
            http_url: http_url.clone(),
            socket_url: socket_url.clone(),
            stack: Arc::clone(&stack),
            engine: services.engine.clone(),
            sockets: sockets.clone(),
        };
        let own = own_routes(&services, &lambdas, schedules, inspected, &media);
        let mut edge = JoinSet::new();
        let http = HttpGateway::new(&stack, functions, options.http_limits);
        let serving =
            Edge::new(http, sockets.clone()).serve(front, own, turns_true(closing.subscribe()));
        edge.spawn(async move { report("the edge", serving.await) });
        (options.progress)("ready");
        Ok(Self {
            http_url,
            socket_url,
            lambdas,
            sockets,
            stack,
            engine: services.engine,
            faults: services.faults,
            reached,
            iam: services.iam,
            operator,
            token_key,
            dead_letters: services.dead_letters,
            secrets: services.secrets,
            mailbox: services.mailbox,
            pushes: services.pushes,
            edge,
            starters,
            doors,
            closing,
            closed,
            state: options.state,
        })
    }

    /// Where requests go, without a slash at the end.
    pub fn http_url(&self) -> &str {
        &self.http_url
    }

    /// Where sockets go: the stage's own path. The seeds' socket paths work on the same host.
    pub fn socket_url(&self) -> &str {
        &self.socket_url
    }

    /// The functions: to crash one, to read what one logged.
    pub fn lambdas(&self) -> &Lambdas {
        &self.lambdas
    }

    /// What the template says, resolved.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Faults to be made on purpose.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Waits until everything that has been committed is delivered, or given up to the dead letters,
    /// and so is what its delivery committed in turn.
    ///
    /// What a client has been answered is committed; what is still being asked is not waited for.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn streams_idle(&self) -> rusqlite::Result<()> {
        self.reached.idle(&self.engine, &self.stack).await
    }

    /// The folder in which everything is kept: a test looks at an object so.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// What the functions may do, and what of it they have not done.
    pub fn iam(&self) -> &Arc<Iam> {
        &self.iam
    }

    /// The environment in which an SDK of AWS finds this cloud, as its operator.
    pub fn operator(&self) -> &BTreeMap<String, String> {
        &self.operator
    }

    /// The key that this state folder signs access tokens with.
    pub fn token_key(&self) -> &TokenKey {
        &self.token_key
    }

    /// Calls DynamoDB past the functions, as an operator would: a test looks into a table so.
    ///
    /// # Errors
    /// DynamoDB's own error, as its JSON.
    pub async fn dynamodb(&self, operation: &str, body: &Value) -> Result<Value, String> {
        self.engine.call_as_operator(operation, body).await
    }

    /// What counts the calls of functions on DynamoDB.
    pub fn meter(&self) -> &Meter {
        self.engine.meter()
    }

    /// Puts items, as DynamoDB's JSON, into the table of that logical id, all at once and past its
    /// stream: how a measurement gets a hundred thousand responders.
    ///
    /// # Errors
    /// What is wrong with the table or an item; then none is there.
    pub async fn fill(&self, table: &str, items: Vec<Value>) -> Result<(), String> {
        let table = self.stack.tables.get(table);
        let name = &table.ok_or("there is no such table")?.name;
        self.engine.fill(name, items).await
    }

    /// What could not be delivered.
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    /// The secrets, as an operator sets them.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Where everything is kept, to be kept for longer.
    pub fn state_handle(&self) -> &State {
        &self.state
    }

    /// The mail that functions sent.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// The devices, and what functions pushed to them.
    pub fn pushes(&self) -> &Pushes {
        &self.pushes
    }

    /// The open sockets, if the stack has any.
    pub fn sockets(&self) -> Option<&Arc<SocketGateway>> {
        self.sockets.as_ref()
    }

    /// Ends it in order: no new client, no new event, sockets closed and told to the functions, then
    /// the functions, then the doors they used. No process is left behind.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        if let Some(sockets) = &self.sockets {
            sockets.shutdown().await;
        }
        let answers = async {
            while self.edge.join_next().await.is_some() {}
            while self.starters.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, answers).await;
        self.lambdas.shutdown().await;
        self.closed.send_replace(true);
        let doors = async { while self.doors.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_ANSWERS, doors).await;
        // What is left in the sets is dropped with them.
    }
}

impl Drop for LocalCloud {
    /// Connections run on tasks of their own and hold the functions: without this, processes would
    /// outlive a cloud that is dropped with sockets open.
    fn drop(&mut self) {
        self.lambdas.stop();
    }
}

impl std::fmt::Debug for LocalCloud {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LocalCloud")
            .field("http_url", &self.http_url)
            .finish_non_exhaustive()
    }
}

/// The template, with the public key of this state folder and the push application that the SNS door
/// takes, unless others were given.
fn load(options: &Options, token_key: &TokenKey) -> Result<Stack, TemplateError> {
    let mut parameters = options.parameters.clone();
    parameters
        .entry(PUBLIC_KEYS_PARAMETER.to_owned())
        .or_insert_with(|| token_key.public_entry());
    if template::has_parameter(&options.template, PUSH_APPLICATION_PARAMETER)? {
        parameters
            .entry(PUSH_APPLICATION_PARAMETER.to_owned())
            .or_insert_with(|| format!("arn:aws:sns:{REGION}:{ACCOUNT}:{PUSH_APPLICATION}"));
    }
    template::load(&options.template, &parameters)
}

/// `host:port` as a client writes it; a cloud that listens everywhere is still found on loopback.
fn authority(listener: &TcpListener) -> std::io::Result<String> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(address.to_string())
}
