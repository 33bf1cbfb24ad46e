//! The running venue, in every topology and durability mode: it says what the engine alone says,
//! event by event; it ends as its files say; and one command with far more events than the rings
//! hold goes through.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringside_engine::{BEHAVIOUR_VERSION, Engine, Sequencer};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, Durability};
use ringside_protocol::*;
use ringside_tests::flow::{self, Shape};
use ringside_tests::{scale, seed};
use ringside_tools::drive::market;
use ringside_tools::venue::assembly::{Ended, Ready, Venue};
use ringside_tools::venue::door::{Door, Input, Output};
use ringside_tools::venue::events::EventStore;
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::layout::Layout;
use ringside_tools::venue::recovery::{self, RecoveryError};
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::station::Turn;
use ringside_tools::venue::topology::Topology;

type Events = Vec<(EventHeader, Event)>;

/// Sends commands in order, as fast as they are taken; done when it has heard so many events.
struct Script {
    commands: Vec<(Origin, Command)>,
    sent: usize,
    awaited: usize,
    heard: Arc<Mutex<Events>>,
}

impl Door for Script {
    fn turn(&mut self, input: &mut Input, output: &mut Output, is_stopping: bool) -> Turn {
        let mut heard = self.heard.lock().expect("the list");
        let mut worked = output.each(|header, event| heard.push((*header, *event))) > 0;
        while let Some(&(origin, command)) = self.commands.get(self.sent) {
            if is_stopping || input.offer(origin, command).is_err() {
                break;
            }
            self.sent += 1;
            worked = true;
        }
        let is_sent = is_stopping || self.sent == self.commands.len();
        match worked {
            true => Turn::Worked,
            false if is_sent && heard.len() >= self.awaited => Turn::Done,
            false => Turn::Idle,
        }
    }

    /// A full lane has room again soon.
    fn limit(&self) -> Option<Duration> {
        (self.sent < self.commands.len()).then_some(Duration::from_micros(100))
    }
}

/// What the engine alone makes of commands, all at time 0, behind those that open a venue.
fn alone(commands: &[(Origin, Command)]) -> (Engine, Events) {
    let (mut engine, mut sequencer, mut events) = (Engine::new(), Sequencer::new(), Events::new());
    let behaviour = Behaviour { version: BEHAVIOUR_VERSION, reserved: 0 };
    let opening: [Command; 2] = [behaviour.into(), Clock { reserved: 0 }.into()];
    for command in opening {
        sequencer.submit(&mut engine, Timestamp(0), Origin::default(), command, &mut events);
    }
    for &(origin, command) in commands {
        sequencer.submit(&mut engine, Timestamp(0), origin, command, &mut events);
    }
    (engine, events)
}

fn fatal() -> Fatal {
    Fatal::new(|why| panic!("{why}"))
}

fn started(settings: Settings, doors: Vec<Box<dyn Door>>) -> Venue {
    let ready = Ready::open(settings, Timestamp(0)).expect("a venue");
    ready.start(doors, Box::new(|| Timestamp(0)), fatal()).expect("threads")
}

/// Runs commands through a venue to its end; what was heard, and what it ended as.
fn through(
    settings: Settings,
    commands: Vec<(Origin, Command)>,
    awaited: usize,
) -> (Events, Ended) {
    let heard = Arc::new(Mutex::new(Events::new()));
    let script = Script { commands, sent: 0, awaited, heard: Arc::clone(&heard) };
    let ended = started(settings, vec![Box::new(script)]).wait();
    let heard = std::mem::take(&mut *heard.lock().expect("the list"));
    (heard, ended)
}

fn every_way() -> impl Iterator<Item = (Topology, Durability)> {
    Topology::ALL.into_iter().flat_map(|topology| {
        Durability::ALL.into_iter().map(move |durability| (topology, durability))
    })
}

/// Small rings and segments: everything wraps, waits and rolls.
fn small(directory: &Path, topology: Topology, durability: Durability) -> Settings {
    Settings {
        topology,
        durability,
        pin: false,
        segment_bytes: 1 << 20,
        lane_slots: 64,
        command_slots: 128,
        event_slots: 256,
        snapshot_every: 4_000,
        ..Settings::new(directory)
    }
}

fn flow(count: usize) -> Vec<(Origin, Command)> {
    let (commands, _) = flow::commands(Shape::NARROW.beyond_oracle(), seed(), count);
    let commands = commands.into_iter().map(|command| (command.origin, command.command));
    // What the venue says of itself, nobody else says.
    commands.filter(|(_, command)| !matches!(command, Command::Behaviour(_))).collect()
}

/// ENG-032, JRN-003: live hash = replay hash = snapshot + tail hash = shadow hash.
#[test]
fn a_venue_says_what_the_engine_says_and_its_files_lead_back_to_it() {
    let commands = flow(10_000 * scale() as usize);
    let (engine, expected) = alone(&commands);
    for (topology, durability) in every_way() {
        let way = format!("{topology}, {}", durability.word());
        let directory = tempfile::tempdir().expect("a directory");
        let settings = small(directory.path(), topology, durability);
        let (heard, ended) = through(settings, commands.clone(), expected.len());

        assert_eq!(heard.len(), expected.len(), "{way}");
        assert!(heard == expected, "{way}: other events");
        let live = ended.engine.state_hash();
        assert_eq!(live, engine.state_hash(), "{way}");
        let shadow = (engine.sequence().0, engine.event_hash());
        assert_eq!(ended.shadow, Some(shadow), "{way}: the shadow");

        let layout = Layout::new(directory.path());
        assert!(recorded(&layout) == expected, "{way}: other events are recorded");
        let images = layout.snapshots();
        let (newest, report) = recovery::rebuild(&layout).expect(&way);
        assert_eq!((report.snapshot, report.was_clean), (engine.sequence().0, true), "{way}");
        assert_eq!(newest.state_hash(), live, "{way}: the last snapshot");
        for rest in ringside_journal::snapshots::sequences(&images).expect("snapshots") {
            ringside_journal::snapshots::remove(&images, rest).expect("a snapshot");
            let (older, _) = recovery::rebuild(&layout).expect(&way);
            assert_eq!(older.state_hash(), live, "{way}: without the snapshot of {rest}");
        }
    }
}

/// What `events/` holds.
fn recorded(layout: &Layout) -> Events {
    let store = EventStore::open(layout.events(), Access::Alone).expect("a store");
    let events = store.reader().from_ordinal(1).expect("a record");
    events.map(|found| found.map(|found| (found.header, found.event)).expect("an event")).collect()
}

/// JRN-008: the record of events is derived; without it, or with half of it, it is made again.
#[test]
fn events_that_are_gone_are_made_again() {
    let commands = flow(6_000);
    let (_, expected) = alone(&commands);
    let directory = tempfile::tempdir().expect("a directory");
    let settings = small(directory.path(), Topology::Fused, Durability::Sync);
    through(settings.clone(), commands, expected.len());
    let layout = Layout::new(directory.path());
    let names = layout.events().names().expect("files");
    let newest = names.iter().max().expect("a file").clone();
    for gone in [vec![newest], names] {
        for name in gone {
            // A second round finds some of them gone already.
            let _ = layout.events().remove(&name);
        }
        through(settings.clone(), Vec::new(), 0);
        assert!(recorded(&layout) == expected, "other events are made again");
    }
}

/// X-JRN-002: the journal goes on in new segments, and those that nothing needs any more go; what
/// is left leads to the same engine, and the record of events keeps all.
#[test]
fn segments_that_nothing_needs_go() {
    let commands = flow(20_000);
    let (engine, expected) = alone(&commands);
    for topology in Topology::ALL {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut done, mut told) = (0, 0);
        for part in commands.chunks(commands.len().div_ceil(4)) {
            done += part.len();
            let (_, so_far) = alone(&commands[..done]);
            let settings = small(directory.path(), topology, Durability::Sync);
            let settings = Settings { delete_old: true, ..settings };
            told += through(settings, part.to_vec(), so_far.len() - told).0.len();
        }
        let layout = Layout::new(directory.path());
        let chain = Chain::read(&layout.journal(), Access::Alone, 0).expect("a chain");
        assert!(chain.oldest() > 1, "{topology}: nothing went, {} segments", chain.links().len());
        let (rebuilt, _) = recovery::rebuild(&layout).expect("an engine");
        assert_eq!(rebuilt.state_hash(), engine.state_hash(), "{topology}");
        assert!(recorded(&layout) == expected, "{topology}: the record keeps all");
    }
}

/// X-JRN-001, JRN-002, ENG-033: a venue that is stopped and started again goes on as if nothing had
/// happened.
#[test]
fn a_venue_goes_on_where_it_stopped() {
    let commands = flow(6_000);
    let (engine, expected) = alone(&commands);
    for (topology, durability) in every_way() {
        let way = format!("{topology}, {}", durability.word());
        let directory = tempfile::tempdir().expect("a directory");
        let mut heard = Events::new();
        let mut done = 0;
        for part in commands.chunks(commands.len() / 3) {
            done += part.len();
            let (_, so_far) = alone(&commands[..done]);
            let settings = small(directory.path(), topology, durability);
            let awaited = so_far.len() - heard.len();
            heard.extend(through(settings, part.to_vec(), awaited).0);
        }
        assert!(heard == expected, "{way}: other events");
        let settings = small(directory.path(), topology, durability);
        let ready = Ready::open(settings, Timestamp(0)).expect(&way);
        assert_eq!(ready.engine().state_hash(), engine.state_hash(), "{way}");
        assert_eq!(ready.report().epoch, 1, "{way}: stopped in order, nothing is missing");
    }
}

/// DESIGN §2.6: one command with a hundred times the events the ring holds.
#[test]
fn a_command_with_far_more_events_than_the_ring_goes_through() {
    let commands = sweep(6_000);
    let (engine, expected) = alone(&commands);
    let of_last = expected.iter().filter(|(header, _)| header.sequence == engine.sequence());
    assert!(of_last.count() > 100 * 256, "the sweep has a hundred times the ring");
    for (topology, durability) in every_way() {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = small(directory.path(), topology, durability);
        let (heard, ended) = through(settings, commands.clone(), expected.len());
        assert!(heard == expected, "{topology}, {}: other events", durability.word());
        assert_eq!(ended.engine.state_hash(), engine.state_hash());
    }
}

/// A book of so many resting orders and one that takes them all.
fn sweep(orders: u64) -> Vec<(Origin, Command)> {
    let plain = |command| (Origin::default(), command);
    let mut commands: Vec<_> = market::genesis(Timestamp(0)).into_iter().map(plain).collect();
    let order = |account, id: u64, side, quantity| {
        Command::Order(Order {
            account: AccountId(account),
            instrument: InstrumentId(0),
            price: Price::new(100).expect("a price").into(),
            quantity: Quantity::new(quantity).expect("a quantity").into(),
            side,
            id: Name::parse(&format!("sweep-{id}")).expect("a name"),
            ..Order::default()
        })
    };
    commands.extend((1..=orders).map(|id| plain(order(0, id, Side::Sell, 1))));
    commands.push(plain(order(1, 0, Side::Buy, orders)));
    commands
}

/// Threads with a core each, as far as there are cores; where there are none it is said, and the
/// venue runs all the same.
#[test]
fn a_venue_runs_pinned_too() {
    let commands = flow(500);
    let (_, expected) = alone(&commands);
    for topology in Topology::ALL {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = small(directory.path(), topology, Durability::Sync);
        let settings = Settings { pin: true, ..settings };
        let (heard, _) = through(settings, commands.clone(), expected.len());
        assert!(heard == expected, "{topology}: other events");
    }
}

/// A second process (here, a second venue) on the directory is refused and says whose it is; on a
/// directory of its own it is at home (JRN-005).
#[test]
fn a_directory_has_one_venue() {
    let (directory, another) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = small(directory.path(), Topology::Fused, Durability::Sync);
    let held = Ready::open(settings.clone(), Timestamp(0)).expect("a venue");
    let beside = Settings { directory: another.path().to_path_buf(), ..settings.clone() };
    Ready::open(beside, Timestamp(0)).expect("a venue beside");
    let Err(refused) = Ready::open(settings.clone(), Timestamp(0)) else {
        panic!("two venues on one directory")
    };
    assert!(matches!(refused, RecoveryError::Lock(_)));
    assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
    drop(held);
    Ready::open(settings, Timestamp(0)).expect("free again");
}

/// DESIGN §2: the epoch rises whenever messages that were told may be missing.
#[test]
fn the_epoch_rises_where_messages_may_be_missing() {
    for (durability, after_crash) in
        [(Durability::Memory, 2), (Durability::Async, 1), (Durability::Sync, 1)]
    {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = small(directory.path(), Topology::Fused, durability);
        // Dropped without a stop: as a kill leaves it.
        drop(Ready::open(settings.clone(), Timestamp(0)).expect("a venue"));
        let again = Ready::open(settings, Timestamp(0)).expect("a venue");
        assert_eq!(again.report().epoch, after_crash, "{}", durability.word());
    }
}
