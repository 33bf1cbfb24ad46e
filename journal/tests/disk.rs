//! The disk says no: full, a sync that fails, a write that fails. The writer goes on after the
//! first when it is given room (JRN-010), and after the others never.

mod mini;

use std::io::ErrorKind;

use mini::{SEGMENT_BYTES, begun, cells, records};
use ringside_journal::memory::{Fault, MemoryStorage};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, Leaving, Room, WriteError, make_spare};

#[test]
fn a_full_disk_makes_no_spare_and_a_spare_makes_it_go_on() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    storage.set_fault(Fault { bytes_until_full: Some(SEGMENT_BYTES - 1), ..Fault::default() });
    let names = storage.names().expect("names");
    let error = make_spare(&storage, 2, SEGMENT_BYTES).expect_err("the disk is full");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(storage.names().expect("names"), names, "nothing is left of it");

    let mut was_kept = false;
    loop {
        let bytes = cells(writer.written() + 1, 50);
        match writer.append(&records(50, &bytes)) {
            Ok(()) => was_kept |= writer.room() == Room::Kept,
            Err(WriteError::NoSpare) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(was_kept, "room is said to be short before it is gone");
    let written = writer.written();
    assert_eq!(writer.sync().expect("a sync"), written, "what is written is not in danger");
    let small = cells(written + 1, 1);
    writer.append(&records(1, &small)).expect("what is small still fits");

    storage.set_fault(Fault::default());
    writer.offer(make_spare(&storage, 2, SEGMENT_BYTES).expect("there is room again"));
    let bytes = cells(written + 2, 50);
    writer.append(&records(50, &bytes)).expect("it goes on");
    assert_eq!(writer.sync().expect("a sync"), written + 51);
    let chain = Chain::read(&storage.power_cut(|| false), Access::Alone, 0).expect("whole");
    assert_eq!(chain.whole, written + 51);
}

/// A spare that fails in any of its steps leaves nothing, and its number can be used again.
#[test]
fn a_spare_that_fails_is_not_there() {
    let write = Fault { writes_until_failure: Some(0), ..Fault::default() };
    let sync = |count| Fault { syncs_until_failure: Some(count), ..Fault::default() };
    for fault in [write, sync(0), sync(1)] {
        let storage = MemoryStorage::new();
        storage.set_fault(fault);
        make_spare(&storage, 1, SEGMENT_BYTES).expect_err("the disk fails");
        assert_eq!(storage.names().expect("names"), Vec::<String>::new(), "{fault:?}");
        storage.set_fault(Fault::default());
        make_spare(&storage, 1, SEGMENT_BYTES).expect("the disk is well again");
    }
}

#[test]
fn after_a_failed_sync_nothing_is_written_and_nothing_counts() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let bytes = cells(1, 2);
    writer.append(&records(2, &bytes)).expect("a batch");
    assert_eq!(writer.sync().expect("a sync"), 2);
    let bytes = cells(3, 2);
    writer.append(&records(2, &bytes)).expect("a batch");
    storage.set_fault(Fault { syncs_until_failure: Some(0), ..Fault::default() });
    assert!(matches!(writer.sync(), Err(WriteError::Io(_))));
    storage.set_fault(Fault::default());
    assert!(matches!(writer.sync(), Err(WriteError::Stopped)), "another sync would lie");
    let bytes = cells(5, 1);
    assert!(matches!(writer.append(&records(1, &bytes)), Err(WriteError::Stopped)));
    assert!(matches!(writer.mark(3), Err(WriteError::Stopped)));
    assert!(matches!(writer.stop(3), Err(WriteError::Stopped)));
    assert_eq!((writer.durable(), writer.written()), (2, 4));

    // A restart sees what the system still shows, and makes it durable by copying it.
    let restarted = begun(&storage);
    assert_eq!(restarted.durable(), 4);
    let chain = Chain::read(&storage.power_cut(|| false), Access::Alone, 0).expect("whole");
    assert_eq!(chain.whole, 4, "what the system forgot to write was written again");
}

#[test]
fn after_a_failed_write_nothing_is_written_and_nothing_counts() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let bytes = cells(1, 20);
    let fault = Fault { writes_until_failure: Some(1), bytes_of_part: 600, ..Fault::default() };
    storage.set_fault(fault);
    writer.append(&records(20, &bytes)).expect("the first write");
    let bytes = cells(21, 20);
    assert!(matches!(writer.append(&records(20, &bytes)), Err(WriteError::Io(_))));
    storage.set_fault(Fault::default());
    assert!(matches!(writer.append(&records(20, &bytes)), Err(WriteError::Stopped)));
    assert!(matches!(writer.sync(), Err(WriteError::Stopped)));
    assert_eq!((writer.durable(), writer.written()), (0, 20));
    let chain = Chain::read(&storage, Access::Alone, 0).expect("a torn tail");
    assert_eq!((chain.whole, chain.torn.is_some()), (20, true));
}

/// Append, mark, sync: the mark was written before the sync and said nothing of it.
#[test]
fn a_mark_says_what_the_last_header_did_not() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let bytes = cells(1, 1);
    writer.append(&records(1, &bytes)).expect("a batch");
    writer.mark(2).expect("nothing to say");
    writer.sync().expect("a sync");
    writer.mark(2).expect("a mark");
    let place = writer.place();
    writer.mark(2).expect("it is said");
    assert_eq!(writer.place(), place, "what is said is not said again");
    assert_eq!(Chain::read(&storage, Access::Alone, 0).expect("whole").proven, 1);
}

/// A writer that hands over what it leaves counts nothing beyond until it is told.
#[test]
fn what_was_left_unsynced_holds_back_what_is_durable() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.set_leaving(Leaving::HandsOver);
    for number in 2..5 {
        writer.offer(make_spare(&storage, number, SEGMENT_BYTES).expect("a spare"));
    }
    while writer.spares() > 1 {
        let bytes = cells(writer.written() + 1, 100);
        writer.append(&records(100, &bytes)).expect("a batch");
    }
    assert_eq!(writer.sync().expect("a sync"), 0, "two segments wait for their sync");
    let left = writer.take_unsynced();
    assert_eq!(left.len(), 2);
    writer.raise_durable(left[0].last_sequence);
    assert_eq!(writer.sync().expect("a sync"), left[0].last_sequence, "one still waits");
    writer.raise_durable(left[1].last_sequence);
    assert_eq!(writer.sync().expect("a sync"), writer.written());
    writer.stop(3).expect("all is synced");
    assert!(Chain::read(&storage, Access::Alone, 0).expect("whole").is_clean);
}

#[test]
#[should_panic(expected = "what was taken to be synced is synced before a stop")]
fn a_stop_does_not_call_durable_what_somebody_took() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.set_leaving(Leaving::HandsOver);
    writer.offer(make_spare(&storage, 2, SEGMENT_BYTES).expect("a spare"));
    while writer.spares() > 0 {
        let bytes = cells(writer.written() + 1, 100);
        writer.append(&records(100, &bytes)).expect("a batch");
    }
    let _taken = writer.take_unsynced();
    let _ = writer.stop(3);
}
