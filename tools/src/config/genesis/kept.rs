//! `DIR/genesis`: the lines a venue began with, kept beside its journal so that a configuration
//! that says something else later is noticed, and by which line.
//!
//! ```text
//! # what this venue began with; blake3 <64 hexadecimal digits over the lines below>
//! {"op":"currency","code":"USD","scale":2}
//! …
//! ```
//!
//! The file decides nothing: the journal says what the venue is. It is written whole before the
//! first command is journalled, and never after.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ringside_protocol::Timestamp;

use super::{Genesis, Line};
use crate::venue::assembly::Ready;
use crate::venue::layout::Layout;

const HEADING: &str = "# what this venue began with; blake3 ";

/// Why a venue cannot be run with this genesis.
#[derive(Debug)]
pub enum KeptError {
    /// A file could not be read or written, or the journal not be.
    Io(PathBuf, io::Error),
    /// The file is not as it was written.
    Damaged(PathBuf),
    /// The venue began otherwise.
    Differs {
        /// The file.
        kept: PathBuf,
        /// Its first line that differs, from 1, and what it says; none: it has no such line.
        was: (usize, Option<String>),
        /// What the configuration has there, and where; none: it has no such line.
        is: Option<Line>,
    },
}

impl fmt::Display for KeptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Damaged(path) => write!(
                f,
                "{}: the lines are not those that the venue wrote; bring back the file from a \
                 backup, or write the configuration's genesis as it was at the first start",
                path.display()
            ),
            Self::Differs { kept, was, is } => differs(f, kept, was, is.as_ref()),
        }
    }
}

impl std::error::Error for KeptError {}

fn differs(
    f: &mut fmt::Formatter<'_>,
    kept: &Path,
    (number, was): &(usize, Option<String>),
    is: Option<&Line>,
) -> fmt::Result {
    match is {
        Some(Line { text, place }) => write!(f, "{place}: [genesis] now says {text}")?,
        None => write!(f, "[genesis] says nothing")?,
    }
    match was {
        Some(was) => write!(f, " where the venue began with {was} ({}:{number})", kept.display())?,
        None => write!(f, ", and the venue began without it ({})", kept.display())?,
    }
    write!(
        f,
        "; a genesis is entered on the first start only: write it as it was, and change the \
         running venue with `ringside admin`"
    )
}

/// Enters the genesis of a venue that has no past; of one that has, looks whether it is the same.
/// Call it once, before the venue starts.
///
/// # Errors
/// [`KeptError`]: the venue began with something else, or a file could not be read or written.
pub fn enter(ready: &mut Ready, genesis: &Genesis, now: Timestamp) -> Result<(), KeptError> {
    let layout = ready.layout().clone();
    if !ready.is_new() {
        return compare(&layout, genesis);
    }
    keep(&layout, genesis).map_err(|error| KeptError::Io(layout.genesis(), error))?;
    let journal = layout.journal().directory().to_path_buf();
    ready.genesis(genesis.commands(), now).map_err(|error| KeptError::Io(journal, error))
}

/// Looks whether the venue in `directory` began with this genesis, as far as it has kept one.
///
/// # Errors
/// [`KeptError`]: it began with something else, or its file cannot be read.
pub fn check(directory: &Path, genesis: &Genesis) -> Result<(), KeptError> {
    let layout = Layout::new(directory);
    kept(&layout)?.map_or(Ok(()), |kept| same(&layout, &kept, genesis))
}

/// Whether a venue that has a past began with this genesis. One that was begun by another verb has
/// kept none, and began with nothing that a configuration could say.
fn compare(layout: &Layout, genesis: &Genesis) -> Result<(), KeptError> {
    same(layout, &kept(layout)?.unwrap_or_default(), genesis)
}

/// The lines that the venue has kept, if it has.
fn kept(layout: &Layout) -> Result<Option<String>, KeptError> {
    let path = layout.genesis();
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeptError::Io(path, error)),
        Ok(text) => match lines_of(&text) {
            Some(lines) => Ok(Some(lines.to_owned())),
            None => Err(KeptError::Damaged(path)),
        },
    }
}

fn same(layout: &Layout, kept: &str, genesis: &Genesis) -> Result<(), KeptError> {
    first_difference(kept, genesis.lines()).map_or(Ok(()), |at| {
        let was = (at + 2, kept.lines().nth(at).map(str::to_owned));
        let is = genesis.lines().get(at).cloned();
        Err(KeptError::Differs { kept: layout.genesis(), was, is })
    })
}

fn first_difference(kept: &str, lines: &[Line]) -> Option<usize> {
    let kept: Vec<&str> = kept.lines().collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    (0..kept.len().max(lines.len())).find(|&at| kept.get(at) != lines.get(at))
}

/// The lines below the heading, if they are those that it was written over.
fn lines_of(text: &str) -> Option<&str> {
    let (heading, lines) = text.split_once('\n')?;
    let hash = heading.strip_prefix(HEADING)?;
    (blake3::hash(lines.as_bytes()).to_hex().as_str() == hash).then_some(lines)
}

/// Writes the file, whole or not at all, durable on return.
fn keep(layout: &Layout, genesis: &Genesis) -> io::Result<()> {
    let lines: String = genesis.lines().iter().map(|line| format!("{}\n", line.text)).collect();
    let hash = blake3::hash(lines.as_bytes()).to_hex();
    let (path, draft) = (layout.genesis(), layout.root().join("genesis.draft"));
    let mut file = File::create(&draft)?;
    file.write_all(format!("{HEADING}{hash}\n{lines}").as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    File::open(layout.root())?.sync_all()
}
