//! Recovery: from the files of a directory to an engine that goes on where the last one stopped,
//! however it stopped. The newest valid snapshot, then the journal's tail through the same `apply`;
//! no flags, no questions.

use core::fmt;
use std::io;

use ringside_engine::Engine;
use ringside_journal::file::FileStorage;
use ringside_journal::snapshots;
use ringside_journal::{Access, Chain, ChainError, LockError, Torn};

use super::events::{self, EventStore, EventWriter, EventsError};
use super::execution::{Execution, ExecutionError, Until};
use super::layout::Layout;
use super::reading::{self, restored};

/// Why a venue cannot go on from its files. Nothing has been changed.
#[derive(Debug)]
pub enum RecoveryError {
    /// Another process has the directory.
    Lock(LockError),
    /// The journal is not whole.
    Chain(ChainError),
    /// What is in it cannot be executed again.
    Execution(ExecutionError),
    /// The record of events is not whole, or does not belong to the commands.
    Events(EventsError),
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
            Self::Execution(error) => error.fmt(f),
            Self::Events(error) => error.fmt(f),
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

impl From<ExecutionError> for RecoveryError {
    fn from(error: ExecutionError) -> Self {
        Self::Execution(error)
    }
}

impl From<EventsError> for RecoveryError {
    fn from(error: EventsError) -> Self {
        Self::Events(error)
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
pub(crate) fn newest_snapshot(layout: &Layout, ceiling: u64) -> Start {
    let mut passed_over = Vec::new();
    for sequence in reading::sequences(layout).into_iter().filter(|&there| there <= ceiling) {
        let snapshot = snapshots::read(&layout.snapshots(), sequence);
        let engine = snapshot.map_err(|error| error.to_string()).and_then(|s| restored(&s));
        match engine {
            Ok(engine) => return Start { engine, snapshot: sequence, passed_over },
            Err(why) => passed_over.push((sequence, why)),
        }
    }
    Start { engine: Engine::new(), snapshot: 0, passed_over }
}

/// Executes everything in the chain that `engine` has not had.
pub(crate) fn replay(engine: Engine, chain: &Chain) -> Result<Engine, RecoveryError> {
    let before = engine.sequence().0;
    if before + 1 < chain.oldest() {
        return Err(RecoveryError::NoStart { oldest: chain.oldest() });
    }
    let mut execution = Execution::new(engine);
    for batch in chain.batches(before + 1)? {
        execution.batch(&batch?, Until::End, &mut ())?;
    }
    Ok(execution.into_engine())
}

/// What recovery starts from, and what came of it.
pub(crate) struct Recovered {
    pub(crate) chain: Chain,
    pub(crate) engine: Engine,
    pub(crate) report: Report,
}

/// The engine that a directory's commands lead to, by its newest whole snapshot and what the
/// journal has after it. Read only.
pub(crate) fn recover(layout: &Layout, access: Access) -> Result<Recovered, RecoveryError> {
    let proof = reading::whole_snapshot(layout, u64::MAX).map_or(0, |newest| newest.head.sequence);
    let chain = Chain::read(&layout.journal(), access, proof)?;
    let start = newest_snapshot(layout, chain.whole);
    let engine = replay(start.engine, &chain)?;
    let report = Report {
        snapshot: start.snapshot,
        passed_over: start.passed_over,
        replayed: engine.sequence().0 - start.snapshot,
        torn: chain.torn,
        was_clean: chain.is_clean,
        epoch: chain.last_opening().map_or(0, |opening| opening.author.epoch),
    };
    Ok(Recovered { chain, engine, report })
}

/// Makes `events/` whole behind the commands of `chain`, all of which are on disk by now and led to
/// `engine`: cuts what no command explains, makes again what is missing.
pub(crate) fn recover_events(
    layout: &Layout,
    chain: &Chain,
    engine: &Engine,
    settings: &events::Settings,
) -> Result<EventWriter<FileStorage>, EventsError> {
    let store = EventStore::open(layout.events(), Access::Alone)?;
    let store = store.cut_after(engine.sequence())?;
    if store.complete().ordinal == engine.stats().events {
        let mut writer = store.begin(settings)?;
        // What came after the last event was silent.
        writer.append(&[], engine.sequence())?;
        return Ok(writer);
    }
    let recovered = events::recover(layout.events(), &layout.snapshots(), chain, settings)?;
    Ok(recovered.writer)
}

/// The engine that a directory's files lead to, and how. Read only; nobody may be writing.
///
/// # Errors
/// [`RecoveryError`]: the files do not lead to an engine.
pub fn rebuild(layout: &Layout) -> Result<(Engine, Report), RecoveryError> {
    recover(layout, Access::Alone).map(|recovered| (recovered.engine, recovered.report))
}
