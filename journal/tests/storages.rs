//! The same operations over real files, mapped files and the double give the same bytes, and the
//! bytes of the format never change unnoticed.

mod mini;

use mini::random::Random;
use mini::{SEGMENT_BYTES, cells, record};
use ringside_journal::file::FileStorage;
use ringside_journal::format::{Author, Durability};
use ringside_journal::memory::MemoryStorage;
use ringside_journal::mmap::MappedStorage;
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::storage::Storage;
use ringside_journal::{
    Access, Chain, ChainError, Checkpoint, Records, Tail, begin, make_spare, names,
};

const AUTHOR: Author = Author {
    durability: Durability::Sync,
    epoch: 3,
    build: *b"the build's hash",
    configuration: *b"the settings' ha",
    boot: *b"this boot's hash",
};

/// A life with rolls, a crash, another life, a clean stop, a snapshot.
fn live(storage: &impl Storage) {
    let mut random = Random::new(1);
    for life in 0..2 {
        let chain = Chain::read(storage, Access::Alone, 0).expect("whole");
        let mut writer = begin(storage, &chain, SEGMENT_BYTES, AUTHOR, life).expect("it begins");
        for spare in 2..4 {
            let number = chain.highest_number + spare;
            writer.offer(make_spare(storage, number, SEGMENT_BYTES).expect("a spare"));
        }
        for at in 0..40 {
            let count = random.pick(&[1, 7, 60]);
            let bytes = cells(writer.written() + 1, count);
            let (before, after) = bytes.split_at(bytes.len() / 3);
            let checkpoint = Checkpoint { sequence: writer.written(), event_hash: random.bits() };
            let batch =
                Records { count: count as u32, parts: [before, after], checkpoint, time_ns: at };
            writer.append(&batch).expect("there are spares");
            if at % 3 == 0 {
                writer.sync().expect("a sync");
            }
        }
        if life == 1 {
            writer.stop(9).expect("a stop");
        }
    }
    let head = SnapshotHead { schema: 1, sequence: 30, ..SnapshotHead::default() };
    snapshots::write(storage, &head, &record(30, 3, 7)).expect("a snapshot");
}

fn files(storage: &impl Storage) -> Vec<(String, Vec<u8>)> {
    let mut names = storage.names().expect("names");
    names.sort();
    let read = |name: String| {
        let bytes = storage.view(&name).expect("it is there").to_vec();
        assert_eq!(storage.length(&name).expect("it is there"), bytes.len() as u64);
        assert_eq!(storage.copy(&name, 0, bytes.len() + 9).expect("it is there"), bytes);
        (name, bytes)
    };
    names.into_iter().map(read).collect()
}

/// What a tail sees from the first segment on.
fn tailed(storage: &impl Storage) -> Vec<u64> {
    let chain = Chain::read(storage, Access::Live, 0).expect("whole");
    let link = &chain.links()[0];
    let place = ringside_journal::segment::Place::first(1, &link.opening, link.opening_crc);
    let mut seen = Vec::new();
    let polled = Tail::from(storage.clone(), place).poll(u64::MAX, |batch| {
        seen.extend(batch.header.first_sequence..=batch.header.last_sequence());
        Ok::<_, ChainError>(())
    });
    polled.expect("it reads");
    seen
}

#[test]
fn every_storage_makes_the_same_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let memory = MemoryStorage::new();
    let file = FileStorage::create(&directory.path().join("file")).expect("a directory");
    let mapped = MappedStorage::create(&directory.path().join("mapped")).expect("a directory");
    live(&memory);
    live(&file);
    live(&mapped);
    let wanted = files(&memory);
    assert!(wanted.len() > 4, "it rolled: {}", wanted.len());
    assert_eq!(files(&file), wanted);
    assert_eq!(files(&mapped), wanted);

    let chain = Chain::read(&memory, Access::Alone, 30).expect("whole");
    assert!(chain.is_clean && chain.torn.is_none());
    let all: Vec<u64> = (1..=chain.whole).collect();
    for seen in [tailed(&memory), tailed(&file), tailed(&mapped)] {
        assert_eq!(seen, all);
    }
    for chain in [Chain::read(&file, Access::Alone, 30), Chain::read(&mapped, Access::Live, 30)] {
        assert_eq!(chain.expect("whole").whole, all.len() as u64);
    }
}

/// A held file stays, in every storage; a free one goes.
fn check_holds(storage: &impl Storage) {
    let name = names::segment(1);
    make_spare(storage, 1, SEGMENT_BYTES).expect("a spare");
    let (one, other) = (storage.hold(&name).expect("held"), storage.hold(&name).expect("held"));
    drop(one);
    assert!(!storage.remove_unheld(&name).expect("it answers"), "somebody holds it");
    drop(other);
    assert!(storage.remove_unheld(&name).expect("it answers"));
    assert!(storage.hold(&name).is_err() && storage.remove_unheld(&name).is_err());
}

#[test]
fn what_is_held_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    check_holds(&MemoryStorage::new());
    check_holds(&FileStorage::at(directory.path()));
    check_holds(&MappedStorage::create(directory.path()).expect("a directory"));
}

/// What is there of a file before the zeros, 16 bytes a line with their offset.
fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, line) in bytes.chunks(16).enumerate().filter(|(_, line)| line.iter().any(|&b| b != 0))
    {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("{:05x}  {}\n", at * 16, digits.join(" "));
    }
    text
}

/// Every field of the format with another value: two segments, a copied batch, a mark, a clean
/// stop.
#[test]
fn the_bytes_are_those_of_format_version_1() {
    let storage = MemoryStorage::new();
    for life in 0..2 {
        let chain = Chain::read(&storage, Access::Alone, 0).expect("whole");
        let mut writer = begin(&storage, &chain, SEGMENT_BYTES, AUTHOR, 77 + life).expect("begun");
        for _ in 0..2 {
            let bytes = cells(writer.written() + 1, 1);
            let checkpoint = Checkpoint { sequence: 5, event_hash: 0x0123_4567_89AB_CDEF };
            let batch = Records { count: 1, parts: [&bytes, &[]], checkpoint, time_ns: 6 };
            writer.append(&batch).expect("there is room");
            if writer.written() == 1 {
                writer.sync().expect("a sync");
                writer.mark(8).expect("a mark");
            }
        }
        if life == 1 {
            writer.stop(9).expect("a stop");
        }
    }
    let head = SnapshotHead {
        schema: 4,
        sequence: 2,
        event_hash: 0xFEDC_BA98,
        time_ns: 6,
        build: AUTHOR.build,
    };
    snapshots::write(&storage, &head, b"the state").expect("a snapshot");
    let found: String = files(&storage)
        .iter()
        .map(|(name, bytes)| format!("{name}, {} bytes\n{}\n", bytes.len(), dump(bytes)))
        .collect();
    let golden = include_str!("golden/version_1.hex");
    assert!(found == golden, "the format has changed without a new version; found:\n{found}");
}
