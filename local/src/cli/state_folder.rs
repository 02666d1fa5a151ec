//! The folder that outlives the process: one owner at a time, and emptied only if it is ours.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use callout_local::state::State;

/// Marks the folder as ours, and is locked by whoever runs on it.
const LOCK: &str = "callout.lock";
/// What the demo leaves in the folder.
pub(super) const ACCOUNTS: &str = "demo.json";
/// The filled events that it leaves there.
pub(super) const EVENTS: &str = "events";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    /// Somebody else runs on it.
    #[error(
        "another callout is running on {0}; stop it, or give a folder of its own by --state, or use --memory"
    )]
    Taken(String),
    /// It has files, but none of ours.
    #[error(
        "{0} has files that are not Callout's, so it cannot be its state folder; give another by --state"
    )]
    Foreign(String),
    /// It cannot be made, read or emptied.
    #[error("the state folder {0} cannot be used: {1}")]
    Broken(String, io::Error),
}

/// A state folder and the lock on it, which holds until this is dropped.
#[derive(Debug)]
pub(super) struct StateFolder {
    path: PathBuf,
    _lock: File,
}

impl StateFolder {
    /// Takes the folder, making it if need be; `reset` empties it first.
    pub(super) fn take(path: &Path, reset: bool) -> Result<Self, StateError> {
        let name = path.display().to_string();
        let broken = |error| StateError::Broken(name.clone(), error);
        if !is_ours_or_empty(path).map_err(broken)? {
            return Err(StateError::Foreign(name));
        }
        // Keys and everybody's data are in there: its owner's alone, if it is made now.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(broken)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(broken)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::Taken(name)),
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
        if reset {
            empty(path).map_err(broken)?;
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn state(&self) -> State {
        State::Kept(self.path.clone())
    }
}

/// A folder without a lock is ours too if a demo, which needs none, has left its accounts there.
fn is_ours_or_empty(path: &Path) -> io::Result<bool> {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let names: Vec<_> = entries
                .map(|entry| Ok(entry?.file_name()))
                .collect::<io::Result<_>>()?;
            Ok(names.iter().any(|name| name == LOCK)
                || names.iter().all(|name| name == ACCOUNTS || name == EVENTS))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes everything but the lock, which is held.
fn empty(path: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn has_one_owner_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state");
        let first = StateFolder::take(&path, false).unwrap();
        let second = StateFolder::take(&path, true).unwrap_err();
        assert!(matches!(second, StateError::Taken(_)), "{second}");
        drop(first);
        StateFolder::take(&path, false).unwrap();
    }

    #[test]
    fn a_reset_empties_what_is_ours() {
        let place = tempfile::tempdir().unwrap();
        drop(StateFolder::take(place.path(), true).unwrap());
        std::fs::create_dir(place.path().join("s3")).unwrap();
        std::fs::write(place.path().join("s3/object"), "x").unwrap();
        drop(StateFolder::take(place.path(), false).unwrap());
        assert!(place.path().join("s3/object").exists());
        drop(StateFolder::take(place.path(), true).unwrap());
        assert!(!place.path().join("s3").exists());

        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join(ACCOUNTS), "{}").unwrap();
        drop(StateFolder::take(place.path(), true).unwrap());
        assert!(!place.path().join(ACCOUNTS).exists());
    }

    #[test]
    fn a_reset_spares_what_is_not_ours() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("thesis.txt"), "years of work").unwrap();
        // Starting there would leave a lock, and a later reset would take it for proof.
        for reset in [false, true] {
            let refused = StateFolder::take(place.path(), reset).unwrap_err();
            assert!(matches!(refused, StateError::Foreign(_)), "{refused}");
        }
        assert!(place.path().join("thesis.txt").exists());
    }
}
