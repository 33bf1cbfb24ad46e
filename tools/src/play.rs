//! Plays a scenario file, or standard input, to its end: lines in, output and reports out.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use crate::cli::Ending;
use crate::progress::Progress;
use crate::report;
use crate::scenario::input::Lines;
use crate::scenario::runner::{Runner, Show, Stop};

/// A run that came to its end, and how.
pub struct Played<W: Write> {
    /// The venue and what is beside it.
    pub runner: Runner<W>,
    /// How it ended.
    pub ending: Ending,
}

/// Plays `path` (`-`: standard input) and prints to `out`; what went wrong is reported on standard
/// error.
pub fn play<W: Write>(path: &Path, show: Show, out: W) -> Played<W> {
    let runner = Runner::new(show, out);
    if path.as_os_str() == "-" {
        return play_lines("-", io::stdin().lock(), Progress::none(), runner);
    }
    let name = path.display().to_string();
    match File::open(path).and_then(|file| Ok((file.metadata()?.len(), file))) {
        Ok((bytes, file)) => play_lines(&name, file, Progress::over(bytes), runner),
        Err(error) => {
            report::unreadable(&name, &error);
            Played { runner, ending: Ending::Unreadable }
        }
    }
}

/// Standard output, written in large pieces.
pub fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    const BUFFER_BYTES: usize = 64 * 1024;
    BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock())
}

fn play_lines<R: Read, W: Write>(
    name: &str,
    input: R,
    progress: Progress,
    mut runner: Runner<W>,
) -> Played<W> {
    let mut lines = Lines::new(input);
    let mut ending = play_all(name, &mut lines, &progress, &mut runner);
    progress.end();
    if let Err(violation) = runner.audit() {
        report::violation(name, &violation);
        ending = Ending::Violation;
    }
    Played { ending: ending.max(written(name, runner.flush())), runner }
}

/// Line after line, until one cannot be understood.
fn play_all<R: Read, W: Write>(
    name: &str,
    lines: &mut Lines<R>,
    progress: &Progress,
    runner: &mut Runner<W>,
) -> Ending {
    let mut ending = Ending::Done;
    loop {
        if lines.is_drained() {
            progress.reached(lines.bytes());
            if let Err(error) = runner.flush() {
                return ending.max(written(name, Err(error)));
            }
        }
        match lines.next_line() {
            Ok(None) => return ending,
            Ok(Some((number, line))) => match runner.line(number, line) {
                Ok(None) => {}
                Ok(Some(failure)) => {
                    aside(runner, progress, || report::failure(name, number, &failure));
                    ending = Ending::Unexpected;
                }
                Err(stop) => {
                    return ending.max(stopped(name, number, &stop, runner, progress));
                }
            },
            Err(error) => {
                report::unreadable(name, &error);
                return Ending::Unreadable;
            }
        }
    }
}

/// Says why a run stopped at a line.
fn stopped<W: Write>(
    name: &str,
    number: u64,
    stop: &Stop,
    runner: &mut Runner<W>,
    progress: &Progress,
) -> Ending {
    match stop {
        Stop::Line(error) => {
            aside(runner, progress, || report::line_error(name, number, error));
            Ending::NotUnderstood
        }
        Stop::Output(error) => unwritten(name, error),
    }
}

/// Reports between what was printed before and what comes after.
fn aside<W: Write>(runner: &mut Runner<W>, progress: &Progress, report: impl FnOnce()) {
    // Trouble with the output shows again with the next line.
    let _ = runner.flush();
    progress.aside(report);
}

/// How trouble with the output, if there was any, ends a run.
fn written(name: &str, result: io::Result<()>) -> Ending {
    result.map_or_else(|error| unwritten(name, &error), |()| Ending::Done)
}

/// A reader who has gone away ends a run quietly; any other trouble with the output is reported.
fn unwritten(name: &str, error: &io::Error) -> Ending {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ending::Done;
    }
    report::unwritable(name, error);
    Ending::Unreadable
}
