//! The event store: what is written is what was said, what is looked up is what a scan finds, and
//! what is lost is made again, whatever was lost.

use ringside_engine::{Engine, EventSink};
use ringside_journal::index::{self, IndexBuilder};
use ringside_journal::memory::{Fault, MemoryStorage};
use ringside_journal::segment::Place;
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Author, Chain, Checkpoint, Records, begin, make_spare, names};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};
use ringside_tools::venue::events::*;

const SETTINGS: Settings =
    Settings { segment_bytes: 64 << 10, author: AUTHOR, time_ns: 1_000_000_000 };
const AUTHOR: Author = Author {
    durability: ringside_journal::Durability::Sync,
    epoch: 0,
    build: [0; 16],
    configuration: [0; 16],
    boot: [0; 16],
};

type Said = Vec<(EventHeader, Event)>;

/// What the engine says to commands.
fn said(commands: &[Sequenced]) -> Said {
    let (mut engine, mut said) = (Engine::new(), Vec::new());
    commands.iter().for_each(|command| engine.apply(command, &mut said));
    assert_eq!(engine.stats().events, said.len() as u64);
    said
}

/// A journal of these commands, some in a batch.
fn journal(commands: &[Sequenced]) -> MemoryStorage {
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

fn chain(storage: &MemoryStorage) -> Chain {
    Chain::read(storage, Access::Alone, 0).unwrap()
}

fn opened(storage: &MemoryStorage) -> EventStore<MemoryStorage> {
    EventStore::open(storage.clone(), Access::Alone).unwrap()
}

fn begun(storage: &MemoryStorage) -> EventWriter<MemoryStorage> {
    opened(storage).begin(&SETTINGS).unwrap()
}

fn slots_of(said: &[(EventHeader, Event)]) -> Vec<Slot> {
    let mut slots = vec![[0; SLOT_BYTES]; said.len() * 2];
    let mut used = 0;
    for (header, event) in said {
        used += write_event(header, event, &mut slots[used..]);
    }
    slots.truncate(used);
    slots
}

/// Appends what the store does not have of the first `to` events, in pieces of random length that
/// do not care where commands end.
fn append_to(writer: &mut EventWriter<MemoryStorage>, said: &Said, to: usize, random: &mut Random) {
    let mut at = writer.written().ordinal as usize;
    while at < to {
        let end = (at + random.within(1, 90) as usize).min(to);
        writer.append(&slots_of(&said[at..end]), complete_at(said, end)).unwrap();
        at = end;
    }
}

/// All of them.
fn append_all(writer: &mut EventWriter<MemoryStorage>, said: &Said, random: &mut Random) {
    append_to(writer, said, said.len(), random);
}

/// The last command that is complete after the first `end` events.
fn complete_at(said: &Said, end: usize) -> Sequence {
    let last = said[end - 1].0.sequence;
    let is_over = said.get(end).is_none_or(|(next, _)| next.sequence > last);
    if is_over { last } else { Sequence(last.0 - 1) }
}

fn all(reader: &EventReader<MemoryStorage>) -> Said {
    numbered(reader.from_ordinal(1).unwrap(), 1)
}

fn numbered(found: Scan<MemoryStorage>, from: u64) -> Said {
    let event = |(at, found): (usize, Result<Found, EventsError>)| {
        let Found { number, header, event } = found.unwrap();
        assert_eq!(number, from + at as u64, "ordinals are dense");
        (header, event)
    };
    found.enumerate().map(event).collect()
}

/// The report of an event that is a message on a stream.
fn report(event: &Event) -> Option<Report> {
    match event {
        Event::Accepted(event) => Some(event.report),
        Event::Rejected(event) => Some(event.report),
        Event::Executed(event) => Some(event.report),
        Event::Amended(event) => Some(event.report),
        Event::Canceled(event) => Some(event.report),
        Event::Trade(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::InstrumentState(_)
        | Event::AccountState(_)
        | Event::Warning(_) => None,
    }
}

/// The instrument in which an event is news.
fn instrument(event: &Event) -> Option<InstrumentId> {
    match event {
        Event::Accepted(event) => Some(event.instrument),
        Event::Executed(event) => Some(event.instrument),
        Event::Amended(event) => Some(event.instrument),
        Event::Canceled(event) => Some(event.instrument),
        Event::Trade(event) => Some(event.instrument),
        Event::InstrumentState(event) => Some(event.instrument),
        Event::Rejected(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::AccountState(_)
        | Event::Warning(_) => None,
    }
}

fn shapes() -> [Shape; 3] {
    [Shape::NARROW, Shape::NARROW.beyond_oracle(), Shape::WIDE.beyond_oracle()]
}

/// Flows, a seed each.
fn flows(count: u64, commands: usize) -> impl Iterator<Item = (u64, Vec<Sequenced>)> {
    (seed()..seed() + count * scale())
        .map(move |seed| (seed, flow::commands(shapes()[seed as usize % 3], seed, commands).0))
}

#[test]
fn what_is_written_is_what_was_said() {
    for (seed, commands) in flows(6, 800) {
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

/// What a scan finds for a stream: numbers and events.
fn scanned_stream(said: &Said, id: StreamId, after: u64) -> Vec<(u64, Event)> {
    let of_stream = said.iter().filter_map(|(_, event)| {
        let report = report(event).filter(|report| report.stream == id)?;
        Some((u64::from(report.number), *event))
    });
    of_stream.filter(|&(number, _)| number > after).collect()
}

fn scanned_instrument(said: &Said, id: InstrumentId, after: u64) -> Vec<(u64, Event)> {
    let ordinals = (1..).zip(said);
    let news = ordinals.filter(|(_, (_, event))| instrument(event) == Some(id));
    news.filter(|&(ordinal, _)| ordinal > after).map(|(n, (_, event))| (n, *event)).collect()
}

fn looked_up(found: Keyed<MemoryStorage>) -> Vec<(u64, Event)> {
    found.map(|found| found.map(|found| (found.number, found.event)).unwrap()).collect()
}

fn check_lookups(reader: &EventReader<MemoryStorage>, said: &Said, random: &mut Random) {
    let (mut streams, mut instruments) = (0, 0);
    for id in 0..6 {
        let told = scanned_stream(said, StreamId(id), 0);
        streams += usize::from(!told.is_empty());
        let last = told.last().map_or(3, |&(number, _)| number);
        for after in [0, 1, last / 2, last - 1, last, last + 1, random.within(0, last)] {
            let found = looked_up(reader.stream(StreamId(id), after).unwrap());
            let scanned = scanned_stream(said, StreamId(id), after);
            assert_eq!(found, scanned, "stream {id} after {after}");
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

/// JRN-007, X-GWY-002: whatever number a client has last seen, it gets all that came after, from a
/// venue that runs, one that was started again, and one that another process looks at.
#[test]
fn lookups_find_what_a_scan_finds() {
    for (seed, commands) in flows(6, 800) {
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

/// JRN-008: a store that is gone is made again, the same.
#[test]
fn a_deleted_store_is_made_again() {
    for (seed, commands) in flows(3, 1000) {
        let journal = journal(&commands);
        let (events, none) = (MemoryStorage::new(), MemoryStorage::new());
        let recovered = recover(events.clone(), &none, &chain(&journal), &SETTINGS).unwrap();
        assert_eq!((recovered.commands, recovered.lost), (commands.len() as u64, 0));
        assert_eq!(all(&recovered.writer.reader()), said(&commands), "seed {seed}");
        assert_eq!(recovered.engine.sequence().0, commands.len() as u64);
    }
}

/// A snapshot of the state after each of these commands.
fn snapshots_after(commands: &[Sequenced], sequences: &[u64]) -> MemoryStorage {
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

/// Like a power cut that keeps some of what was not synced, or a kill.
fn crashed(storage: &MemoryStorage, random: &mut Random) -> MemoryStorage {
    match random.below(3) {
        0 => storage.kill(),
        1 => storage.power_cut(|| false),
        _ => storage.power_cut(|| random.chance(9, 10)),
    }
}

/// JRN-011: crash after crash, at any place, the store becomes what it would have been.
#[test]
fn what_a_crash_takes_is_made_again() {
    for (seed, commands) in flows(12, 1200) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let journal = journal(&commands);
        let snapshots = snapshots_after(&commands, &[100, 400, 700, 1000]);
        let mut events = MemoryStorage::new();
        let mut made_again = 0;
        for _ in 0..6 {
            // Commands that are durable; events of later ones are not written.
            let durable = random.within(1, commands.len() as u64);
            let known = chain(&journal).cut_after(durable).unwrap();
            let recovered = recover(events.clone(), &snapshots, &known, &SETTINGS).unwrap();
            made_again += recovered.events;
            let mut writer = recovered.writer;
            let there = said.iter().take_while(|(header, _)| header.sequence.0 <= known.whole);
            assert_eq!(all(&writer.reader()), there.copied().collect::<Vec<_>>(), "seed {seed}");

            // Goes on a little, whatever becomes of it.
            let from = writer.written().ordinal;
            let to = random.within(from, said.len() as u64) as usize;
            append_to(&mut writer, &said, to, &mut random);
            if random.chance(1, 2) {
                writer.sync().unwrap();
            }
            events = crashed(&events, &mut random);
        }
        let recovered = recover(events.clone(), &snapshots, &chain(&journal), &SETTINGS).unwrap();
        made_again += recovered.events;
        assert_eq!(all(&recovered.writer.reader()), said, "seed {seed}");
        check_lookups(&recovered.writer.reader(), &said, &mut random);
        assert!(made_again > 0, "seed {seed}");

        drop(recovered);
        let mut engine = Engine::new();
        let verified = verify(&opened(&events), &mut engine, &chain(&journal)).unwrap();
        assert_eq!((verified.events, verified.missing), (said.len() as u64, 0), "seed {seed}");
    }
}

/// What was synced survives whatever else is lost.
#[test]
fn a_sync_says_how_far_events_are_on_disk() {
    for (seed, commands) in flows(6, 600) {
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

/// The end of the commands is cut off: the events that only they explain go with them.
#[test]
fn events_of_commands_that_are_gone_are_cut() {
    for (seed, commands) in flows(6, 600) {
        let (said, mut random) = (said(&commands), Random::new(seed));
        let journal = journal(&commands);
        let events = MemoryStorage::new();
        let mut writer = begun(&events);
        append_all(&mut writer, &said, &mut random);
        writer.stop().unwrap();
        for _ in 0..4 {
            let cut = random.within(1, commands.len() as u64);
            let known = chain(&journal).cut_after(cut).unwrap();
            let none = MemoryStorage::new();
            let recovered = recover(events.clone(), &none, &known, &SETTINGS).unwrap();
            let there = said.iter().take_while(|(header, _)| header.sequence.0 <= known.whole);
            assert_eq!(all(&recovered.writer.reader()), there.copied().collect::<Vec<_>>());
            assert_eq!(recovered.writer.written().command.0, known.whole, "seed {seed}");
        }
    }
}

/// One order that meets 20,000 others says more than a batch holds, and more than these segments.
fn sweep(resting: u64) -> Vec<Sequenced> {
    let (mut commands, mut time) = (Vec::new(), 0);
    let mut say = |command: Command| {
        time += 1;
        let sequence = Sequence(time);
        let origin = Origin::default();
        commands.push(Sequenced { sequence, time: Timestamp(time), origin, command });
    };
    say(Venue { day_start_ns: 0, flags: VenueFlags::NONE, reserved: [0; 7] }.into());
    for code in ["QQQ", "BBB"] {
        say(Currency { code: flow::name(code), scale: 6, reserved: [0; 3] }.into());
    }
    let terms = Instrument {
        symbol: flow::name("BBB/QQQ"),
        wire_symbol: [0; 8],
        base: CurrencyId(1),
        quote: CurrencyId(0),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: flow::UNIT,
        lot: flow::UNIT,
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: Amount::new(0),
        max_notional: Amount::new(0),
        maker_fee: FeeRate(0),
        taker_fee: FeeRate(0),
        max_open_orders: 0,
        reserved_2: 0,
    };
    say(terms.into());
    for (at, who) in ["maker", "taker"].into_iter().enumerate() {
        let account = AccountId(at as u32);
        let (permissions, flags) = (Permissions::EVERY, AccountFlags::NONE);
        let (name, self_trade) = (flow::name(who), SelfTrade::ALL[0]);
        say(Account { name, self_trade, permissions, flags, reserved: 0 }.into());
        for currency in [CurrencyId(0), CurrencyId(1)] {
            say(Transfer { account, currency, amount: GivenAmount::of(1 << 80) }.into());
        }
    }
    let order = |at: u64, account, side, quantity| Order {
        account: AccountId(account),
        instrument: InstrumentId(0),
        price: Price::new(100).unwrap().into(),
        quantity: Quantity::new(quantity).unwrap().into(),
        side,
        id: flow::name(&format!("o{at}")),
        ..Order::default()
    };
    (0..resting).for_each(|at| say(order(at, 0, Side::Sell, 1).into()));
    say(order(resting, 1, Side::Buy, resting + 1).into());
    commands
}

#[test]
fn a_command_may_say_more_than_a_batch_and_a_segment_hold() {
    let commands = sweep(20_000);
    let journal = journal(&commands);
    let (events, none) = (MemoryStorage::new(), MemoryStorage::new());
    let settings = Settings { segment_bytes: 2 << 20, ..SETTINGS };
    let recovered = recover(events.clone(), &none, &chain(&journal), &settings).unwrap();
    let said = said(&commands);
    let last = said.iter().filter(|(header, _)| header.sequence.0 == commands.len() as u64);
    assert!(last.count() * SLOT_BYTES > 4 << 20, "more than a batch, more than a segment");
    assert_eq!(all(&recovered.writer.reader()), said);
    drop(recovered);

    // In the middle of it, the store ends with the command before.
    let links = chain(&events);
    for segments in [1, 2] {
        let cut = events.kill();
        for link in links.links().iter().rev().take(segments) {
            cut.remove(&names::segment(link.number)).unwrap();
        }
        let store = opened(&cut);
        assert_eq!(store.complete().command.0, commands.len() as u64 - 1, "{segments}");
        drop(store);
        let recovered = recover(cut, &none, &chain(&journal), &settings).unwrap();
        assert_eq!(all(&recovered.writer.reader()), said);
    }
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
            reserved: [0; 3],
            report: Report { stream: StreamId(7), number, user_ref: 0 },
            new_id: flow::name(&"n".repeat(letters)),
            reserved_2: [0; 4],
        })
    };
    let said: Said = (1..=2000)
        .map(|n| (header(n, 0), amended(if n % 3 == 0 { 36 } else { 1 }, n as u32)))
        .collect();
    assert!(slots_of(&said).len() > said.len());
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    writer.append(&slots_of(&said), Sequence(2000)).unwrap();
    for reader in [writer.reader(), opened(&storage.kill()).reader()] {
        assert_eq!(all(&reader), said);
        let told = looked_up(reader.stream(StreamId(7), 990).unwrap());
        assert_eq!(told, scanned_stream(&said, StreamId(7), 990));
        assert_eq!(told.len(), 1010);
    }
}

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

    let fewer = said[..said.len() / 2].to_vec();
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
    let image = ringside_engine::Image::read(&mut image.image()).unwrap();
    let mut engine: Engine = Engine::from_image(&image).unwrap();
    let before = engine.stats().events;
    let verified = verify(&opened(&events), &mut engine, &chain).unwrap();
    assert_eq!(verified.unexecuted, before);
    assert_eq!(verified.events, said(&commands).len() as u64 - before);
}

/// The journal of these commands without its first segments: those up to `sequence` are gone.
fn journal_after(commands: &[Sequenced], sequence: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let start = chain(&storage).starting_after(sequence);
    let mut writer = begin(&storage, &start, 64 << 20, AUTHOR, 0).unwrap();
    for command in &commands[sequence as usize..] {
        let mut slots = [[0; SLOT_BYTES]; 4];
        let used = write_command(command, &mut slots);
        let parts: [&[u8]; 2] = [slots[..used].as_flattened(), &[]];
        let checkpoint = Checkpoint::default();
        writer.append(&Records { count: 1, parts, checkpoint, time_ns: 0 }).unwrap();
    }
    writer.stop(0).unwrap();
    storage
}

#[test]
fn where_the_first_commands_are_gone_it_says_what_is_lost() {
    let commands = flow::commands(Shape::NARROW, 21, 900).0;
    let (said, snapshots) = (said(&commands), snapshots_after(&commands, &[200, 500]));
    let chain = chain(&journal_after(&commands, 150));
    let events = MemoryStorage::new();
    let recovered = recover(events.clone(), &snapshots, &chain, &SETTINGS).unwrap();
    let lost = said.iter().filter(|(header, _)| header.sequence.0 <= 200).count();
    assert_eq!(recovered.lost, lost as u64);
    let reader = recovered.writer.reader();
    assert_eq!(numbered(reader.from_ordinal(1).unwrap(), lost as u64 + 1), said[lost..]);
    assert_eq!(looked_up(reader.instrument(InstrumentId(1), 0).unwrap()), {
        scanned_instrument(&said, InstrumentId(1), lost as u64)
    });
    drop(recovered);

    // A second start goes on there and loses nothing more.
    assert_eq!(opened(&events.kill()).oldest(), lost as u64 + 1);
    let again = recover(events.kill(), &snapshots, &chain, &SETTINGS).unwrap();
    assert_eq!((again.lost, again.events), (0, 0));

    // A record that ends before anything can be made again is not thrown away.
    let old = MemoryStorage::new();
    let mut writer = begun(&old);
    append_to(&mut writer, &said, 50, &mut Random::new(1));
    writer.stop().unwrap();
    match recover(old, &snapshots, &chain, &SETTINGS).map(drop) {
        Err(EventsError::Gap { last: 50, from }) => assert_eq!(from, lost as u64),
        found => panic!("{found:?}"),
    }
}

#[test]
fn what_does_not_follow_is_refused() {
    let said = said(&flow::commands(Shape::NARROW, 2, 100).0);
    let mut writer = begun(&MemoryStorage::new());
    let first = said.iter().position(|(header, _)| header.index == 1).unwrap() - 1;
    let through = Sequence(said[first].0.sequence.0 - 1);
    writer.append(&slots_of(&said[..first]), through).unwrap();
    let last = writer.written();
    let mut refused = |slots: &[Slot]| writer.append(slots, through).unwrap_err().to_string();
    let mut strange = slots_of(&said[first..first + 1]);
    assert!(refused(&slots_of(&said[first + 1..first + 2])).contains("does not follow"));
    assert!(refused(&slots_of(&said[first - 1..first])).contains("does not follow"), "again");
    assert!(refused(&[[0; SLOT_BYTES]]).contains("never takes 0 slots"));
    strange[0][20] = 200;
    assert!(refused(&strange).contains("no record has the number 200"));
    strange[0][21] = 9;
    assert!(refused(&strange).contains("goes on beyond"));
    assert_eq!(writer.written(), last, "nothing was written");
    writer.append(&slots_of(&said[first..]), said.last().unwrap().0.sequence).unwrap();
    assert_eq!(all(&writer.reader()), said);
}

/// JRN-010: on a full disk nothing of the batch is written, and it goes on when there is room.
#[test]
fn a_full_disk_is_an_answer() {
    let said = said(&flow::commands(Shape::NARROW, 4, 1500).0);
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    let slots = slots_of(&said);
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

#[test]
fn a_sink_that_records_lets_pass_what_is_there() {
    let commands = flow::commands(Shape::NARROW, 6, 300).0;
    let said = said(&commands);
    let mut writer = begun(&MemoryStorage::new());
    append_to(&mut writer, &said, 20, &mut Random::new(1));
    let mut recording = Recording::new(&mut writer, 0);
    for (at, (header, event)) in said.iter().enumerate() {
        recording.emit(header, event);
        if said.get(at + 1).is_none_or(|(next, _)| next.sequence > header.sequence) {
            recording.end();
        }
    }
    recording.finish(said.last().unwrap().0.sequence).unwrap();
    assert_eq!(all(&writer.reader()), said);
}
