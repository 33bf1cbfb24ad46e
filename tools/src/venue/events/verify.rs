//! Holds the store against its commands: executes them and compares every event, every batch's
//! word on what is complete, and every index. It never writes.

use std::io;

use ringside_engine::book::Book;
use ringside_engine::{Engine, EventSink};
use ringside_journal::index::{self, IndexError};
use ringside_journal::segment::Batch;
use ringside_journal::storage::Storage;
use ringside_journal::{Chain, ChainError};
use ringside_protocol::{
    Event, EventHeader, SLOT_BYTES, SLOTS_MAX, Slot, is_last, mark_last, write_event,
};

use super::error::EventsError;
use super::recreate::execute;
use super::shelf::{Segment, Shelf};
use super::store::EventStore;
use super::walk::{Record, Step, each, follows, session_after};

/// What was found to be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Events that execution gave bit for bit.
    pub events: u64,
    /// Events of the store that are older than the state executed from: only checksums, links and
    /// order were looked at.
    pub unexecuted: u64,
    /// Events that execution gave and the store does not have at its end: whoever starts the venue
    /// makes them again.
    pub missing: u64,
    /// Indexes that are as the events say.
    pub indexes: u64,
    /// Segments that have no index, or that of an earlier state; it is made when it is needed.
    pub unindexed: u64,
    /// Indexes whose checksum is wrong; they are made again when they are needed.
    pub damaged_indexes: u64,
}

/// Checks the store: its checksums and links, that its events follow one another, that each event
/// which `engine` gives on executing the commands it has not seen is there, the same bytes, and
/// that each index is what its segment gives.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn verify<S: Storage, B: Book>(
    store: &EventStore<S>,
    engine: &mut Engine<B>,
    commands: &Chain,
) -> Result<Verified, EventsError> {
    check_order(store)?;
    let mut verified = compare(store, engine, commands)?;
    for segment in Shelf::of(&store.chain).finished {
        check_index(store, &segment, &mut verified)?;
    }
    Ok(verified)
}

/// Every event follows from the one before, and every batch names the last command that is complete
/// at its end.
fn check_order<S>(store: &EventStore<S>) -> Result<(), EventsError> {
    let (mut after, mut complete, mut session) = (None, 0, None);
    let oldest = store.chain.oldest();
    for batch in store.chain.batches(oldest).map_err(EventsError::Chain)? {
        let batch = batch.map_err(EventsError::Chain)?;
        each(&batch, |record| {
            let (given, is_last) = (record.header, is_last(&record.slots[0]));
            if record.ordinal > oldest && !follows(after, complete, &given) {
                let after = after.map(|after: Step| after.header);
                return Err(EventsError::Order { after, given });
            }
            if session.is_some_and(|session| session != record.session) {
                let Batch { segment, offset, .. } = batch;
                return Err(EventsError::Session { segment, offset, session: record.session });
            }
            session = Some(session_after(record.session, &record.event));
            after = Some(Step { header: given, is_last });
            Ok(())
        })?;
        complete = checked_checkpoint(&batch, after, complete)?;
    }
    Ok(())
}

fn checked_checkpoint(
    batch: &Batch<'_>,
    last: Option<Step>,
    before: u64,
) -> Result<u64, EventsError> {
    let Some(last) = last.filter(|_| batch.header.count > 0) else { return Ok(before) };
    let command = batch.header.checkpoint.sequence;
    let is_beyond = !last.is_last && command >= last.header.sequence.0;
    if is_beyond || command < before.max(last.complete()) {
        let Batch { segment, offset, .. } = *batch;
        return Err(EventsError::Checkpoint { segment, offset, command });
    }
    Ok(command)
}

/// Executes, and compares event by event.
fn compare<S: Storage, B: Book>(
    store: &EventStore<S>,
    engine: &mut Engine<B>,
    commands: &Chain,
) -> Result<Verified, EventsError> {
    let (before, oldest) = (engine.stats().events, store.oldest());
    let last = store.complete().ordinal;
    let from = oldest.max(before + 1);
    let batches = store.chain.batches(from).map_err(EventsError::Chain)?;
    let stored = batches
        .flat_map(records)
        .skip_while(|record| matches!(record, Ok(record) if record.ordinal < from));
    let slots = [[0; SLOT_BYTES]; SLOTS_MAX];
    let verified = Verified {
        unexecuted: (before.min(last) + 1).saturating_sub(oldest),
        ..Verified::default()
    };
    let mut comparing =
        Comparing { stored, oldest, ordinal: before, held: None, slots, verified, trouble: None };
    execute(engine, commands, &mut comparing, |comparing| {
        comparing.trouble.take().map_or(Ok(()), Err)
    })?;
    if engine.stats().events < last {
        return Err(EventsError::Beyond { last, commands: engine.stats().events });
    }
    Ok(comparing.verified)
}

/// The events of a batch, or what is wrong with it.
fn records<'a>(batch: Result<Batch<'a>, ChainError>) -> Vec<Result<Record<'a>, EventsError>> {
    let mut records = Vec::new();
    let read = batch.map_err(EventsError::Chain).and_then(|batch| {
        each(&batch, |record| {
            records.push(Ok(*record));
            Ok(())
        })
    });
    records.extend(read.err().map(Err));
    records
}

/// A sink that compares what comes with what is stored.
struct Comparing<I> {
    stored: I,
    oldest: u64,
    /// Of the last event that came.
    ordinal: u64,
    /// The last event, until it is known whether its command says more.
    held: Option<(EventHeader, usize)>,
    slots: [Slot; SLOTS_MAX],
    verified: Verified,
    trouble: Option<EventsError>,
}

impl<'a, I: Iterator<Item = Result<Record<'a>, EventsError>>> Comparing<I> {
    fn compare(&mut self, expected: EventHeader, taken: usize) -> Result<(), EventsError> {
        let Some(stored) = self.stored.next().transpose()? else {
            self.verified.missing += 1;
            return Ok(());
        };
        if stored.ordinal != self.ordinal || stored.slots != &self.slots[..taken] {
            let found = stored.header;
            return Err(EventsError::Differs { ordinal: self.ordinal, expected, found });
        }
        self.verified.events += 1;
        Ok(())
    }

    fn compare_held(&mut self) {
        if let Some((header, taken)) = self.held.take()
            && self.ordinal >= self.oldest
            && self.trouble.is_none()
        {
            self.trouble = self.compare(header, taken).err();
        }
    }
}

impl<'a, I: Iterator<Item = Result<Record<'a>, EventsError>>> EventSink for Comparing<I> {
    fn emit(&mut self, header: &EventHeader, event: &Event) {
        self.compare_held();
        self.ordinal += 1;
        self.held = Some((*header, write_event(header, event, &mut self.slots)));
    }

    fn end(&mut self) {
        if self.held.is_some() {
            mark_last(&mut self.slots[0]);
        }
        self.compare_held();
    }
}

fn check_index<S: Storage>(
    store: &EventStore<S>,
    segment: &Segment,
    verified: &mut Verified,
) -> Result<(), EventsError> {
    let rebuilt = segment.rebuilt(&store.storage)?;
    match index::read(&store.storage, &segment.end) {
        Ok(index) if index.bytes() == rebuilt.bytes() => verified.indexes += 1,
        Ok(_) => return Err(EventsError::Index { segment: segment.number() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => verified.unindexed += 1,
        Err(error) => match error.get_ref().and_then(|why| why.downcast_ref()) {
            Some(IndexError::Stale) => verified.unindexed += 1,
            Some(IndexError::Format(_)) => verified.damaged_indexes += 1,
            None => return Err(error.into()),
        },
    }
    Ok(())
}
