//! Reads the store: what a stream was told, what happened in an instrument, everything from an
//! ordinal on. What is read was written when the question was asked; what is written meanwhile
//! takes another question. Every batch is checked before an event of it is believed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ringside_journal::format::{
    BATCH_HEADER_BYTES, BATCH_PAYLOAD_BYTES_MAX, BatchHeader, FormatError,
};
use ringside_journal::index::Entry;
use ringside_journal::segment::Place;
use ringside_journal::storage::{Contents, Storage};
use ringside_journal::{Access, names};
use ringside_protocol::{
    Event, EventHeader, InstrumentId, SLOT_BYTES, SessionNumber, Slot, SlotError, StreamId,
    read_event,
};

use super::error::EventsError;
use super::keys;
use super::shelf::{Segment, Shelf, locked};
use crate::venue::records::slots;

/// Reads the store; clones read the same one.
#[derive(Clone, Debug)]
pub struct EventReader<S> {
    storage: S,
    access: Access,
    shelf: Arc<Mutex<Shelf>>,
}

/// One event that was found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Found {
    /// Of a stream, the number of its last message for this event; else the event's ordinal.
    pub number: u64,
    /// Where it belongs.
    pub header: EventHeader,
    /// What happened.
    pub event: Event,
}

impl<S: Storage> EventReader<S> {
    pub(super) fn new(storage: S, access: Access, shelf: Arc<Mutex<Shelf>>) -> Self {
        Self { storage, access, shelf }
    }

    /// The events that became messages of a stream in one of the venue's sessions, with numbers
    /// higher than `after`.
    ///
    /// # Errors
    /// [`EventsError`], here and among the events; there it ends them.
    pub fn stream(
        &self,
        stream: StreamId,
        session: SessionNumber,
        after: u32,
    ) -> Result<Keyed<S>, EventsError> {
        let from = keys::told(session, after).saturating_add(1);
        // Numbers are dense in a session, and sessions follow one another: who has this number or
        // an earlier one has all that follow.
        let reaches = |_: u64, first: Option<u64>| first.is_some_and(|first| first <= from);
        let entries = self.find(keys::stream(stream), from, reaches)?;
        Ok(Keyed { entries, last: keys::told(session, u32::MAX), number_bits: u32::BITS })
    }

    /// What happened in an instrument after this ordinal: its state, its trades, its orders.
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub fn instrument(&self, id: InstrumentId, after: u64) -> Result<Keyed<S>, EventsError> {
        let from = after.saturating_add(1);
        let reaches = |first_ordinal: u64, _: Option<u64>| first_ordinal <= from;
        let entries = self.find(keys::instrument(id), from, reaches)?;
        Ok(Keyed { entries, last: u64::MAX, number_bits: u64::BITS })
    }

    /// Every event from this ordinal on.
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub fn from_ordinal(&self, from: u64) -> Result<Scan<S>, EventsError> {
        let reaches = |first_ordinal: u64, _: Option<u64>| first_ordinal <= from;
        let batches = self.find(keys::BATCHES, from, reaches)?;
        Ok(Scan { batches, from, within: None })
    }

    /// The entries of a key from a number on, and the batch that the number may be in. Goes from
    /// the newest segment back to the one that reaches back far enough: that is asked with its
    /// first ordinal and its first number of the key.
    fn find(
        &self,
        key: u64,
        from: u64,
        reaches: impl Fn(u64, Option<u64>) -> bool,
    ) -> Result<Entries<S>, EventsError> {
        let mut parts = VecDeque::new();
        let (finished, live) = self.look(key, from);
        let mut is_enough = false;
        if let Some((part, first_ordinal, first)) = live {
            is_enough = reaches(first_ordinal, first);
            parts.push_front(part);
        }
        for segment in finished.into_iter().rev() {
            if is_enough {
                break;
            }
            let index = segment.index(&self.storage, self.access)?;
            let first = index.entries(key, 0).next().map(|entry| entry.number);
            is_enough = reaches(segment.first, first);
            parts.push_front(Part::Finished(segment));
        }
        let (storage, access) = (self.storage.clone(), self.access);
        Ok(Entries { storage, access, key, from, parts, open: None })
    }

    /// What is on the shelf: all finished segments, and of the one in hand the entries asked for,
    /// its first ordinal, and its first number of the key.
    #[expect(clippy::type_complexity, reason = "three things that are looked up under one lock")]
    fn look(&self, key: u64, from: u64) -> (Vec<Arc<Segment>>, Option<(Part, u64, Option<u64>)>) {
        let shelf = locked(&self.shelf);
        let live = shelf.live.as_ref().map(|live| {
            let index = &live.index;
            let entries =
                beginning(key, from, |n| index.floor(key, n), |n| index.entries(key, n).collect());
            let first = index.entries(key, 0).next().map(|entry| entry.number);
            (Part::Live { end: live.end, entries }, live.first, first)
        });
        (shelf.finished.clone(), live)
    }
}

/// The entries from a number on; of batches, with the one before that the number may be in.
fn beginning(
    key: u64,
    from: u64,
    floor: impl Fn(u64) -> Option<Entry>,
    entries: impl Fn(u64) -> Vec<Entry>,
) -> Vec<Entry> {
    let holds = if key == keys::BATCHES { floor(from) } else { None };
    entries(holds.map_or(from, |entry| entry.number))
}

/// What of one segment is to be read.
#[derive(Debug)]
enum Part {
    Finished(Arc<Segment>),
    Live { end: Place, entries: Vec<Entry> },
}

/// Entries of one key, segment after segment.
#[derive(Debug)]
struct Entries<S> {
    storage: S,
    access: Access,
    key: u64,
    from: u64,
    parts: VecDeque<Part>,
    open: Option<Open>,
}

/// A segment that is being read.
#[derive(Debug)]
struct Open {
    entries: std::vec::IntoIter<Entry>,
    pages: Pages,
}

impl<S: Storage> Entries<S> {
    /// The next entry, which lies in what is open then.
    fn next(&mut self) -> Result<Option<Entry>, EventsError> {
        loop {
            if let Some(entry) = self.open.as_mut().and_then(|open| open.entries.next()) {
                return Ok(Some(entry));
            }
            let Some(part) = self.parts.pop_front() else { return Ok(None) };
            self.open = Some(self.opened(part)?);
        }
    }

    fn opened(&self, part: Part) -> Result<Open, EventsError> {
        Ok(match part {
            Part::Finished(segment) => {
                let index = segment.index(&self.storage, self.access)?;
                let entries = beginning(
                    self.key,
                    self.from,
                    |n| index.floor(self.key, n),
                    |n| index.entries(self.key, n).collect(),
                );
                let bytes = Bytes::Whole(segment.contents(&self.storage)?.clone());
                Open { entries: entries.into_iter(), pages: Pages::new(segment.end, bytes) }
            }
            Part::Live { end, entries } => {
                let bytes = Bytes::Piece { base: 0, bytes: Vec::new() };
                Open { entries: entries.into_iter(), pages: Pages::new(end, bytes) }
            }
        })
    }

    /// The slots of the batch at `offset`, how many events they are, and the first one's ordinal.
    fn batch(&mut self, offset: u64) -> Result<(BatchHeader, &[Slot]), EventsError> {
        let open = self.open.as_mut().expect("Invariant: an entry came from what is open");
        open.pages.batch(&self.storage, offset)
    }

    /// The event at slot `at` of the batch at `offset`, and how many slots it takes.
    fn event(
        &mut self,
        offset: u64,
        at: usize,
    ) -> Result<(EventHeader, Event, usize), EventsError> {
        let (header, slots) = self.batch(offset)?;
        let ordinal = header.first_sequence;
        let read = slots.get(at..).ok_or(SlotError::Short).and_then(read_event);
        read.map_err(|why| self.wrong(offset, ordinal, why))
    }

    fn wrong(&self, offset: u64, ordinal: u64, why: SlotError) -> EventsError {
        let segment = self.open.as_ref().map_or(0, |open| open.pages.end.segment);
        EventsError::Record { segment, offset, ordinal, why: Some(why) }
    }

    /// Nothing more comes.
    fn end(&mut self) {
        self.parts.clear();
        self.open = None;
    }
}

/// Events of a stream or an instrument; see [`EventReader::stream`].
#[derive(Debug)]
pub struct Keyed<S> {
    entries: Entries<S>,
    /// Entries behind this one are not wanted.
    last: u64,
    /// How much of an entry's number is told.
    number_bits: u32,
}

impl<S: Storage> Keyed<S> {
    fn step(&mut self) -> Result<Option<Found>, EventsError> {
        let entry = self.entries.next()?.filter(|entry| entry.number <= self.last);
        let Some(entry) = entry else {
            self.entries.end();
            return Ok(None);
        };
        let at = entry.within as usize / SLOT_BYTES;
        let (header, event, _) = self.entries.event(entry.batch, at)?;
        let number = entry.number & (u64::MAX >> (u64::BITS - self.number_bits));
        Ok(Some(Found { number, header, event }))
    }
}

impl<S: Storage> Iterator for Keyed<S> {
    type Item = Result<Found, EventsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().inspect_err(|_| self.entries.end()).transpose()
    }
}

/// Events one after the other; see [`EventReader::from_ordinal`].
#[derive(Debug)]
pub struct Scan<S> {
    batches: Entries<S>,
    from: u64,
    within: Option<Within>,
}

/// Where in a batch a scan stands.
#[derive(Clone, Copy, Debug)]
struct Within {
    offset: u64,
    at: usize,
    next: u64,
    last: u64,
}

impl<S: Storage> Scan<S> {
    fn step(&mut self) -> Result<Option<Found>, EventsError> {
        loop {
            let Some(Within { offset, at, next, last }) = self.place()? else { return Ok(None) };
            let (header, event, taken) = self.batches.event(offset, at)?;
            let more = Within { offset, at: at + taken, next: next + 1, last };
            self.within = (next < last).then_some(more);
            if next >= self.from {
                return Ok(Some(Found { number: next, header, event }));
            }
        }
    }

    /// Where the next event lies.
    fn place(&mut self) -> Result<Option<Within>, EventsError> {
        if self.within.is_some() {
            return Ok(self.within);
        }
        let Some(entry) = self.batches.next()? else { return Ok(None) };
        let (header, _) = self.batches.batch(entry.batch)?;
        let (next, last) = (header.first_sequence, header.last_sequence());
        Ok(Some(Within { offset: entry.batch, at: 0, next, last }))
    }
}

impl<S: Storage> Iterator for Scan<S> {
    type Item = Result<Found, EventsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step()
            .inspect_err(|_| {
                self.within = None;
                self.batches.end();
            })
            .transpose()
    }
}

/// The bytes of one segment, from which batches are read and checked.
#[derive(Debug)]
struct Pages {
    end: Place,
    bytes: Bytes,
    /// The batch that was checked last.
    checked: Option<(u64, BatchHeader)>,
}

#[derive(Debug)]
enum Bytes {
    Whole(Contents),
    /// What lies from `base` on, copied, for somebody writes the segment.
    Piece {
        base: u64,
        bytes: Vec<u8>,
    },
}

/// Copied in one go: any batch fits.
const PIECE_BYTES: usize = BATCH_HEADER_BYTES + BATCH_PAYLOAD_BYTES_MAX;

impl Pages {
    fn new(end: Place, bytes: Bytes) -> Self {
        Self { end, bytes, checked: None }
    }

    fn batch<S: Storage>(
        &mut self,
        storage: &S,
        offset: u64,
    ) -> Result<(BatchHeader, &[Slot]), EventsError> {
        let header = match self.checked {
            Some((at, header)) if at == offset => header,
            Some(_) | None => self.check(storage, offset)?,
        };
        self.checked = Some((offset, header));
        let (base, bytes) = self.bytes.held();
        let from = (offset - base) as usize + BATCH_HEADER_BYTES;
        Ok((header, slots(&bytes[from..from + header.length as usize])))
    }

    fn check<S: Storage>(&mut self, storage: &S, offset: u64) -> Result<BatchHeader, EventsError> {
        let segment = self.end.segment;
        let wrong = |why| EventsError::Batch { segment, offset, why };
        match self.bytes.header(segment, offset) {
            Err(FormatError::Short) => {}
            read => return read.map_err(wrong),
        }
        if let Bytes::Piece { base, bytes } = &mut self.bytes {
            let left = self.end.offset.saturating_sub(offset) as usize;
            *bytes = storage.copy(&names::segment(segment), offset, left.min(PIECE_BYTES))?;
            *base = offset;
        }
        self.bytes.header(segment, offset).map_err(wrong)
    }
}

impl Bytes {
    /// Where what is held begins, and what it is.
    fn held(&self) -> (u64, &[u8]) {
        match self {
            Self::Whole(contents) => (0, contents),
            Self::Piece { base, bytes } => (*base, bytes),
        }
    }

    fn header(&self, segment: u64, offset: u64) -> Result<BatchHeader, FormatError> {
        let (base, bytes) = self.held();
        BatchHeader::read_within(bytes, base, segment, offset).map(|(header, _, _)| header)
    }
}
