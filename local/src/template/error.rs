//! Why a template was refused.

use std::fmt;

/// Why a template was refused: a sentence that names the file, the resource and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Path of the template.
    pub file: String,
    /// Logical id of the resource, where one is to blame.
    pub resource: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl TemplateError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            file: "template".to_owned(),
            resource: None,
            what: what.into(),
        }
    }

    /// The same, found in that file.
    pub(super) fn in_file(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }

    /// The same, found in that resource; the innermost one named stays.
    pub(super) fn in_resource(mut self, logical_id: &str) -> Self {
        self.resource.get_or_insert_with(|| logical_id.to_owned());
        self
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => write!(f, "{}: resource {resource}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for TemplateError {}
