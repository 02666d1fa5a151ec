//! The file with the demo's accounts: for curl, and for the next demo, which ends them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::DemoError;
use crate::client::Account;

/// An account of a former demo.
#[derive(Debug, Deserialize)]
pub(super) struct Former {
    pub(super) role: String,
    pub(super) email: String,
    pub(super) password: String,
}

/// `.callout/demo.json`, readable by its owner alone.
#[derive(Debug)]
pub(super) struct AccountsFile {
    path: PathBuf,
}

impl AccountsFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The accounts that a former demo left on the same stack; none if there was none.
    pub(super) fn former(&self, url: &str) -> Result<Vec<Former>, DemoError> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let text = std::fs::read(&self.path).map_err(|error| self.failed(error))?;
        // A file that is not ours any more names nobody whom we could end.
        let Ok(Value::Object(entries)) = serde_json::from_slice(&text) else {
            return Ok(Vec::new());
        };
        if entries.get("url").and_then(Value::as_str) != Some(url) {
            return Ok(Vec::new());
        }
        let accounts = entries.into_iter().map(|(_, entry)| entry);
        Ok(accounts
            .filter_map(|entry| serde_json::from_value(entry).ok())
            .collect())
    }

    /// Writes the accounts, each under its name in the story.
    pub(super) fn write<'a>(
        &self,
        url: &str,
        accounts: impl Iterator<Item = (String, &'a Account)>,
    ) -> Result<(), DemoError> {
        let mut entries = Map::new();
        entries.insert("url".to_owned(), Value::from(url));
        for (name, account) in accounts {
            entries.insert(name, entry(account));
        }
        self.replace(&Value::Object(entries))
            .map_err(|error| self.failed(error))
    }

    fn replace(&self, content: &Value) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = self.path.with_extension("new");
        // A leftover could have been made with other rights.
        if fresh.exists() {
            std::fs::remove_file(&fresh)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        writeln!(file, "{content:#}")?;
        std::fs::rename(&fresh, &self.path)
    }

    fn failed(&self, source: std::io::Error) -> DemoError {
        DemoError::File {
            path: self.path.display().to_string(),
            source,
        }
    }
}

fn entry(account: &Account) -> Value {
    json!({
        "id": account.session.user_id,
        "name": account.session.name,
        "role": account.session.role,
        "email": account.person.email,
        "password": account.person.password,
        "token": account.session.access,
        "refresh": account.session.refresh,
    })
}
