//! `callout demo`: four pharmacies, one customer and one need, then three donors, a seeker and a provider,
//! and a hospital and its patient, played over real HTTP and sockets.
//!
//! Every statement it makes is checked first; what is not as it should be ends it.

mod accounts;
mod blood;
mod cast;
mod clinic;
pub mod events;
mod narrator;
mod prescription;
mod story;
mod street;
mod work;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::captured;
use crate::client::{Account, Api, ClientError, Proof};
use accounts::AccountsFile;
use cast::Cast;
use narrator::Narrator;
pub use narrator::Wrong;
use street::Scene;

/// What to play, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Base URL of a running local cloud, or of a deployed stack.
    pub url: String,
    /// What a deployed stack asks for; `None` for a local cloud.
    pub deployed: Option<Deployed>,
    /// Where the accounts and their tokens are left for further use; `None` when the stack ends
    /// with the demo.
    pub accounts: Option<PathBuf>,
    /// Where events with blanks are, and where filled copies go.
    pub events: Option<EventFolders>,
    /// How long anything may take to reach a socket.
    pub patience: Duration,
}

/// A stack that real people may use, too. It is played where nobody lives, by accounts whose addresses
/// nobody can have, and they are gone at the end.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// URL of the WebSocket API, unless an edge has it on the same host.
    pub sockets: Option<String>,
    /// How the addresses are proved: no mail can be read there.
    pub proof: Proof,
}

/// Patience enough for a cold start of every function on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// The template's events and their filled copies.
#[derive(Debug, Clone)]
pub struct EventFolders {
    /// `events/`.
    pub from: PathBuf,
    /// `.callout/events/`.
    pub to: PathBuf,
}

/// Why the demo ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No local cloud answers there.
    #[error("no local cloud of Callout answers at {url} ({cause}); start one by `cargo run`")]
    NoCloud {
        /// The URL that was tried.
        url: String,
        /// What came instead.
        cause: String,
    },
    /// A call or a socket failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Something was not as it should be.
    #[error(transparent)]
    Wrong(#[from] Wrong),
    /// The accounts' file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
}

/// Whether a local cloud of Callout answers at that URL.
///
/// # Errors
/// [`DemoError::NoCloud`] says what came instead.
pub async fn find(url: &str) -> Result<(), DemoError> {
    let absent = |cause: String| DemoError::NoCloud {
        url: url.to_owned(),
        cause,
    };
    let answer = Api::new(url).get("/_local/health").await.map_err(|error| {
        let is_silent = matches!(&error, ClientError::Http { source, .. } if source.is_connect());
        absent(if is_silent {
            "nothing listens".to_owned()
        } else {
            error.to_string()
        })
    })?;
    if answer.body["service"] == captured::SERVICE {
        Ok(())
    } else {
        Err(absent(format!(
            "something else does, with status {}",
            answer.status
        )))
    }
}

/// Plays the demo and tells it on `out`.
///
/// # Errors
/// [`DemoError`]: the first thing that is not as it should be.
pub async fn run(options: &Options, out: impl Write + Send + 'static) -> Result<(), DemoError> {
    let api = match &options.deployed {
        Some(deployed) => return run_deployed(options, deployed, out).await,
        None => Api::new(&options.url),
    };
    find(&options.url).await?;
    let mut narrator = Narrator::new(out);
    narrator.title(&format!(
        "Callout's medicine, blood, work and consultations, played against {}",
        api.base()
    ));

    let file = options.accounts.clone().map(AccountsFile::at);
    if let Some(file) = &file {
        cast::dismiss_former(&api, file, &mut narrator).await?;
    }
    let cast = cast::gather(&api, file.as_ref(), &mut narrator).await?;
    let open_request = story::play(&cast.street, options.patience, &mut narrator).await?;
    let open_need = blood::play(&cast.donors, options.patience, &mut narrator).await?;
    let open_order = work::play(&cast.crew, options.patience, &mut narrator).await?;
    let open_consultation = clinic::play(&cast.clinic, options.patience, &mut narrator).await?;
    if let Some(folders) = &options.events {
        let blanks = cast
            .blanks()
            .with("request_id", &open_request)
            .with("media_id", &prescription_of(&cast, &open_request).await?)
            .with("blood_request_id", &open_need)
            .with("work_order_id", &open_order)
            .with("consultation_id", &open_consultation)
            .with("appointment_date", &clinic::next_week());
        events::write(&folders.from, &folders.to, &blanks).map_err(|source| DemoError::File {
            path: folders.to.display().to_string(),
            source,
        })?;
    }
    narrator.end(&api, file.as_ref(), options.events.as_ref());
    Ok(())
}

/// Plays it against a deployed stack, and takes the accounts away again however it ends.
async fn run_deployed(
    options: &Options,
    deployed: &Deployed,
    out: impl Write + Send + 'static,
) -> Result<(), DemoError> {
    let api = Api::new(&options.url);
    let api = match &deployed.sockets {
        Some(url) => api.with_sockets(url),
        None => api,
    };
    let mut narrator = Narrator::new(out);
    narrator.title(&format!(
        "Callout's medicine scenario, played against {}",
        api.base()
    ));
    narrator.act("Five people register, their addresses proved by an operator");
    let scene = Scene::deployed(deployed.proof.clone());
    let mut opened = Vec::new();
    let played = async {
        let street = street::open(&api, &scene, &mut narrator, &mut opened).await?;
        story::play(&street, options.patience, &mut narrator).await
    };
    let played = Box::pin(played).await;
    let mut left = None;
    for account in &opened {
        left = leave(account).await.err().or(left);
    }
    played?;
    if let Some(error) = left {
        return Err(error);
    }
    narrator.remark("the five accounts are gone again");
    narrator.end(&api, None, None);
    Ok(())
}

async fn leave(account: &Account) -> Result<(), DemoError> {
    let path = format!("/{}/profile/", account.session.role.to_lowercase());
    let answer = account.api.delete(&path).await?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    Err(answer.unexpected("an ended account").into())
}

/// The id of the picture that a request was made with.
async fn prescription_of(cast: &Cast, request: &str) -> Result<String, DemoError> {
    let list = cast.street.customer.api.get("/medicine/request/").await?;
    let body = list.expect(200)?;
    let requests = body["requests"].as_array().into_iter().flatten();
    let image = requests
        .filter(|one| one["id"] == request)
        .find_map(|one| one["image_id"].as_str());
    Ok(image.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
