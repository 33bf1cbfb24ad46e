//! A chain that is cut ends earlier from then on, whatever was proven to be behind the cut, and a
//! journal can start after a sequence whose records are elsewhere.

use ringside_journal::memory::MemoryStorage;
use ringside_journal::{Access, Author, Chain, ChainError, Checkpoint, Records, Writer, begin};
use ringside_journal::{make_spare, storage::Storage};

const SEGMENT_BYTES: u64 = 64 << 10;

fn read(storage: &MemoryStorage) -> Chain {
    Chain::read(storage, Access::Alone, 0).unwrap()
}

fn begun(storage: &MemoryStorage, chain: &Chain) -> Writer<<MemoryStorage as Storage>::File> {
    begin(storage, chain, SEGMENT_BYTES, Author::default(), 0).unwrap()
}

/// Batches of three records of 64 bytes each, filled with `byte`.
fn append(writer: &mut Writer<<MemoryStorage as Storage>::File>, batches: usize, byte: u8) {
    let checkpoint = Checkpoint::default();
    let payload = [byte; 192];
    for _ in 0..batches {
        let parts: [&[u8]; 2] = [&payload, &[]];
        writer.append(&Records { count: 3, parts, checkpoint, time_ns: 0 }).unwrap();
    }
}

/// First sequence, count and byte of every batch with records.
fn batches(chain: &Chain) -> Vec<(u64, u32, u8)> {
    let all = chain.batches(chain.oldest()).unwrap().map(Result::unwrap);
    let full = all.filter(|batch| batch.header.count > 0);
    full.map(|batch| (batch.header.first_sequence, batch.header.count, batch.payload[0])).collect()
}

/// Two segments opened by restarts and one reached by rolling, everything proven: 45 records.
fn three_segments() -> MemoryStorage {
    let storage = MemoryStorage::new();
    for _ in 0..2 {
        let mut writer = begun(&storage, &read(&storage));
        append(&mut writer, 5, 1);
        writer.stop(0).unwrap();
    }
    let mut writer = begun(&storage, &read(&storage));
    writer.offer(make_spare(&storage, 4, SEGMENT_BYTES).unwrap());
    append(&mut writer, 5, 1);
    writer.stop(0).unwrap();
    storage
}

#[test]
fn a_cut_takes_whole_batches_and_lasts() {
    let cases =
        [(44, 42), (43, 42), (42, 42), (31, 30), (30, 30), (17, 15), (4, 3), (2, 0), (0, 0)];
    for (cut, end) in cases {
        let storage = three_segments();
        let chain = read(&storage).cut_after(cut).unwrap();
        assert_eq!((chain.whole, chain.proven), (end, end), "cut after {cut}");
        assert_eq!(batches(&chain).len() as u64 * 3, end, "cut after {cut}");

        let mut writer = begun(&storage, &chain);
        append(&mut writer, 1, 2);
        writer.stop(0).unwrap();
        for _ in 0..2 {
            // Once read by somebody who goes on, once by somebody who only looks.
            let chain = read(&storage);
            assert_eq!((chain.whole, chain.proven), (end + 3, end + 3), "cut after {cut}");
            let mut expected: Vec<_> = (0..end / 3).map(|at| (at * 3 + 1, 3, 1)).collect();
            expected.push((end + 1, 3, 2));
            assert_eq!(batches(&chain), expected, "cut after {cut}");
            assert_eq!(batches(&Chain::read(&storage, Access::Live, 0).unwrap()), expected);
            begun(&storage, &chain).stop(0).unwrap();
        }
    }
}

#[test]
fn a_cut_may_take_an_earlier_cut_with_it() {
    let storage = three_segments();
    for cut in [40, 33, 20, 31, 10, 0] {
        let chain = read(&storage).cut_after(cut).unwrap();
        let end = chain.whole;
        let mut writer = begun(&storage, &chain);
        append(&mut writer, 2, 2);
        writer.stop(0).unwrap();
        assert_eq!(read(&storage).whole, end + 6, "cut after {cut}");
    }
}

#[test]
fn a_cut_lasts_though_nothing_is_written_behind_it() {
    let storage = three_segments();
    drop(begun(&storage, &read(&storage).cut_after(20).unwrap()));
    for _ in 0..3 {
        let chain = read(&storage);
        assert_eq!((chain.whole, batches(&chain).len()), (18, 6));
        drop(begun(&storage, &chain));
    }
}

#[test]
fn what_is_not_proven_is_cut_as_what_is() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage, &read(&storage));
    append(&mut writer, 2, 1);
    writer.sync().unwrap();
    append(&mut writer, 3, 1);
    let chain = read(&storage);
    assert_eq!((chain.proven, chain.whole), (6, 15), "the third batch says that six are on disk");
    let chain = chain.cut_after(12).unwrap();
    assert_eq!((chain.proven, chain.whole), (6, 12));
    begun(&storage, &chain).stop(0).unwrap();
    assert_eq!(batches(&read(&storage)).len(), 4);
}

#[test]
fn a_cut_behind_the_end_changes_nothing_and_one_before_the_start_is_refused() {
    let storage = three_segments();
    let chain = read(&storage).cut_after(45).unwrap();
    assert!(chain.is_clean && chain.whole == 45);

    storage.remove("000000000001.segment").unwrap();
    let chain = read(&storage);
    assert_eq!(chain.oldest(), 16);
    assert!(matches!(
        chain.clone().cut_after(14),
        Err(ChainError::TooOld { wanted: 15, oldest: 16 })
    ));
    assert_eq!(chain.cut_after(15).unwrap().whole, 15);
}

#[test]
fn an_empty_journal_starts_where_it_is_told() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage, &read(&storage).starting_after(1000));
    append(&mut writer, 2, 1);
    assert_eq!(writer.written(), 1006);
    let chain = read(&storage);
    assert_eq!((chain.oldest(), chain.whole), (1001, 1006));
    begun(&storage, &chain).stop(0).unwrap();
    assert_eq!(batches(&read(&storage)), [(1001, 3, 1), (1004, 3, 1)]);
}
