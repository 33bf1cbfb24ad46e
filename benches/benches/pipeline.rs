//! What the journal costs the venue around it, in one run: `cargo bench -p ringside-benches --bench
//! pipeline [-- --rounds N] [--seconds N] [--directory DIR]`.
//!
//! First what it costs the hot thread to let a stamped command go, at a given rate whatever becomes
//! of it: to a journaler by a ring, or into a mapping of the file with somebody else syncing it;
//! the row above is the clock alone, which is in the others too. Then how long an order waits for
//! its answer in a whole venue that syncs, beside a bare write and fdatasync of as many bytes as a
//! batch of that very run had. Candidates take turns; figures are medians of the rounds. What was
//! written is read again and must be whole.

use std::hint::spin_loop;
use std::path::Path;
use std::rc::Rc;
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ringside_benches::bare::Bare;
use ringside_benches::run::{argument, directory, median, print_machine, print_rows, quantile};
use ringside_journal::file::FileStorage;
use ringside_journal::mmap::MappedStorage;
use ringside_journal::storage::{Storage, StorageFile};
use ringside_journal::{Access, Author, Chain, Durability, Records, Writer, begin, names};
use ringside_protocol::*;
use ringside_ring::{Cursor, Publisher, Wait, Waiter, broadcast, lane};
use ringside_tools::drive::market;
use ringside_tools::drive::trader::{Enough, Load, Tally, Trader};
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::clock;
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::journaler::{Journaler, JournalerParts};
use ringside_tools::venue::keeper::keeper;
use ringside_tools::venue::layout::Layout;
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::station;
use ringside_tools::venue::topology::{self, Seating, Topology};
use tempfile::TempDir;

/// Commands a second, and how many of them.
const HOT: [(u64, u64); 2] = [(100_000, 100_000), (1_000_000, 500_000)];
const RING_SLOTS: usize = 8_192;
const SEGMENT_BYTES: u64 = 64 << 20;
/// Of a batch of one command: header and slot.
const LONE_BYTES: u64 = 192;
const LOADS: [Load; 2] = [Load::InFlight(1), Load::Rate(100_000)];
/// Bare syncs beside each run of a venue.
const SYNCS: usize = 400;

fn main() {
    let rounds = argument("--rounds").unwrap_or(5);
    let seconds = argument("--seconds").unwrap_or(2) as u64;
    print_machine();
    println!("files in {}; medians of {rounds} rounds, in turns", directory().display());
    for (rate, count) in HOT {
        print_hot(rounds, rate, count);
    }
    print_answers(rounds, Duration::from_secs(seconds));
}

fn fresh() -> TempDir {
    tempfile::tempdir_in(directory()).expect("a directory")
}

fn read<S: Storage>(storage: &S) -> Chain {
    Chain::read(storage, Access::Alone, 0).expect("a whole chain")
}

fn begun<S: Storage>(storage: &S, segment_bytes: u64) -> Writer<S::File> {
    begin(storage, &read(storage), segment_bytes, Author::default(), 0).expect("a segment")
}

fn ns(clock: Instant) -> f64 {
    clock.elapsed().as_nanos() as f64
}

/// Lets commands go at a rate, each when it is due whatever became of the one before, from a thread
/// on the core that the engine's would have; nanoseconds that each `put` took.
fn at_rate(rate: u64, count: u64, put: impl FnMut(&Slot) + Send) -> Vec<f64> {
    let hot = || {
        topology::pin("the hot thread", Seating(0));
        paced(rate, count, put)
    };
    thread::scope(|scope| scope.spawn(hot).join().expect("the hot thread ends in order"))
}

fn paced(rate: u64, count: u64, mut put: impl FnMut(&Slot)) -> Vec<f64> {
    let mut slot = order();
    let started = Instant::now();
    let taken = (1..=count).map(|sequence| {
        stamp_command(&mut slot, Sequence(sequence), Timestamp(sequence));
        let due = Duration::from_nanos(sequence * 1_000_000_000 / rate);
        while started.elapsed() < due {
            spin_loop();
        }
        let clock = Instant::now();
        put(&slot);
        ns(clock)
    });
    taken.collect()
}

/// An order in the one slot it takes.
fn order() -> Slot {
    let mut slots = [[0; SLOT_BYTES]; SLOTS_MAX];
    let order = Order { user_ref: 1, ..Order::default() };
    let (sequence, time, origin) = (Sequence(1), Timestamp(1), Origin::default());
    let taken =
        write_command(&Sequenced { sequence, time, origin, command: order.into() }, &mut slots);
    assert_eq!(taken, 1, "an order by number takes one slot");
    slots[0]
}

/// A ring with a real journaler behind it, which syncs.
fn journaler(storage: &FileStorage) -> (Publisher<Slot>, [JoinHandle<()>; 2]) {
    let writer = begun(storage, SEGMENT_BYTES);
    let mut ring = broadcast(RING_SLOTS, 0);
    let fatal = Fatal::new(|why| panic!("{why}"));
    let next = writer.place().segment + 1;
    let (keeper, keeping) = keeper(storage.clone(), SEGMENT_BYTES, next, fatal.clone());
    let parts = JournalerParts {
        commands: ring.subscribe(),
        checkpoints: lane(64).1,
        writer,
        durability: Durability::Sync,
        written: Cursor::new(0),
        durable: Cursor::new(0),
        keeping,
        health: Arc::default(),
        fatal,
    };
    let writing = thread::spawn(move || {
        topology::pin("the journaler", Seating(1));
        let waiter = Rc::new(Waiter::new(Wait::Park));
        station::run(&mut Journaler::new(parts, &waiter), &waiter);
    });
    (ring.publisher(), [thread::spawn(move || keeper.run()), writing])
}

/// Hands every command to a journaler.
fn handed(rate: u64, count: u64) -> Vec<f64> {
    let directory = fresh();
    let storage = FileStorage::create(directory.path()).expect("a directory");
    let (mut publisher, threads) = journaler(&storage);
    let taken = at_rate(rate, count, |slot| {
        while publisher.write(from_ref(slot)).is_err() {
            spin_loop();
        }
        publisher.publish();
    });
    drop(publisher);
    threads.into_iter().for_each(|thread| thread.join().expect("an end in order"));
    assert_eq!(read(&storage).whole, count, "every command is on disk");
    taken
}

/// Stores every command into a mapping of the file, which another thread syncs without a pause.
fn stored(rate: u64, count: u64) -> Vec<f64> {
    let directory = fresh();
    let storage = MappedStorage::create(directory.path()).expect("a directory");
    let bytes = (count * LONE_BYTES + (1 << 20)).next_multiple_of(4096);
    let mut writer = begun(&storage, bytes);
    let file = FileStorage::at(directory.path()).open(&names::segment(writer.place().segment));
    let mut file = file.expect("the segment");
    let is_over = AtomicBool::new(false);
    let taken = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                file.sync().expect("synced");
            }
        });
        let taken = at_rate(rate, count, |slot| {
            let (parts, checkpoint) = ([slot.as_slice(), &[]], Default::default());
            let records = Records { count: 1, parts, checkpoint, time_ns: 0 };
            writer.append(&records).expect("room");
        });
        is_over.store(true, Ordering::Relaxed);
        taken
    });
    writer.stop(0).expect("synced");
    drop(writer);
    assert_eq!(read(&storage).whole, count, "every command is on disk");
    taken
}

fn print_hot(rounds: usize, rate: u64, count: u64) {
    type Way = fn(u64, u64) -> Vec<f64>;
    let ways: [(&str, Way); 3] = [
        ("the clock alone", |rate, count| at_rate(rate, count, |_| {})),
        ("handed to a journaler by a ring", handed),
        ("stored into a mapping, synced by another", stored),
    ];
    let parts = [0.5, 0.99, 0.999];
    let mut found = vec![[const { Vec::new() }; 3]; ways.len()];
    for _ in 0..rounds {
        for ((_, way), found) in ways.iter().zip(&mut found) {
            let taken = way(rate, count);
            parts.iter().zip(found).for_each(|(&part, of)| of.push(quantile(&taken, part)));
        }
    }
    let row = |((name, _), found): (&(&str, Way), &[Vec<f64>; 3])| {
        ((*name).to_owned(), found.iter().map(|of| median(of)).collect())
    };
    let rows: Vec<_> = ways.iter().zip(&found).map(row).collect();
    let title = format!("the hot thread, {rate} a second");
    print_rows(&title, &["p50 ns", "p99 ns", "p99.9 ns"], &rows);
}

/// What came of the rounds of one topology under one load, and of the bare syncs beside them.
#[derive(Default)]
struct Answers {
    venue: [Vec<f64>; 2],
    bare: [Vec<f64>; 2],
    batch: Vec<f64>,
}

impl Answers {
    fn round(&mut self, topology: Topology, load: Load, after: Duration) {
        let directory = fresh();
        let settings = Settings { topology, ..Settings::new(directory.path()) };
        let tally = driven(settings, load, after);
        let batch = mean_batch(directory.path());
        let us = |part| tally.latency_ns.value_at_quantile(part) as f64 / 1000.0;
        self.venue.iter_mut().zip([0.5, 0.99]).for_each(|(of, part)| of.push(us(part)));
        let bytes = batch * SLOT_BYTES as f64 + 64.0;
        let mut bare = Bare::new(directory.path(), "bare", bytes as usize, SYNCS);
        let taken: Vec<f64> = (0..SYNCS).map(|_| bare.write_and_sync()).collect();
        self.bare
            .iter_mut()
            .zip([0.5, 0.99])
            .for_each(|(of, part)| of.push(quantile(&taken, part)));
        self.batch.push(batch);
    }

    fn print(&self, topology: Topology, load: Load) {
        let [bare, venue] = [&self.bare, &self.venue].map(|of| [median(&of[0]), median(&of[1])]);
        let row = |name: &str, [p50, p99]: [f64; 2]| {
            (name.to_owned(), vec![p50, p99, p99 / bare[1], median(&self.batch)])
        };
        let rows = [row("bare write and fdatasync", bare), row("order to answer", venue)];
        let title = match load {
            Load::InFlight(count) => format!("{topology}, sync, {count} in flight"),
            Load::Rate(rate) => format!("{topology}, sync, {rate} a second"),
        };
        print_rows(&title, &["p50 µs", "p99 µs", "p99 ratio", "a batch"], &rows);
    }
}

fn print_answers(rounds: usize, after: Duration) {
    let every = LOADS.into_iter().flat_map(|load| Topology::ALL.map(|topology| (topology, load)));
    let mut groups: Vec<_> = every.map(|group| (group, Answers::default())).collect();
    for _ in 0..rounds {
        for ((topology, load), answers) in &mut groups {
            answers.round(*topology, *load, after);
        }
    }
    for ((topology, load), answers) in &groups {
        answers.print(*topology, *load);
    }
}

/// Runs a venue under a load.
fn driven(settings: Settings, load: Load, after: Duration) -> Tally {
    let now = clock::wall();
    let mut ready = Ready::open(settings, now()).expect("a venue");
    let began = now();
    ready.genesis(&market::genesis(began), began).expect("a market");
    let tally = Arc::new(Mutex::new(Tally::new()));
    let last_ref = vec![0; market::TRADERS as usize];
    let enough = Enough { commands: u64::MAX, after };
    let session = ready.engine().session().number;
    let door = Trader::new(1, load, enough, last_ref, session, Arc::clone(&tally));
    let fatal = Fatal::new(|why| panic!("{why}"));
    let ended = ready.start(vec![Box::new(door)], now, fatal).expect("threads").wait();
    assert!(ended.shadow.is_some(), "the venue can be replayed");
    let tally = std::mem::take(&mut *tally.lock().expect("the tally"));
    assert!(tally.answered > 0, "orders were answered");
    tally
}

/// Commands of a batch, on the average over all that hold any.
fn mean_batch(directory: &Path) -> f64 {
    let chain = read(&Layout::new(directory).journal());
    let counts = chain.batches(1).expect("from the first on").map(|batch| batch.expect("whole"));
    let counts: Vec<u32> = counts.map(|batch| batch.header.count).filter(|&n| n > 0).collect();
    assert_eq!(counts.iter().map(|&count| u64::from(count)).sum::<u64>(), chain.whole);
    chain.whole as f64 / counts.len() as f64
}
