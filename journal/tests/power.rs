//! Crashes of every kind, on a disk that forgets what was not synced (JRN-001, JRN-003): nothing
//! that was told is ever lost, nothing appears that was not written, nothing is there twice.
//!
//! ```text
//! cargo test -p ringside-journal --test power                      2,000 seeds a suite
//! RINGSIDE_SCALE=50 cargo test -p ringside-journal --test power    50 times as many
//! RINGSIDE_SEED=9000 …                                             others
//! RINGSIDE_ONE_SEED=17 …                                           that one alone
//! ```

mod mini;

use mini::random::for_each_seed;
use mini::venue::{Flaw, Venue};
use mini::{SEGMENT_BYTES, begun, cells, records};
use ringside_journal::memory::{Fault, MemoryStorage};
use ringside_journal::storage::{Storage, StorageFile};
use ringside_journal::{Access, Author, Chain, Durability, Leaving, begin, make_spare, names};

fn run(seed: u64, durability: Durability, flaw: Flaw) -> Result<(), String> {
    Venue::new(seed, durability, flaw).live_and_die()
}

#[test]
fn what_was_told_is_never_lost_in_sync() {
    for_each_seed(2000, |seed| run(seed, Durability::Sync, Flaw::None));
}

#[test]
fn a_kill_loses_nothing_in_async_and_a_power_cut_only_what_was_not_on_disk() {
    for_each_seed(2000, |seed| run(seed, Durability::Async, Flaw::None));
}

/// The simulation is worth nothing if it cannot find what is wrong.
#[test]
fn every_flaw_is_found() {
    let flaws = [
        (Durability::Sync, Flaw::TellsOnAppend),
        (Durability::Sync, Flaw::SyncsLie),
        (Durability::Sync, Flaw::NeverMarks),
        (Durability::Sync, Flaw::TellsBeforeRecovery),
        (Durability::Async, Flaw::SyncsLie),
        (Durability::Async, Flaw::RaisesUnsynced),
    ];
    for (durability, flaw) in flaws {
        let found = (1..=1000).find_map(|seed| run(seed, durability, flaw).err());
        assert!(found.is_some(), "1,000 seeds do not find {flaw:?} in {}", durability.word());
    }
}

/// Dies at each operation of a life, one after the other: in recovery, in work, in the stop.
#[test]
fn every_operation_may_be_the_last() {
    for_each_seed(12, |seed| {
        for durability in [Durability::Sync, Durability::Async] {
            for at in 0.. {
                let mut venue = Venue::new(seed, durability, Flaw::None);
                venue.live(Fault::default())?;
                let fault = Fault { operations_until_crash: Some(at), ..Fault::default() };
                venue.live(Fault { bytes_of_part: 512 * at as usize, ..fault })?;
                let is_over = venue.operations <= at;
                for _ in 0..2 {
                    venue
                        .live(Fault { operations_until_crash: Some(at % 9), ..Fault::default() })?;
                }
                venue.read()?;
                if is_over {
                    break;
                }
            }
        }
        Ok(())
    });
}

/// Three segments, none of them synced when it was left; of the second, the opening never reached
/// the disk, and of the third, everything. What was synced before is there, whatever crashes next.
#[test]
fn a_segment_whose_opening_was_lost_voids_what_follows_it() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.set_leaving(Leaving::HandsOver);
    for number in 2..4 {
        writer.offer(make_spare(&storage, number, SEGMENT_BYTES).expect("a spare"));
    }
    let told = cells(1, 5);
    writer.append(&records(5, &told)).expect("a batch");
    assert_eq!(writer.sync().expect("a sync"), 5);
    while writer.place().segment < 3 {
        let bytes = cells(writer.written() + 1, 300);
        writer.append(&records(300, &bytes)).expect("there are spares");
    }
    storage.open(&names::segment(3)).and_then(|mut third| third.sync()).expect("a sync");
    let lost = storage.power_cut(|| false);
    let chain = Chain::read(&lost, Access::Alone, 0).expect("nothing that was told is gone");
    let torn = chain.torn.expect("something is void");
    assert_eq!((chain.whole, torn.segment, chain.void), (5, 2, vec![3]));
    for at in 0..12 {
        for is_kept in [false, true] {
            let storage = lost.kill();
            let chain = Chain::read(&storage, Access::Alone, 0).expect("as before");
            let fault = Fault { operations_until_crash: Some(at), ..Fault::default() };
            storage.set_fault(fault);
            let _ = begin(&storage, &chain, SEGMENT_BYTES, Author::default(), 1);
            for after in [storage.kill(), storage.power_cut(|| is_kept)] {
                assert_eq!(begun(&after).durable(), 5, "a crash at operation {at} of recovery");
            }
        }
    }
}
