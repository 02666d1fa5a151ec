//! From a template to a running stack: what every command that starts one does.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callout_local::artifact::{self, BuildOptions, Console};
use callout_local::cloud::{LocalCloud, Options, StartError};
use callout_local::schedules::Firing;
use callout_local::state::State;
use callout_local::template::model::Stack;

use super::{Failure, StackArguments};

/// The stack that is to run.
pub(super) struct Plan {
    pub(super) template: PathBuf,
    pub(super) state: State,
    pub(super) host: IpAddr,
    pub(super) port: u16,
}

/// The template: the given one, or the nearest `template.yaml` here or in a folder above.
pub(super) fn template(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()?;
    if let Some(given) = given {
        return Ok(here.join(given));
    }
    here.ancestors()
        .map(|folder| folder.join("template.yaml"))
        .find(|template| template.is_file())
        .ok_or_else(|| {
            format!(
                "there is no template.yaml in {} or a folder above it; give one by --template FILE",
                here.display()
            )
            .into()
        })
}

/// `.callout` beside the template.
pub(super) fn default_state(template: &Path) -> PathBuf {
    template.with_file_name(".callout")
}

/// Builds the functions and starts the stack. Dropping the future ends both.
pub(super) async fn launch(plan: Plan, arguments: &StackArguments) -> Result<LocalCloud, Failure> {
    let address = SocketAddr::new(plan.host, plan.port);
    // Known now rather than after a build of minutes.
    drop(TcpListener::bind(address).map_err(|error| StartError::Address { address, error })?);
    let parameters: BTreeMap<_, _> = arguments.parameters.iter().cloned().collect();
    // For its mistakes alone: the real keys are those of the state folder, which is not opened yet.
    read(&plan.template, &parameters)?;
    let artifact = artifact(&plan.template, arguments).await?;
    let options = Options {
        host: plan.host,
        http_port: plan.port,
        parameters,
        firing: Firing::ByTheClock,
        faults: arguments.faults.clone().unwrap_or_default(),
        verbose: arguments.verbose,
        progress: Arc::new(|step| eprintln!("  {step}")),
        ..Options::new(plan.template, artifact, plan.state)
    };
    Ok(LocalCloud::start(options).await?)
}

/// The functions: the given ones, or built now.
pub(super) async fn artifact(
    template: &Path,
    arguments: &StackArguments,
) -> Result<PathBuf, Failure> {
    match &arguments.artifact {
        Some(path) if path.is_file() => Ok(std::path::absolute(path)?),
        Some(path) => Err(format!("there is no artifact {}", path.display()).into()),
        None => build(template, arguments).await,
    }
}

/// Reads the template, with no keys unless they are given.
pub(super) fn read(
    template: &Path,
    parameters: &BTreeMap<String, String>,
) -> Result<Stack, Failure> {
    let mut parameters = parameters.clone();
    parameters.entry("TokenPublicKeys".to_owned()).or_default();
    Ok(callout_local::template::load(template, &parameters)?)
}

async fn build(template: &Path, arguments: &StackArguments) -> Result<PathBuf, Failure> {
    let options = BuildOptions {
        workspace: template.parent().unwrap_or(Path::new(".")).to_owned(),
        // As this binary was built itself, so that the same dependencies serve both.
        release: arguments.release || !cfg!(debug_assertions),
        console: Console::detect(),
    };
    Ok(artifact::build(&options).await?)
}
