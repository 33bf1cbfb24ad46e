//! `[genesis]`: what a venue begins with, as lines of the scenario language or as tables that
//! become such lines. They are commands on the venue's first start, journalled as one batch, and
//! nothing after: from then on the journal alone says what the venue is (X-ENG-023).

pub mod kept;
mod rehearsal;
mod tables;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ringside_protocol::Command;

use super::error::ConfigError;
use super::shown::Shown;
use super::table::{Table, Value};
use crate::scenario::input::Lines;

pub use self::kept::{KeptError, enter};

/// The ops that a genesis may have; tables are named after them.
pub const OPS: &[&str] = &[
    "venue",
    "currency",
    "instrument",
    "instrument_state",
    "account",
    "limits",
    "deposit",
    "withdraw",
    "key",
];

/// A file of genesis lines is at most this large.
pub const GENESIS_FILE_BYTES_MAX: u64 = 8 << 20;

/// Every key of `[genesis]`.
pub fn keys() -> Vec<&'static str> {
    ["file", "lines"].into_iter().chain(OPS.iter().copied()).collect()
}

/// One line, and where it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The line as JSON without spaces.
    pub text: String,
    /// The file and the line in it.
    pub place: String,
}

/// What a venue begins with.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Genesis {
    lines: Vec<Line>,
    commands: Vec<Command>,
}

/// A line that is not understood yet.
struct Draft {
    place: String,
    /// The key of the configuration it stands under.
    key: String,
    bytes: Vec<u8>,
}

impl Genesis {
    /// The file first, then the lines, then the tables in the order they are written.
    pub(super) fn read(table: &Table<'_>, base: &Path) -> Result<Self, ConfigError> {
        let mut drafts = Vec::new();
        if let Some(value) = table.value("file") {
            drafts.extend(of_file(&value, base)?);
        }
        if let Some(value) = table.value("lines") {
            drafts.extend(of_text(&value)?);
        }
        drafts.extend(tables::drafts(table)?);
        rehearsal::understand(drafts)
    }

    /// The lines, in order.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The commands they stand for, in order.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    pub(super) fn show(&self, shown: &mut Shown) {
        shown.table("genesis");
        if !self.lines.is_empty() {
            shown.lines("lines", self.lines.iter().map(|line| line.text.as_str()));
        }
    }
}

fn of_file(value: &Value<'_>, base: &Path) -> Result<Vec<Draft>, ConfigError> {
    let path = base.join(value.text()?);
    drafts_of_file(&path).map_err(|error| {
        let what = format!("{} cannot be read: {error}", path.display());
        value.error(what, "give a file of scenario lines, or write them under [genesis]")
    })
}

fn drafts_of_file(path: &Path) -> io::Result<Vec<Draft>> {
    let mut lines = Lines::new(File::open(path)?.take(GENESIS_FILE_BYTES_MAX + 1));
    let mut drafts = Vec::new();
    while let Some((number, bytes)) = lines.next_line()? {
        if is_silent(bytes) {
            continue;
        }
        let place = format!("{}:{number}", path.display());
        drafts.push(Draft { place, key: String::new(), bytes: bytes.to_vec() });
    }
    if lines.bytes() > GENESIS_FILE_BYTES_MAX {
        let what = format!("it is larger than {GENESIS_FILE_BYTES_MAX} bytes");
        return Err(io::Error::other(what));
    }
    Ok(drafts)
}

/// Whether a line is empty or a comment; the language passes over it, and so need nobody keep it.
fn is_silent(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first().is_none_or(|&first| first == b'#')
}

fn of_text(value: &Value<'_>) -> Result<Vec<Draft>, ConfigError> {
    let lines = value.text()?.lines().enumerate();
    let draft = |(at, line): (usize, &str)| Draft {
        place: value.place_of_line(at),
        key: "genesis.lines".to_owned(),
        bytes: line.as_bytes().to_vec(),
    };
    Ok(lines.map(draft).collect())
}
