//! Damaged indexes are made again; a store that is not what the commands give is found out.

use ringside_engine::Engine;
use ringside_journal::index::{self, IndexBuilder};
use ringside_journal::memory::MemoryStorage;
use ringside_journal::segment::Place;
use ringside_journal::snapshots;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, names};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::random::Random;
use ringside_tools::venue::events::*;

use crate::kit::*;

/// An index that is damaged, or gone, or of an earlier state, is made again from its segment.
#[test]
fn an_index_that_is_not_whole_is_made_again() {
    let commands = flow::commands(Shape::NARROW, 3, 1500).0;
    let (said, mut random) = (said(&commands), Random::new(5));
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append_all(&mut writer, &said, &mut random);
    writer.stop().unwrap();
    let all_names = storage.names().unwrap();
    let indexes: Vec<_> =
        all_names.into_iter().filter(|name| names::index_number(name).is_some()).collect();
    assert!(indexes.len() >= 3, "{indexes:?}");
    let whole = storage.copy(&indexes[1], 0, 1 << 20).unwrap();

    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[70] ^= 1,
        |bytes| bytes.truncate(40),
        |bytes| bytes.clear(),
        |bytes| bytes.fill(0),
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let damaged = storage.kill();
        damaged.spoil(&indexes[1], damage);
        let check = || verify(&opened(&damaged), &mut Engine::new(), &chain(&journal(&commands)));
        assert_eq!(check().unwrap().damaged_indexes, 1, "damage {at}");
        let live = EventStore::open(damaged.clone(), Access::Live).unwrap();
        check_lookups(&live.reader(), &said, &mut random);
        let is_whole = || damaged.copy(&indexes[1], 0, 1 << 20).unwrap() == whole;
        assert!(!is_whole(), "who only looks repairs nothing");
        check_lookups(&opened(&damaged).reader(), &said, &mut random);
        assert!(is_whole(), "damage {at}");
        assert_eq!(check().unwrap().damaged_indexes, 0, "damage {at}");
    }
    let gone = storage.kill();
    indexes.iter().for_each(|name| gone.remove(name).unwrap());
    check_lookups(&opened(&gone).reader(), &said, &mut random);
    assert_eq!(gone.copy(&indexes[1], 0, 1 << 20).unwrap(), whole);
}

/// JRN-006: what is not what the commands give is found and named.
#[test]
fn verify_finds_what_is_not_as_it_should_be() {
    let commands = flow::commands(Shape::NARROW.beyond_oracle(), 11, 600).0;
    let (said, journal) = (said(&commands), journal(&commands));
    let written = |said: &Said| {
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        append_all(&mut writer, said, &mut Random::new(1));
        writer.stop().unwrap();
        storage
    };
    let verified =
        |storage: &MemoryStorage| verify(&opened(storage), &mut Engine::new(), &chain(&journal));
    let right = verified(&written(&said)).unwrap();
    assert_eq!((right.events, right.missing), (said.len() as u64, 0));
    assert!(right.indexes >= 2 && right.damaged_indexes == 0, "{right:?}");

    let mut other = said.clone();
    let at = other.iter().rposition(|(_, event)| matches!(event, Event::Trade(_))).unwrap();
    let Event::Trade(trade) = &mut other[at].1 else { panic!("a trade") };
    trade.quantity += 1;
    match verified(&written(&other)) {
        Err(EventsError::Differs { ordinal, .. }) => assert_eq!(ordinal, at as u64 + 1),
        found => panic!("{found:?}"),
    }

    let mut more = said.clone();
    let (mut header, event) = *said.last().unwrap();
    (header.sequence.0, header.index) = (header.sequence.0 + 1, 0);
    more.push((header, event));
    assert!(matches!(verified(&written(&more)), Err(EventsError::Beyond { .. })));

    let half = said[said.len() / 2].0.sequence;
    let fewer = said.iter().take_while(|(header, _)| header.sequence < half).copied().collect();
    let behind = verified(&written(&fewer)).unwrap();
    assert_eq!(behind.events + behind.missing, said.len() as u64);
    assert!(behind.missing > 0);

    let storage = written(&said);
    storage.spoil(&names::segment(1), |bytes| bytes[5000] ^= 1);
    assert!(matches!(verified(&storage), Err(EventsError::Chain(_))));

    // Indexes that are whole: one of another state, one that leaves everything out.
    let storage = written(&said);
    let end = end_of(&chain(&storage), 2);
    let earlier = Place { offset: end.offset - 64, ..end };
    index::write(&storage, 2, &IndexBuilder::default().seal(&earlier)).unwrap();
    assert_eq!(verified(&storage).unwrap().unindexed, right.unindexed + 1);
    index::write(&storage, 2, &IndexBuilder::default().seal(&end)).unwrap();
    assert!(matches!(verified(&storage), Err(EventsError::Index { segment: 2 })));
}

fn end_of(chain: &Chain, segment: u64) -> Place {
    let link = chain.links().iter().find(|link| link.number == segment).unwrap();
    let (offset, previous_crc) = (link.end, link.end_crc.unwrap());
    Place { segment, offset, previous_crc, next_sequence: 0 }
}

/// Executing from a snapshot, what is older is only looked at.
#[test]
fn verify_may_begin_with_a_later_state() {
    let commands = flow::commands(Shape::NARROW, 12, 600).0;
    let (events, snapshots) = (MemoryStorage::new(), snapshots_after(&commands, &[300]));
    let chain = chain(&journal(&commands));
    drop(recover(events.clone(), &MemoryStorage::new(), &chain, &SETTINGS).unwrap());
    let image = snapshots::read(&snapshots, 300).unwrap();
    let image = ringside_engine::Image::read(image.image()).unwrap();
    let mut engine: Engine = Engine::from_image(&image).unwrap();
    let before = engine.stats().events;
    let verified = verify(&opened(&events), &mut engine, &chain).unwrap();
    assert_eq!(verified.unexecuted, before);
    assert_eq!(verified.events, said(&commands).len() as u64 - before);
}
