//! How a build shows itself on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;

/// Shows how the build goes.
pub(super) enum Display {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Display {
    pub(super) fn new(console: Console) -> Self {
        match console {
            Console::Bar => Self::Bar(bar()),
            Console::Lines => {
                eprintln!("Building the functions");
                Self::Lines
            }
            Console::Silent => Self::Silent,
        }
    }

    pub(super) fn progress(&self, done: u64, total: u64, what: &str) {
        if let Self::Bar(bar) = self {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(what.to_owned());
        }
    }

    pub(super) fn step(&self, step: &str) {
        match self {
            Self::Lines => eprintln!("  {step}"),
            Self::Bar(bar) if bar.length().unwrap_or_default() == 0 => {
                // Before anything is compiled: waiting for a lock, or downloading.
                bar.set_message(step.to_owned());
            }
            Self::Bar(_) | Self::Silent => {}
        }
    }

    pub(super) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }

    /// Ends the display; warnings are shown, as nobody else will.
    pub(super) fn finish(&self, warnings: &str, took: Duration) {
        self.clear();
        if matches!(self, Self::Silent) {
            return;
        }
        if !warnings.is_empty() {
            eprintln!("{warnings}");
        }
        eprintln!("Functions built in {:.1} s", took.as_secs_f64());
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{spinner:.green} Building the functions [{bar:30.cyan}] {pos}/{len} {elapsed} {wide_msg:.dim}",
    );
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
