//! What a test used of the policies, noted for whoever asks of the whole suite.

use std::path::PathBuf;
use std::sync::Arc;

use callout_local::cloud::LocalCloud;
use callout_local::iam::Iam;

use crate::workspace_root;

/// Notes what was used when it is dropped.
pub(crate) struct Noted {
    iam: Arc<Iam>,
    folder: PathBuf,
}

impl Noted {
    /// For that cloud, if `CALLOUT_PERMISSIONS` names a folder; in the workspace, unless it begins
    /// with a slash.
    pub(crate) fn of(cloud: &LocalCloud) -> Option<Self> {
        let folder = std::env::var_os("CALLOUT_PERMISSIONS")?;
        Some(Self {
            iam: Arc::clone(cloud.iam()),
            folder: workspace_root().join(folder),
        })
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Err(error) = self.iam.note_used(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}
