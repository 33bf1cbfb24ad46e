//! The shadow engine: executes again, from the files, what is on disk, a little behind the venue.
//! It writes the snapshots, so that the venue never pauses for one, and compares its event hash
//! with the journal's checkpoints, so that a venue that cannot be replayed is found out while it
//! runs. It gates nobody.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ringside_engine::Engine;
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, Tail, retention};
use ringside_ring::{Goal, Seat, Waiter, Watch};

use super::execution::{Execution, Until};
use super::recovery::RecoveryError;
use super::station::{Station, Turn};
use crate::report;

/// It looks for more when so many commands wait, or after [`LOOK`].
const STRIDE: u64 = 65_536;
/// See [`STRIDE`].
const LOOK: Duration = Duration::from_millis(500);
/// Commands executed in one turn, about.
const TURN: u64 = 65_536;
/// Snapshots that are kept: two that recovery may fall back on, and one more.
const SNAPSHOTS_KEPT: usize = 3;

/// Where the recorder's files stand: a snapshot appears only when the events up to it are on disk.
#[derive(Clone)]
pub(crate) struct EventsSynced {
    /// The last command all of whose events are on disk.
    pub(crate) watch: Watch,
    /// How far somebody needs them to be.
    pub(crate) wanted: Arc<AtomicU64>,
}

/// What the shadow is made of.
pub(crate) struct ShadowParts<S: Storage> {
    /// What recovery executed after the snapshot; executed here again.
    pub(crate) chain: Chain,
    pub(crate) tail: Tail<S>,
    pub(crate) images: S,
    pub(crate) durable: Watch,
    pub(crate) events: EventsSynced,
    pub(crate) snapshot: u64,
    pub(crate) snapshot_every: u64,
    pub(crate) journal: S,
    /// Whether segments go that recovery does not need any more.
    pub(crate) delete_old: bool,
    pub(crate) build: [u8; 16],
}

/// The shadow's station.
pub(crate) struct Shadow<S: Storage> {
    execution: Execution,
    parts: ShadowParts<S>,
    durable: Seat,
    /// An image that waits for its events.
    pending: Option<(SnapshotHead, Vec<u8>)>,
    has_failed: bool,
}

impl<S: Storage> Shadow<S> {
    pub(crate) fn new(engine: Engine, parts: ShadowParts<S>, waiter: &Rc<Waiter>) -> Self {
        let durable = waiter.attend(&parts.durable).expect("Invariant: seats for every station");
        let execution = Execution::new(engine);
        Self { execution, parts, durable, pending: None, has_failed: false }
    }

    /// How far it came, and its event hash there; none: it stopped with an error.
    pub(crate) fn ended(&self) -> Option<(u64, u64)> {
        let engine = self.execution.engine();
        (!self.has_failed).then(|| (engine.sequence().0, engine.event_hash()))
    }

    fn try_turn(&mut self) -> Result<Turn, RecoveryError> {
        let is_over = self.parts.durable.is_abandoned();
        let before = self.sequence();
        self.catch_up()?;
        self.snapshot()?;
        match self.sequence() > before {
            true => Ok(Turn::Worked),
            false if is_over => Ok(Turn::Done),
            false => Ok(Turn::Idle),
        }
    }

    /// The last command executed again.
    fn sequence(&self) -> u64 {
        self.execution.engine().sequence().0
    }

    fn catch_up(&mut self) -> Result<(), RecoveryError> {
        let position = self.sequence();
        let through = self.parts.durable.get().min(position + TURN);
        let Self { parts, execution, .. } = self;
        if position < parts.chain.whole {
            for batch in parts.chain.batches(position + 1)? {
                execution.batch(&batch?, Until::End, &mut ())?;
                if execution.engine().sequence().0 >= through {
                    break;
                }
            }
        } else if position < through {
            let through = through.max(position + 1);
            parts.tail.poll(through, |batch| {
                execution.batch(batch, Until::End, &mut ())?;
                Ok::<(), RecoveryError>(())
            })?;
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<(), RecoveryError> {
        let engine = self.execution.engine();
        let sequence = engine.sequence().0;
        if self.pending.is_none() && sequence >= self.parts.snapshot + self.parts.snapshot_every {
            let mut image = Vec::new();
            engine.image().write(&mut image).map_err(std::io::Error::other)?;
            self.pending = Some((head(engine, self.parts.build), image));
            self.parts.snapshot = sequence;
            self.parts.events.wanted.store(sequence, Ordering::Release);
        }
        let synced = self.parts.events.watch.get();
        if let Some((head, image)) = self.pending.take_if(|(head, _)| head.sequence <= synced) {
            publish(&self.parts.images, &head, &image);
            if self.parts.delete_old {
                retire(&self.parts.journal, &self.parts.images, synced);
            }
        }
        Ok(())
    }
}

/// Lets segments go that two snapshots and the events on disk, complete through `synced`, lie
/// beyond. The journal is read anew: where that fails, everything stays.
pub(crate) fn retire<S: Storage>(journal: &S, images: &S, synced: u64) {
    let retired = retention::snapshots_through(images).and_then(|through| {
        let chain = Chain::read(journal, Access::Live, 0).map_err(std::io::Error::other)?;
        retention::retire(journal, &retention::retired(&chain, through.min(synced)))
    });
    if let Err(error) = retired {
        report::warning(&format!("old segments could not be deleted: {error}; they stay"));
    }
}

/// What a snapshot says of an engine.
pub(crate) fn head(engine: &Engine, build: [u8; 16]) -> SnapshotHead {
    SnapshotHead {
        schema: ringside_engine::IMAGE_VERSION,
        sequence: engine.sequence().0,
        event_hash: engine.event_hash(),
        time_ns: engine.time().0,
        build,
    }
}

/// Writes a snapshot and takes away those that are not needed any more. Trouble is said and waits
/// for the next one: the journal has everything.
pub(crate) fn publish<S: Storage>(images: &S, head: &SnapshotHead, image: &[u8]) {
    let written = snapshots::write(images, head, image).and_then(|()| {
        let sequences = snapshots::sequences(images)?;
        sequences
            .into_iter()
            .skip(SNAPSHOTS_KEPT)
            .try_for_each(|old| snapshots::remove(images, old))
    });
    if let Err(error) = written {
        report::warning(&format!(
            "the snapshot of sequence {} could not be written: {error}; recovery takes longer",
            head.sequence
        ));
    }
}

impl<S: Storage> Station for Shadow<S> {
    fn turn(&mut self) -> Turn {
        match self.try_turn() {
            Ok(turn) => turn,
            Err(error) => {
                self.has_failed = true;
                report::warning(&format!(
                    "the shadow engine stopped at sequence {}: {error}; no more snapshots are \
                     written; stop the venue and verify its directory",
                    self.sequence()
                ));
                Turn::Done
            }
        }
    }

    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        goals.push((&self.durable, self.sequence() + STRIDE));
    }

    fn limit(&self) -> Option<Duration> {
        let waits = self.pending.is_some() || self.parts.durable.get() > self.sequence();
        waits.then_some(LOOK)
    }
}
