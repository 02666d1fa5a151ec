//! `callout permissions`: what the template allows each function; and what of that nobody used.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use callout_local::iam::{self, Allowance, Iam};

use super::{Failure, launch};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the tests noted what they used, as `CALLOUT_PERMISSIONS` told them: fails if there is a
    /// permission that nobody used
    #[arg(long, value_name = "FOLDER")]
    used: Option<PathBuf>,
    /// The template that they ran [default: template.yaml, here or in a folder above]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// Lists every function with what its role allows, or what of that nobody used.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let template = launch::template(arguments.template.as_deref())?;
    let stack = launch::read(&template, &[].into())?;
    let allowed = Iam::of(&stack)?.allowances();
    match &arguments.used {
        Some(folder) => compare(&allowed, folder, &template),
        None => Ok(list(&allowed, &mut io::stdout().lock())?),
    }
}

fn list(allowed: &BTreeSet<Allowance>, out: &mut impl Write) -> io::Result<()> {
    let mut functions: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for one in allowed {
        let resources = functions.entry(&one.function).or_default();
        resources
            .entry(&one.resource)
            .or_default()
            .push(&one.action);
    }
    for (function, resources) in &functions {
        writeln!(out, "{function}")?;
        for (resource, actions) in resources {
            writeln!(out, "    {} on {resource}", actions.join(", "))?;
        }
    }
    writeln!(
        out,
        "{} permissions of {} functions",
        allowed.len(),
        functions.len()
    )
}

fn compare(allowed: &BTreeSet<Allowance>, folder: &Path, template: &Path) -> Result<(), Failure> {
    let used = iam::noted(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .ok_or_else(|| format!("nothing is noted in {}", folder.display()))?;
    let mut out = io::stdout().lock();
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
