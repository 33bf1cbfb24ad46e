//! A tailer: follows a journal while it is written, in this process or another, from segment to
//! segment, without ever waiting for the writer or making it wait.

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
pub struct Tail<S> {
    storage: S,
    place: Place,
    /// What lies at `base` of the segment in hand.
    piece: Vec<u8>,
    base: u64,
}

impl<S: Storage> Tail<S> {
    /// From this place on, such as the end of a [`Chain`](crate::Chain).
    pub fn from(storage: S, place: Place) -> Self {
        Self { storage, place, piece: Vec::new(), base: 0 }
    }

    /// Where it stands.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Visits every whole batch that has come since and ends at or before sequence `through`. Says
    /// how many there were.
    ///
    /// # Errors
    /// What the disk says, and what `visit` does.
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
                    visit(&batch)?;
                    self.place = Place::after(&batch);
                    count += 1;
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
        let name = names::segment(self.place.segment);
        self.base = self.place.offset;
        self.piece = self.storage.copy(&name, self.base, PIECE_BYTES)?;
        Ok(())
    }

    /// On to the segment that goes on here, if there is one.
    fn move_on(&mut self) -> io::Result<bool> {
        let names = self.storage.names()?;
        let numbers = names.iter().filter_map(|name| names::segment_number(name));
        for number in numbers.filter(|&number| number > self.place.segment) {
            let head = self.storage.copy(&names::segment(number), 0, BATCHES_AT as usize)?;
            let Ok((opening, crc)) = Opening::read(&head, number) else { continue };
            if opening.previous == self.place.segment
                && opening.previous_end == self.place.offset
                && opening.previous_crc == self.place.previous_crc
            {
                self.place = Place::first(number, &opening, crc);
                self.read()?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
