//! Fills the blanks of `events/` with the demo's own accounts, so that `sam local invoke` and curl have
//! events that mean something on this stack.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::client::Account;

/// What stands in an event between double braces, and what it is here.
#[derive(Debug, Default)]
pub struct Blanks(BTreeMap<String, String>);

impl Blanks {
    /// `{{<name>.access}}`, `{{<name>.refresh}}` and `{{<name>.user_id}}`.
    #[must_use]
    pub fn with_account(self, name: &str, access: &str, refresh: &str, user_id: &str) -> Self {
        self.with(&format!("{name}.access"), access)
            .with(&format!("{name}.refresh"), refresh)
            .with(&format!("{name}.user_id"), user_id)
    }

    /// The three of an account.
    #[must_use]
    pub(super) fn with_client(self, name: &str, account: &Account) -> Self {
        let session = &account.session;
        self.with_account(name, &session.access, &session.refresh, &session.user_id)
    }

    /// `{{<name>}}`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(format!("{{{{{name}}}}}"), value.to_owned());
        self
    }

    /// The text without its blanks; what has no value stays as it is.
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (blank, value)| {
            text.replace(blank, value)
        })
    }
}

/// Writes a filled copy of every event in `from` into `to`, for its owner alone: they hold tokens.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn write(from: &Path, to: &Path, blanks: &Blanks) -> std::io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        }) else {
            continue;
        };
        let filled = blanks.fill(&fs::read_to_string(&path)?);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(to.join(name))?;
        std::io::Write::write_all(&mut file, filled.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Blanks, write};

    #[test]
    fn every_event_is_copied_with_its_blanks_filled() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("events"), folder.path().join("filled"));
        std::fs::create_dir(&from).unwrap();
        std::fs::write(
            from.join("a.json"),
            r#"{"t": "{{customer.access}}", "r": "{{request_id}}"}"#,
        )
        .unwrap();
        std::fs::write(from.join("README.md"), "{{request_id}}").unwrap();
        let blanks = Blanks::default()
            .with_account("customer", "token", "refresh", "id")
            .with("request_id", "01");
        write(&from, &to, &blanks).unwrap();
        let filled = std::fs::read_to_string(to.join("a.json")).unwrap();
        assert_eq!(filled, r#"{"t": "token", "r": "01"}"#);
        assert!(!to.join("README.md").exists());
    }
}
