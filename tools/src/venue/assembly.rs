//! The venue put together: recovered from its directory, its stations on their threads, joined by
//! rings; and taken apart again in order.
//!
//! ```text
//!  doors ──lanes──> core ──sequenced ring──> journaler ──> journal/ ──> shadow ──> snapshots/
//!    ▲               │                           │ durable
//!    └──── gate ◄────┴───────output ring─────────┴──> recorder ──> events/
//! ```

use std::io;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use ringside_engine::{BEHAVIOUR_VERSION, Counter, Engine};
use ringside_journal::file::FileStorage;
use ringside_journal::format::BATCH_PAYLOAD_BYTES_MAX;
use ringside_journal::segment::Place;
use ringside_journal::{
    Access, Author, Chain, DirectoryLock, Durability, Records, Tail, Writer, begin, snapshots,
};
use ringside_protocol::{
    Behaviour, Command, Origin, SLOT_BYTES, Sequence, Sequenced, Slot, Timestamp, write_command,
};
use ringside_ring::{Broadcast, Cursor, Receiver, Sender, Wait, Waiter, Watch, broadcast, lane};

use super::clock::{self, Clock, guarded};
use super::core::{Core, CoreParts, LaneParts, Orphans};
use super::door::{Door, DoorStation, Input, Output, RECORD_SLOTS, Receipt, Sleeper, StopSign};
use super::events::{self, EventReader, EventWriter};
use super::fatal::Fatal;
use super::gate::{Gate, Progress};
use super::gauges::Gauges;
use super::health::Health;
use super::journaler::{Journaler, JournalerParts};
use super::keeper::keeper;
use super::layout::Layout;
use super::recorder::{Recorder, RecorderParts};
use super::recovery::{self, Recovered, RecoveryError, Report};
use super::settings::Settings;
use super::shadow::{self, EventsSynced, Shadow, ShadowParts};
use super::station::{self, Plan};
use super::topology::{Seating, Topology, pin};

/// Starts the venue's calendar.
const DAY_BEGINS: ringside_protocol::Clock = ringside_protocol::Clock { reserved: 0 };

/// How much the shadow steps back behind the other threads.
const SHADOW_NICE: i32 = 10;

/// A venue that is recovered and not running yet.
pub struct Ready {
    settings: Settings,
    layout: Layout,
    lock: DirectoryLock,
    engine: Engine,
    writer: Writer<std::fs::File>,
    /// Where the writer began.
    began: Place,
    chain: Chain,
    report: Report,
    author: Author,
    record: RecordOfEvents,
    /// Goes on with the record of events; there once that is whole.
    events: Option<EventWriter<FileStorage>>,
}

/// The record of events, for doors that tell again what was told; there once it is whole.
pub type RecordOfEvents = Arc<OnceLock<EventReader<FileStorage>>>;

/// A running venue.
pub struct Venue {
    core: JoinHandle<Engine>,
    others: Vec<JoinHandle<()>>,
    shadow: JoinHandle<Option<(u64, u64)>>,
    stop: StopSign,
    gauges: Gauges,
    layout: Layout,
    build: [u8; 16],
    delete_old: bool,
    _lock: DirectoryLock,
}

/// What a venue ended as.
pub struct Ended {
    /// The engine after the last command.
    pub engine: Engine,
    /// The last sequence that the shadow engine executed, and its event hash there; none: it had
    /// stopped with an error.
    pub shadow: Option<(u64, u64)>,
}

impl Ready {
    /// Recovers the venue of a directory, or begins one where there is none.
    ///
    /// # Errors
    /// [`RecoveryError`]: the files do not lead to an engine.
    pub fn open(settings: Settings, now: Timestamp) -> Result<Self, RecoveryError> {
        let layout = Layout::new(&settings.directory);
        layout.create()?;
        let lock = DirectoryLock::take(layout.root()).map_err(RecoveryError::Lock)?;
        let Recovered { chain, engine, mut report } = recovery::recover(&layout, Access::Alone)?;
        let author = author(&settings, &chain);
        report.epoch = author.epoch;
        let writer = begin(&layout.journal(), &chain, settings.segment_bytes, author, now.0)?;
        let began = writer.place();
        let mut ready = Self {
            settings,
            layout,
            lock,
            engine,
            writer,
            began,
            chain,
            report,
            author,
            record: RecordOfEvents::default(),
            events: None,
        };
        if !ready.is_new() && ready.engine.behaviour() != BEHAVIOUR_VERSION {
            ready.enter(&[], now)?;
        }
        Ok(ready)
    }

    /// Where its files lie.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether the venue has no past.
    pub const fn is_new(&self) -> bool {
        self.chain.whole == 0
    }

    /// What recovery found.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Where the record of events will be found.
    pub fn record(&self) -> RecordOfEvents {
        Arc::clone(&self.record)
    }

    /// In which epoch the venue runs from now on: streams are numbered in it.
    pub const fn epoch(&self) -> u32 {
        self.author.epoch
    }

    /// The first command that was, or will be, journalled in that epoch; of those that are kept.
    pub fn epoch_began(&self) -> Sequence {
        let links = self.chain.links();
        let of_epoch = links.iter().rev();
        let of_epoch = of_epoch.take_while(|link| link.opening.author.epoch == self.author.epoch);
        Sequence(match of_epoch.last() {
            // What stood before it is gone: nobody knows of another epoch.
            Some(oldest) if oldest.number == links[0].number => 0,
            Some(oldest) => oldest.opening.first_sequence,
            None => self.began.next_sequence,
        })
    }

    /// The venue as it stands.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Enters the commands a new venue begins with, before anybody can send one. They are one
    /// batch: after a crash all of them are there, or none, and the venue is new still. Durable on
    /// return.
    ///
    /// # Errors
    /// The journal's, and when they take more than a batch holds.
    ///
    /// # Panics
    /// When the venue has a past.
    pub fn genesis(&mut self, commands: &[Command], now: Timestamp) -> io::Result<()> {
        assert!(self.is_new() && !self.has_begun(), "a venue begins once");
        self.enter(commands, now)
    }

    fn has_begun(&self) -> bool {
        self.engine.sequence() > Sequence(0)
    }

    /// From here on commands are answered as this program answers them (X-ENG-024): journals that,
    /// and `commands` of the venue's own, as one batch, and applies them.
    fn enter(&mut self, commands: &[Command], now: Timestamp) -> io::Result<()> {
        let time = now.max(self.engine.time());
        let behaviour = Behaviour { version: BEHAVIOUR_VERSION, reserved: 0 }.into();
        // The first day begins with the venue: from here on its end is known.
        let clock = self.engine.next_deadline().is_none().then_some(DAY_BEGINS.into());
        let all = [behaviour].into_iter().chain(commands.iter().copied()).chain(clock);
        let sequences = self.engine.sequence().0 + 1..;
        let stamped = all.zip(sequences).map(|(command, sequence)| Sequenced {
            sequence: Sequence(sequence),
            time,
            origin: Origin::default(),
            command,
        });
        let stamped: Vec<Sequenced> = stamped.collect();
        self.journal(&stamped, time)?;
        stamped.iter().for_each(|command| self.engine.apply(command, &mut Counter::default()));
        Ok(())
    }

    /// Writes one batch; durable on return.
    fn journal(&mut self, commands: &[Sequenced], time: Timestamp) -> io::Result<()> {
        let slots: Vec<Slot> = commands.iter().flat_map(slots).collect();
        let payload = slots.as_flattened();
        if payload.len() > BATCH_PAYLOAD_BYTES_MAX {
            return Err(io::Error::other(format!(
                "what the venue begins with takes {} bytes, and a batch of the journal holds \
                 {BATCH_PAYLOAD_BYTES_MAX}; begin with less and enter the rest when it runs",
                payload.len()
            )));
        }
        let count = commands.len() as u32;
        let checkpoint = Default::default();
        let records = Records { count, parts: [payload, &[]], checkpoint, time_ns: time.0 };
        self.writer.append(&records).map_err(io::Error::other)?;
        self.writer.sync().map_err(io::Error::other)?;
        Ok(())
    }

    /// Makes the record of events whole: everything the venue has said can be read from here on.
    /// What it begins with has been entered.
    ///
    /// # Errors
    /// When the commands or the events cannot be read or written.
    pub fn complete_record(&mut self, now: Timestamp) -> Result<(), RecoveryError> {
        if self.events.is_some() {
            return Ok(());
        }
        if !self.has_begun() {
            self.genesis(&[], now)?;
        }
        let chain = Chain::read(&self.layout.journal(), Access::Live, 0)?;
        let begun = events::Settings {
            segment_bytes: self.settings.segment_bytes,
            author: self.author,
            time_ns: self.engine.time().0,
        };
        let writer = recovery::recover_events(&self.layout, &chain, &self.engine, &begun)?;
        assert!(self.record.set(writer.reader()).is_ok(), "a record is made whole once");
        self.events = Some(writer);
        Ok(())
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// When the record of events cannot be made whole, the shadow cannot read its snapshot, or the
    /// system gives no thread.
    pub fn start(
        mut self,
        doors: Vec<Box<dyn Door>>,
        clock: Clock,
        fatal: Fatal,
    ) -> Result<Venue, RecoveryError> {
        self.complete_record(clock())?;
        Assembly::new(self, fatal)?.start(doors, clock)
    }
}

/// A command as slots.
fn slots(command: &Sequenced) -> Vec<Slot> {
    let mut slots = [[0; SLOT_BYTES]; RECORD_SLOTS];
    let taken = write_command(command, &mut slots);
    slots[..taken].to_vec()
}

/// Who writes from now on. The epoch rises where messages that were told may be missing: in
/// `memory` after any stop out of order, in `async` after one of the whole machine.
fn author(settings: &Settings, chain: &Chain) -> Author {
    let mut author = Author {
        durability: settings.durability,
        epoch: 1,
        build: hash16(concat!("ringside ", env!("CARGO_PKG_VERSION")).as_bytes()),
        configuration: hash16(format!("{settings:?}").as_bytes()),
        boot: hash16(&std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default()),
    };
    if let Some(last) = chain.last_opening().map(|opening| opening.author) {
        let may_be_missing = !chain.is_clean
            && match last.durability {
                Durability::Memory => true,
                Durability::Async => last.boot != author.boot,
                Durability::Sync => false,
            };
        author.epoch = last.epoch + u32::from(may_be_missing);
    }
    author
}

fn hash16(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    short
}

/// The parts of a venue, and what joins them.
struct Assembly {
    ready: Ready,
    shadow_engine: Engine,
    commands: Broadcast<Slot>,
    events: Broadcast<Slot>,
    written: Cursor,
    durable: Cursor,
    gate: Gate,
    health: Arc<Health>,
    stop: StopSign,
    fatal: Fatal,
}

impl Assembly {
    fn new(ready: Ready, fatal: Fatal) -> Result<Self, RecoveryError> {
        let shadow_engine = recovery::newest_snapshot(&ready.layout, ready.chain.whole).engine;
        let written = Cursor::new(ready.writer.written());
        let durable = Cursor::new(ready.writer.durable());
        let progress = Progress { written: written.watch(), durable: durable.watch() };
        Ok(Self {
            gate: Gate::new(ready.settings.durability, &progress),
            commands: broadcast(ready.settings.command_slots, 0),
            events: broadcast(ready.settings.event_slots, 0),
            shadow_engine,
            ready,
            written,
            durable,
            health: Arc::default(),
            stop: StopSign::default(),
            fatal,
        })
    }

    fn start(mut self, doors: Vec<Box<dyn Door>>, clock: Clock) -> Result<Venue, RecoveryError> {
        let settings = self.ready.settings.clone();
        let mut lanes = Vec::new();
        let (quiet, doors): (Vec<_>, Vec<_>) = doors.into_iter().partition(|door| door.is_quiet());
        let mut entrance = |mut door: Box<dyn Door>| {
            let (sender, commands) = lane(settings.lane_slots);
            let (receipts, receipted) = lane(settings.lane_slots);
            lanes.push(LaneParts { commands, receipts });
            let sleeper = door.sleeper();
            (self.door(door, sender, receipted), sleeper)
        };
        let mut doors: Vec<(Plan, Option<Sleeper>)> =
            doors.into_iter().map(&mut entrance).collect();
        let quiet: Vec<(Plan, Option<Sleeper>)> = quiet.into_iter().map(entrance).collect();

        let durable = self.durable.watch();
        let applied = Cursor::new(self.ready.engine.sequence().0);
        let gauges = self.gauges(applied.watch());
        let (recorder, events) = self.recorder(applied.watch())?;
        let (engine, parts) = self.shadow_parts(events, durable);
        let shadow = spawn_shadow(engine, parts)?;
        let (checkpoints, checkpointed) = lane(64);
        let step_max = settings.clock_step_max;
        let clock = guarded(clock, clock::steady(), step_max, Arc::clone(&self.health));
        let orphans = self.orphans(clock());

        let Self { ready, commands, events, written, durable, health, stop, fatal, .. } = self;
        let mut commands = commands;
        let next_number = ready.began.segment + 1;
        let (keeper, keeping) =
            keeper(ready.layout.journal(), settings.segment_bytes, next_number, fatal.clone());
        let mut others = recorder;
        others.push(spawn("keeper", move || keeper.run())?);
        let journaler = JournalerParts {
            commands: commands.subscribe(),
            checkpoints: checkpointed,
            writer: ready.writer,
            durability: settings.durability,
            written,
            durable,
            keeping,
            health: Arc::clone(&health),
            fatal,
        };
        let journaler: Plan = Box::new(move |waiter| Box::new(Journaler::new(journaler, waiter)));

        let (mut companions, mut sleeper) = (Vec::new(), None);
        let has_thread =
            settings.topology == Topology::Pipelined || settings.durability == Durability::Sync;
        if has_thread {
            others.push(spawn_station("journaler", &settings, Seating(1), (journaler, None))?);
        } else {
            companions.push(journaler);
        }
        match settings.topology {
            Topology::Fused => {
                for (door, sleeps) in doors.drain(..) {
                    assert!(sleeper.is_none() || sleeps.is_none(), "one thread sleeps one way");
                    sleeper = sleeper.or(sleeps);
                    companions.push(door);
                }
            }
            Topology::Pipelined => {
                for (at, door) in doors.into_iter().enumerate() {
                    others.push(spawn_station("door", &settings, Seating(2 + at), door)?);
                }
            }
        }
        let unhurried = Settings { wait: Wait::Park, pin: false, ..settings.clone() };
        for door in quiet {
            others.push(spawn_station("quiet door", &unhurried, Seating(0), door)?);
        }
        let parts = CoreParts {
            engine: ready.engine,
            lanes,
            commands: commands.publisher(),
            events: events.publisher(),
            checkpoints,
            applied,
            clock,
            health,
            companions,
            orphans,
        };
        Ok(Venue {
            core: spawn_core(&settings, parts, sleeper)?,
            others,
            shadow,
            stop,
            gauges,
            layout: ready.layout,
            build: ready.author.build,
            delete_old: settings.delete_old,
            _lock: ready.lock,
        })
    }

    fn door(
        &mut self,
        door: Box<dyn Door>,
        sender: Sender<Slot>,
        receipts: Receiver<Receipt>,
    ) -> Plan {
        let input = Input::new(sender, Arc::clone(&self.health));
        let output = Output::new(self.events.subscribe(), receipts, self.gate.clone());
        let stop = self.stop.clone();
        Box::new(move |waiter| Box::new(DoorStation::new(door, input, output, stop, waiter)))
    }

    fn gauges(&self, executed: Watch) -> Gauges {
        Gauges {
            executed,
            progress: Progress { written: self.written.watch(), durable: self.durable.watch() },
            health: Arc::clone(&self.health),
            stop: self.stop.clone(),
        }
    }

    /// Starts who goes on with the record of events.
    fn recorder(&mut self, applied: Watch) -> io::Result<(Vec<JoinHandle<()>>, EventsSynced)> {
        let writer = self.ready.events.take().expect("Invariant: the record is whole");
        let Ready { settings, layout, .. } = &self.ready;
        let (storage, fatal) = (layout.events(), self.fatal.clone());
        let (keeper, keeping) = keeper(storage, settings.segment_bytes, 0, fatal.clone());
        let synced = Cursor::new(writer.written().command.0);
        let wanted = Arc::new(AtomicU64::new(0));
        let events = EventsSynced { watch: synced.watch(), wanted: Arc::clone(&wanted) };
        let (gate, health) = (self.gate.clone(), Arc::clone(&self.health));
        let events_ring = self.events.subscribe();
        let parts = RecorderParts {
            events: events_ring,
            gate,
            applied,
            writer,
            keeping,
            synced,
            wanted,
            health,
            fatal,
        };
        let threads = vec![
            spawn("events-keeper", move || keeper.run())?,
            spawn("recorder", move || {
                let waiter = Rc::new(Waiter::new(Wait::Park));
                station::run(&mut Recorder::new(parts, &waiter), &waiter);
            })?,
        ];
        Ok((threads, events))
    }

    fn shadow_parts(
        &mut self,
        events: EventsSynced,
        durable: Watch,
    ) -> (Engine, ShadowParts<FileStorage>) {
        let Ready { layout, began, chain, settings, author, .. } = &self.ready;
        let engine = core::mem::take(&mut self.shadow_engine);
        let parts = ShadowParts {
            snapshot: engine.sequence().0,
            chain: chain.clone(),
            tail: Tail::from(layout.journal(), *began),
            images: layout.snapshots(),
            durable,
            events,
            snapshot_every: settings.snapshot_every,
            journal: layout.journal(),
            delete_old: settings.delete_old,
            build: author.build,
        };
        (engine, parts)
    }

    fn orphans(&self, now: Timestamp) -> Orphans {
        let grace = self.ready.settings.session_grace.as_nanos();
        let due = Timestamp(now.0.saturating_add(u64::try_from(grace).unwrap_or(u64::MAX)));
        Orphans { sessions: self.ready.engine.open_sessions(), due }
    }
}

impl Venue {
    /// What asks every door to stop; the venue ends when all have.
    pub fn stop_sign(&self) -> StopSign {
        self.stop.clone()
    }

    /// What can be read of it while it runs.
    pub fn gauges(&self) -> Gauges {
        self.gauges.clone()
    }

    /// Ends the venue in order: doors are asked to stop, what they sent is executed, everything is
    /// synced, and a snapshot of the engine is written.
    ///
    /// # Panics
    /// When one of its threads has panicked: then the files are as a crash leaves them.
    pub fn stop(self) -> Ended {
        self.stop.raise();
        self.wait()
    }

    /// Waits until every door is done of its own accord, then ends as [`Self::stop`] does.
    ///
    /// # Panics
    /// As there.
    pub fn wait(self) -> Ended {
        let engine = self.core.join().expect("the engine thread has panicked");
        for other in self.others {
            other.join().expect("a thread of the venue has panicked");
        }
        let shadow = self.shadow.join().expect("the shadow thread has panicked");
        snapshot(&self.layout, &engine, self.build);
        if self.delete_old {
            let (journal, images) = (self.layout.journal(), self.layout.snapshots());
            shadow::retire(&journal, &images, engine.sequence().0);
        }
        Ended { engine, shadow }
    }
}

fn snapshot(layout: &Layout, engine: &Engine, build: [u8; 16]) {
    let images = layout.snapshots();
    let is_there = snapshots::read(&images, engine.sequence().0).is_ok();
    if is_there || engine.sequence() == Sequence(0) {
        return;
    }
    let mut image = Vec::new();
    engine.image().write(&mut image).expect("Invariant: memory takes every byte");
    shadow::publish(&images, &shadow::head(engine, build), &image);
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn spawn_station(
    name: &'static str,
    settings: &Settings,
    seating: Seating,
    (plan, sleeper): (Plan, Option<Sleeper>),
) -> io::Result<JoinHandle<()>> {
    let (is_pinned, wait) = (settings.pin, settings.wait);
    spawn(name, move || {
        if is_pinned {
            pin(name, seating);
        }
        let waiter = Sleeper::waiter(sleeper, wait);
        station::run(&mut *plan(&waiter), &waiter);
    })
}

fn spawn_core(
    settings: &Settings,
    parts: CoreParts,
    sleeper: Option<Sleeper>,
) -> io::Result<JoinHandle<Engine>> {
    let (is_pinned, wait) = (settings.pin, settings.wait);
    spawn("engine", move || {
        if is_pinned {
            pin("engine", Seating(0));
        }
        let waiter = Sleeper::waiter(sleeper, wait);
        let mut core = Core::new(parts, &waiter);
        station::run(&mut core, &waiter);
        core.finish()
    })
}

fn spawn_shadow(
    engine: Engine,
    parts: ShadowParts<FileStorage>,
) -> io::Result<JoinHandle<Option<(u64, u64)>>> {
    spawn("shadow", move || {
        // Of this thread only. Where the system refuses, it has the priority of the others.
        let _ = rustix::process::nice(SHADOW_NICE);
        let waiter = Rc::new(Waiter::new(Wait::Park));
        let mut shadow = Shadow::new(engine, parts, &waiter);
        station::run(&mut shadow, &waiter);
        shadow.ended()
    })
}
