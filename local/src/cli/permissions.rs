//! `callout permissions`: what the template allows and nobody used.

use std::io::Write as _;
use std::path::PathBuf;

use callout_local::iam::{self, Iam};

use super::{Failure, launch};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the tests noted what they used, as `CALLOUT_PERMISSIONS` told them
    #[arg(long, value_name = "FOLDER")]
    used: PathBuf,
    /// The template that they ran [default: template.yaml, here or in a folder above]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// Fails if there is a permission that nobody used.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let template = launch::template(arguments.template.as_deref())?;
    let stack = launch::read(&template, &[].into())?;
    let allowed = Iam::of(&stack)?.allowances();
    let folder = arguments.used.display();
    let used = iam::noted(&arguments.used)
        .map_err(|error| format!("{folder}: {error}"))?
        .ok_or_else(|| format!("nothing is noted in {folder}"))?;
    let mut out = std::io::stdout().lock();
    let unused: Vec<_> = allowed.difference(&used).collect();
    for permission in &unused {
        writeln!(
            out,
            "{}: {} on {}",
            permission.function, permission.action, permission.resource
        )?;
    }
    if unused.is_empty() {
        writeln!(out, "all {} permissions were used", allowed.len())?;
        return Ok(());
    }
    let (unused, allowed) = (unused.len(), allowed.len());
    Err(format!(
        "{unused} of {allowed} permissions were never used: take them out of {}, or test what needs them",
        template.display()
    )
    .into())
}
