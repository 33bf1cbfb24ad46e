//! A run in process that leaves a venue's directory behind: its commands as a journal, and the
//! state it ended in as a snapshot. The same commands leave the same bytes.
//!
//! Nothing is on disk for sure before the end: a run that a crash cut short can be run again.

use std::fs::File;
use std::io;
use std::path::Path;

use ringside_engine::Engine;
use ringside_journal::file::FileStorage;
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::storage::Storage;
use ringside_journal::{
    Access, Author, Chain, ChainError, Checkpoint, DirectoryLock, Durability, LockError, Records,
    Room, WriteError, Writer, begin, make_spare, names,
};
use ringside_protocol::{SLOT_BYTES, SLOTS_MAX, Sequenced, Slot, write_command};

use super::layout::Layout;
use crate::scenario::recorder::Recorder;

/// Bytes of the first segment. Most scenarios fit, and filling it with zeros takes no time.
const FIRST_SEGMENT_BYTES: u64 = 1 << 20;
/// Bytes of every further segment.
const SEGMENT_BYTES: u64 = 16 << 20;
/// A batch is written when it has come to so many slots.
const BATCH_SLOTS: usize = (64 << 10) / SLOT_BYTES;

/// Why a directory could not be taken for a record.
#[derive(Debug)]
pub enum RecordError {
    /// Somebody else uses it.
    Locked(LockError),
    /// There is a journal in it already.
    Occupied,
    /// The disk refuses.
    Disk(io::Error),
}

impl core::fmt::Display for RecordError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Locked(error) => error.fmt(f),
            Self::Occupied => f.write_str(
                "there is a journal already; a scenario starts from an empty venue: give a \
                 directory that is new or empty",
            ),
            Self::Disk(error) => {
                write!(f, "cannot be written: {error}; make room, or give another directory")
            }
        }
    }
}

impl std::error::Error for RecordError {}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// A record in the making.
#[derive(Debug)]
pub struct Recording {
    storage: FileStorage,
    snapshots: FileStorage,
    writer: Writer<File>,
    next_segment: u64,
    /// The commands of the next batch.
    slots: Vec<Slot>,
    /// Where a command is laid out.
    scratch: [Slot; SLOTS_MAX],
    count: u32,
    time_ns: u64,
    _lock: DirectoryLock,
}

impl Recording {
    /// Begins in `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// [`RecordError`]: it holds a journal, or is in use, or the disk refuses.
    pub fn begin(directory: &Path) -> Result<Self, RecordError> {
        let layout = Layout::new(directory);
        layout.create()?;
        let lock = DirectoryLock::take(directory).map_err(RecordError::Locked)?;
        if is_occupied(&layout)? {
            return Err(RecordError::Occupied);
        }
        let storage = layout.journal();
        let author = Author { durability: Durability::Memory, ..Author::default() };
        let begun = Chain::read(&storage, Access::Alone, 0)
            .and_then(|chain| begin(&storage, &chain, FIRST_SEGMENT_BYTES, author, 0));
        let writer = begun.map_err(|error| RecordError::Disk(io_error(error)))?;
        Ok(Self {
            next_segment: writer.place().segment + 1,
            snapshots: layout.snapshots(),
            storage,
            writer,
            slots: Vec::with_capacity(BATCH_SLOTS + SLOTS_MAX),
            scratch: [[0; SLOT_BYTES]; SLOTS_MAX],
            count: 0,
            time_ns: 0,
            _lock: lock,
        })
    }

    /// Writes what is gathered as one batch, with the word of an engine that executed all of it.
    fn write(&mut self, engine: &Engine) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        self.keep_room()?;
        let records = Records {
            count: self.count,
            parts: [self.slots.as_flattened(), &[]],
            checkpoint: checkpoint(engine),
            time_ns: self.time_ns,
        };
        self.writer.append(&records).map_err(write_error)?;
        self.slots.clear();
        self.count = 0;
        Ok(())
    }

    fn keep_room(&mut self) -> io::Result<()> {
        match self.writer.room() {
            Room::Ample => Ok(()),
            Room::Kept => {
                self.writer.offer(make_spare(&self.storage, self.next_segment, SEGMENT_BYTES)?);
                self.next_segment += 1;
                Ok(())
            }
        }
    }

    fn write_snapshot(&self, engine: &Engine) -> io::Result<()> {
        let mut image = Vec::new();
        engine.image().write(&mut image).map_err(io::Error::other)?;
        let head = SnapshotHead {
            schema: ringside_engine::IMAGE_VERSION,
            sequence: engine.sequence().0,
            event_hash: engine.event_hash(),
            time_ns: engine.time().0,
            build: [0; 16],
        };
        snapshots::write(&self.snapshots, &head, &image)
    }
}

impl Recorder for Recording {
    fn record(&mut self, command: &Sequenced, engine: &Engine) -> io::Result<()> {
        if self.slots.len() >= BATCH_SLOTS {
            self.write(engine)?;
        }
        let taken = write_command(command, &mut self.scratch);
        self.slots.extend_from_slice(&self.scratch[..taken]);
        self.count += 1;
        self.time_ns = command.time.0;
        Ok(())
    }

    fn finish(&mut self, engine: &Engine) -> io::Result<()> {
        self.write(engine)?;
        self.writer.sync().map_err(write_error)?;
        self.writer.stop(engine.time().0).map_err(write_error)?;
        match engine.sequence().0 {
            0 => Ok(()),
            _ => self.write_snapshot(engine),
        }
    }
}

/// Whether anything is there that a record would go on from.
fn is_occupied(layout: &Layout) -> io::Result<bool> {
    let is_segment = |name: &String| names::segment_number(name).is_some();
    let has_segments = layout.journal().names()?.iter().any(is_segment);
    Ok(has_segments || !snapshots::sequences(&layout.snapshots())?.is_empty())
}

fn checkpoint(engine: &Engine) -> Checkpoint {
    Checkpoint { sequence: engine.sequence().0, event_hash: engine.event_hash() }
}

fn io_error(error: ChainError) -> io::Error {
    match error {
        ChainError::Io(error) => error,
        other @ (ChainError::Corrupt { .. }
        | ChainError::Head { .. }
        | ChainError::Missing { .. }
        | ChainError::TooOld { .. }) => io::Error::other(other.to_string()),
    }
}

fn write_error(error: WriteError) -> io::Error {
    match error {
        WriteError::Io(error) => error,
        other @ (WriteError::NoSpare | WriteError::Stopped) => io::Error::other(other),
    }
}
