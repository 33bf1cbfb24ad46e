//! What is lost is made again, whatever was lost, or it is said what cannot be.

use ringside_engine::{Engine, EventSink};
use ringside_journal::memory::MemoryStorage;
use ringside_journal::storage::Storage;
use ringside_journal::{Checkpoint, Records, begin, names};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::random::Random;
use ringside_tools::venue::events::*;

use crate::kit::*;

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
    for (seed, commands) in flows(3, 1000) {
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

/// The end of the commands is cut off: the events that only they explain go with them.
#[test]
fn events_of_commands_that_are_gone_are_cut() {
    for (seed, commands) in flows(3, 600) {
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
fn a_sink_that_records_lets_pass_what_is_there() {
    let commands = flow::commands(Shape::NARROW, 6, 300).0;
    let said = said(&commands);
    let mut writer = begun(&MemoryStorage::new());
    append_to(&mut writer, &said, 20, &mut Random::new(1));
    let mut recording = Recording::new(&mut writer, 0, SessionNumber::FIRST);
    for (at, (header, event)) in said.iter().enumerate() {
        recording.emit(header, event);
        if said.get(at + 1).is_none_or(|(next, _)| next.sequence > header.sequence) {
            recording.end();
        }
    }
    recording.finish(said.last().unwrap().0.sequence).unwrap();
    assert_eq!(all(&writer.reader()), said);
}
