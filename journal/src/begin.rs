//! How a process begins to write: in a segment of its own, behind everything that is whole. What is
//! whole but not proven to be on disk is copied there first and synced before the segment is
//! opened, so that from then on it is proven; what is torn is void. No file that was there is
//! changed.

use std::io;

use crate::chain::{Chain, ChainError};
use crate::format::{
    Author, BATCH_HEADER_BYTES, BATCHES_AT, BatchHeader, Identity, OPENING_AT, Opening,
};
use crate::names;
use crate::segment::{Batch, Place};
use crate::storage::{Storage, StorageFile};
use crate::writer::{Spare, Writer};

/// Beyond what is copied, a first segment has at least this much room.
const ROOM_BYTES: u64 = 32 << 10;

/// Makes a spare segment: zeros on disk, an identity, a name that lasts.
///
/// # Errors
/// What the disk says, `StorageFull` among it; then there is no such file.
pub fn make_spare<S: Storage>(
    storage: &S,
    number: u64,
    segment_bytes: u64,
) -> io::Result<Spare<S::File>> {
    let identity = Identity { number, segment_bytes };
    let name = names::segment(number);
    let mut file = storage.create(&name, segment_bytes)?;
    file.write_at(0, &identity.to_bytes())?;
    file.sync()?;
    storage.sync_names()?;
    Ok(Spare { identity, file })
}

/// Begins to write behind `chain`. When this returns, everything in the chain is on disk, and so is
/// the opening of the new segment.
///
/// # Errors
/// What the disk says; then nothing has begun, and trying again is right.
pub fn begin<S: Storage>(
    storage: &S,
    chain: &Chain,
    segment_bytes: u64,
    author: Author,
    time_ns: u64,
) -> Result<Writer<S::File>, ChainError> {
    let copied = unproven(chain)?;
    clear_unopened(storage, chain)?;
    let needed: u64 = copied.iter().map(|batch| batch.header.bytes()).sum();
    let bytes = segment_bytes.max((needed + BATCHES_AT + ROOM_BYTES).next_multiple_of(4096));
    let Spare { identity, mut file } = make_spare(storage, chain.highest_number + 1, bytes)?;
    let opening = opening(chain, author, time_ns);
    let (opening_bytes, crc) = opening.to_bytes(identity.number);

    let mut place = Place::first(identity.number, &opening, crc);
    for batch in &copied {
        // Until the segment is opened, a copy proves nothing.
        place = copy(&mut file, batch, place, chain.proven, author.epoch)?;
    }
    file.sync()?;
    file.write_at(OPENING_AT, &opening_bytes)?;
    file.sync()?;
    Ok(Writer::resume(file, identity, place, author, chain.whole))
}

/// The batches that are whole and not proven to be on disk.
fn unproven(chain: &Chain) -> Result<Vec<Batch<'_>>, ChainError> {
    let batches = chain.batches(chain.proven.max(chain.oldest().saturating_sub(1)) + 1)?;
    let mut copied = batches.collect::<Result<Vec<_>, _>>()?;
    copied.retain(|batch| batch.header.count > 0);
    Ok(copied)
}

fn opening(chain: &Chain, author: Author, time_ns: u64) -> Opening {
    let cut = chain.proven_end();
    Opening {
        previous: cut.map_or(0, |place| place.segment),
        previous_end: cut.map_or(0, |place| place.offset),
        previous_crc: cut.map_or(0, |place| place.previous_crc),
        first_sequence: chain.proven + 1,
        durable: chain.whole,
        void_to: chain.void_to(),
        time_ns,
        author,
    }
}

/// Takes away what never held a record that was told: spares, and segments whose opening never
/// came.
fn clear_unopened<S: Storage>(storage: &S, chain: &Chain) -> io::Result<()> {
    for &number in &chain.unopened {
        storage.remove(&names::segment(number))?;
    }
    storage.sync_names()
}

fn copy(
    file: &mut impl StorageFile,
    batch: &Batch<'_>,
    place: Place,
    durable: u64,
    epoch: u32,
) -> io::Result<Place> {
    let header = BatchHeader { previous_crc: place.previous_crc, durable, epoch, ..batch.header };
    let mut bytes = vec![0; BATCH_HEADER_BYTES];
    bytes.extend_from_slice(batch.payload);
    let crc = header.seal(place.segment, place.offset, &mut bytes);
    file.write_at(place.offset, &bytes)?;
    Ok(Place {
        offset: place.offset + header.bytes(),
        previous_crc: crc,
        next_sequence: header.last_sequence() + 1,
        ..place
    })
}
