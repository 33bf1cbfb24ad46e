//! The appender: batch after batch into the segment in hand, one sync for all that was written
//! since the last, and on to the next segment when a batch does not fit. It never makes files:
//! whoever runs it offers spares ahead of need.
//!
//! After a write or sync that failed, nothing more is written: what is on disk is not known any
//! more, and only a restart finds out.

use core::fmt;
use std::collections::VecDeque;
use std::io;

use crate::format::{
    ALIGNMENT, Author, BATCH_HEADER_BYTES, BATCH_PAYLOAD_BYTES_MAX, BATCHES_AT, BatchHeader,
    Checkpoint, FLAG_CLEAN_STOP, Identity, OPENING_AT, Opening,
};
use crate::segment::Place;
use crate::storage::StorageFile;

/// Of the segment in hand, this part is kept for cancels, sessions and the clock when no spare is
/// there: one in eight.
const KEPT_PART: u64 = 8;

/// Records that become one batch.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// How many; at least one.
    pub count: u32,
    /// Their bytes, in two parts, for they may come from a ring's end and start; together a
    /// multiple of 64 and at most [`BATCH_PAYLOAD_BYTES_MAX`].
    pub parts: [&'a [u8]; 2],
    /// The engine's latest word on its events.
    pub checkpoint: Checkpoint,
    /// Time of the last record, nanoseconds since the Unix epoch.
    pub time_ns: u64,
}

/// Why records were not written.
#[derive(Debug)]
pub enum WriteError {
    /// The segment is full and there is no spare: nothing was written; offer one and try again.
    NoSpare,
    /// The disk refused; the writer has stopped.
    Io(io::Error),
    /// The writer stopped at an earlier error.
    Stopped,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSpare => f.write_str("the segment is full and there is no spare one"),
            Self::Io(error) => write!(f, "the disk refused: {error}"),
            Self::Stopped => f.write_str("the writer has stopped at an earlier error"),
        }
    }
}

impl std::error::Error for WriteError {}

/// How much may still be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// Anything.
    Ample,
    /// No spare is there and the segment in hand nearly full: what is kept is for cancels, sessions
    /// and the clock.
    Kept,
}

/// A file made ahead of use.
#[derive(Debug)]
pub struct Spare<F> {
    /// What it says of itself.
    pub identity: Identity,
    /// The file.
    pub file: F,
}

/// A segment that was left with records that no sync has covered.
#[derive(Debug)]
pub struct Unsynced<F> {
    /// The file.
    pub file: F,
    /// The last sequence in it.
    pub last_sequence: u64,
}

/// When a segment that is left is synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaving {
    /// By the writer, before it goes on.
    Syncs,
    /// By somebody else, later: see [`Writer::take_unsynced`].
    HandsOver,
}

/// The writer of a journal.
#[derive(Debug)]
pub struct Writer<F> {
    file: F,
    identity: Identity,
    place: Place,
    author: Author,
    leaving: Leaving,
    durable: u64,
    /// What the last header said is durable.
    marked: u64,
    /// The last sequence in segments that were left unsynced; 0: there are none.
    left: u64,
    /// The last sequence in those of them that somebody took.
    taken: u64,
    checkpoint: Checkpoint,
    is_dirty: bool,
    is_stopped: bool,
    spares: VecDeque<Spare<F>>,
    unsynced: Vec<Unsynced<F>>,
    buffer: Vec<u8>,
}

impl<F: StorageFile> Writer<F> {
    /// Goes on at `place` of a segment that is open already.
    pub(crate) fn resume(
        file: F,
        identity: Identity,
        place: Place,
        author: Author,
        durable: u64,
    ) -> Self {
        Self {
            file,
            identity,
            place,
            author,
            leaving: Leaving::Syncs,
            durable,
            marked: durable,
            left: 0,
            taken: 0,
            checkpoint: Checkpoint::default(),
            is_dirty: false,
            is_stopped: false,
            spares: VecDeque::new(),
            unsynced: Vec::new(),
            buffer: Vec::with_capacity(BATCHES_AT as usize + BATCH_PAYLOAD_BYTES_MAX + 64),
        }
    }

    /// Says what happens to segments that are left; they are synced unless told otherwise.
    pub fn set_leaving(&mut self, leaving: Leaving) {
        self.leaving = leaving;
    }

    /// Takes a spare to go on in when the segment in hand is full.
    ///
    /// # Panics
    /// When its number is not above that of every segment before: links lead to lower numbers.
    pub fn offer(&mut self, spare: Spare<F>) {
        let last = self.spares.back().map_or(self.identity, |spare| spare.identity);
        assert!(spare.identity.number > last.number, "segments go on with rising numbers");
        self.spares.push_back(spare);
    }

    /// Writes one batch. It is durable after the next [`Self::sync`].
    ///
    /// # Errors
    /// [`WriteError::NoSpare`]: try again with a spare. Otherwise the writer has stopped.
    ///
    /// # Panics
    /// When there is no record, or the bytes are no multiple of 64, more than
    /// [`BATCH_PAYLOAD_BYTES_MAX`], or more than the next segment holds.
    pub fn append(&mut self, records: &Records<'_>) -> Result<(), WriteError> {
        let length: usize = records.parts.iter().map(|part| part.len()).sum();
        assert!(records.count > 0 && length > 0, "a batch has records");
        assert!(length <= BATCH_PAYLOAD_BYTES_MAX, "a batch is at most 1 MiB");
        assert!(length.is_multiple_of(ALIGNMENT as usize), "records fill multiples of 64 bytes");
        self.checkpoint = records.checkpoint;
        self.write(records.count, records.parts, 0, records.time_ns)
    }

    /// Makes everything in the segment in hand durable, and says the last durable sequence: the
    /// last written, unless a segment that was left still waits for its sync.
    ///
    /// # Errors
    /// The writer has stopped.
    pub fn sync(&mut self) -> Result<u64, WriteError> {
        self.check_running()?;
        if self.is_dirty {
            let synced = self.file.sync();
            self.poisoning(synced)?;
            self.is_dirty = false;
        }
        if self.durable >= self.left {
            self.durable = self.written();
        }
        Ok(self.durable)
    }

    /// Writes an empty batch that carries the durable sequence further, unless the last header said
    /// it already. Not durable by itself.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn mark(&mut self, time_ns: u64) -> Result<(), WriteError> {
        if self.durable == self.marked {
            return self.check_running();
        }
        self.write(0, [&[], &[]], 0, time_ns)
    }

    /// Ends the journal in order: everything on disk, and a mark that says so.
    ///
    /// # Errors
    /// As [`Self::append`].
    ///
    /// # Panics
    /// When somebody took segments to sync and has not said that they are durable.
    pub fn stop(&mut self, time_ns: u64) -> Result<(), WriteError> {
        self.sync_left()?;
        let durable = self.sync()?;
        assert!(durable == self.written(), "what was taken to be synced is synced before a stop");
        self.write(0, [&[], &[]], FLAG_CLEAN_STOP, time_ns)?;
        let synced = self.file.sync();
        self.poisoning(synced)?;
        self.is_dirty = false;
        Ok(())
    }

    /// Segments that were left unsynced, oldest first, for whoever syncs them in this order; then
    /// [`Self::raise_durable`].
    pub fn take_unsynced(&mut self) -> Vec<Unsynced<F>> {
        self.taken = self.left;
        core::mem::take(&mut self.unsynced)
    }

    /// Everything up to this sequence is on disk, says somebody who synced it.
    ///
    /// # Panics
    /// When so much was not even written.
    pub fn raise_durable(&mut self, sequence: u64) {
        assert!(sequence <= self.written(), "Invariant: what is durable was written");
        self.durable = self.durable.max(sequence);
    }

    /// The last sequence written; 0: none.
    pub const fn written(&self) -> u64 {
        self.place.next_sequence - 1
    }

    /// The last sequence known to be on disk.
    pub const fn durable(&self) -> u64 {
        self.durable
    }

    /// Where the next batch will lie.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Bytes left of the segment in hand.
    pub const fn left(&self) -> u64 {
        self.identity.segment_bytes - self.place.offset
    }

    /// Spares that wait.
    pub fn spares(&self) -> usize {
        self.spares.len()
    }

    /// How much may still be written.
    pub fn room(&self) -> Room {
        let is_ample =
            !self.spares.is_empty() || self.left() > self.identity.segment_bytes / KEPT_PART;
        if is_ample { Room::Ample } else { Room::Kept }
    }

    fn write(
        &mut self,
        count: u32,
        parts: [&[u8]; 2],
        flags: u32,
        time_ns: u64,
    ) -> Result<(), WriteError> {
        self.check_running()?;
        let bytes = BATCH_HEADER_BYTES + parts[0].len() + parts[1].len();
        self.buffer.clear();
        let mut from = self.place.offset;
        if self.place.offset + bytes as u64 > self.identity.segment_bytes {
            self.go_on(bytes, time_ns)?;
            from = OPENING_AT;
        }
        let header = BatchHeader {
            first_sequence: self.place.next_sequence,
            count,
            length: (bytes - BATCH_HEADER_BYTES) as u32,
            durable: self.durable,
            checkpoint: self.checkpoint,
            previous_crc: self.place.previous_crc,
            epoch: self.author.epoch,
            flags,
        };
        let crc = self.lay_out(&header, parts);
        let written = self.file.write_at(from, &self.buffer);
        self.poisoning(written)?;
        self.is_dirty = true;
        self.marked = header.durable;
        self.place.offset += bytes as u64;
        self.place.previous_crc = crc;
        self.place.next_sequence += u64::from(count);
        Ok(())
    }

    /// Adds header and payload to what the buffer holds.
    fn lay_out(&mut self, header: &BatchHeader, parts: [&[u8]; 2]) -> u32 {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&[0; BATCH_HEADER_BYTES]);
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        header.seal(self.identity.number, self.place.offset, &mut self.buffer[at..])
    }

    /// Leaves the segment in hand for the next one, whose opening goes out with its first batch.
    fn go_on(&mut self, bytes: usize, time_ns: u64) -> Result<(), WriteError> {
        let Some(next) = self.spares.front() else { return Err(WriteError::NoSpare) };
        let room = next.identity.segment_bytes - BATCHES_AT;
        assert!(bytes as u64 <= room, "a batch of {bytes} bytes fits a segment with {room}");
        if self.leaving == Leaving::Syncs {
            self.sync()?;
        }
        let Some(next) = self.spares.pop_front() else { return Err(WriteError::NoSpare) };
        let left = core::mem::replace(&mut self.file, next.file);
        if self.is_dirty {
            self.left = self.written();
            self.unsynced.push(Unsynced { file: left, last_sequence: self.left });
        }
        let opening = Opening {
            previous: self.place.segment,
            previous_end: self.place.offset,
            previous_crc: self.place.previous_crc,
            first_sequence: self.place.next_sequence,
            durable: self.durable,
            void_to: 0,
            time_ns,
            author: self.author,
        };
        let (bytes, crc) = opening.to_bytes(next.identity.number);
        self.buffer.extend_from_slice(&bytes);
        self.buffer.resize((BATCHES_AT - OPENING_AT) as usize, 0);
        self.identity = next.identity;
        self.place = Place::first(next.identity.number, &opening, crc);
        Ok(())
    }

    fn sync_left(&mut self) -> Result<(), WriteError> {
        for mut left in core::mem::take(&mut self.unsynced) {
            let synced = left.file.sync();
            self.poisoning(synced)?;
        }
        if self.durable >= self.taken {
            self.durable = self.durable.max(self.left);
        }
        Ok(())
    }

    const fn check_running(&self) -> Result<(), WriteError> {
        if self.is_stopped { Err(WriteError::Stopped) } else { Ok(()) }
    }

    fn poisoning(&mut self, result: io::Result<()>) -> Result<(), WriteError> {
        self.is_stopped |= result.is_err();
        result.map_err(WriteError::Io)
    }
}
