//! Snapshots: whole or not there, whatever crashes; and no bit of one turns unnoticed.

mod mini;

use mini::random::Random;
use ringside_journal::memory::{Fault, MemoryStorage};
use ringside_journal::names;
use ringside_journal::retention::snapshots_through;
use ringside_journal::snapshots::{self, SnapshotError, SnapshotHead};
use ringside_journal::storage::Storage;

fn head(sequence: u64) -> SnapshotHead {
    SnapshotHead { schema: 1, sequence, event_hash: 2, time_ns: 3, build: [4; 16] }
}

fn image(sequence: u64) -> Vec<u8> {
    sequence.to_le_bytes().repeat(20)
}

fn write(storage: &MemoryStorage, sequence: u64) -> std::io::Result<()> {
    snapshots::write(storage, &head(sequence), &image(sequence))
}

#[test]
fn a_snapshot_comes_back_as_it_was() {
    let storage = MemoryStorage::new();
    for sequence in [7, 30, 9] {
        write(&storage, sequence).expect("a snapshot");
    }
    assert_eq!(snapshots::sequences(&storage).expect("names"), [30, 9, 7]);
    let read = snapshots::read(&storage, 9).expect("it is whole");
    assert_eq!((read.head, read.image()), (head(9), &image(9)[..]));
    snapshots::remove(&storage, 9).expect("it goes");
    assert_eq!(snapshots::sequences(&storage).expect("names"), [30, 7]);
    assert!(matches!(snapshots::read(&storage, 9), Err(SnapshotError::Io(_))));
}

#[test]
fn no_bit_of_a_snapshot_turns_unnoticed_and_none_is_missing() {
    let storage = MemoryStorage::new();
    write(&storage, 5).expect("a snapshot");
    let name = names::snapshot(5);
    let length = storage.length(&name).expect("it is there") as usize;
    for at in 0..length {
        for bit in 0..8 {
            storage.spoil(&name, |bytes| bytes[at] ^= 1 << bit);
            let read = snapshots::read(&storage, 5);
            assert!(matches!(read, Err(SnapshotError::Invalid(_))), "byte {at}, bit {bit}");
            storage.spoil(&name, |bytes| bytes[at] ^= 1 << bit);
        }
        let image = storage.kill();
        image.spoil(&name, |bytes| bytes.truncate(at));
        let read = snapshots::read(&image, 5);
        assert!(matches!(read, Err(SnapshotError::Invalid(_))), "{at} bytes of it");
    }
    snapshots::read(&storage, 5).expect("it is whole again");
    storage.rename(&name, &names::snapshot(6)).expect("it is there");
    let text = snapshots::read(&storage, 6).expect_err("that is not its name").to_string();
    assert_eq!(text, "its name is not that of its sequence");
}

#[test]
fn a_crash_at_any_operation_leaves_it_whole_or_leaves_none() {
    for at in 0..12 {
        for seed in 0..40 {
            let storage = MemoryStorage::new();
            write(&storage, 1).expect("a snapshot");
            let mut random = Random::new(seed);
            let bytes_of_part = random.within(0, 400) as usize;
            storage.set_fault(Fault {
                operations_until_crash: Some(at),
                bytes_of_part,
                ..Fault::default()
            });
            let written = write(&storage, 2);
            let images = [storage.kill(), storage.power_cut(|| random.chance(1, 2))];
            for image in images {
                snapshots::read(&image, 1).expect("the one before stays");
                if written.is_ok() || image.names().expect("names").contains(&names::snapshot(2)) {
                    snapshots::read(&image, 2).expect("what has its name is whole");
                }
                write(&image, 2).expect("what a crash left is not in the way");
                snapshots::read(&image, 2).expect("it is whole");
            }
        }
    }
}

#[test]
fn the_second_newest_that_is_valid_counts() {
    let storage = MemoryStorage::new();
    let through = |storage| snapshots_through(storage).expect("names");
    assert_eq!(through(&storage), 0);
    write(&storage, 10).expect("a snapshot");
    assert_eq!(through(&storage), 0, "one is not enough");
    write(&storage, 20).expect("a snapshot");
    write(&storage, 30).expect("a snapshot");
    assert_eq!(through(&storage), 20);
    storage.spoil(&names::snapshot(20), |bytes| bytes[100] ^= 1);
    assert_eq!(through(&storage), 10, "one that is broken is none");
}
