//! How far the measurement is, on stderr.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal, lines in a log.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{spinner:.green} {prefix} [{bar:30.cyan}] {pos}/{len} {elapsed} {wide_msg:.dim}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        let is_terminal = std::io::stderr().is_terminal();
        if is_terminal {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, is_terminal }
    }

    /// A part begins.
    pub(super) fn part(&self, name: &'static str) {
        self.bar.set_prefix(name);
        self.bar.reset_elapsed();
    }

    /// Something with `steps` steps begins.
    pub(super) fn begin(&self, what: String, steps: usize) {
        if !self.is_terminal {
            eprintln!("{}: {what}", self.bar.prefix());
        }
        self.bar.set_position(0);
        self.bar
            .set_length(u64::try_from(steps).unwrap_or(u64::MAX));
        self.bar.set_message(what);
    }

    /// Some of its steps are done.
    pub(super) fn advance(&self, steps: usize) {
        self.bar.inc(u64::try_from(steps).unwrap_or(u64::MAX));
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
