//! What the journal's batches hold: commands in slots, as the rings carry them.

use ringside_journal::segment::Batch;
use ringside_protocol::{CommandReader, CommandRef, SLOT_BYTES, Slot, SlotError, Stamp};

/// Why a batch that is whole does not hold what its header says: a bug of whoever wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadRecord {
    /// The segment's number.
    pub segment: u64,
    /// Offset of the record's first slot.
    pub offset: u64,
    /// The sequence it should have.
    pub sequence: u64,
    /// What is wrong; none: it has another sequence.
    pub why: Option<SlotError>,
}

impl core::fmt::Display for BadRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { segment, offset, sequence, why } = self;
        write!(f, "segment {segment}, offset {offset}: not the command {sequence}: ")?;
        match why {
            Some(why) => why.fmt(f),
            None => f.write_str("it says another sequence"),
        }
    }
}

impl std::error::Error for BadRecord {}

/// The slots of a payload.
pub fn slots(payload: &[u8]) -> &[Slot] {
    payload.as_chunks::<SLOT_BYTES>().0
}

/// Reads the commands of batches, one after the other.
#[derive(Debug, Default)]
pub struct Commands {
    reader: CommandReader,
}

impl Commands {
    /// Hands every command of `batch` from sequence `from` on to `take`, with the slots it lies in
    /// and those that follow, for looking ahead.
    ///
    /// # Errors
    /// [`BadRecord`] where a command should be and is not, and what `take` says.
    pub fn each<E: From<BadRecord>>(
        &mut self,
        batch: &Batch<'_>,
        from: u64,
        mut take: impl FnMut(&Stamp, CommandRef<'_>, &[Slot]) -> Result<(), E>,
    ) -> Result<(), E> {
        let slots = slots(batch.payload);
        let (mut at, mut sequence) = (0, batch.header.first_sequence);
        while sequence <= batch.header.last_sequence() {
            let bad = |why| BadRecord {
                segment: batch.segment,
                offset: batch.end() - ((slots.len() - at) * SLOT_BYTES) as u64,
                sequence,
                why,
            };
            let read = self.reader.read(&slots[at..]);
            let (stamp, command, taken) = read.map_err(|error| bad(Some(error)))?;
            if stamp.sequence.0 != sequence {
                return Err(bad(None).into());
            }
            at += taken;
            if sequence >= from {
                take(&stamp, command, &slots[at..])?;
            }
            sequence += 1;
        }
        Ok(())
    }
}
