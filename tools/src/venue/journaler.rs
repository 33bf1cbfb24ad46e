//! The journaler: takes stamped commands off the ring, appends what it finds as one batch, makes it
//! durable with one sync, and says how far it has come. The longer a sync takes, the more the next
//! one covers.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringside_journal::storage::StorageFile;
use ringside_journal::{Checkpoint, Durability, Leaving, Records, Room, WriteError, Writer};
use ringside_protocol::{SLOT_BYTES, Slot, peek_command};
use ringside_ring::{Batch, Cursor, Goal, Receiver, Seat, Subscriber, Waiter};

use super::fatal::Fatal;
use super::health::{Admission, Health};
use super::keeper::{Keeping, Request};
use super::station::{Station, Turn, sooner};

/// Slots of one batch at most: 512 KiB.
const BATCH_SLOTS: usize = 4096;
/// After so long without a command a mark carries the durable sequence to the last batch. Shorter
/// would make an order that comes right then wait for it.
const MARK_AFTER: Duration = Duration::from_millis(2);
/// A spare is looked for this often: where orders are turned away for want of one, nothing comes
/// that would wake the journaler.
const SPARE_LOOK: Duration = Duration::from_millis(10);
/// Where nothing is released by syncs, the keeper is asked for one this often.
const BEHIND_EVERY: Duration = Duration::from_millis(200);
/// Without a spare, so many times the ring is left for what has been taken in already: the ring and
/// the lanes before it, each command in a batch of its own.
const RINGS_LEFT: usize = 4;

/// What the journaler is made of.
pub struct JournalerParts<F> {
    /// Stamped commands.
    pub commands: Subscriber<Slot>,
    /// The engine's word on its events.
    pub checkpoints: Receiver<Checkpoint>,
    /// Where commands go.
    pub writer: Writer<F>,
    /// How safe they are made.
    pub durability: Durability,
    /// Follows the last sequence written.
    pub written: Cursor,
    /// Follows the last sequence on disk.
    pub durable: Cursor,
    /// What makes spares.
    pub keeping: Keeping<F>,
    /// Where the doors hear what the disk can take.
    pub health: Arc<Health>,
    /// Where trouble goes.
    pub fatal: Fatal,
}

/// The journaler's station.
pub struct Journaler<F> {
    parts: JournalerParts<F>,
    published: Seat,
    checkpoint: Checkpoint,
    /// Time of the last record, nanoseconds since the Unix epoch.
    time_ns: u64,
    wrote_at: Option<Instant>,
    asked_at: Instant,
}

impl<F: StorageFile> Journaler<F> {
    /// A journaler on this thread.
    ///
    /// # Panics
    /// When the ring of commands has no seat left.
    pub fn new(mut parts: JournalerParts<F>, waiter: &Rc<Waiter>) -> Self {
        let published = waiter.attend(parts.commands.published());
        let published = published.expect("Invariant: seats for every station");
        parts.writer.set_leaving(match parts.durability {
            Durability::Sync => Leaving::Syncs,
            Durability::Memory | Durability::Async => Leaving::HandsOver,
        });
        let checkpoint = Checkpoint::default();
        let asked_at = Instant::now();
        Self { parts, published, checkpoint, time_ns: 0, wrote_at: None, asked_at }
    }

    /// Writes what there is; `None`: nothing was there.
    fn write(&mut self) -> Result<Option<u64>, WriteError> {
        let parts = &mut self.parts;
        let batch = parts.commands.batch_of(BATCH_SLOTS);
        let (count, slots) = whole_records(&batch);
        if count == 0 {
            return Ok(None);
        }
        let last = parts.writer.written() + u64::from(count);
        self.checkpoint = latest(&mut parts.checkpoints, last).unwrap_or(self.checkpoint);
        let batch = batch.take(slots);
        self.time_ns = time_of(&batch);
        let records = Records {
            count,
            parts: [batch.head.as_flattened(), batch.tail.as_flattened()],
            checkpoint: self.checkpoint,
            time_ns: self.time_ns,
        };
        parts.keeping.supply(&mut parts.writer);
        while let Err(error) = parts.writer.append(&records) {
            match error {
                WriteError::NoSpare => parts.keeping.wait_for_spare(&mut parts.writer),
                stopped @ (WriteError::Io(_) | WriteError::Stopped) => return Err(stopped),
            }
        }
        parts.commands.release(slots);
        Ok(Some(parts.writer.written()))
    }

    /// Makes what was written as safe as the mode asks, and says so.
    fn release(&mut self, written: u64) -> Result<(), WriteError> {
        let parts = &mut self.parts;
        parts.written.publish(written);
        match parts.durability {
            Durability::Sync => {
                let durable = parts.writer.sync()?;
                parts.durable.publish(durable);
            }
            Durability::Memory | Durability::Async => self.hand_over(),
        }
        self.parts.health.set_journal(self.admission());
        self.wrote_at = Some(Instant::now());
        Ok(())
    }

    /// Lets the keeper sync what was written, behind everybody's back.
    fn hand_over(&mut self) {
        let parts = &mut self.parts;
        for left in parts.writer.take_unsynced() {
            parts.keeping.ask(Request::Left(left));
        }
        if self.asked_at.elapsed() >= BEHIND_EVERY
            && parts.writer.durable() < parts.writer.written()
        {
            let segment = parts.writer.place().segment;
            parts.keeping.ask(Request::Sync { segment, through: parts.writer.written() });
            self.asked_at = Instant::now();
        }
        if let Some(durable) = parts.keeping.synced() {
            parts.writer.raise_durable(durable);
            parts.durable.publish(durable);
        }
    }

    /// What the disk can take, as far as is known.
    fn admission(&self) -> Admission {
        let writer = &self.parts.writer;
        let in_flight = RINGS_LEFT * self.parts.commands.capacity() * SLOT_BYTES;
        match writer.room() {
            Room::Ample => Admission::Open,
            Room::Kept if writer.left() > in_flight as u64 => Admission::Kept,
            Room::Kept => Admission::Nothing,
        }
    }

    /// Nothing to write: time for a mark, or for the end.
    fn rest(&mut self, is_over: bool) -> Result<Turn, WriteError> {
        let parts = &mut self.parts;
        if is_over {
            self.hand_over();
            let parts = &mut self.parts;
            parts.keeping.settle(&mut parts.writer);
            parts.writer.stop(self.time_ns)?;
            parts.durable.publish(parts.writer.durable());
            return Ok(Turn::Done);
        }
        match parts.durability {
            Durability::Sync if self.wrote_at.is_some_and(|at| at.elapsed() >= MARK_AFTER) => {
                parts.writer.mark(self.time_ns)?;
                parts.writer.sync()?;
                self.wrote_at = None;
            }
            Durability::Sync => {}
            Durability::Memory | Durability::Async => self.hand_over(),
        }
        self.parts.keeping.supply(&mut self.parts.writer);
        self.parts.health.set_journal(self.admission());
        Ok(Turn::Idle)
    }

    fn try_turn(&mut self) -> Result<Turn, WriteError> {
        // In this order: what is found after the end is the last.
        let is_over = self.parts.commands.is_abandoned();
        match self.write()? {
            Some(written) => {
                self.release(written)?;
                Ok(Turn::Worked)
            }
            None => self.rest(is_over),
        }
    }
}

impl<F: StorageFile> Station for Journaler<F> {
    fn turn(&mut self) -> Turn {
        match self.try_turn() {
            Ok(turn) => turn,
            Err(error) => {
                self.parts.fatal.journal_failed(&error);
                Turn::Done
            }
        }
    }

    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        goals.push((&self.published, self.parts.commands.position() + 1));
    }

    fn limit(&self) -> Option<Duration> {
        let is_behind = self.parts.writer.durable() < self.parts.writer.written();
        let limit = match self.parts.durability {
            Durability::Sync => self.wrote_at.map(|at| MARK_AFTER.saturating_sub(at.elapsed())),
            Durability::Memory | Durability::Async => is_behind.then_some(BEHIND_EVERY),
        };
        sooner(limit, self.parts.keeping.awaits_spare().then_some(SPARE_LOOK))
    }
}

/// The engine's last word on commands up to `last`. What it said of later ones waits: a crash may
/// take them, and others come in their place.
fn latest(checkpoints: &mut Receiver<Checkpoint>, last: u64) -> Option<Checkpoint> {
    let batch = checkpoints.batch();
    let spoken = batch.iter().take_while(|checkpoint| checkpoint.sequence <= last);
    let (count, latest) = spoken.fold((0, None), |(count, _), &one| (count + 1, Some(one)));
    checkpoints.release(count);
    latest
}

/// How many whole records a batch begins with, and their slots.
fn whole_records(batch: &Batch<'_, Slot>) -> (u32, usize) {
    let (mut count, mut at) = (0, 0);
    while let Some(first) = batch.get(at) {
        let (_, slots) = peek_command(first);
        if at + slots > batch.len() {
            break;
        }
        at += slots;
        count += 1;
    }
    (count, at)
}

/// Venue time of a batch: that of its first record.
fn time_of(batch: &Batch<'_, Slot>) -> u64 {
    let time = batch.get(0).and_then(|first| first[8..16].first_chunk::<8>());
    time.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
