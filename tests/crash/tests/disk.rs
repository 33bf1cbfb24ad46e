//! The journaler when the disk does not do what it should: full, then with room again; and a sync
//! that fails. Station by station, on a disk in memory.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ringside_journal::memory::{Fault, MemoryFile, MemoryStorage};
use ringside_journal::{Access, Author, Chain, Durability, begin};
use ringside_protocol::*;
use ringside_ring::{Cursor, Publisher, Wait, Waiter, Watch, broadcast, lane};
use ringside_tools::venue::door::Input;
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::gate::{Gate, Progress};
use ringside_tools::venue::health::{Admission, Busy, Health};
use ringside_tools::venue::journaler::{Journaler, JournalerParts};
use ringside_tools::venue::keeper::keeper;
use ringside_tools::venue::records::Commands;
use ringside_tools::venue::station::{Station, Turn};

const SEGMENT_BYTES: u64 = 512 << 10;
const RING_SLOTS: usize = 64;

/// A journaler on a disk in memory, and its keeper on a thread.
struct Bench {
    storage: MemoryStorage,
    journaler: Journaler<MemoryFile>,
    commands: Publisher<Slot>,
    durable: Watch,
    health: Arc<Health>,
    sequence: u64,
    ends: Arc<Mutex<Vec<String>>>,
    keeper: Option<thread::JoinHandle<()>>,
}

impl Bench {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let chain = Chain::read(&storage, Access::Alone, 0).expect("nothing there");
        let writer = begin(&storage, &chain, SEGMENT_BYTES, Author::default(), 0).expect("room");
        let ends = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&ends);
        let fatal = Fatal::new(move |why| told.lock().expect("the list").push(why.to_owned()));
        let next_number = writer.place().segment + 1;
        let (keeper, keeping) = keeper(storage.clone(), SEGMENT_BYTES, next_number, fatal.clone());
        let (mut ring, durable) = (broadcast(RING_SLOTS, 0), Cursor::new(0));
        let (_, checkpoints) = lane(8);
        let (watch, health) = (durable.watch(), Arc::new(Health::default()));
        let parts = JournalerParts {
            commands: ring.subscribe(),
            checkpoints,
            writer,
            durability: Durability::Sync,
            written: Cursor::new(0),
            durable,
            keeping,
            health: Arc::clone(&health),
            fatal,
        };
        let waiter = Rc::new(Waiter::new(Wait::Park));
        Self {
            storage,
            journaler: Journaler::new(parts, &waiter),
            commands: ring.publisher(),
            durable: watch,
            health,
            sequence: 0,
            ends,
            keeper: Some(thread::spawn(move || keeper.run())),
        }
    }

    /// One more command, journalled or not.
    fn command(&mut self) -> Turn {
        self.sequence += 1;
        let clock = Clock { reserved: 0 };
        let command = Sequenced {
            sequence: Sequence(self.sequence),
            time: Timestamp(self.sequence),
            origin: Origin::default(),
            command: clock.into(),
        };
        let mut slots = [[0; SLOT_BYTES]; 1];
        write_command(&command, &mut slots);
        self.commands.write(&slots).expect("room in the ring");
        self.commands.publish();
        self.journaler.turn()
    }

    /// Commands until the doors hear this; how many.
    fn until(&mut self, admission: Admission) -> u64 {
        let before = self.sequence;
        while self.health.admission() != admission {
            self.command();
        }
        self.sequence - before
    }

    /// Every command there ever was, from the disk as a crash leaves it.
    fn found(&self) -> Vec<u64> {
        let disk = self.storage.power_cut(|| false);
        let chain = Chain::read(&disk, Access::Alone, 0).expect("a whole journal");
        let (mut found, mut commands) = (Vec::new(), Commands::default());
        for batch in chain.batches(1).expect("from the beginning") {
            let each = commands.each(&batch.expect("whole"), 1, |stamp, _, _| {
                found.push(stamp.sequence.0);
                Ok::<(), ringside_tools::venue::records::BadRecord>(())
            });
            each.expect("commands");
        }
        found
    }

    fn end(self) {
        let Self { journaler, commands, keeper, .. } = self;
        drop((journaler, commands));
        keeper.expect("a keeper").join().expect("it ends");
    }
}

/// JRN-010: orders are refused first, cancels a good while later; with room again everything goes
/// on, and nothing that was said to be durable is lost.
#[test]
fn a_full_disk_refuses_orders_then_cancels_and_goes_on_with_room() {
    let mut bench = Bench::new();
    bench.until(Admission::Open);
    bench.storage.set_fault(Fault { bytes_until_full: Some(0), ..Fault::default() });
    bench.until(Admission::Kept);
    let refused_at = bench.sequence;
    assert!(bench.until(Admission::Nothing) > 20, "cancels have room of their own");
    assert!(bench.sequence > refused_at && bench.ends.lock().expect("the list").is_empty());

    // What had been taken in before that still fits.
    for _ in 0..2 * RING_SLOTS {
        assert_eq!(bench.command(), Turn::Worked);
    }
    assert_eq!(bench.durable.get(), bench.sequence);
    bench.storage.set_fault(Fault::default());
    while bench.health.admission() != Admission::Open {
        // The keeper asks the disk again in its own time.
        bench.journaler.turn();
        thread::yield_now();
    }
    for _ in 0..5_000 {
        bench.command();
    }
    assert_eq!(bench.found(), (1..=bench.sequence).collect::<Vec<_>>());
    bench.end();
}

/// X-JRN-004: each durability mode lets pass what is as safe as it promises, and nothing else.
#[test]
fn the_gate_lets_pass_what_is_safe_enough() {
    let (mut written, mut durable) = (Cursor::new(0), Cursor::new(0));
    let progress = Progress { written: written.watch(), durable: durable.watch() };
    let gates = Durability::ALL.map(|durability| Gate::new(durability, &progress));
    for (wrote, synced) in [(0, 0), (5, 0), (9, 5), (9, 9)] {
        written.publish(wrote);
        durable.publish(synced);
        let passes: Vec<u64> = gates.iter().map(Gate::passes).collect();
        assert_eq!(passes, [u64::MAX, wrote, synced], "memory, async, sync");
    }
}

/// JRN-010: what the doors make of it.
#[test]
fn a_door_knows_what_is_kept_for_cancels() {
    let (health, mut lanes) = (Arc::new(Health::default()), lane(8));
    let mut input = Input::new(lanes.0, Arc::clone(&health));
    let order: Command = Order::default().into();
    let (account, target) = (AccountId(0), OrderRef::user_ref(1));
    let cancel: Command = Cancel { account, target }.into();
    let mut offer = |command| {
        let answer = input.offer(Origin::default(), command);
        let taken = lanes.1.batch().len();
        lanes.1.release(taken);
        (answer, taken)
    };
    for (admission, of_order, of_cancel) in [
        (Admission::Open, Ok(()), Ok(())),
        (Admission::Kept, Err(Busy::DiskFull), Ok(())),
        (Admission::Nothing, Err(Busy::DiskFull), Err(Busy::DiskFull)),
    ] {
        for by_events in [false, true] {
            health.set_journal(if by_events { Admission::Open } else { admission });
            health.set_events(if by_events { admission } else { Admission::Open });
            assert_eq!(offer(order), (of_order, usize::from(of_order.is_ok())), "{admission:?}");
            assert_eq!(offer(cancel), (of_cancel, usize::from(of_cancel.is_ok())), "{admission:?}");
        }
    }
}

/// JRN-001: after a sync that failed nothing more is released, and the venue is told to end.
#[test]
fn a_failed_sync_releases_nothing_and_ends_the_venue() {
    let mut bench = Bench::new();
    for _ in 0..10 {
        bench.command();
    }
    let released = bench.durable.get();
    assert_eq!(released, 10);
    let is_over = AtomicBool::new(false);
    bench.storage.set_fault(Fault { syncs_until_failure: Some(0), ..Fault::default() });
    for _ in 0..10 {
        is_over.fetch_or(bench.command() == Turn::Done, Ordering::Relaxed);
    }
    assert!(is_over.into_inner(), "the journaler is done");
    assert_eq!(bench.durable.get(), released, "nothing more is released");
    let told = bench.ends.lock().expect("the list").join("\n");
    assert!(told.contains("the journal failed") && told.contains("start again"), "{told}");
    assert_eq!(bench.found(), (1..=released).collect::<Vec<_>>());
    bench.end();
}
