//! Tells the story, and holds what happened against what should have happened.

use std::fmt::{self, Debug};
use std::io::Write;

use serde_json::Value;

use super::EventFolders;
use super::accounts::AccountsFile;
use crate::client::Api;

/// Something was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, got {got}")]
pub struct Wrong {
    /// What was looked at.
    pub what: String,
    /// What it should have been.
    pub expected: String,
    /// What it was.
    pub got: String,
}

/// Holds `got` against `expected`.
pub(super) fn equal<T>(what: impl fmt::Display, expected: &T, got: &T) -> Result<(), Wrong>
where
    T: Debug + PartialEq + ?Sized,
{
    if expected == got {
        return Ok(());
    }
    Err(Wrong {
        what: what.to_string(),
        expected: format!("{expected:?}"),
        got: format!("{got:?}"),
    })
}

/// Holds one field of a message or an answer against what it should be.
pub(super) fn field(
    whose: &str,
    holder: &Value,
    name: &str,
    expected: impl Into<Value>,
) -> Result<(), Wrong> {
    equal(
        format!("{name} in {whose}"),
        &expected.into(),
        &holder[name],
    )
}

/// Writes the story line by line. A reader who has gone away does not end it.
pub(super) struct Narrator {
    out: Box<dyn Write + Send>,
    acts: u32,
}

impl Narrator {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            acts: 0,
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    pub(super) fn title(&mut self, text: &str) {
        self.line(text);
    }

    /// Begins an act.
    pub(super) fn act(&mut self, text: &str) {
        self.acts += 1;
        let number = self.acts;
        self.line(&format!("\n{number}. {text}"));
    }

    /// Tells what has been checked.
    pub(super) fn fact(&mut self, text: &str) {
        self.line(&format!("   ✓ {text}"));
    }

    /// Tells something that is nobody's claim.
    pub(super) fn remark(&mut self, text: &str) {
        self.line(&format!("   · {text}"));
    }

    /// Ends the story, and says what can be done now.
    pub(super) fn end(
        &mut self,
        api: &Api,
        file: Option<&AccountsFile>,
        events: Option<&EventFolders>,
    ) {
        self.line("\nAll as it should be.");
        let Some(file) = file else { return };
        let (path, base) = (file.path().display(), api.base());
        self.line(&format!(
            "\nThe accounts and their tokens are in {path} (for you alone; the tokens are good for \
             15 minutes,\nthe passwords until the next demo). Go on by hand:\n\n  \
             curl -s {base}/medicine/request/ -H \"Authorization: Bearer $(jq -r .customer.token {path})\"\n  \
             curl -s {base}/_local/mail"
        ));
        if let Some(folders) = events {
            self.line(&format!(
                "\nOne event for each function, with these accounts filled in, is in {}.",
                folders.to.display()
            ));
        }
    }
}
