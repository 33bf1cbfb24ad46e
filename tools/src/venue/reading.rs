//! Reading a venue's directory, whether somebody writes in it or nobody does. It never changes
//! anything there.

use std::io;
use std::path::{Path, PathBuf};

use ringside_engine::{Capacity, Engine, Image};
use ringside_journal::snapshots::{self, Snapshot};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, ChainError, DirectoryLock, names};

use super::layout::Layout;

/// How often a directory that changes while it is read is read anew.
const ATTEMPTS: usize = 8;

/// Room is made for so many lots at most; what is not used is never touched.
const LOTS_AHEAD: u64 = 4 << 20;

/// Why a directory cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// It is no venue's; whether it is the inner one of a venue.
    None {
        /// What was given.
        directory: PathBuf,
        /// It holds segments itself.
        is_inner: bool,
    },
    /// What is in it is not whole.
    Chain(ChainError),
    /// The journal's beginning is gone, and no snapshot stands in for it.
    NoStart {
        /// The first sequence that is there.
        oldest: u64,
    },
}

impl From<ChainError> for ReadError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl core::fmt::Display for ReadError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::None { is_inner: true, .. } => {
                f.write_str("this is the inside of a venue's directory; give the one above it")
            }
            Self::None { directory, .. } => write!(
                f,
                "there is no journal: {} is not there; give the directory that \
                 `ringside run --journal` or a venue writes",
                directory.join("journal").display()
            ),
            Self::Chain(error @ (ChainError::Io(_) | ChainError::TooOld { .. })) => error.fmt(f),
            Self::Chain(error) => write!(
                f,
                "{error}; restore the directory from a copy; `ringside verify` says all that is \
                 wrong, `ringside inspect` shows what is there"
            ),
            Self::NoStart { oldest } => write!(
                f,
                "the journal begins with sequence {oldest}, and no whole snapshot that it goes on \
                 from is old enough; ask for a later sequence, or restore older segments"
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// A directory, as it was when it was read.
#[derive(Debug)]
pub struct Reading {
    /// Where its files lie.
    pub layout: Layout,
    /// Its commands.
    pub chain: Chain,
}

impl Reading {
    /// Reads the chain; the newest whole snapshot proves what must be in it.
    ///
    /// # Errors
    /// [`ReadError`]: it is no venue's, or damaged.
    pub fn open(directory: &Path) -> Result<Self, ReadError> {
        let layout = venue(directory)?;
        let proof = whole_snapshot(&layout, u64::MAX).map_or(0, |snapshot| snapshot.head.sequence);
        let chain = chain(&layout, proof)?;
        Ok(Self { layout, chain })
    }

    /// The engine from which the journal goes on: an empty one where its beginning is there, else
    /// the newest whole snapshot that `may_start`.
    ///
    /// # Errors
    /// [`ReadError::NoStart`]: there is no such snapshot.
    pub fn start(&self, may_start: impl Fn(&Snapshot) -> bool) -> Result<Engine, ReadError> {
        let oldest = self.chain.oldest();
        if oldest == 1 {
            return Ok(empty_engine(&self.chain));
        }
        let whole = sequences(&self.layout).into_iter().filter(|&sequence| sequence + 1 >= oldest);
        whole
            .filter_map(|sequence| snapshots::read(&self.layout.snapshots(), sequence).ok())
            .filter(may_start)
            .find_map(|snapshot| restored(&snapshot).ok())
            .ok_or(ReadError::NoStart { oldest })
    }
}

/// An empty engine with room for what a chain may bring, so that nothing has to grow on the way.
pub fn empty_engine(chain: &Chain) -> Engine {
    let lots = chain.whole.min(LOTS_AHEAD) as usize;
    Engine::with_capacity(Capacity { lots, ..Capacity::default() })
}

/// The layout of a directory that holds a journal.
///
/// # Errors
/// [`ReadError::None`]: it holds none.
pub fn venue(directory: &Path) -> Result<Layout, ReadError> {
    let layout = Layout::new(directory);
    if layout.exists() {
        return Ok(layout);
    }
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_inner = files.any(|name| names::segment_number(&name).is_some());
    Err(ReadError::None { directory: directory.to_path_buf(), is_inner })
}

/// Whether somebody is writing in a directory; where that cannot be found out, somebody may be.
pub fn access(layout: &Layout) -> Access {
    match DirectoryLock::is_taken(layout.root()) {
        Ok(false) => Access::Alone,
        Ok(true) | Err(_) => Access::Live,
    }
}

/// The chain of a directory, whether somebody is writing in it or not. What looks damaged may only
/// have been read while it was written: then it looks otherwise the next time.
///
/// # Errors
/// [`ChainError`] as [`Chain::read`].
pub fn chain(layout: &Layout, proof: u64) -> Result<Chain, ChainError> {
    let access = access(layout);
    let mut before = String::new();
    for _ in 1..ATTEMPTS {
        match Chain::read(&layout.journal(), access, proof) {
            Err(error) if error.to_string() != before => before = error.to_string(),
            other => return other,
        }
    }
    Chain::read(&layout.journal(), access, proof)
}

/// The sequences of the snapshots there are, newest first; none where the folder is missing.
pub fn sequences(layout: &Layout) -> Vec<u64> {
    snapshots::sequences(&layout.snapshots()).unwrap_or_default()
}

/// The newest whole snapshot at or below `sequence`.
pub fn whole_snapshot(layout: &Layout, sequence: u64) -> Option<Snapshot> {
    let older = sequences(layout).into_iter().filter(|&there| there <= sequence);
    older.filter_map(|there| snapshots::read(&layout.snapshots(), there).ok()).next()
}

/// The engine of a snapshot; in words, why there is none.
///
/// # Errors
/// The image's, as text.
pub fn restored(snapshot: &Snapshot) -> Result<Engine, String> {
    let image = Image::read(snapshot.image()).map_err(|error| error.to_string())?;
    Engine::from_image(&image).map_err(|error| error.to_string())
}

/// The files of a folder, or none where it is missing.
///
/// # Errors
/// What the disk says otherwise.
pub fn files<S: Storage>(storage: &S) -> io::Result<Vec<String>> {
    match storage.names() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}
