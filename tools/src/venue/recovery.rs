//! Recovery: from the files of a directory to an engine that goes on where the last one stopped,
//! however it stopped. The newest valid snapshot, then the journal's tail through the same `apply`;
//! no flags, no questions.

use core::fmt;
use std::io;

use ringside_engine::{Counter, Engine, EventSink, Image};
use ringside_journal::snapshots::{self, Snapshot};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, ChainError, Checkpoint, LockError, Torn};
use ringside_protocol::{Sequence, StreamId, peek_stream};

use super::records::{BadRecord, Commands};

/// Why a venue cannot go on from its files. Nothing has been changed.
#[derive(Debug)]
pub enum RecoveryError {
    /// Another process has the directory.
    Lock(LockError),
    /// The journal is not whole.
    Chain(ChainError),
    /// A record is none.
    Record(BadRecord),
    /// What was executed again is not what was executed then.
    Diverged {
        /// The command after which it shows.
        sequence: u64,
        /// The event hash that the journal has.
        journalled: u64,
        /// The event hash that came out now.
        found: u64,
    },
    /// There is no snapshot to start from, and the journal does not begin at the beginning.
    NoStart {
        /// The oldest sequence that is there.
        oldest: u64,
    },
    /// The disk refuses.
    Io(io::Error),
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(error) => error.fmt(f),
            Self::Chain(error) => error.fmt(f),
            Self::Record(error) => error.fmt(f),
            Self::Diverged { sequence, journalled, found } => write!(
                f,
                "executed again, the events up to sequence {sequence} have hash {found:016x}, not \
                 {journalled:016x} as the journal says: this program is not the one that wrote it, \
                 or it is a bug"
            ),
            Self::NoStart { oldest } => write!(
                f,
                "there is no valid snapshot, and the journal begins with sequence {oldest}: \
                 sequences 1 to {} are missing; restore a snapshot or the older segments",
                oldest - 1
            ),
            Self::Io(error) => write!(f, "the disk refuses: {error}"),
        }
    }
}

impl std::error::Error for RecoveryError {}

impl From<ChainError> for RecoveryError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl From<BadRecord> for RecoveryError {
    fn from(error: BadRecord) -> Self {
        Self::Record(error)
    }
}

impl From<io::Error> for RecoveryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What recovery found, for whoever wants to know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// The snapshot it started from; 0: the beginning.
    pub snapshot: u64,
    /// Snapshots that could not be used, and why.
    pub passed_over: Vec<(u64, String)>,
    /// Commands executed again.
    pub replayed: u64,
    /// Where the journal was torn, if it was.
    pub torn: Option<Torn>,
    /// Whether the venue was stopped in order before.
    pub was_clean: bool,
    /// The epoch from now on.
    pub epoch: u32,
}

/// An engine and where it comes from.
pub(crate) struct Start {
    pub(crate) engine: Engine,
    pub(crate) snapshot: u64,
    pub(crate) passed_over: Vec<(u64, String)>,
}

/// The newest snapshot at or below `ceiling` that is whole, as an engine; the beginning where there
/// is none.
pub(crate) fn newest_snapshot<S: Storage>(storage: &S, ceiling: u64) -> io::Result<Start> {
    let mut passed_over = Vec::new();
    for sequence in snapshots::sequences(storage)?.into_iter().filter(|&s| s <= ceiling) {
        match read_snapshot(storage, sequence) {
            Ok(engine) => return Ok(Start { engine, snapshot: sequence, passed_over }),
            Err(why) => passed_over.push((sequence, why)),
        }
    }
    Ok(Start { engine: Engine::new(), snapshot: 0, passed_over })
}

fn read_snapshot<S: Storage>(storage: &S, sequence: u64) -> Result<Engine, String> {
    let snapshot = snapshots::read(storage, sequence).map_err(|error| error.to_string())?;
    to_engine(&snapshot).map_err(|error| error.to_string())
}

fn to_engine(snapshot: &Snapshot) -> Result<Engine, ringside_engine::ImageError> {
    Engine::from_image(&Image::read(snapshot.image())?)
}

/// The highest sequence that a whole snapshot proves to have been on disk.
pub(crate) fn proof<S: Storage>(storage: &S) -> io::Result<u64> {
    let sequences = snapshots::sequences(storage)?;
    let is_whole = |&sequence: &u64| snapshots::read(storage, sequence).is_ok();
    Ok(sequences.into_iter().find(is_whole).unwrap_or(0))
}

/// Executes commands again and compares what comes of them with the journal's checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Replayer {
    commands: Commands,
    /// Of a command that has not been executed yet.
    awaited: Checkpoint,
}

impl Replayer {
    /// Applies every command of a batch that the engine has not had.
    pub(crate) fn apply(
        &mut self,
        engine: &mut Engine,
        batch: &ringside_journal::segment::Batch<'_>,
        sink: &mut impl EventSink,
    ) -> Result<(), RecoveryError> {
        self.await_checkpoint(engine, batch.header.checkpoint)?;
        let from = engine.sequence().0 + 1;
        let Self { commands, awaited } = self;
        commands.each(batch, from, |stamp, command, ahead| {
            let stream = |at: usize| ahead.get(at).map_or(StreamId::NONE, peek_stream);
            engine.foresee([stream(0), stream(1), stream(2)]);
            engine.apply_view(stamp, command, sink);
            if stamp.sequence == Sequence(awaited.sequence) {
                return compare(engine, *awaited);
            }
            Ok(())
        })
    }

    /// A checkpoint may be of a command that is behind, or of one that is still to come.
    fn await_checkpoint(
        &mut self,
        engine: &Engine,
        checkpoint: Checkpoint,
    ) -> Result<(), RecoveryError> {
        if checkpoint.sequence == engine.sequence().0 && checkpoint.sequence > 0 {
            return compare(engine, checkpoint);
        }
        if checkpoint.sequence > engine.sequence().0 {
            self.awaited = checkpoint;
        }
        Ok(())
    }
}

fn compare(engine: &Engine, checkpoint: Checkpoint) -> Result<(), RecoveryError> {
    let (journalled, found) = (checkpoint.event_hash, engine.event_hash());
    if journalled == found {
        return Ok(());
    }
    Err(RecoveryError::Diverged { sequence: checkpoint.sequence, journalled, found })
}

/// Executes everything in the chain that `engine` has not had.
pub(crate) fn replay(
    engine: &mut Engine,
    chain: &Chain,
    sink: &mut impl EventSink,
) -> Result<u64, RecoveryError> {
    let before = engine.sequence().0;
    if before + 1 < chain.oldest() {
        return Err(RecoveryError::NoStart { oldest: chain.oldest() });
    }
    let mut replayer = Replayer::default();
    for batch in chain.batches(before + 1)? {
        replayer.apply(engine, &batch?, sink)?;
    }
    Ok(engine.sequence().0 - before)
}

/// The engine that a directory's commands lead to, by its newest snapshot or, where that is not
/// wanted, from the beginning. Read only.
///
/// # Errors
/// [`RecoveryError`]: the files do not lead to an engine.
pub fn rebuild<S: Storage>(
    journal: &S,
    images: &S,
    access: Access,
) -> Result<(Engine, Report), RecoveryError> {
    let chain = Chain::read(journal, access, proof(images)?)?;
    let mut start = newest_snapshot(images, chain.whole)?;
    let replayed = replay(&mut start.engine, &chain, &mut Counter::default())?;
    let report = Report {
        snapshot: start.snapshot,
        passed_over: start.passed_over,
        replayed,
        torn: chain.torn,
        was_clean: chain.is_clean,
        epoch: chain.last_opening().map_or(0, |opening| opening.author.epoch),
    };
    Ok((start.engine, report))
}
