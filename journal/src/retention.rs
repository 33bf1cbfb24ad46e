//! Which segments may go, and how they go: the oldest first, none left out between, and none that a
//! reader is in. What is kept always begins with a segment whose opening is on disk for sure.

use std::io;

use crate::chain::Chain;
use crate::names;
use crate::snapshots::{self, SnapshotError};
use crate::storage::Storage;

/// So many valid snapshots have to lie behind a segment before it may go.
const SNAPSHOTS: usize = 2;

/// The numbers of the segments that may go, ascending: every record in them, and the first one
/// behind them, is at or below `through`. What `through` is, is for whoever keeps states and
/// events: the lower of [`snapshots_through`] and the last sequence whose events are synced.
///
/// The newest opened segment never goes. Void and unopened files go with those they lie between.
pub fn retired(chain: &Chain, through: u64) -> Vec<u64> {
    let links = chain.links();
    // A record of the first segment that stays is on disk, and so its opening is.
    let stays = links.iter().rfind(|link| link.opening.first_sequence <= through);
    let Some(first_kept) = stays.or(links.first()).map(|link| link.number) else {
        return Vec::new();
    };
    let chained = links.iter().map(|link| link.number);
    let others = chain.void.iter().chain(&chain.unopened).copied();
    let mut numbers: Vec<u64> =
        chained.chain(others).filter(|&number| number < first_kept).collect();
    numbers.sort_unstable();
    numbers
}

/// The sequence of the second newest valid snapshot; 0: there are fewer.
///
/// # Errors
/// What the disk says.
pub fn snapshots_through<S: Storage>(storage: &S) -> io::Result<u64> {
    let mut valid = 0;
    for sequence in snapshots::sequences(storage)? {
        match snapshots::read(storage, sequence) {
            Ok(_) => valid += 1,
            Err(SnapshotError::Invalid(_)) => {}
            Err(SnapshotError::Io(error)) => return Err(error),
        }
        if valid == SNAPSHOTS {
            return Ok(sequence);
        }
    }
    Ok(0)
}

/// Removes these segments with their indexes, in this order, up to the first that a reader holds;
/// says how many. Each is gone for good before the next one goes, so a power cut leaves no hole.
///
/// # Errors
/// What the disk says.
pub fn retire<S: Storage>(storage: &S, numbers: &[u64]) -> io::Result<u64> {
    if numbers.is_empty() {
        return Ok(0);
    }
    // What went before, when the names could not be synced, may not be gone for good.
    storage.sync_names()?;
    let mut count = 0;
    for &number in numbers {
        if !storage.remove_unheld(&names::segment(number))? {
            break;
        }
        storage.sync_names()?;
        remove_index(storage, number)?;
        count += 1;
    }
    Ok(count)
}

fn remove_index<S: Storage>(storage: &S, number: u64) -> io::Result<()> {
    match storage.remove(&names::index(number)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
