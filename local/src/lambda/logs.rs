//! What functions write to standard output and standard error: kept in memory for tests, in a file for
//! people, and on the console when asked for.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Lines of one function that memory holds.
const REMEMBERED: usize = 1_000;

/// The log of one function, fed by all its instances.
pub(super) struct FunctionLog {
    function: String,
    verbose: bool,
    inner: Mutex<Inner>,
}

struct Inner {
    /// `None` when the file could not be opened: logging must not stop a function.
    file: Option<File>,
    recent: VecDeque<String>,
}

impl FunctionLog {
    /// Appends to `<state>/logs/<function>.log`.
    pub(super) fn open(state: &Path, function: &str, verbose: bool) -> Self {
        let folder = state.join("logs");
        let file = std::fs::create_dir_all(&folder).and_then(|()| {
            File::options()
                .create(true)
                .append(true)
                .open(folder.join(format!("{function}.log")))
        });
        if let Err(error) = &file {
            tracing::warn!(function, %error, "the log of a function cannot be written");
        }
        Self {
            function: function.to_owned(),
            verbose,
            inner: Mutex::new(Inner {
                file: file.ok(),
                recent: VecDeque::new(),
            }),
        }
    }

    /// The last lines, oldest first.
    pub(super) fn recent(&self) -> Vec<String> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.recent.iter().cloned().collect()
    }

    /// Takes lines until the process closes its end.
    pub(super) async fn follow(&self, output: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.write(String::from_utf8_lossy(&line).trim_end()),
            }
        }
    }

    fn write(&self, line: &str) {
        if self.verbose {
            eprintln!("[{}] {line}", self.function);
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut inner.file {
            // One write a line: instances share the file and must not interleave.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
        if inner.recent.len() == REMEMBERED {
            inner.recent.pop_front();
        }
        inner.recent.push_back(line.to_owned());
    }
}
