//! Builds `bootstrap`, the one binary that every function runs.
//!
//! Cargo is asked exactly as `cargo run` asked for `callout` itself: the workspace's default
//! members, no `-p`. So features unify the same way, and no dependency is compiled twice.

mod display;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use display::Display;

/// The binary's name, as `functions/Cargo.toml` has it.
const BINARY: &str = "bootstrap";

/// What to build, and how to show it.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// A folder inside the Cargo workspace.
    pub workspace: PathBuf,
    /// With the release profile: small and fast, but minutes to build.
    pub release: bool,
    /// How progress is shown.
    pub console: Console,
}

/// How the progress of a build is shown, on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// A moving bar, for a terminal.
    Bar,
    /// A line for each crate, for a log.
    Lines,
    /// Nothing.
    Silent,
}

impl Console {
    /// A bar when stderr is a terminal, lines otherwise.
    pub fn detect() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bar
        } else {
            Self::Lines
        }
    }
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Cargo could not be started.
    #[error(
        "`{0}` cannot be started ({1}); install Rust, or give a built bootstrap by --artifact PATH"
    )]
    NoCargo(String, std::io::Error),
    /// The functions do not compile; what the compiler said, whole.
    #[error("the functions do not build:\n\n{0}")]
    Failed(String),
    /// Cargo was content, but named no executable.
    #[error("cargo was content, but named no executable")]
    Missing,
    /// Cargo's output could not be read.
    #[error("cargo's output cannot be read: {0}")]
    Output(#[from] std::io::Error),
}

/// Builds the artifact and gives its path.
///
/// Cargo is `$CARGO`, which `cargo run` sets, else `cargo`. Dropping the future ends the build
/// with all its processes.
///
/// # Errors
/// [`ArtifactError`].
pub async fn build(options: &BuildOptions) -> Result<PathBuf, ArtifactError> {
    build_binary(options, BINARY).await
}

/// Builds another binary of the workspace in the same way, and gives its path.
///
/// # Errors
/// [`ArtifactError`].
pub async fn build_binary(options: &BuildOptions, name: &str) -> Result<PathBuf, ArtifactError> {
    let display = Display::new(options.console);
    let started = Instant::now();
    let mut cargo = Cargo::start(options, name)?;
    let (artifact, said) = tokio::try_join!(
        read_messages(cargo.stdout, name),
        read_progress(cargo.stderr, &display),
    )?;
    let status = cargo.process.child.wait().await?;
    cargo.process.ended = true;
    if !status.success() {
        display.clear();
        return Err(ArtifactError::Failed(said));
    }
    display.finish(&said, started.elapsed());
    artifact.ok_or(ArtifactError::Missing)
}

/// The running build.
struct Cargo {
    process: Group,
    stdout: ChildStdout,
    stderr: tokio::process::ChildStderr,
}

impl Cargo {
    fn start(options: &BuildOptions, name: &str) -> Result<Self, ArtifactError> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let show = if options.console == Console::Bar {
            "always"
        } else {
            "never"
        };
        let mut command = Command::new(&program);
        command
            .args([
                "build",
                "--bin",
                name,
                "--message-format=json-render-diagnostics",
            ])
            .args(options.release.then_some("--release"))
            .current_dir(&options.workspace)
            // Cargo counts what is to be compiled only for its own bar: read it from there.
            .env("CARGO_TERM_PROGRESS_WHEN", show)
            .env("CARGO_TERM_PROGRESS_WIDTH", "120")
            .env("CARGO_TERM_COLOR", show)
            .env_remove("CARGO_TERM_QUIET")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let missing = |error| ArtifactError::NoCargo(program.to_string_lossy().into_owned(), error);
        let mut child = command.spawn().map_err(missing)?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(ArtifactError::Missing);
        };
        Ok(Self {
            process: Group {
                child,
                ended: false,
            },
            stdout,
            stderr,
        })
    }
}

/// Cargo and the compilers it started, ended together when dropped before their time.
struct Group {
    child: Child,
    ended: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw)
            && !self.ended
        {
            // A group that has ended by itself is what is wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

/// Reads cargo's JSON and gives the path of the binary.
async fn read_messages(stdout: ChildStdout, name: &str) -> Result<Option<PathBuf>, ArtifactError> {
    let mut lines = BufReader::new(stdout).lines();
    let mut artifact = None;
    while let Some(line) = lines.next_line().await? {
        let Ok(message) = serde_json::from_str::<Message>(&line) else {
            continue;
        };
        let is_ours = message.reason == "compiler-artifact"
            && message.target.is_some_and(|target| target.name == name);
        if is_ours {
            artifact = message.executable.or(artifact);
        }
    }
    Ok(artifact)
}

/// Follows cargo's stderr, and gives what was neither progress nor a step: the diagnostics.
async fn read_progress(
    mut stderr: impl AsyncRead + Unpin,
    display: &Display,
) -> Result<String, ArtifactError> {
    let mut diagnostics = String::new();
    let mut line = Vec::new();
    let mut buffer = vec![0; 8192];
    loop {
        let read = stderr.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        for &byte in &buffer[..read] {
            if byte == b'\n' || byte == b'\r' {
                take_line(&line, byte == b'\n', &mut diagnostics, display);
                line.clear();
            } else {
                line.push(byte);
            }
        }
    }
    take_line(&line, false, &mut diagnostics, display);
    Ok(diagnostics.trim().to_owned())
}

fn take_line(line: &[u8], ended: bool, diagnostics: &mut String, display: &Display) {
    let text = String::from_utf8_lossy(line);
    match Said::by(&text) {
        Said::Progress { done, total, what } => display.progress(done, total, what),
        Said::Step(step) => display.step(&step),
        Said::Else => {
            diagnostics.push_str(text.trim_end());
            if ended {
                diagnostics.push('\n');
            }
        }
    }
}

/// What a line on cargo's stderr is.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    /// Its bar: `Building [====>   ] 12/313: serde, tokio`.
    Progress {
        done: u64,
        total: u64,
        what: &'a str,
    },
    /// A step: `Compiling serde v1.0.0`.
    Step(String),
    /// Warnings, errors, empty lines.
    Else,
}

/// Words with which cargo begins the line of a step.
const STEPS: [&str; 11] = [
    "Compiling",
    "Finished",
    "Downloading",
    "Downloaded",
    "Updating",
    "Locking",
    "Blocking",
    "Adding",
    "Checking",
    "Fresh",
    "Dirty",
];

impl<'a> Said<'a> {
    fn by(line: &'a str) -> Self {
        if let Some(progress) = Self::progress(line) {
            return progress;
        }
        let plain = without_colors(line);
        let first = plain.split_whitespace().next().unwrap_or_default();
        if STEPS.contains(&first) {
            Self::Step(plain.trim().to_owned())
        } else {
            Self::Else
        }
    }

    fn progress(line: &'a str) -> Option<Self> {
        let (before, rest) = line.split_once(" [")?;
        if !before.contains("Building") {
            return None;
        }
        let (_, counts) = rest.split_once("] ")?;
        let (counts, what) = counts.split_once(": ").unwrap_or((counts, ""));
        let (done, total) = counts.trim().split_once('/')?;
        Some(Self::Progress {
            done: done.parse().ok()?,
            total: total.parse().ok()?,
            what: what.trim(),
        })
    }
}

/// The text without terminal colours.
fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // An escape sequence ends with its first letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A workspace of one crate whose `bootstrap` has that source.
    fn workspace(source: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[package]\nname = \"tiny\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                        [[bin]]\nname = \"bootstrap\"\npath = \"main.rs\"\n[workspace]\n";
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.path().join("main.rs"), source).unwrap();
        folder
    }

    async fn build_in(folder: &tempfile::TempDir) -> Result<PathBuf, ArtifactError> {
        build(&BuildOptions {
            workspace: folder.path().to_owned(),
            release: false,
            console: Console::Silent,
        })
        .await
    }

    #[tokio::test]
    async fn gives_the_path_of_what_it_built() {
        let folder = workspace("fn main() { println!(\"built\"); }");
        let artifact = build_in(&folder).await.unwrap();
        let ran = std::process::Command::new(artifact).output().unwrap();
        assert_eq!(ran.stdout, b"built\n");
    }

    #[tokio::test]
    async fn shows_compile_errors_whole() {
        let folder = workspace("fn main() { let x: u8 = \"text\"; nowhere(); }");
        let error = build_in(&folder).await.unwrap_err().to_string();
        assert!(error.contains("mismatched types"), "{error}");
        assert!(error.contains("nowhere"), "{error}");
        assert!(error.contains("main.rs:1"), "{error}");
    }

    #[test]
    fn tells_progress_from_diagnostics() {
        assert_eq!(
            Said::by("    Building [=====>    ] 310/313: callout-domain, serde      "),
            Said::Progress {
                done: 310,
                total: 313,
                what: "callout-domain, serde"
            }
        );
        assert_eq!(
            Said::by("\u{1b}[1m\u{1b}[36m    Building\u{1b}[0m [=>  ] 1/2: a(bin)"),
            Said::Progress {
                done: 1,
                total: 2,
                what: "a(bin)"
            }
        );
        assert_eq!(
            Said::by("\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m serde v1.0.0"),
            Said::Step("Compiling serde v1.0.0".to_owned())
        );
        assert_eq!(Said::by("error[E0308]: mismatched types"), Said::Else);
        assert_eq!(Said::by("  |  let x = [1] 3/4;"), Said::Else);
    }
}
