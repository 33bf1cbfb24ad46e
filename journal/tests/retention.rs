//! Which segments go, and that nothing goes with them: not a reader's segment, not the proof of
//! what is kept.

mod mini;

use mini::{SEGMENT_BYTES, begun, cells, record};
use ringside_journal::memory::{MemoryFile, MemoryStorage};
use ringside_journal::retention::{retire, retired};
use ringside_journal::segment::Place;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, ChainError, Records, Tail, Writer, make_spare, names};

/// Fills the segment in hand with one record and syncs it; there is a spare to go on in.
fn fill(storage: &MemoryStorage, writer: &mut Writer<MemoryFile>) {
    let left = (SEGMENT_BYTES - writer.place().offset - 64) / 64;
    let bytes = record(writer.written() + 1, left as usize, 5);
    let batch =
        Records { count: 1, parts: [&bytes, &[]], checkpoint: Default::default(), time_ns: 2 };
    writer.append(&batch).expect("it fits");
    writer.sync().expect("a sync");
    let number = writer.place().segment + 1;
    writer.offer(make_spare(storage, number, SEGMENT_BYTES).expect("a spare"));
}

fn append(writer: &mut Writer<MemoryFile>, count: u64) {
    let bytes = cells(writer.written() + 1, count);
    writer.append(&mini::records(count, &bytes)).expect("there is a spare");
}

/// Segments 1 with sequences 1 to 3, 2 with 4 to 6, 3 with 7 to 9, 4 with 10 and 11; 5 is a spare.
fn four() -> (MemoryStorage, Writer<MemoryFile>) {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    for _ in 0..3 {
        append(&mut writer, 2);
        fill(&storage, &mut writer);
    }
    append(&mut writer, 2);
    writer.sync().expect("a sync");
    writer.offer(make_spare(&storage, 5, SEGMENT_BYTES).expect("a spare"));
    (storage, writer)
}

fn read(storage: &MemoryStorage, proof: u64) -> Chain {
    Chain::read(storage, Access::Alone, proof).expect("whole")
}

#[test]
fn segments_go_once_what_follows_them_is_covered_too() {
    let (storage, _writer) = four();
    let chain = read(&storage, 0);
    for (through, wanted) in [
        (0, &[][..]),
        (2, &[]),
        // Sequence 3 is the last of segment 1, but nothing proves yet that segment 2 is opened.
        (3, &[]),
        (4, &[1]),
        (6, &[1]),
        (9, &[1, 2]),
        (10, &[1, 2, 3]),
        (u64::MAX, &[1, 2, 3]),
    ] {
        assert_eq!(retired(&chain, through), wanted, "through {through}");
    }
    assert_eq!(retired(&read(&MemoryStorage::new(), 0), 9), [0; 0], "nothing is there");
}

#[test]
fn void_files_go_with_those_they_lie_between() {
    let storage = MemoryStorage::new();
    // Nothing is written in segments 1 and 2; each next one ties on before them.
    begun(&storage);
    begun(&storage);
    let mut writer = begun(&storage);
    append(&mut writer, 2);
    writer.sync().expect("a sync");
    writer.mark(3).expect("a mark");
    let mut writer = begun(&storage);
    append(&mut writer, 1);
    writer.sync().expect("a sync");
    let chain = read(&storage, 0);
    assert_eq!(retired(&chain, 1), [1, 2], "before the segment of sequence 1");
    assert_eq!(retired(&chain, 3), [1, 2, 3]);
}

#[test]
fn what_is_kept_is_whole_and_says_what_is_gone() {
    let (storage, mut writer) = four();
    assert_eq!(retire(&storage, &retired(&read(&storage, 0), 9)).expect("they go"), 2);
    let after = storage.power_cut(|| false);
    let chain = read(&after, 9);
    assert_eq!((chain.oldest(), chain.whole), (7, 11));
    let error = chain.batches(6).expect_err("it is gone").to_string();
    assert_eq!(error, "sequences 6 to 6 are in no segment that is there");
    assert_eq!(chain.batches(7).expect("they are kept").count(), 3);
    append(&mut writer, 1);
    let mut writer = begun(&after);
    append(&mut writer, 1);
    assert_eq!(writer.sync().expect("it goes on"), 12);
}

#[test]
fn a_segment_that_a_reader_is_in_stays_and_all_behind_it() {
    let (storage, _writer) = four();
    let chain = read(&storage, 0);
    let at = |number: usize| {
        let link = &chain.links()[number - 1];
        Tail::from(storage.clone(), Place::first(link.number, &link.opening, link.opening_crc))
    };
    let visit = |tail: &mut Tail<MemoryStorage>, through| {
        tail.poll(through, |_| Ok::<_, ChainError>(())).expect("it reads")
    };
    let mut tail = at(2);
    visit(&mut tail, 4);
    let numbers = retired(&chain, u64::MAX);
    assert_eq!(retire(&storage, &numbers).expect("one goes"), 1);
    visit(&mut tail, u64::MAX);
    assert_eq!(tail.place().next_sequence, 12, "it read all the rest");
    assert_eq!(retire(&storage, &numbers[1..]).expect("they go"), 2);
    let mut late = at(1);
    let error = late.poll(1, |_| Ok::<_, ChainError>(())).expect_err("it is gone");
    assert!(matches!(error, ChainError::Io(error) if error.kind() == std::io::ErrorKind::NotFound));
}

/// The opening of the next segment is written and not yet on disk. Were the one before taken away
/// now, a power cut would leave nothing.
#[test]
fn the_last_segment_whose_opening_is_on_disk_stays() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&mut writer, 2);
    fill(&storage, &mut writer);
    append(&mut writer, 1);
    let snapshot = writer.durable();
    assert_eq!(snapshot, 3, "all of the first segment");
    let chain = Chain::read(&storage, Access::Live, 0).expect("whole");
    retire(&storage, &retired(&chain, snapshot)).expect("what may go goes");
    assert_eq!(read(&storage.power_cut(|| false), snapshot).whole, 3);
}

/// The power goes between two removals.
#[test]
fn a_power_cut_among_removals_leaves_no_hole() {
    for at in 0..9 {
        for kept in 0..16_u32 {
            let (storage, _writer) = four();
            let numbers = retired(&read(&storage, 0), 10);
            storage.set_fault(ringside_journal::memory::Fault {
                operations_until_crash: Some(at),
                ..Default::default()
            });
            let _ = retire(&storage, &numbers);
            let mut asked = 0;
            let after = storage.power_cut(|| {
                asked += 1;
                kept >> (asked % 4) & 1 == 1
            });
            let chain = read(&after, 10);
            assert_eq!(chain.whole, 11);
            assert_eq!(
                chain.batches(chain.oldest()).expect("all").filter(Result::is_err).count(),
                0
            );
        }
    }
}

#[test]
fn an_index_goes_with_its_segment() {
    let (storage, _writer) = four();
    storage.create(&names::index(1), 64).expect("an index");
    retire(&storage, &retired(&read(&storage, 0), 4)).expect("it goes");
    let names = storage.names().expect("names");
    assert!(!names.contains(&names::index(1)) && !names.contains(&names::segment(1)), "{names:?}");
}
