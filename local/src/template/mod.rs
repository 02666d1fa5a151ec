//! `template.yaml`, read and not copied.
//!
//! [`load`] reads a `CloudFormation` template with SAM resources, resolves its intrinsics as a
//! deployment of it would, and keeps what the local cloud serves as a [`Stack`]. Resource types
//! that nothing here serves (alarms, bucket policies, roles) are not resolved, but can be
//! referred to.

mod buckets;
mod conditions;
mod error;
mod functions;
mod intrinsics;
pub mod model;
mod names;
mod parameters;
mod read;
mod resources;
mod schedules;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

pub use error::TemplateError;
use model::Stack;
pub(crate) use names::{secret_arn, stream_arn};

/// The region that every ARN names.
pub const REGION: &str = "us-east-1";
/// The account that every ARN names.
pub const ACCOUNT: &str = "000000000000";
/// What stands before the logical id where a template leaves the name to `CloudFormation`.
pub const STACK_NAME: &str = "callout-local";

/// Reads the template at `path`; `overrides` are parameter values that win over `Default`.
///
/// # Errors
/// [`TemplateError`], when the file cannot be read, is no YAML, or says something that the local
/// cloud cannot honour.
pub fn load(path: &Path, overrides: &BTreeMap<String, String>) -> Result<Stack, TemplateError> {
    let file = path.display().to_string();
    parse(&text_of(path, &file)?, overrides).map_err(|error| error.in_file(&file))
}

/// Whether the template at `path` declares a parameter of that name.
///
/// # Errors
/// [`TemplateError`], when the file cannot be read or is no YAML.
pub fn has_parameter(path: &Path, name: &str) -> Result<bool, TemplateError> {
    let file = path.display().to_string();
    let document = yaml::parse(&text_of(path, &file)?).map_err(|error| error.in_file(&file))?;
    Ok(document["Parameters"].get(name).is_some())
}

fn text_of(path: &Path, file: &str) -> Result<String, TemplateError> {
    std::fs::read_to_string(path)
        .map_err(|error| TemplateError::new(format!("cannot be read: {error}")).in_file(file))
}

/// Reads a template from its text; see [`load`].
///
/// # Errors
/// [`TemplateError`], as [`load`]; its file is `template` where [`load`] names the path.
pub fn parse(text: &str, overrides: &BTreeMap<String, String>) -> Result<Stack, TemplateError> {
    let document = yaml::parse(text)?;
    let scope = intrinsics::Scope::new(&document, overrides)?;
    resources::stack(&scope)
}

#[cfg(test)]
mod tests;
