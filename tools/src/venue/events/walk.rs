//! The events of one batch, one after the other, and their entries in an index.

use ringside_journal::format::BatchHeader;
use ringside_journal::index::{Entry, IndexBuilder};
use ringside_journal::segment::Batch;
use ringside_protocol::{
    Event, EventHeader, SLOT_BYTES, SessionNumber, Slot, SlotError, read_event,
};

use super::error::EventsError;
use super::keys;
use crate::venue::records::slots;

/// One event where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) ordinal: u64,
    /// The venue's session that it is told in.
    pub(super) session: SessionNumber,
    pub(super) header: EventHeader,
    pub(super) event: Event,
    /// All the slots it takes.
    pub(super) slots: &'a [Slot],
    /// Where in the payload it begins, bytes.
    pub(super) within: u32,
}

/// The session that the first event of a batch is told in. Before there was a second one, nothing
/// stood there.
pub(super) fn session_of(header: &BatchHeader) -> SessionNumber {
    // What is no session finds no message; the events themselves are good.
    let number = u32::try_from(header.checkpoint.event_hash).unwrap_or(u32::MAX);
    SessionNumber(number).max(SessionNumber::FIRST)
}

/// The session behind an event that was told in `session`.
pub(super) const fn session_after(session: SessionNumber, event: &Event) -> SessionNumber {
    if let Event::Day(day) = event { day.session } else { session }
}

/// The events in `slots`, which begin with this ordinal, in this session.
pub(super) fn walk(
    slots: &[Slot],
    first_ordinal: u64,
    mut session: SessionNumber,
) -> impl Iterator<Item = Result<Record<'_>, SlotError>> {
    let (mut at, mut ordinal) = (0, first_ordinal);
    core::iter::from_fn(move || {
        let rest = slots.get(at..).filter(|rest| !rest.is_empty())?;
        let within = (at * SLOT_BYTES) as u32;
        Some(read_event(rest).map(|(header, event, taken)| {
            let slots = &rest[..taken];
            let record = Record { ordinal, session, header, event, slots, within };
            (at, ordinal) = (at + taken, ordinal + 1);
            session = session_after(session, &event);
            record
        }))
    })
}

/// Hands every event of a batch to `take`.
pub(super) fn each<'a>(
    batch: &Batch<'a>,
    mut take: impl FnMut(&Record<'a>) -> Result<(), EventsError>,
) -> Result<(), EventsError> {
    let mut ordinal = batch.header.first_sequence;
    let wrong = |ordinal, why| EventsError::Record {
        segment: batch.segment,
        offset: batch.offset,
        ordinal,
        why,
    };
    for record in walk(slots(batch.payload), ordinal, session_of(&batch.header)) {
        let record = record.map_err(|why| wrong(ordinal, Some(why)))?;
        take(&record)?;
        ordinal += 1;
    }
    if ordinal != batch.header.last_sequence() + 1 {
        return Err(wrong(ordinal, None));
    }
    Ok(())
}

/// The batch's last event, and the session behind it; none in a mark.
pub(super) fn last_event(
    batch: &Batch<'_>,
) -> Result<Option<(EventHeader, SessionNumber)>, EventsError> {
    let mut last = None;
    each(batch, |record| {
        last = Some((record.header, session_after(record.session, &record.event)));
        Ok(())
    })?;
    Ok(last)
}

/// Where an event belongs, and whether its command says no more after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) header: EventHeader,
    pub(super) is_last: bool,
}

impl Step {
    /// The last command that has said all it had to, by this event's word.
    pub(super) const fn complete(&self) -> u64 {
        if self.is_last { self.header.sequence.0 } else { self.header.sequence.0.saturating_sub(1) }
    }
}

/// Whether an event follows `after`, the commands up to `complete` having said all they had to: it
/// goes on within its command, or is the first of a later one.
pub(super) fn follows(after: Option<Step>, complete: u64, given: &EventHeader) -> bool {
    let fits = match after {
        None => given.index == 0,
        Some(Step { header, is_last: true }) => {
            given.sequence > header.sequence && given.index == 0
        }
        Some(Step { header, is_last: false }) => {
            given.sequence == header.sequence && given.index == header.index + 1
        }
    };
    fits && given.sequence.0 > complete
}

/// Adds the entries of a batch to an index.
pub(super) fn index_batch(index: &mut IndexBuilder, batch: &Batch<'_>) -> Result<(), EventsError> {
    if batch.header.count == 0 {
        return Ok(());
    }
    index.add(batch_entry(batch.offset, batch.header.first_sequence));
    each(batch, |record| {
        let at = |key, number| Entry { key, number, batch: batch.offset, within: record.within };
        keys::each(record.ordinal, record.session, &record.event, |key, number| {
            index.add(at(key, number));
        });
        Ok(())
    })
}

/// The entry of the batch itself.
pub(super) fn batch_entry(offset: u64, first_ordinal: u64) -> Entry {
    Entry { key: keys::BATCHES, number: first_ordinal, batch: offset, within: 0 }
}
