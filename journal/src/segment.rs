//! One segment, read: batch after batch as long as each follows from the one before, and a search
//! for what is still whole behind a break. Pure: bytes in, batches out.

use crate::format::{ALIGNMENT, BATCHES_AT, BatchHeader, FormatError, Opening};

/// One group commit, where it lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch<'a> {
    /// The segment's number.
    pub segment: u64,
    /// Offset of the header.
    pub offset: u64,
    /// The header.
    pub header: BatchHeader,
    /// The checksum of header and payload.
    pub crc: u32,
    /// The records.
    pub payload: &'a [u8],
}

impl Batch<'_> {
    /// Offset of what comes after it.
    pub const fn end(&self) -> u64 {
        self.offset + self.header.bytes()
    }
}

/// Where reading stands within a chain of batches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The segment's number.
    pub segment: u64,
    /// Offset of the next batch.
    pub offset: u64,
    /// The checksum that the next batch must name.
    pub previous_crc: u32,
    /// The sequence of the next record.
    pub next_sequence: u64,
}

impl Place {
    /// The first batch of a segment.
    pub const fn first(segment: u64, opening: &Opening, opening_crc: u32) -> Self {
        Self {
            segment,
            offset: BATCHES_AT,
            previous_crc: opening_crc,
            next_sequence: opening.first_sequence,
        }
    }

    /// After this batch.
    pub const fn after(batch: &Batch<'_>) -> Self {
        Self {
            segment: batch.segment,
            offset: batch.end(),
            previous_crc: batch.crc,
            next_sequence: batch.header.last_sequence() + 1,
        }
    }
}

/// Why no further batch follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Nothing was ever written from here on, or the segment is full.
    End,
    /// What is here is no batch.
    Broken(FormatError),
    /// There is a batch, but not the one that follows.
    Unlinked,
}

impl core::fmt::Display for Stop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::End => f.write_str("the segment ends there"),
            Self::Broken(error) => error.fmt(f),
            Self::Unlinked => f.write_str("the batch there does not follow from the one before"),
        }
    }
}

/// Reads the batch at `place`, if it is the one that follows. `segment` holds the file from
/// `base` on.
///
/// # Errors
/// The [`Stop`] where none follows.
pub fn follow(segment: &[u8], base: u64, place: Place) -> Result<Batch<'_>, Stop> {
    let read = BatchHeader::read_within(segment, base, place.segment, place.offset);
    let (header, crc, payload) = match read {
        Ok(read) => read,
        Err(FormatError::Zero) => return Err(Stop::End),
        Err(error) => return Err(Stop::Broken(error)),
    };
    let batch = Batch { segment: place.segment, offset: place.offset, header, crc, payload };
    let follows =
        header.previous_crc == place.previous_crc && header.first_sequence == place.next_sequence;
    if follows { Ok(batch) } else { Err(Stop::Unlinked) }
}

/// The batches of a segment from a place on; stops where none follows and then says why.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    segment: &'a [u8],
    place: Place,
    end: u64,
    stop: Option<Stop>,
}

impl<'a> Batches<'a> {
    /// Of a whole segment, from `place` up to offset `end` (its length, or where it was cut).
    pub fn new(segment: &'a [u8], place: Place, end: u64) -> Self {
        Self { segment, place, end: end.min(segment.len() as u64), stop: None }
    }

    /// Where reading stands.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Why it stopped; none while it goes on.
    pub const fn stop(&self) -> Option<Stop> {
        self.stop
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Batch<'a>;

    fn next(&mut self) -> Option<Batch<'a>> {
        if self.stop.is_some() {
            return None;
        }
        if self.place.offset >= self.end {
            self.stop = Some(Stop::End);
            return None;
        }
        match follow(&self.segment[..self.end as usize], 0, self.place) {
            Ok(batch) => {
                self.place = Place::after(&batch);
                Some(batch)
            }
            Err(stop) => {
                self.stop = Some(stop);
                None
            }
        }
    }
}

/// Every whole batch from `offset` on, wherever it begins and whatever lies between: what a break
/// hides, for proofs of durability and for people who look at damaged files.
pub fn whole_batches(segment: &[u8], number: u64, offset: u64) -> impl Iterator<Item = Batch<'_>> {
    let mut at = offset.max(BATCHES_AT).next_multiple_of(ALIGNMENT);
    core::iter::from_fn(move || {
        while at < segment.len() as u64 {
            if let Ok((header, crc, payload)) = BatchHeader::read(segment, number, at) {
                let batch = Batch { segment: number, offset: at, header, crc, payload };
                at = batch.end();
                return Some(batch);
            }
            at += ALIGNMENT;
        }
        None
    })
}

/// The highest sequence that any whole batch from `offset` on proves to be on disk; 0: none.
pub fn durable_beyond(segment: &[u8], number: u64, offset: u64) -> u64 {
    whole_batches(segment, number, offset).map(|batch| batch.header.durable).max().unwrap_or(0)
}
