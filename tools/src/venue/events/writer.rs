//! The appender of the store: events in slots come in, batches go out, and what readers look up is
//! kept up to date. It runs on a thread of its own behind the gate; it reads no clock.
//!
//! Nothing is allocated for an event but what the index of the segment in hand grows by, and that
//! is used again from segment to segment.

use std::sync::{Arc, Mutex};

use ringside_journal::format::{BATCH_HEADER_BYTES, BATCH_PAYLOAD_BYTES_MAX, BATCHES_AT};
use ringside_journal::index::Entry;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Author, Checkpoint, Records, Room, Spare, WriteError, Writer};
use ringside_journal::{make_spare, names};
use ringside_protocol::{
    EventHeader, SLOT_BYTES, Sequence, SessionNumber, Slot, SlotError, is_last, peek_event,
};

use super::error::EventsError;
use super::keys;
use super::reader::EventReader;
use super::shelf::{Segment, Shelf, locked};
use super::store::Complete;
use super::walk::{Step, batch_entry, follows, session_after, walk};

/// Bytes of a segment, unless something else is asked for.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// After so many bytes the writer syncs, so that no sync is long and few events are copied when a
/// process begins.
pub const SYNC_BYTES: u64 = 4 << 20;

/// Indexes that wait to be filed; then the writer files them itself.
const UNFILED: usize = 4;

/// How the store is written.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Who writes.
    pub author: Author,
    /// When, nanoseconds since the Unix epoch.
    pub time_ns: u64,
}

/// Writes the store.
pub struct EventWriter<S: Storage> {
    storage: S,
    writer: Writer<S::File>,
    shelf: Arc<Mutex<Shelf>>,
    segment_bytes: u64,
    /// The number that the next spare gets.
    next_number: u64,
    /// A spare was asked for and has not come.
    is_spare_wanted: bool,
    /// The last event.
    last: Option<Step>,
    /// The venue's session that the next event is told in.
    session: SessionNumber,
    /// The last command whose events are all written.
    complete: u64,
    begun_ns: u64,
    /// Bytes written since the last sync.
    unsynced_bytes: u64,
    /// Segments whose index is in memory only.
    unfiled: Vec<Arc<Segment>>,
    /// The entries of the batch in hand, their `batch` not yet known.
    entries: Vec<Entry>,
}

/// Events that make one batch.
#[derive(Clone, Copy, Debug)]
struct Piece {
    slots: usize,
    count: u32,
    last: Step,
    /// The last command whose events are all in it or before it.
    complete: u64,
}

impl<S: Storage> EventWriter<S> {
    pub(super) fn new(
        storage: S,
        writer: Writer<S::File>,
        shelf: Arc<Mutex<Shelf>>,
        settings: &Settings,
        complete: Complete,
        last: Option<(EventHeader, SessionNumber)>,
    ) -> Self {
        let next_number = writer.place().segment + 1;
        Self {
            storage,
            writer,
            shelf,
            segment_bytes: settings.segment_bytes,
            next_number,
            is_spare_wanted: false,
            last: last.map(|(header, _)| Step { header, is_last: true }),
            session: last.map_or(SessionNumber::FIRST, |(_, session)| session),
            complete: complete.command.0,
            begun_ns: settings.time_ns,
            unsynced_bytes: 0,
            unfiled: Vec::new(),
            entries: Vec::with_capacity(3 * BATCH_PAYLOAD_BYTES_MAX / SLOT_BYTES),
        }
    }

    /// Appends whole events in their order, the last of each command marked as such. Commands after
    /// the last event's and up to `through` were silent; where there are none, or the last event is
    /// not the last of its command, `through` says nothing.
    ///
    /// # Errors
    /// [`EventsError`]; some batches may have been written. Who wants to go on where it stopped,
    /// such as after a full disk, uses [`Self::append_batch`].
    pub fn append(&mut self, mut slots: &[Slot], through: Sequence) -> Result<(), EventsError> {
        while !slots.is_empty() {
            let written = self.append_batch(slots, through)?;
            slots = &slots[written..];
        }
        if self.last.is_none_or(|last| last.is_last) {
            self.complete = self.complete.max(through.0);
        }
        Ok(())
    }

    /// Appends as many of these events as make one batch, and says how many slots that were. A
    /// batch ends where a command ends, unless one command is more than a batch.
    ///
    /// # Errors
    /// [`EventsError`]; nothing was written. Where the disk is full, try again later.
    ///
    /// # Panics
    /// When there is no slot.
    pub fn append_batch(
        &mut self,
        slots: &[Slot],
        through: Sequence,
    ) -> Result<usize, EventsError> {
        self.make_way()?;
        let piece = self.piece(slots, through.0)?;
        let payload = slots[..piece.slots].as_flattened();
        let session = self.list_entries(&slots[..piece.slots])?;
        let event_hash = u64::from(self.session.0);
        let records = Records {
            count: piece.count,
            parts: [payload, &[]],
            checkpoint: Checkpoint { sequence: piece.complete, event_hash },
            time_ns: piece.last.header.time.0,
        };
        self.write(|writer| writer.append(&records))?;
        self.show(payload.len());
        self.unsynced_bytes += payload.len() as u64;
        (self.last, self.complete) = (Some(piece.last), piece.complete);
        self.session = session;
        Ok(piece.slots)
    }

    /// The next event is told in this session of the venue's: for whoever begins behind events that
    /// are lost.
    pub fn goes_on_in(&mut self, session: SessionNumber) {
        self.session = session;
    }

    /// Makes everything appended durable, and says how far that is: only now may a snapshot of a
    /// state up to that command be published.
    ///
    /// # Errors
    /// What the disk says; then the writer has stopped.
    pub fn sync(&mut self) -> Result<Complete, EventsError> {
        self.sync_file()?;
        let time_ns = self.time_ns();
        self.write(|writer| writer.mark(time_ns))?;
        self.keep_house();
        Ok(self.written())
    }

    /// Ends the store in order: everything durable, and a mark that says so.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub fn stop(&mut self) -> Result<Complete, EventsError> {
        let time_ns = self.time_ns();
        self.write(|writer| writer.stop(time_ns))?;
        self.keep_house();
        Ok(self.written())
    }

    /// How far events are written, durable or not.
    pub const fn written(&self) -> Complete {
        Complete { ordinal: self.writer.written(), command: Sequence(self.complete) }
    }

    /// Files the indexes that are in memory only: for when nothing else is to do. Otherwise it
    /// happens with a sync, or when a few are waiting.
    pub fn keep_house(&mut self) {
        for segment in self.unfiled.drain(..) {
            segment.file_index(&self.storage);
        }
    }

    /// The number and the bytes of a spare to make ahead of need and to [`Self::offer`], asked for
    /// once. Without one, the writer makes it when it needs it, and events wait for it.
    pub fn spare_wanted(&mut self) -> Option<(u64, u64)> {
        let is_wanted = self.writer.spares() == 0 && !self.is_spare_wanted;
        is_wanted.then(|| {
            self.is_spare_wanted = true;
            (self.take_number(), self.segment_bytes)
        })
    }

    /// Whether the segment in hand is nearly full and no spare there to go on in.
    pub fn is_short(&self) -> bool {
        self.writer.room() == Room::Kept
    }

    /// Takes the spare that was asked for. One that comes too late is removed.
    ///
    /// # Errors
    /// What the disk says where it cannot be removed.
    pub fn offer(&mut self, spare: Spare<S::File>) -> Result<(), EventsError> {
        self.is_spare_wanted = false;
        if spare.identity.number < self.writer.place().segment || self.writer.spares() > 0 {
            self.storage.remove(&names::segment(spare.identity.number))?;
            return Ok(());
        }
        self.writer.offer(spare);
        Ok(())
    }

    /// Reads what is written, also while it is written.
    pub fn reader(&self) -> EventReader<S> {
        EventReader::new(self.storage.clone(), Access::Alone, Arc::clone(&self.shelf))
    }

    fn time_ns(&self) -> u64 {
        self.last.map_or(self.begun_ns, |last| last.header.time.0)
    }

    /// What has piled up is done before the next batch.
    fn make_way(&mut self) -> Result<(), EventsError> {
        if self.unfiled.len() > UNFILED {
            self.keep_house();
        }
        if self.unsynced_bytes >= SYNC_BYTES { self.sync_file() } else { Ok(()) }
    }

    fn sync_file(&mut self) -> Result<(), EventsError> {
        self.writer.sync()?;
        self.unsynced_bytes = 0;
        Ok(())
    }

    /// How much of these events makes a batch: all, or up to the last end of a command that fits.
    fn piece(&self, slots: &[Slot], through: u64) -> Result<Piece, EventsError> {
        let (mut piece, mut ended) = (None::<Piece>, None);
        while let Some(first) = slots.get(piece.map_or(0, |piece| piece.slots)..) {
            let Some((step, taken)) = peeked(first)? else { break };
            let next = piece.map_or_else(
                || Piece::first(step, taken, self.complete),
                |piece| piece.with(step, taken),
            );
            if next.slots * SLOT_BYTES > self.payload_bytes_max() {
                break;
            }
            let after = piece.map(|piece| piece.last).or(self.last);
            if !follows(after, self.complete, &step.header) {
                let after = after.map(|after| after.header);
                return Err(EventsError::Order { after, given: step.header });
            }
            piece = Some(next);
            ended = piece.filter(|piece| piece.last.is_last).or(ended);
        }
        let piece = ended.or(piece).expect("Invariant: there are events, and one fits a segment");
        let is_all = piece.slots == slots.len() && piece.last.is_last;
        let complete = if is_all { piece.complete.max(through) } else { piece.complete };
        Ok(Piece { complete, ..piece })
    }

    /// What a batch may hold, so that it fits into a segment.
    fn payload_bytes_max(&self) -> usize {
        let room = self.segment_bytes - BATCHES_AT - BATCH_HEADER_BYTES as u64;
        BATCH_PAYLOAD_BYTES_MAX.min(room as usize)
    }

    /// Reads every event of the batch in hand and lists where it will be found. Says which session
    /// they end in.
    fn list_entries(&mut self, slots: &[Slot]) -> Result<SessionNumber, EventsError> {
        let (first, mut session) = (self.writer.written() + 1, self.session);
        self.entries.clear();
        self.entries.push(batch_entry(0, first));
        for record in walk(slots, first, session) {
            let record = record.map_err(EventsError::NoEvent)?;
            keys::each(record.ordinal, record.session, &record.event, |key, number| {
                self.entries.push(Entry { key, number, batch: 0, within: record.within });
            });
            session = session_after(record.session, &record.event);
        }
        Ok(session)
    }

    /// Lets readers see the batch that was written last.
    fn show(&mut self, payload_bytes: usize) {
        let end = self.writer.place();
        let batch = end.offset - (BATCH_HEADER_BYTES + payload_bytes) as u64;
        let entries = self.entries.iter().map(|entry| Entry { batch, ..*entry });
        locked(&self.shelf).show(entries, end);
    }

    /// Lets the journal's writer write, with a spare where it needs one.
    fn write(
        &mut self,
        mut step: impl FnMut(&mut Writer<S::File>) -> Result<(), WriteError>,
    ) -> Result<(), EventsError> {
        let before = self.writer.place();
        match step(&mut self.writer) {
            Err(WriteError::NoSpare) => {
                let number = self.take_number();
                self.writer.offer(make_spare(&self.storage, number, self.segment_bytes)?);
                step(&mut self.writer)?;
            }
            other => other?,
        }
        if self.writer.place().segment != before.segment {
            let now = self.writer.place();
            self.unfiled.push(locked(&self.shelf).leave(before, now));
        }
        Ok(())
    }

    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }
}

impl Piece {
    fn first(last: Step, taken: usize, complete: u64) -> Self {
        Self { slots: taken, count: 1, last, complete: complete.max(last.complete()) }
    }

    fn with(self, last: Step, taken: usize) -> Self {
        Self {
            slots: self.slots + taken,
            count: self.count + 1,
            last,
            complete: self.complete.max(last.complete()),
        }
    }
}

/// The event at the start of these slots, and how many slots it takes; none where there is no slot.
fn peeked(slots: &[Slot]) -> Result<Option<(Step, usize)>, EventsError> {
    let Some(first) = slots.first() else { return Ok(None) };
    let (header, taken) = peek_event(first);
    match taken {
        0 => Err(EventsError::NoEvent(SlotError::Slots(0))),
        taken if taken > slots.len() => Err(EventsError::NoEvent(SlotError::Short)),
        taken => Ok(Some((Step { header, is_last: is_last(first) }, taken))),
    }
}
