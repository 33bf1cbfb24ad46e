//! What these tests share: flows and what they say, journals and stores in memory, and scans.

use ringside_engine::Engine;
use ringside_journal::memory::MemoryStorage;
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::{Access, Author, Chain, Checkpoint, Records, begin};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};
use ringside_tools::venue::events::*;

pub(crate) const SETTINGS: Settings =
    Settings { segment_bytes: 64 << 10, author: AUTHOR, time_ns: 1_000_000_000 };
pub(crate) const AUTHOR: Author = Author {
    durability: ringside_journal::Durability::Sync,
    epoch: 0,
    build: [0; 16],
    configuration: [0; 16],
    boot: [0; 16],
};

pub(crate) type Said = Vec<(EventHeader, Event)>;

/// What the engine says to commands.
pub(crate) fn said(commands: &[Sequenced]) -> Said {
    let (mut engine, mut said) = (Engine::new(), Vec::new());
    commands.iter().for_each(|command| engine.apply(command, &mut said));
    assert_eq!(engine.stats().events, said.len() as u64);
    said
}

/// A journal of these commands, some in a batch.
pub(crate) fn journal(commands: &[Sequenced]) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let chain = Chain::read(&storage, Access::Alone, 0).unwrap();
    let mut writer = begin(&storage, &chain, 64 << 20, AUTHOR, 0).unwrap();
    for batch in commands.chunks(50) {
        let mut slots = vec![[0; SLOT_BYTES]; 50 * 4];
        let mut used = 0;
        for command in batch {
            used += write_command(command, &mut slots[used..]);
        }
        let parts: [&[u8]; 2] = [slots[..used].as_flattened(), &[]];
        let (count, checkpoint) = (batch.len() as u32, Checkpoint::default());
        writer.append(&Records { count, parts, checkpoint, time_ns: 0 }).unwrap();
    }
    writer.stop(0).unwrap();
    storage
}

pub(crate) fn chain(storage: &MemoryStorage) -> Chain {
    Chain::read(storage, Access::Alone, 0).unwrap()
}

pub(crate) fn opened(storage: &MemoryStorage) -> EventStore<MemoryStorage> {
    EventStore::open(storage.clone(), Access::Alone).unwrap()
}

pub(crate) fn begun(storage: &MemoryStorage) -> EventWriter<MemoryStorage> {
    opened(storage).begin(&SETTINGS).unwrap()
}

/// The events from the place `from` up to `to`, each command's last one marked.
pub(crate) fn slots_of(said: &Said, from: usize, to: usize) -> Vec<Slot> {
    let mut slots = vec![[0; SLOT_BYTES]; (to - from) * 2];
    let mut used = 0;
    for at in from..to {
        let (header, event) = &said[at];
        let first = used;
        used += write_event(header, event, &mut slots[used..]);
        if said.get(at + 1).is_none_or(|(next, _)| next.sequence > header.sequence) {
            mark_last(&mut slots[first]);
        }
    }
    slots.truncate(used);
    slots
}

/// Appends what the store does not have of the first `to` events, in pieces of random length that
/// do not care where commands end.
pub(crate) fn append_to(
    writer: &mut EventWriter<MemoryStorage>,
    said: &Said,
    to: usize,
    random: &mut Random,
) {
    let mut at = writer.written().ordinal as usize;
    while at < to {
        let end = (at + random.within(1, 90) as usize).min(to);
        writer.append(&slots_of(said, at, end), Sequence(0)).unwrap();
        at = end;
    }
}

/// All of them.
pub(crate) fn append_all(
    writer: &mut EventWriter<MemoryStorage>,
    said: &Said,
    random: &mut Random,
) {
    append_to(writer, said, said.len(), random);
}

/// The last command that is complete after the first `end` events.
pub(crate) fn complete_at(said: &Said, end: usize) -> Sequence {
    let last = said[end - 1].0.sequence;
    let is_over = said.get(end).is_none_or(|(next, _)| next.sequence > last);
    if is_over { last } else { Sequence(last.0 - 1) }
}

pub(crate) fn all(reader: &EventReader<MemoryStorage>) -> Said {
    numbered(reader.from_ordinal(1).unwrap(), 1)
}

pub(crate) fn numbered(found: Scan<MemoryStorage>, from: u64) -> Said {
    let event = |(at, found): (usize, Result<Found, EventsError>)| {
        let Found { number, header, event } = found.unwrap();
        assert_eq!(number, from + at as u64, "ordinals are dense");
        (header, event)
    };
    found.enumerate().map(event).collect()
}

/// The report of an event that is a message on a stream.
pub(crate) fn report(event: &Event) -> Option<Report> {
    match event {
        Event::Accepted(event) => Some(event.report),
        Event::Rejected(event) => Some(event.report),
        Event::Executed(event) => Some(event.report),
        Event::Amended(event) => Some(event.report),
        Event::Canceled(event) => Some(event.report),
        Event::Confirmed(event) => Some(event.report),
        Event::Restated(event) => Some(event.report),
        Event::SessionEnded(event) => Some(event.report),
        Event::Trade(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::InstrumentState(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Instrument(_)
        | Event::Key(_)
        | Event::Session(_)
        | Event::Day(_) => None,
    }
}

/// The instrument in which an event is news.
pub(crate) fn instrument(event: &Event) -> Option<InstrumentId> {
    match event {
        Event::Accepted(event) => Some(event.instrument),
        Event::Executed(event) => Some(event.instrument),
        Event::Amended(event) => Some(event.instrument),
        Event::Canceled(event) => Some(event.instrument),
        Event::Trade(event) => Some(event.instrument),
        Event::InstrumentState(event) => Some(event.instrument),
        Event::Instrument(event) => Some(event.instrument),
        Event::Rejected(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Key(_)
        | Event::Session(_)
        | Event::Confirmed(_)
        | Event::Restated(_)
        | Event::Day(_)
        | Event::SessionEnded(_) => None,
    }
}

pub(crate) fn shapes() -> [Shape; 3] {
    [Shape::NARROW, Shape::NARROW.beyond_oracle(), Shape::WIDE.beyond_oracle()]
}

/// Flows, a seed each.
pub(crate) fn flows(count: u64, commands: usize) -> impl Iterator<Item = (u64, Vec<Sequenced>)> {
    (seed()..seed() + count * scale())
        .map(move |seed| (seed, flow::commands(shapes()[seed as usize % 3], seed, commands).0))
}

/// What a scan finds for a stream in a session: numbers and events.
pub(crate) fn scanned_stream(
    said: &Said,
    id: StreamId,
    session: SessionNumber,
    after: u32,
) -> Vec<(u64, Event)> {
    let mut running = SessionNumber::FIRST;
    let of_stream = said.iter().filter_map(|(_, event)| {
        if let Event::Day(day) = event {
            running = day.session;
        }
        let report = report(event).filter(|report| report.stream == id && running == session)?;
        (report.number > after).then_some((u64::from(report.number), *event))
    });
    of_stream.collect()
}

/// The sessions that events are of, and one that never was.
fn sessions(said: &Said) -> impl Iterator<Item = SessionNumber> {
    let days = said.iter().filter(|(_, event)| matches!(event, Event::Day(_))).count() as u32;
    (1..=days + 2).map(SessionNumber)
}

fn check_stream(
    reader: &EventReader<MemoryStorage>,
    said: &Said,
    id: StreamId,
    session: SessionNumber,
    random: &mut Random,
) -> bool {
    let told = scanned_stream(said, id, session, 0);
    let last = told.last().map_or(3, |&(number, _)| number as u32);
    let some = random.within(0, u64::from(last)) as u32;
    for after in [0, 1, last / 2, last - 1, last, last + 1, u32::MAX, some] {
        let found = looked_up(reader.stream(id, session, after).unwrap());
        let scanned = scanned_stream(said, id, session, after);
        assert_eq!(found, scanned, "{id:?} in {session:?} after {after}");
    }
    !told.is_empty()
}

pub(crate) fn scanned_instrument(said: &Said, id: InstrumentId, after: u64) -> Vec<(u64, Event)> {
    let ordinals = (1..).zip(said);
    let news = ordinals.filter(|(_, (_, event))| instrument(event) == Some(id));
    news.filter(|&(ordinal, _)| ordinal > after).map(|(n, (_, event))| (n, *event)).collect()
}

pub(crate) fn looked_up(found: Keyed<MemoryStorage>) -> Vec<(u64, Event)> {
    found.map(|found| found.map(|found| (found.number, found.event)).unwrap()).collect()
}

pub(crate) fn check_lookups(reader: &EventReader<MemoryStorage>, said: &Said, random: &mut Random) {
    let (mut streams, mut instruments) = (0, 0);
    for id in 0..6 {
        for session in sessions(said) {
            streams += usize::from(check_stream(reader, said, StreamId(id), session, random));
        }
        let news = scanned_instrument(said, InstrumentId(id), 0);
        instruments += usize::from(!news.is_empty());
        let end = said.len() as u64;
        for after in [0, 1, end / 2, end - 1, end, u64::MAX, random.within(0, end)] {
            let found = looked_up(reader.instrument(InstrumentId(id), after).unwrap());
            let scanned = scanned_instrument(said, InstrumentId(id), after);
            assert_eq!(found, scanned, "instrument {id} after {after}");
        }
    }
    assert!(streams >= 2 && instruments >= 2, "{streams} streams, {instruments} instruments");
}

/// A snapshot of the state after each of these commands.
pub(crate) fn snapshots_after(commands: &[Sequenced], sequences: &[u64]) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let (mut engine, mut nowhere) = (Engine::new(), ringside_engine::Counter::default());
    for command in commands {
        engine.apply(command, &mut nowhere);
        if sequences.contains(&command.sequence.0) {
            let mut image = Vec::new();
            engine.image().write(&mut image).unwrap();
            let head = SnapshotHead { sequence: command.sequence.0, ..SnapshotHead::default() };
            snapshots::write(&storage, &head, &image).unwrap();
        }
    }
    storage
}
