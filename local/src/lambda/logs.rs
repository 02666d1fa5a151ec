//! What functions write to standard output and standard error: kept in memory for tests, in a file for
//! people, and on the console when asked for.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Lines of one function that memory holds.
const REMEMBERED: usize = 1_000;

/// The log of one function, fed by all its instances.
pub(super) struct FunctionLog {
    function: String,
    path: PathBuf,
    verbose: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Held by whoever follows an instance, so open while one may write: there are many functions, and
    /// few that run.
    file: Weak<File>,
    recent: VecDeque<String>,
}

impl FunctionLog {
    /// Appends to `<state>/logs/<function>.log`.
    pub(super) fn new(state: &Path, function: &str, verbose: bool) -> Self {
        Self {
            function: function.to_owned(),
            path: state.join("logs").join(format!("{function}.log")),
            verbose,
            inner: Mutex::default(),
        }
    }

    /// The last lines, oldest first.
    pub(super) fn recent(&self) -> Vec<String> {
        self.inner().recent.iter().cloned().collect()
    }

    /// Takes lines until the process closes its end.
    pub(super) async fn follow(&self, output: impl AsyncRead + Unpin) {
        let file = self.file();
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.write(file.as_deref(), String::from_utf8_lossy(&line).trim_end()),
            }
        }
    }

    /// The file that others write to, or else one that is opened; none if it cannot be: logging must not stop
    /// a function.
    fn file(&self) -> Option<Arc<File>> {
        let mut inner = self.inner();
        if let Some(file) = inner.file.upgrade() {
            return Some(file);
        }
        let opened = self.open().inspect_err(|error| {
            let function = &self.function;
            tracing::warn!(function, %error, "the log of a function cannot be written");
        });
        let file = Arc::new(opened.ok()?);
        inner.file = Arc::downgrade(&file);
        Some(file)
    }

    fn open(&self) -> std::io::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        File::options().create(true).append(true).open(&self.path)
    }

    fn write(&self, file: Option<&File>, line: &str) {
        if self.verbose {
            eprintln!("[{}] {line}", self.function);
        }
        let mut inner = self.inner();
        if let Some(mut file) = file {
            // One write a line: instances share the file and must not interleave.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
        if inner.recent.len() == REMEMBERED {
            inner.recent.pop_front();
        }
        inner.recent.push_back(line.to_owned());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
