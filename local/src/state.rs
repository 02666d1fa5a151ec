//! Where the local cloud keeps what must survive a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder that holds tables, objects, keys and dead letters.
#[derive(Debug, Clone)]
pub enum State {
    /// Kept, `.callout/` unless told otherwise.
    Kept(PathBuf),
    /// Gone with the last handle: `--memory`, and every test.
    Temporary(Arc<tempfile::TempDir>),
}

impl State {
    /// A state that ends with the process.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn temporary() -> std::io::Result<Self> {
        Ok(Self::Temporary(Arc::new(
            tempfile::Builder::new().prefix("callout-").tempdir()?,
        )))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}
