//! A tailer: follows a journal while it is written, in this process or another, from segment to
//! segment and over restarts of its writer, without ever waiting for the writer or making it wait.
//! While it is in a segment, that segment is not retired.

use std::io;

use crate::chain::ChainError;
use crate::format::{BATCH_HEADER_BYTES, BATCH_PAYLOAD_BYTES_MAX, BATCHES_AT, Opening};
use crate::names;
use crate::segment::{Batch, Place, Stop, follow};
use crate::storage::Storage;

/// Read in one go.
const PIECE_BYTES: usize = 2 * (BATCH_PAYLOAD_BYTES_MAX + BATCH_HEADER_BYTES);

/// A place in a journal that moves on as it is written.
#[derive(Debug)]
pub struct Tail<S: Storage> {
    storage: S,
    place: Place,
    /// The last sequence that was visited; recovery may have copied it to where the place is.
    visited: u64,
    /// What lies at `base` of the segment in hand.
    piece: Vec<u8>,
    base: u64,
    /// The segment in hand, and the right to find it there.
    held: Option<(u64, S::Hold)>,
}

impl<S: Storage> Tail<S> {
    /// From this place on, such as the end of a [`Chain`](crate::Chain).
    pub fn from(storage: S, place: Place) -> Self {
        let visited = place.next_sequence - 1;
        Self { storage, place, visited, piece: Vec::new(), base: 0, held: None }
    }

    /// Where it stands.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Visits every whole batch that has come since and ends at or before sequence `through`. Says
    /// how many there were. Where `through` is what the writer says is durable, nothing that is
    /// visited can ever be taken back.
    ///
    /// # Errors
    /// What the disk says, `NotFound` where the segment was retired before it was first read, and
    /// what `visit` does. [`ChainError::Corrupt`] where recovery cut a batch that was visited
    /// before it was durable.
    pub fn poll<E: From<ChainError>>(
        &mut self,
        through: u64,
        mut visit: impl FnMut(&Batch<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        self.read().map_err(ChainError::Io)?;
        loop {
            match follow(&self.piece, self.base, self.place) {
                Ok(batch) if batch.header.last_sequence() > through => return Ok(count),
                Ok(batch) => {
                    if is_new(&batch, self.visited)? {
                        visit(&batch)?;
                        count += 1;
                    }
                    self.place = Place::after(&batch);
                    self.visited = self.visited.max(batch.header.last_sequence());
                    continue;
                }
                Err(Stop::End | Stop::Broken(_) | Stop::Unlinked) => {}
            }
            let is_more = self.read_on().map_err(ChainError::Io)?;
            if !is_more {
                return Ok(count);
            }
        }
    }

    /// Reads further, in this segment or the next; false where there is nothing more, or the writer
    /// is in the middle of it.
    fn read_on(&mut self) -> io::Result<bool> {
        if self.base < self.place.offset {
            self.read()?;
            return Ok(true);
        }
        self.move_on()
    }

    fn read(&mut self) -> io::Result<()> {
        let Place { segment, offset, .. } = self.place;
        let name = names::segment(segment);
        if self.held.as_ref().is_none_or(|(held, _)| *held != segment) {
            self.held = Some((segment, self.storage.hold(&name)?));
        }
        self.base = offset;
        self.piece = self.storage.copy(&name, self.base, PIECE_BYTES)?;
        Ok(())
    }

    /// On to the segment that goes on here, if there is one.
    fn move_on(&mut self) -> io::Result<bool> {
        let Some((number, opening, crc)) = self.next_segment()? else { return Ok(false) };
        if !goes_on(&opening, &self.place) && !goes_back(&opening, &self.place) {
            return Ok(false);
        }
        self.place = Place::first(number, &opening, crc);
        self.read()?;
        Ok(true)
    }

    /// The next segment of the chain that ends in the newest opened one.
    fn next_segment(&self) -> io::Result<Option<(u64, Opening, u32)>> {
        let names = self.storage.names()?;
        let mut numbers: Vec<u64> =
            names.iter().filter_map(|name| names::segment_number(name)).collect();
        numbers.retain(|&number| number > self.place.segment);
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let mut next: Option<(u64, Opening, u32)> = None;
        for number in numbers {
            let head = self.storage.copy(&names::segment(number), 0, BATCHES_AT as usize)?;
            let Ok((opening, crc)) = Opening::read(&head, number) else { continue };
            if next.is_none_or(|(_, newer, _)| newer.previous == number) {
                next = Some((number, opening, crc));
            }
        }
        Ok(next)
    }
}

/// Whether a batch is to be visited. A copy of one that was visited is not.
fn is_new(batch: &Batch<'_>, visited: u64) -> Result<bool, ChainError> {
    let header = &batch.header;
    if header.first_sequence > visited {
        return Ok(true);
    }
    if header.last_sequence() <= visited {
        return Ok(false);
    }
    Err(ChainError::Corrupt {
        segment: batch.segment,
        offset: batch.offset,
        first_sequence: header.first_sequence,
        last_sequence: visited,
        why: Stop::Unlinked,
    })
}

/// Whether a segment goes on exactly here.
fn goes_on(opening: &Opening, place: &Place) -> bool {
    opening.previous == place.segment
        && opening.previous_end == place.offset
        && opening.previous_crc == place.previous_crc
}

/// Whether a segment ties on before this place: recovery copied what lies between, or it was a
/// mark.
fn goes_back(opening: &Opening, place: &Place) -> bool {
    let is_before = opening.previous < place.segment
        || (opening.previous == place.segment && opening.previous_end < place.offset);
    is_before && opening.first_sequence <= place.next_sequence
}
