//! Plays a scenario file, or standard input, to its end: lines in, output and reports out.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::Ending;
use crate::progress::Progress;
use crate::report;
use crate::scenario::input::Lines;
use crate::scenario::runner::{Runner, Show, Stop};
use crate::venue::recording::Recording;

/// A run that came to its end, and how.
pub struct Played<W: Write> {
    /// The venue and what is beside it.
    pub runner: Runner<W>,
    /// How it ended.
    pub ending: Ending,
}

/// What is played, and whether it is recorded.
#[derive(Clone, Debug)]
pub struct Play {
    /// The scenario; `-` is standard input.
    pub path: PathBuf,
    /// What is printed.
    pub show: Show,
    /// The directory that keeps the commands, if one does.
    pub journal: Option<PathBuf>,
}

/// Plays a scenario and prints to `out`; what went wrong is reported on standard error.
pub fn play<W: Write>(play: Play, out: W) -> Played<W> {
    let runner = Runner::new(play.show, out);
    let name = play.path.display().to_string();
    let (input, progress) = match input(&play.path) {
        Ok(opened) => opened,
        Err(error) => {
            report::unreadable(&name, &error);
            return Played { runner, ending: Ending::Unreadable };
        }
    };
    let Some(journal) = play.journal else { return play_lines(&name, input, progress, runner) };
    match Recording::begin(&journal) {
        Ok(recording) => {
            let runner = runner.recorded(Box::new(recording));
            recorded(&journal, play_lines(&name, input, progress, runner))
        }
        Err(error) => {
            report::journal(&journal, &error);
            Played { runner, ending: Ending::Unreadable }
        }
    }
}

/// Opens a scenario; how long standard input is nobody knows.
fn input(path: &Path) -> io::Result<(Box<dyn Read>, Progress)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin().lock()), Progress::none()));
    }
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    Ok((Box::new(file), Progress::over(bytes)))
}

/// Ends the record of a run, however that ended: what was executed is kept.
fn recorded<W: Write>(journal: &Path, played: Played<W>) -> Played<W> {
    let Played { mut runner, mut ending } = played;
    if let Err(error) = runner.finish_record() {
        report::unrecorded(&journal.display().to_string(), &error);
        ending = ending.max(Ending::Unreadable);
    }
    Played { runner, ending }
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
        Stop::Record(error) => {
            aside(runner, progress, || report::unrecorded(&format!("{name}:{number}"), error));
            Ending::Unreadable
        }
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
pub fn unwritten(name: &str, error: &io::Error) -> Ending {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ending::Done;
    }
    report::unwritable(name, error);
    Ending::Unreadable
}
