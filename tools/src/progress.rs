//! A progress bar for long work: drawn on standard error when that is a terminal, and only while
//! standard output is not one.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Work shorter than this shows no bar.
const BYTES_MIN: u64 = 4 * 1024 * 1024;
/// Fewer commands than this show no bar.
const COMMANDS_MIN: u64 = 100_000;

/// How far a file has been read.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows nothing.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Over so many bytes; shows nothing where nobody would see it or the work is short.
    pub fn over(bytes: u64) -> Self {
        Self((is_seen() && bytes >= BYTES_MIN).then(|| bar(bytes)))
    }

    /// So many bytes are done.
    pub fn reached(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }

    /// Lets `report` write to the terminal without the bar in its way.
    pub fn aside(&self, report: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(report),
            None => report(),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A bar over steps of something, hidden where nobody would see it and gone when done.
pub fn steps(length: u64, doing: &'static str) -> ProgressBar {
    if !is_seen() {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {percent:>3} % {msg}";
    let style = ProgressStyle::with_template(template).expect("Invariant: the template is valid");
    let bar = ProgressBar::new(length).with_style(style).with_message(doing);
    bar.with_finish(ProgressFinish::AndClear)
}

/// A bar over commands and their rate, gone when done. Where standard output stays quiet until the
/// end (`is_quiet`) it may be a terminal too.
pub fn commands(length: u64, is_quiet: bool) -> ProgressBar {
    let is_seen = is_seen() || (is_quiet && io::stderr().is_terminal());
    if !is_seen || length < COMMANDS_MIN {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {percent:>3} % of {human_len} commands, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("Invariant: the template is valid");
    ProgressBar::new(length).with_style(style)
}

fn is_seen() -> bool {
    io::stderr().is_terminal() && !io::stdout().is_terminal()
}

fn bar(bytes: u64) -> ProgressBar {
    let template = "{bar:40} {percent:>3} % of {total_bytes}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("Invariant: the template is valid");
    ProgressBar::new(bytes).with_style(style)
}
