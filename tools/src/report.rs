//! What goes to standard error: one form for every trouble, with colour where a terminal shows it.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};

use ringside_engine::audit::Violation;
use ringside_journal::{Torn, names};

use crate::config::ConfigError;
use crate::import::ImportError;
use crate::scenario::error::LineError;
use crate::scenario::runner::Failure;
use crate::verify::findings::{Finding, Note};

const PLACE: Style = Style::new().bold();
const TROUBLE: Style = AnsiColor::Red.on_default().bold();

/// A line that could not be understood: `file:line: key: what; how to fix`.
pub fn line_error(name: &str, line: u64, error: &LineError) {
    let LineError { key, what, fix } = error;
    say(format!("{PLACE}{name}:{line}:{PLACE:#} {TROUBLE}{key}:{TROUBLE:#} {what}; {fix}\n"));
}

/// An `expect` that failed: the line, what differs, and the events there were.
pub fn failure(name: &str, line: u64, failure: &Failure) {
    let mut text =
        format!("{PLACE}{name}:{line}:{PLACE:#} {TROUBLE}expect:{TROUBLE:#} not as expected\n");
    for difference in failure.differences.iter().flat_map(|text| text.lines()) {
        text += &format!("  {difference}\n");
    }
    if let Some(command) = failure.command_line {
        text += &format!("  the events of line {command}:{}\n", listed(&failure.events));
    }
    say(text);
}

/// A rule of the venue that the venue broke itself.
pub fn violation(name: &str, violation: &Violation) {
    say(format!(
        "{PLACE}{name}:{PLACE:#} {TROUBLE}audit:{TROUBLE:#} {violation}; \
         this is a bug of the venue: please report the scenario\n"
    ));
}

/// A journal that cannot be written, read or executed.
pub fn journal(directory: &Path, error: &impl Display) {
    let name = directory.display();
    say(format!("{PLACE}{name}:{PLACE:#} {TROUBLE}journal:{TROUBLE:#} {error}\n"));
}

/// Events that are not those of the time when they were journalled.
pub fn diverged(directory: &Path, error: &impl Display) {
    let name = directory.display();
    say(format!(
        "{PLACE}{name}:{PLACE:#} {TROUBLE}replay:{TROUBLE:#} {error}; another build wrote the \
         journal, or this is a bug of the venue: replay with that build, or report it\n"
    ));
}

/// Something worth knowing that is no trouble.
pub fn note(directory: &Path, text: &str) {
    say(format!("{PLACE}{}:{PLACE:#} {text}\n", directory.display()));
}

/// The tail of a journal that was being written, or that a crash cut.
pub fn torn(directory: &Path, torn: &Torn) {
    let Torn { segment, offset, why } = torn;
    let name = names::segment(*segment);
    let text = format!(
        "torn tail: {name} ends at offset {offset}: {why}; what came there was never on disk for \
         sure and is passed over"
    );
    note(directory, &text);
}

/// What a check of a directory found.
pub fn trouble(directory: &Path, finding: &Finding) {
    let (name, Finding { place, what, fix }) = (directory.display(), finding);
    say(format!("{PLACE}{name}:{PLACE:#} {TROUBLE}{place}:{TROUBLE:#} {what}; {fix}\n"));
}

/// What a check of a directory found worth knowing.
pub fn verify_note(directory: &Path, note: &Note) {
    self::note(directory, &format!("{}: note: {}", note.place, note.what));
}

/// A line of its own, such as figures at the end.
pub fn aside(text: &str) {
    say(format!("{text}\n"));
}

/// A record that broke off: in which directory, or at which line.
pub fn unrecorded(name: &str, error: &io::Error) {
    say(format!(
        "{PLACE}{name}:{PLACE:#} {TROUBLE}journal:{TROUBLE:#} cannot be written: {error}; \
         make room and run again into another directory\n"
    ));
}

/// Input that could not be read.
pub fn unreadable(name: &str, error: &io::Error) {
    say(format!(
        "{PLACE}{name}:{PLACE:#} {TROUBLE}input:{TROUBLE:#} cannot be read: {error}; \
         give a scenario file, or - for standard input\n"
    ));
}

/// A recording that could not be understood: `file:line: what; how to fix`.
pub fn recording(error: &ImportError) {
    let (place, ImportError { what, fix, .. }) = (error.place(), error);
    say(format!("{PLACE}{place}:{PLACE:#} {TROUBLE}recording:{TROUBLE:#} {what}; {fix}\n"));
}

/// A configuration that cannot be used: `file:line: key: what; how to fix`.
pub fn configuration(error: &ConfigError) {
    let ConfigError { place, key, what, fix } = error;
    let key = if key.is_empty() { "configuration" } else { key };
    say(format!("{PLACE}{place}:{PLACE:#} {TROUBLE}{key}:{TROUBLE:#} {what}; {fix}\n"));
}

/// Something the operator should know; work goes on.
pub fn warning(what: &str) {
    say(format!("{TROUBLE}warning:{TROUBLE:#} {what}\n"));
}

/// Something that ends the program.
pub fn fatal(what: &str) {
    say(format!("{TROUBLE}error:{TROUBLE:#} {what}\n"));
}

/// Output that could not be written.
pub fn unwritable(name: &str, error: &io::Error) {
    say(format!(
        "{PLACE}{name}:{PLACE:#} {TROUBLE}output:{TROUBLE:#} cannot be written: {error}; \
         make room and run again\n"
    ));
}

fn listed(events: &[String]) -> String {
    match events {
        [] => " none".to_owned(),
        events => events.iter().map(|event| format!("\n    {event}")).collect(),
    }
}

/// There is nowhere to report that a report could not be written.
fn say(text: String) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}
