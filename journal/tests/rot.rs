//! Damage (JRN-004): a bit that turned, a file that was cut. What was told is there unchanged, or
//! the journal refuses, says where, and what to do; what was never told may end the records early.

mod mini;

use mini::{begun, cells, records, records_of};
use ringside_journal::format::{BATCHES_AT, FormatError, OPENING_AT};
use ringside_journal::memory::MemoryStorage;
use ringside_journal::segment::Stop;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, ChainError, Records, Writer, make_spare, names};

type Memory = Writer<ringside_journal::memory::MemoryFile>;

/// Appends and syncs one batch; says where it lies.
fn append(writer: &mut Memory, count: u64) -> (u64, u64) {
    let bytes = cells(writer.written() + 1, count);
    writer.append(&records(count, &bytes)).expect("there is room");
    writer.sync().expect("a sync");
    let end = writer.place().offset;
    (end - 64 - bytes.len() as u64, end)
}

fn idle(writer: &mut Memory) {
    writer.mark(3).expect("a mark");
    writer.sync().expect("a sync");
}

/// A batch so long that the next one goes into the next segment.
fn fill(writer: &mut Memory) {
    let left = (mini::SEGMENT_BYTES - writer.place().offset - 64) / 64;
    let (sequence, filler) = (writer.written() + 1, left as usize);
    let bytes = mini::record(sequence, filler, 5);
    let batch =
        Records { count: 1, parts: [&bytes, &[]], checkpoint: Default::default(), time_ns: 2 };
    writer.append(&batch).expect("it fits");
}

fn read(storage: &MemoryStorage) -> Result<Chain, ChainError> {
    Chain::read(storage, Access::Alone, 0)
}

/// Every record of a chain, or why not.
fn all(chain: &Chain) -> Result<Vec<(u64, Vec<u8>)>, ChainError> {
    let mut all = Vec::new();
    for batch in chain.batches(chain.oldest())? {
        let records = records_of(&batch?).expect("a batch that is whole has whole records");
        all.extend(records.into_iter().map(|(sequence, bytes)| (sequence, bytes.to_vec())));
    }
    Ok(all)
}

#[test]
fn the_last_told_batch_is_refused_with_place_and_range() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&mut writer, 3);
    let (from, to) = append(&mut writer, 2);
    idle(&mut writer);
    for at in from..to {
        let image = storage.kill();
        image.spoil(&names::segment(1), |bytes| bytes[at as usize] ^= 0x10);
        let error = read(&image).expect_err("it was told");
        let ChainError::Corrupt { segment: 1, offset, first_sequence: 4, last_sequence: 5, .. } =
            error
        else {
            panic!("offset {at}: {error:?}");
        };
        assert_eq!(offset, from);
        let text = error.to_string();
        let said = "000000000001.segment is corrupt at offset 1280: ";
        assert!(text.starts_with(said), "{text}");
        assert!(text.contains("sequences 4 to 5 were on disk and cannot be read"), "{text}");
        assert!(text.contains("Put a whole copy of that file in its place"), "{text}");
        assert!(text.contains("begin a new directory from the newest snapshot"), "{text}");
    }
}

#[test]
fn a_segment_long_past_is_refused_where_it_is_read() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let (from, _) = append(&mut writer, 4);
    fill(&mut writer);
    writer.offer(make_spare(&storage, 2, mini::SEGMENT_BYTES).expect("a spare"));
    append(&mut writer, 2);
    idle(&mut writer);
    storage.spoil(&names::segment(1), |bytes| bytes[from as usize + 70] ^= 1);
    let chain = read(&storage).expect("what is being written is whole");
    let mut batches = chain.batches(1).expect("they are kept");
    match batches.next() {
        Some(Err(ChainError::Corrupt {
            segment: 1,
            offset: BATCHES_AT,
            first_sequence: 1,
            last_sequence: 5,
            why: Stop::Broken(FormatError::Checksum),
        })) => {}
        other => panic!("{other:?}"),
    }
    assert!(batches.next().is_none(), "nothing follows an error");
    assert_eq!(chain.batches(6).expect("they are kept").count(), 2, "a batch and a mark");
}

#[test]
fn heads_are_refused_where_they_are_broken() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&mut writer, 1);
    make_spare(&storage, 2, mini::SEGMENT_BYTES).expect("a spare");
    for (number, at, refused_at) in [
        (1, 20, Some(0)),
        (1, OPENING_AT + 20, Some(OPENING_AT)),
        (2, 20, None),
        (1, 600, Some(512)),
    ] {
        let image = storage.kill();
        image.spoil(&names::segment(number), |bytes| bytes[at as usize] ^= 1);
        match (read(&image), refused_at) {
            (Err(ChainError::Head { segment, offset, .. }), Some(wanted)) => {
                assert_eq!((segment, offset), (number, wanted));
            }
            (Ok(chain), None) => assert_eq!(chain.whole, 1),
            other => panic!("{number} at {at}: {other:?}"),
        }
    }
    let image = storage.kill();
    image.spoil(&names::segment(1), |bytes| bytes[8] = 2);
    let text = read(&image).expect_err("its checksum").to_string();
    assert!(text.starts_with("the head of 000000000001.segment is corrupt at offset 0"), "{text}");
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let storage = MemoryStorage::new();
    for _ in 0..3 {
        let mut writer = begun(&storage);
        append(&mut writer, 1);
        idle(&mut writer);
    }
    storage.remove(&names::segment(2)).expect("it is there");
    let text = read(&storage).expect_err("one is missing").to_string();
    let said = "000000000002.segment is missing: 000000000003.segment follows it with sequence 3";
    assert!(text.starts_with(said), "{text}");
    let nothing = Chain::read(&MemoryStorage::new(), Access::Alone, 7).expect_err("all is gone");
    assert_eq!(nothing.to_string(), "sequences 1 to 7 are in no segment that is there");
}

/// What the refusal advises where there is no copy.
#[test]
fn a_new_directory_goes_on_after_a_snapshot() {
    let storage = MemoryStorage::new();
    let chain =
        Chain::read(&MemoryStorage::new(), Access::Alone, 0).expect("nothing").starting_after(7);
    let mut writer =
        ringside_journal::begin(&storage, &chain, mini::SEGMENT_BYTES, Default::default(), 1)
            .expect("it begins");
    for (proof, whole) in [(0, 7), (7, 7)] {
        let chain = Chain::read(&storage, Access::Alone, proof).expect("whole");
        assert_eq!((chain.oldest(), chain.whole), (8, whole));
    }
    assert_eq!(append(&mut writer, 2), (BATCHES_AT, BATCHES_AT + 3 * 64));
    let after = storage.power_cut(|| false);
    let mut writer = begun(&after);
    assert_eq!(writer.durable(), 9);
    append(&mut writer, 1);
    let records = all(&read(&after).expect("whole")).expect("whole");
    assert_eq!(records.iter().map(|record| record.0).collect::<Vec<_>>(), [8, 9, 10]);
}

/// Two segments, a few batches, marks; the last batch was never told.
fn small() -> (MemoryStorage, u64) {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&mut writer, 2);
    idle(&mut writer);
    append(&mut writer, 1);
    fill(&mut writer);
    writer.offer(make_spare(&storage, 2, mini::SEGMENT_BYTES).expect("a spare"));
    append(&mut writer, 2);
    append(&mut writer, 1);
    idle(&mut writer);
    let told = writer.durable();
    append(&mut writer, 3);
    (storage, told)
}

/// Holds a damaged image against what was there: the same, a prefix with all that was told, or a
/// refusal.
fn check(image: &MemoryStorage, wanted: &[(u64, Vec<u8>)], told: u64, what: &str) {
    let Ok(found) = read(image).and_then(|chain| all(&chain)) else { return };
    assert!(found.len() as u64 >= told, "{what}: {} records are left", found.len());
    assert_eq!(found, wanted[..found.len()], "{what}");
}

#[test]
fn no_bit_changes_a_record_or_takes_away_one_that_was_told() {
    let (storage, told) = small();
    let wanted = all(&read(&storage).expect("whole")).expect("whole");
    for number in [1, 2] {
        let name = names::segment(number);
        for at in 0..mini::SEGMENT_BYTES as usize {
            // All of what is drawn in the format; of filling and of zeros, some.
            let is_dense = at < 1600 && !(64..512).contains(&at);
            if !is_dense && at % 61 != 0 {
                continue;
            }
            for bit in (0..8).filter(|bit| is_dense || at % 8 == *bit) {
                storage.spoil(&name, |bytes| bytes[at] ^= 1 << bit);
                check(&storage, &wanted, told, &format!("{name}, byte {at}, bit {bit}"));
                storage.spoil(&name, |bytes| bytes[at] ^= 1 << bit);
            }
        }
    }
    check(&storage, &wanted, wanted.len() as u64, "in the end as in the beginning");
}

/// Ways to damage what lies from a byte on.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Truncate,
    Zeros,
    Garbage,
    HoleOfZeros,
    HoleOfGarbage,
}

impl Damage {
    const ALL: [Self; 5] =
        [Self::Truncate, Self::Zeros, Self::Garbage, Self::HoleOfZeros, Self::HoleOfGarbage];

    fn put_into(self, bytes: &mut Vec<u8>, at: usize) {
        let hole = at..bytes.len().min(at + 64);
        match self {
            Self::Truncate => bytes.truncate(at),
            Self::Zeros => bytes[at..].fill(0),
            Self::Garbage => bytes[at..].fill(0xA5),
            Self::HoleOfZeros => bytes[hole].fill(0),
            Self::HoleOfGarbage => bytes[hole].fill(0xA5),
        }
    }
}

/// Where a batch lies, its last sequence, and what it says is durable.
struct Laid {
    from: usize,
    to: usize,
    last_sequence: u64,
    durable: u64,
}

fn laid_out(storage: &MemoryStorage) -> Vec<Laid> {
    let chain = read(storage).expect("whole");
    let laid = chain.batches(1).expect("all").map(|batch| {
        let batch = batch.expect("whole");
        Laid {
            from: batch.offset as usize,
            to: batch.end() as usize,
            last_sequence: batch.header.last_sequence(),
            durable: batch.header.durable,
        }
    });
    laid.collect()
}

#[test]
fn wherever_the_end_is_damaged_the_rest_is_refused_if_and_only_if_it_was_told() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&mut writer, 1);
    append(&mut writer, 2);
    idle(&mut writer);
    append(&mut writer, 1);
    append(&mut writer, 2);
    let laid = laid_out(&storage);
    let name = names::segment(1);
    let before = storage.view(&name).expect("it is there");
    for damage in Damage::ALL {
        for at in BATCHES_AT as usize..laid.last().expect("batches").to + 65 {
            let image = storage.kill();
            image.spoil(&name, |bytes| damage.put_into(bytes, at));
            let after = image.view(&name).expect("it is there");
            let is_same =
                |batch: &&Laid| after.get(batch.from..batch.to) == before.get(batch.from..batch.to);
            let whole = laid.iter().take_while(is_same).last().map_or(0, |b| b.last_sequence);
            let proven = laid.iter().filter(is_same).map(|b| b.durable).max().unwrap_or(0);
            match read(&image) {
                Ok(chain) => {
                    assert_eq!(chain.whole, whole, "{damage:?} from byte {at}");
                    assert!(whole >= proven, "{damage:?} from byte {at}: it was told");
                }
                Err(error) => assert!(whole < proven, "{damage:?} from byte {at}: {error}"),
            }
        }
    }
}
