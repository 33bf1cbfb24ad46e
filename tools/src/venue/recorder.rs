//! The recorder: writes every event that may be told to `events/`. It is in no hurry: it sleeps
//! until a good part of the ring waits or a moment is over, so that nobody pays for waking it; but
//! it gates the ring, and what it has released is written.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringside_journal::WriteError;
use ringside_journal::storage::Storage;
use ringside_protocol::{Sequence, Slot, is_last, peek_event};
use ringside_ring::{Cursor, Goal, Seat, Subscriber, Waiter, Watch};

use super::events::{EventWriter, EventsError};
use super::fatal::Fatal;
use super::gate::Gate;
use super::health::{Admission, Health};
use super::keeper::{Keeping, Request};
use super::station::{Station, Turn};

/// Slots of one batch, at most: 512 KiB.
const BATCH_SLOTS: usize = 4096;
/// However little waits, it is written after this.
const LOOK: Duration = Duration::from_millis(50);
/// Events are on disk at the latest so long after they were written, snapshot or not.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// What the recorder is made of.
pub(crate) struct RecorderParts<S: Storage> {
    pub(crate) events: Subscriber<Slot>,
    pub(crate) gate: Gate,
    /// The last command that the engine has applied, all of whose events are on the ring.
    pub(crate) applied: Watch,
    pub(crate) writer: EventWriter<S>,
    pub(crate) keeping: Keeping<S::File>,
    /// The last command all of whose events are on disk.
    pub(crate) synced: Cursor,
    /// How far somebody needs that to be.
    pub(crate) wanted: Arc<AtomicU64>,
    pub(crate) health: Arc<Health>,
    pub(crate) fatal: Fatal,
}

/// The recorder's station.
pub(crate) struct Recorder<S: Storage> {
    parts: RecorderParts<S>,
    published: Seat,
    /// Events that are to be written, in one piece.
    slots: Vec<Slot>,
    /// The last command that is complete with them.
    through: u64,
    synced_at: Instant,
}

impl<S: Storage> Recorder<S> {
    pub(crate) fn new(parts: RecorderParts<S>, waiter: &Rc<Waiter>) -> Self {
        let published = waiter.attend(parts.events.published());
        Self {
            published: published.expect("Invariant: seats for every station"),
            through: parts.writer.written().command.0,
            parts,
            slots: Vec::with_capacity(BATCH_SLOTS),
            synced_at: Instant::now(),
        }
    }

    /// Takes what may be told off the ring; false where nothing may.
    fn take(&mut self) -> bool {
        let parts = &mut self.parts;
        // In this order: what is applied by now is on the ring, or told already.
        let applied = parts.applied.get();
        let passes = parts.gate.passes();
        let batch = parts.events.batch_of(BATCH_SLOTS);
        let mut at = 0;
        while let Some(first) = batch.get(at) {
            let (header, taken) = peek_event(first);
            let sequence = header.sequence.0;
            if sequence > passes || at + taken > batch.len() {
                break;
            }
            self.slots.extend((at..at + taken).filter_map(|slot| batch.get(slot)));
            self.through = if is_last(first) { sequence } else { self.through.max(sequence - 1) };
            at += taken;
        }
        if at == batch.len() && at < BATCH_SLOTS {
            self.through = self.through.max(applied.min(passes));
        }
        parts.events.release(at);
        at > 0
    }

    /// Writes what was taken, all of it or, where the disk is full, as much as goes.
    fn write(&mut self) -> Result<(), EventsError> {
        let mut written = 0;
        while written < self.slots.len() {
            let rest = &self.slots[written..];
            match self.parts.writer.append_batch(rest, Sequence(self.through)) {
                Ok(slots) => written += slots,
                Err(error) if is_full(&error) => break,
                Err(error) => return Err(error),
            }
        }
        self.slots.drain(..written);
        if self.slots.is_empty() {
            self.parts.writer.append(&[], Sequence(self.through))?;
        }
        Ok(())
    }

    fn sync(&mut self, is_over: bool) -> Result<(), EventsError> {
        let synced = self.parts.synced.get();
        let reached = self.parts.writer.written().command.0;
        let is_wanted = self.parts.wanted.load(Ordering::Acquire) > synced;
        let is_due = self.synced_at.elapsed() >= SYNC_EVERY;
        if reached > synced && (is_wanted || is_due || is_over) {
            let complete = self.parts.writer.sync()?;
            self.parts.synced.publish(complete.command.0.max(synced));
            self.synced_at = Instant::now();
        }
        Ok(())
    }

    fn supply(&mut self) -> Result<(), EventsError> {
        let parts = &mut self.parts;
        while let Some(spare) = parts.keeping.take_spare() {
            parts.writer.offer(spare)?;
        }
        if let Some((number, _)) = parts.writer.spare_wanted() {
            parts.keeping.ask(Request::Spare(number));
        }
        let admission = match () {
            () if !self.slots.is_empty() => Admission::Nothing,
            () if parts.writer.is_short() => Admission::Kept,
            () => Admission::Open,
        };
        parts.health.set_events(admission);
        Ok(())
    }

    fn try_turn(&mut self) -> Result<Turn, EventsError> {
        // In this order: what is found after the end is the last.
        let is_over = self.parts.events.is_abandoned();
        let is_stuck = !self.slots.is_empty();
        let worked = !is_stuck && self.take();
        self.write()?;
        self.supply()?;
        self.sync(is_over && !worked)?;
        if worked {
            return Ok(Turn::Worked);
        }
        if is_over && self.slots.is_empty() && self.parts.events.batch().is_empty() {
            let complete = self.parts.writer.stop()?;
            self.parts.synced.publish(complete.command.0.max(self.parts.synced.get()));
            return Ok(Turn::Done);
        }
        Ok(Turn::Idle)
    }
}

fn is_full(error: &EventsError) -> bool {
    let kind = |error: &io::Error| error.kind() == io::ErrorKind::StorageFull;
    match error {
        EventsError::Io(error) | EventsError::Write(WriteError::Io(error)) => kind(error),
        _ => false,
    }
}

impl<S: Storage> Station for Recorder<S> {
    fn turn(&mut self) -> Turn {
        match self.try_turn() {
            Ok(turn) => turn,
            Err(error) => {
                self.parts.fatal.events_failed(&error);
                Turn::Done
            }
        }
    }

    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        let quarter = self.parts.events.capacity() as u64 / 4;
        goals.push((&self.published, self.parts.events.position() + quarter.max(1)));
    }

    fn limit(&self) -> Option<Duration> {
        Some(LOOK)
    }
}
