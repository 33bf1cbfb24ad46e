//! A venue in miniature: it writes records, tells the world of them when the journal says it may,
//! and dies in every way there is. [`Truth`] knows what was written and told, and holds every chain
//! that is read afterwards against it.

#![allow(dead_code, reason = "each suite uses a part of it")]

pub(crate) mod random;
pub(crate) mod truth;
pub(crate) mod venue;

use ringside_journal::memory::MemoryStorage;
use ringside_journal::segment::Batch;
use ringside_journal::{Access, Author, Chain, Records, Writer, begin};

/// Small, so that a run goes through many.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 10;

/// Takes the records out of a batch's payload: each begins with its sequence and its length.
pub(crate) fn records_of<'a>(batch: &Batch<'a>) -> Result<Vec<(u64, &'a [u8])>, String> {
    let mut rest = batch.payload;
    let mut records = Vec::new();
    while !rest.is_empty() {
        let sequence = u64::from_le_bytes(rest[..8].try_into().expect("eight bytes"));
        let length = u32::from_le_bytes(rest[8..12].try_into().expect("four bytes")) as usize;
        if length == 0 || length > rest.len() {
            return Err(format!("record {sequence} has {length} bytes of {}", rest.len()));
        }
        records.push((sequence, &rest[..length]));
        rest = &rest[length..];
    }
    let wanted = batch.header.first_sequence..batch.header.first_sequence + records.len() as u64;
    if records.len() != batch.header.count as usize
        || !records.iter().map(|record| record.0).eq(wanted)
    {
        return Err(format!("the batch {:?} has other records than it says", batch.header));
    }
    Ok(records)
}

/// A record of `cells` times 64 bytes.
pub(crate) fn record(sequence: u64, cells: usize, filling: u64) -> Vec<u8> {
    let mut bytes = filling.to_le_bytes().repeat(8 * cells);
    bytes[..8].copy_from_slice(&sequence.to_le_bytes());
    bytes[8..12].copy_from_slice(&(64 * cells as u32).to_le_bytes());
    bytes
}

/// A journal in memory that has begun.
pub(crate) fn begun(storage: &MemoryStorage) -> Writer<ringside_journal::memory::MemoryFile> {
    let chain = Chain::read(storage, Access::Alone, 0).expect("a whole journal");
    begin(storage, &chain, SEGMENT_BYTES, Author::default(), 1).expect("it begins")
}

/// So that no byte of a record is taken for one that was never written.
const NEVER_ZERO: u64 = 0x8080_8080_8080_8080;

/// A batch of records of one cell each, from `first` on.
pub(crate) fn cells(first: u64, count: u64) -> Vec<u8> {
    (first..first + count)
        .flat_map(|sequence| record(sequence, 1, (sequence * 7) | NEVER_ZERO))
        .collect()
}

/// Those bytes, ready to be appended.
pub(crate) fn records(count: u64, bytes: &[u8]) -> Records<'_> {
    Records { count: count as u32, parts: [bytes, &[]], checkpoint: Default::default(), time_ns: 2 }
}
