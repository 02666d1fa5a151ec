//! What several clouds used of one template's policies, put together: each notes it in a folder at its
//! end, and who has them all can tell what nobody needs.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::{Allowance, Iam};

impl Iam {
    /// What the template allows, sorted.
    pub fn allowances(&self) -> BTreeSet<Allowance> {
        self.filtered(|_| true)
    }

    /// What of it was used so far.
    pub fn used(&self) -> BTreeSet<Allowance> {
        self.filtered(super::policy::Grant::is_used)
    }

    /// Notes what was used so far in a file of its own in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_used(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join(format!("{}.json", ulid::Ulid::generate()));
        std::fs::write(file, serde_json::to_vec(&self.used())?)
    }
}

/// What all clouds noted in `folder`; `None` if none did.
///
/// # Errors
/// When the folder cannot be read, or has a file that is no such note.
pub fn noted(folder: &Path) -> io::Result<Option<BTreeSet<Allowance>>> {
    let mut all = None;
    for entry in std::fs::read_dir(folder)? {
        let note = std::fs::read(entry?.path())?;
        let used: BTreeSet<Allowance> = serde_json::from_slice(&note)?;
        all.get_or_insert_with(BTreeSet::new).extend(used);
    }
    Ok(all)
}
