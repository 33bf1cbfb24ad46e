//! How a process begins to write: in a segment of its own, behind everything that is whole. What is
//! whole but not proven to be on disk where it lies is copied there first and synced before the
//! segment is opened, so that from then on it is proven; what is torn is void. No file that was
//! there is changed, and none that another may follow is taken away.

use std::io;

use crate::chain::{Chain, ChainError};
use crate::format::{
    Author, BATCH_HEADER_BYTES, BATCHES_AT, BatchHeader, Identity, OPENING_AT, Opening,
    SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN,
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
///
/// # Panics
/// When `segment_bytes` is not within [`SEGMENT_BYTES_MIN`] and [`SEGMENT_BYTES_MAX`].
pub fn make_spare<S: Storage>(
    storage: &S,
    number: u64,
    segment_bytes: u64,
) -> io::Result<Spare<S::File>> {
    let sizes = SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX;
    assert!(sizes.contains(&segment_bytes), "a segment has {sizes:?} bytes, not {segment_bytes}");
    let identity = Identity { number, segment_bytes };
    let name = names::segment(number);
    let file = storage.create(&name, segment_bytes)?;
    identify(storage, file, identity).inspect_err(|_| {
        // What is half made would only be in the way; the first trouble is the one to tell.
        let _ = storage.remove(&name);
    })
}

fn identify<S: Storage>(
    storage: &S,
    mut file: S::File,
    identity: Identity,
) -> io::Result<Spare<S::File>> {
    file.write_at(0, &identity.to_bytes())?;
    file.sync()?;
    storage.sync_names()?;
    Ok(Spare { identity, file })
}

/// Begins to write behind `chain`. When this returns, everything in the chain is on disk, and so is
/// the opening of the new segment.
///
/// # Errors
/// What the disk says; then nothing has begun: read the chain again before another try.
///
/// # Panics
/// As [`make_spare`].
pub fn begin<S: Storage>(
    storage: &S,
    chain: &Chain,
    segment_bytes: u64,
    author: Author,
    time_ns: u64,
) -> Result<Writer<S::File>, ChainError> {
    let copied = behind_cut(chain)?;
    clear_spares(storage, chain)?;
    let needed: u64 = copied.iter().map(|batch| batch.header.bytes()).sum();
    let bytes = segment_bytes.max((needed + BATCHES_AT + ROOM_BYTES).next_multiple_of(4096));
    let Spare { identity, mut file } = make_spare(storage, chain.highest_number + 1, bytes)?;
    let opening = opening(chain, author, time_ns);
    let (opening_bytes, crc) = opening.to_bytes(identity.number);

    let mut place = Place::first(identity.number, &opening, crc);
    for batch in &copied {
        // Until the segment is opened, a copy proves nothing of what lies behind the cut.
        place = copy(&mut file, batch, place, opening.first_sequence - 1, author.epoch)?;
    }
    file.sync()?;
    file.write_at(OPENING_AT, &opening_bytes)?;
    file.sync()?;
    Ok(Writer::resume(file, identity, place, author, chain.whole))
}

/// The batches that are whole and not proven to be on disk where they lie.
fn behind_cut(chain: &Chain) -> Result<Vec<Batch<'_>>, ChainError> {
    let batches = chain.batches(chain.cut_sequence())?;
    let mut copied = batches.collect::<Result<Vec<_>, _>>()?;
    copied.retain(|batch| batch.header.count > 0);
    Ok(copied)
}

fn opening(chain: &Chain, author: Author, time_ns: u64) -> Opening {
    let cut = chain.cut();
    let first_sequence = chain.cut_sequence();
    Opening {
        previous: cut.map_or(0, |place| place.segment),
        previous_end: cut.map_or(0, |place| place.offset),
        previous_crc: cut.map_or(0, |place| place.previous_crc),
        first_sequence,
        durable: chain.whole,
        void_to: chain.void_to(),
        time_ns,
        author,
    }
}

/// Takes away what never held a record that was told: spares, and what a crash left of a beginning.
/// All of that is newer than every segment in use; an older file without an opening may be followed
/// by others, and without it they would seem to lack one.
fn clear_spares<S: Storage>(storage: &S, chain: &Chain) -> io::Result<()> {
    let newest = chain.void.iter().copied().chain(chain.links().iter().map(|link| link.number));
    let newest = newest.max().unwrap_or(0);
    for &number in chain.unopened.iter().filter(|&&number| number > newest) {
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
