//! Limits of the format, from both sides, and bytes that no writer ever wrote.

mod mini;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mini::{SEGMENT_BYTES, begun, cells, records};
use proptest::prelude::*;
use ringside_journal::format::{
    Author, BATCH_HEADER_BYTES, BATCH_PAYLOAD_BYTES_MAX, BATCHES_AT, BatchHeader, FormatError,
    Identity, OPENING_AT, Opening, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN,
};
use ringside_journal::memory::MemoryStorage;
use ringside_journal::segment::{Batches, Place, Stop, whole_batches};
use ringside_journal::storage::Storage;
use ringside_journal::{
    Access, Chain, ChainError, Records, Tail, begin, make_spare, names, snapshots,
};

fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

#[test]
fn a_batch_is_at_most_as_long_as_batch_payload_bytes_max() {
    let storage = MemoryStorage::new();
    let chain = Chain::read(&storage, Access::Alone, 0).expect("nothing is there");
    let mut writer = begin(&storage, &chain, 4 << 20, Author::default(), 1).expect("there is room");
    let longest = vec![1; BATCH_PAYLOAD_BYTES_MAX];
    let more = [2; 64];
    let batch = |parts| Records { count: 1, parts, checkpoint: Default::default(), time_ns: 1 };
    writer.append(&batch([&longest, &[]])).expect("it is not too long");
    assert!(panics(|| drop(writer.append(&batch([&longest, &more])))), "one cell too long");
    assert!(panics(|| drop(writer.append(&batch([&more[..63], &[]])))), "no whole cell");
    assert!(panics(|| drop(writer.append(&Records { count: 0, ..batch([&more, &[]]) }))));
    assert_eq!(writer.sync().expect("a sync"), 1);
    assert_eq!(Chain::read(&storage, Access::Alone, 0).expect("whole").whole, 1);
}

#[test]
fn a_batch_fits_the_next_segment_or_the_caller_is_wrong() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.offer(make_spare(&storage, 2, SEGMENT_BYTES).expect("a spare"));
    let cells_max = (SEGMENT_BYTES - BATCHES_AT) / 64 - 1;
    let bytes = cells(1, cells_max + 1);
    assert!(panics(|| drop(writer.append(&records(cells_max + 1, &bytes)))));
    let bytes = cells(1, cells_max);
    writer.append(&records(cells_max, &bytes)).expect("a whole segment");
    assert_eq!(writer.place().offset, SEGMENT_BYTES);
}

#[test]
fn segments_lie_between_segment_bytes_min_and_segment_bytes_max() {
    for (segment_bytes, is_right) in [
        (SEGMENT_BYTES_MIN - 1, false),
        (SEGMENT_BYTES_MIN, true),
        (SEGMENT_BYTES_MAX, true),
        (SEGMENT_BYTES_MAX + 1, false),
    ] {
        let identity = Identity { number: 1, segment_bytes };
        let read = Identity::read(&identity.to_bytes());
        let wanted = if is_right { Ok(identity) } else { Err(FormatError::Field("segment_bytes")) };
        assert_eq!(read, wanted);
        if !is_right {
            let storage = MemoryStorage::new();
            assert!(panics(|| drop(make_spare(&storage, 1, segment_bytes))));
        }
    }
}

#[test]
fn spares_go_on_with_rising_numbers() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.offer(make_spare(&storage, 5, SEGMENT_BYTES).expect("a spare"));
    let lower = make_spare(&storage, 4, SEGMENT_BYTES).expect("a spare");
    assert!(panics(|| writer.offer(lower)));
}

/// A batch with a right checksum in the right place, and another one before it than it says, or
/// other records.
#[test]
fn a_batch_that_does_not_follow_is_none() {
    let first = BatchHeader { first_sequence: 1, count: 1, length: 64, ..BatchHeader::default() };
    let opening = Opening { first_sequence: 1, ..Opening::default() };
    for (second_sequence, previous_crc, stop) in
        [(2, None, Stop::End), (3, None, Stop::Unlinked), (2, Some(7), Stop::Unlinked)]
    {
        let second = BatchHeader { first_sequence: second_sequence, ..first };
        let mut bytes = sealed(1, opening, &[first, second]);
        if let Some(previous_crc) = previous_crc {
            let second = BatchHeader { previous_crc, ..second };
            second.seal(1, BATCHES_AT + 128, &mut bytes[BATCHES_AT as usize + 128..][..128]);
        }
        let (_, crc) = opening.to_bytes(1);
        let mut batches = Batches::new(&bytes, Place::first(1, &opening, crc), 4096);
        let count = batches.by_ref().count();
        assert_eq!(batches.stop(), Some(stop));
        assert_eq!(count, if stop == Stop::End { 2 } else { 1 });
    }
}

/// Everything that reads a directory, whatever is in it.
fn read_all(storage: &MemoryStorage, proof: u64) {
    for access in [Access::Alone, Access::Live] {
        let Ok(chain) = Chain::read(storage, access, proof) else { continue };
        if let Ok(batches) = chain.batches(chain.oldest()) {
            let _ = batches.filter_map(Result::ok).map(|batch| batch.payload.len()).sum::<usize>();
        }
        let _ = ringside_journal::retention::retired(&chain, proof);
        if access == Access::Alone {
            let _ = begin(&storage.kill(), &chain, SEGMENT_BYTES, Author::default(), 1);
        }
    }
    for number in [1, 2] {
        let Ok(bytes) = storage.view(&names::segment(number)) else { continue };
        let _ = whole_batches(&bytes, number, 0).count();
        let Ok((opening, crc)) = Opening::read(&bytes, number) else { continue };
        let mut tail = Tail::from(storage.clone(), Place::first(number, &opening, crc));
        let _ = tail.poll(u64::MAX, |_| Ok::<_, ChainError>(()));
    }
    let _ = snapshots::read(storage, 1);
}

fn with_file(storage: &MemoryStorage, name: &str, bytes: &[u8]) {
    drop(storage.create(name, bytes.len() as u64).expect("it is made"));
    storage.spoil(name, |there| there.copy_from_slice(bytes));
}

/// A segment with right checksums over whatever fields.
fn sealed(number: u64, opening: Opening, headers: &[BatchHeader]) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[..64].copy_from_slice(&Identity { number, segment_bytes: SEGMENT_BYTES }.to_bytes());
    let (opening, crc) = opening.to_bytes(number);
    bytes[OPENING_AT as usize..][..128].copy_from_slice(&opening);
    let (mut at, mut previous_crc) = (BATCHES_AT as usize, crc);
    for header in headers {
        let header = BatchHeader { previous_crc, ..*header };
        let end = at + BATCH_HEADER_BYTES + header.length as usize;
        previous_crc = header.seal(number, at as u64, &mut bytes[at..end]);
        at = end;
    }
    bytes
}

prop_compose! {
    fn number()(kind in 0..6, any in any::<u64>()) -> u64 {
        match kind {
            0 => 0,
            1 => u64::MAX,
            2 => u64::MAX - any % 3,
            3 => any,
            _ => any % 5,
        }
    }
}

prop_compose! {
    fn opening()(
        previous in number(), previous_end in number(), first_sequence in number(),
        durable in number(), void_to in number(), previous_crc in any::<u32>(),
    ) -> Opening {
        let author = Author::default();
        Opening {
            previous,
            previous_end,
            previous_crc,
            first_sequence,
            durable,
            void_to,
            time_ns: 0,
            author,
        }
    }
}

prop_compose! {
    fn header()(
        first_sequence in number(), count in 0_u32..4, cells in 0_u32..4, durable in number(),
        flags in 0_u32..4,
    ) -> BatchHeader {
        let length = 64 * cells;
        BatchHeader { first_sequence, count, length, durable, flags, ..BatchHeader::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn any_bytes_are_an_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        from in 0_usize..1200,
        proof in number(),
    ) {
        // Right heads, so that what comes behind is reached too.
        let whole = sealed(1, Opening { first_sequence: 1, ..Opening::default() }, &[]);
        let mut segment = whole[..from].to_vec();
        segment.extend(&bytes);
        let storage = MemoryStorage::new();
        with_file(&storage, &names::segment(1), &segment);
        with_file(&storage, &names::segment(2), &bytes);
        with_file(&storage, &names::snapshot(1), &bytes);
        read_all(&storage, proof);
    }

    #[test]
    fn any_fields_under_a_right_checksum_are_an_answer(
        openings in [opening(), opening()],
        headers in prop::collection::vec(header(), 0..6),
        proof in number(),
        is_first_right in any::<bool>(),
    ) {
        let storage = MemoryStorage::new();
        let [mut first, second] = openings;
        if is_first_right {
            first = Opening { first_sequence: 1, ..Opening::default() };
        }
        let (before, after) = headers.split_at(headers.len() / 2);
        with_file(&storage, &names::segment(1), &sealed(1, first, before));
        with_file(&storage, &names::segment(2), &sealed(2, second, after));
        read_all(&storage, proof);
    }

    #[test]
    fn a_segment_with_pieces_of_itself_elsewhere_is_an_answer(
        moves in prop::collection::vec((0_usize..6000, 0_usize..6000, 1_usize..700), 1..4),
    ) {
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        for count in [1, 20, 3, 40, 2] {
            let bytes = cells(writer.written() + 1, count);
            writer.append(&records(count, &bytes)).expect("there is room");
            writer.sync().expect("a sync");
        }
        let written = writer.written();
        for (from, to, length) in moves {
            storage.spoil(&names::segment(1), |bytes| bytes.copy_within(from..from + length, to));
        }
        if let Ok(chain) = Chain::read(&storage, Access::Alone, 0) {
            let last = chain.batches(1).expect("all").map(|batch| batch.expect("whole"))
                .inspect(|batch| assert!(mini::records_of(batch).is_ok()))
                .last();
            prop_assert!(last.map_or(0, |batch| batch.header.last_sequence()) <= written);
        }
        read_all(&storage, 0);
    }
}
