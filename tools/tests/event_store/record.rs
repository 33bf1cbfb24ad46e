//! What is written is what was said, and what is looked up is what a scan finds.

use ringside_journal::memory::{Fault, MemoryStorage};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, make_spare, names};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::random::Random;
use ringside_tools::venue::events::*;

use crate::kit::*;

#[test]
fn what_is_written_is_what_was_said() {
    for (seed, commands) in flows(3, 800) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        let reader = writer.reader();
        append_all(&mut writer, &said, &mut random);
        assert_eq!(all(&reader), said, "seed {seed}, while it is written");
        let last = said.last().unwrap().0.sequence;
        let complete = Complete { ordinal: said.len() as u64, command: last };
        assert_eq!(writer.sync().unwrap(), complete);
        writer.stop().unwrap();

        let store = opened(&storage);
        assert!(storage.names().unwrap().len() > 3, "several segments");
        assert_eq!((store.complete(), store.oldest()), (complete, 1), "seed {seed}");
        assert_eq!(all(&store.reader()), said, "seed {seed}");
        for _ in 0..20 {
            let from = random.within(1, said.len() as u64 + 1);
            let rest = numbered(store.reader().from_ordinal(from).unwrap(), from);
            assert_eq!(rest, said[from as usize - 1..], "seed {seed}, from {from}");
        }
    }
}

/// JRN-007, X-GWY-002: whatever number a client has last seen, it gets all that came after, from a
/// venue that runs, one that was started again, and one that another process looks at.
#[test]
fn lookups_find_what_a_scan_finds() {
    for (seed, commands) in flows(3, 800) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        append_all(&mut writer, &said, &mut random);
        check_lookups(&writer.reader(), &said, &mut random);
        let live = EventStore::open(storage.clone(), Access::Live).unwrap();
        check_lookups(&live.reader(), &said, &mut random);
        writer.keep_house();
        check_lookups(&writer.reader(), &said, &mut random);

        check_lookups(&opened(&storage.kill()).reader(), &said, &mut random);
        let again = begun(&storage.kill());
        check_lookups(&again.reader(), &said, &mut random);
    }
}

#[test]
fn batches_end_with_commands_and_checkpoints_say_so() {
    for (seed, commands) in flows(3, 500) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let storage = MemoryStorage::new();
        append_all(&mut begun(&storage), &said, &mut random);
        let chain = chain(&storage);
        let mut ended = 0;
        for batch in chain.batches(1).unwrap().map(Result::unwrap) {
            if batch.header.count == 0 {
                continue;
            }
            let last = said[batch.header.last_sequence() as usize - 1].0.sequence.0;
            let next = said.get(batch.header.last_sequence() as usize);
            let complete = batch.header.checkpoint.sequence;
            if next.is_none_or(|(next, _)| next.sequence.0 > last) {
                assert_eq!(complete, last, "seed {seed}");
                ended += 1;
            } else {
                assert_eq!(complete, last - 1, "seed {seed}");
            }
        }
        assert!(ended > 10, "{ended} batches");
    }
}

/// What was synced survives whatever else is lost.
#[test]
fn a_sync_says_how_far_events_are_on_disk() {
    for (seed, commands) in flows(3, 600) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        let half = said.len() / 2;
        append_to(&mut writer, &said, half, &mut random);
        let synced = writer.sync().unwrap();
        assert_eq!(synced, writer.written());
        assert_eq!(synced.ordinal, half as u64);
        assert_eq!(synced.command, complete_at(&said, half));

        let after = opened(&storage.power_cut(|| false));
        let whole = said.iter().take_while(|(header, _)| header.sequence <= synced.command);
        assert_eq!(all(&after.reader()), whole.copied().collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn silent_commands_count_as_complete() {
    let mut writer = begun(&MemoryStorage::new());
    assert_eq!(writer.written(), Complete::default());
    writer.append(&[], Sequence(7)).unwrap();
    assert_eq!(writer.sync().unwrap(), Complete { ordinal: 0, command: Sequence(7) });
}

#[test]
fn an_event_may_take_several_slots() {
    let header = |sequence, index| EventHeader {
        sequence: Sequence(sequence),
        time: Timestamp(sequence),
        index,
        reserved: 0,
    };
    let amended = |letters: usize, number| {
        Event::Amended(Amended {
            account: AccountId(1),
            instrument: InstrumentId(2),
            order: OrderId(3),
            price: 4,
            quantity: 5,
            cumulative: 0,
            leaves: 5,
            held: Amount::new(0),
            priority: Priority::Kept,
            side: Side::Buy,
            reserved: [0; 2],
            taken_off: 0,
            report: Report { stream: StreamId(7), number, user_ref: 0 },
            new_id: flow::name(&"n".repeat(letters)),
            reserved_2: [0; 4],
        })
    };
    let said: Said = (1..=2000)
        .map(|n| (header(n, 0), amended(if n % 3 == 0 { 36 } else { 1 }, n as u32)))
        .collect();
    assert!(slots_of(&said, 0, said.len()).len() > said.len());
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.append(&slots_of(&said, 0, said.len()), Sequence(2000)).unwrap();
    for reader in [writer.reader(), opened(&storage.kill()).reader()] {
        assert_eq!(all(&reader), said);
        let (stream, session) = (StreamId(7), SessionNumber::FIRST);
        let told = looked_up(reader.stream(stream, session, 990).unwrap());
        assert_eq!(told, scanned_stream(&said, stream, session, 990));
        assert_eq!(told.len(), 1010);
    }
}

#[test]
fn what_does_not_follow_is_refused() {
    let said = said(&flow::commands(Shape::NARROW, 2, 100).0);
    let mut writer = begun(&MemoryStorage::new());
    let first = said.iter().position(|(header, _)| header.index == 1).unwrap() - 1;
    let through = Sequence(said[first].0.sequence.0 - 1);
    writer.append(&slots_of(&said, 0, first), through).unwrap();
    let last = writer.written();
    let mut refused = |slots: &[Slot]| writer.append(slots, through).unwrap_err().to_string();
    let mut strange = slots_of(&said, first, first + 1);
    assert!(refused(&slots_of(&said, first + 1, first + 2)).contains("does not follow"));
    assert!(refused(&slots_of(&said, first - 1, first)).contains("does not follow"), "again");
    let mut unmarked = slots_of(&said, first, said.len());
    unmarked.iter_mut().for_each(|slot| slot[22] = 0);
    assert!(refused(&unmarked).contains("does not follow"), "nobody said its command was over");
    assert!(refused(&[[0; SLOT_BYTES]]).contains("never takes 0 slots"));
    strange[0][20] = 200;
    assert!(refused(&strange).contains("no record has the number 200"));
    strange[0][21] = 9;
    assert!(refused(&strange).contains("goes on beyond"));
    assert_eq!(writer.written(), last, "nothing was written");
    writer.append(&slots_of(&said, first, said.len()), said.last().unwrap().0.sequence).unwrap();
    assert_eq!(all(&writer.reader()), said);
}

/// JRN-010: on a full disk nothing of the batch is written, and it goes on when there is room.
#[test]
fn a_full_disk_is_an_answer() {
    let said = said(&flow::commands(Shape::NARROW, 4, 1500).0);
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let slots = slots_of(&said, 0, said.len());
    let (mut rest, through) = (&slots[..], said.last().unwrap().0.sequence);
    storage.set_fault(Fault { bytes_until_full: Some(0), ..Fault::default() });
    let mut answers = 0;
    while !rest.is_empty() {
        match writer.append_batch(&rest[..rest.len().min(40)], Sequence(0)) {
            Ok(written) => rest = &rest[written..],
            Err(EventsError::Io(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
                answers += 1;
                let room = SETTINGS.segment_bytes;
                storage.set_fault(Fault { bytes_until_full: Some(room), ..Fault::default() });
            }
            Err(other) => panic!("{other}"),
        }
    }
    writer.append(&[], through).unwrap();
    assert!(answers > 2, "{answers} times");
    assert_eq!(all(&writer.reader()), said);
}

#[test]
fn spares_come_from_elsewhere_or_are_made_in_need() {
    let said = said(&flow::commands(Shape::NARROW, 5, 900).0);
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let half = said.len() / 2;
    let (number, bytes) = writer.spare_wanted().unwrap();
    assert_eq!(writer.spare_wanted(), None, "asked for once");
    writer.offer(make_spare(&storage, number, bytes).unwrap()).unwrap();
    assert_eq!(writer.spare_wanted(), None, "one is there");
    append_to(&mut writer, &said, half, &mut Random::new(1));

    let (late, bytes) = writer.spare_wanted().unwrap();
    let late_spare = make_spare(&storage, late, bytes).unwrap();
    append_all(&mut writer, &said, &mut Random::new(1));
    writer.offer(late_spare).unwrap();
    assert!(!storage.names().unwrap().contains(&names::segment(late)), "too late, and gone");
    writer.stop().unwrap();
    assert_eq!(all(&opened(&storage).reader()), said);
}
