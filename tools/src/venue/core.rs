//! The engine thread: takes commands off the lanes in bounded turns, gives each its place and time,
//! shows it to the journaler and applies it. From the stamp on everything is deterministic.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ringside_engine::Engine;
use ringside_journal::Checkpoint;
use ringside_protocol::{
    Clock, Command, CommandReader, CommandRef, Origin, SLOT_BYTES, Sequence, Sequenced, Session,
    SessionState, Slot, StreamId, Timestamp, peek_command, peek_stream, stamp_command,
    write_command,
};
use ringside_ring::{Batch, Cursor, Goal, Publisher, Receiver, Seat, Sender, Waiter};

use super::door::{NO_RECEIPT, RECORD_SLOTS, Receipt};
use super::health::Health;
use super::outlet::Outlet;
use super::station::{Plan, Station, Turn, sooner};

/// Commands taken off one lane before the next has its turn.
const LANE_TURN: usize = 64;
/// The event hash goes to the journal after so many commands, and when there is nothing to do.
const CHECKPOINT_EVERY: u64 = 4096;

/// While the clock is not believed it is looked at so often.
const CLOCK_LOOK: Duration = Duration::from_millis(100);

/// What the engine thread is made of.
pub(crate) struct CoreParts {
    pub(crate) engine: Engine,
    pub(crate) lanes: Vec<LaneParts>,
    pub(crate) commands: Publisher<Slot>,
    pub(crate) events: Publisher<Slot>,
    pub(crate) checkpoints: Sender<Checkpoint>,
    pub(crate) applied: Cursor,
    pub(crate) clock: super::clock::Clock,
    pub(crate) health: Arc<Health>,
    pub(crate) companions: Vec<Plan>,
    pub(crate) orphans: Orphans,
}

/// A door's lane at the engine's end.
pub(crate) struct LaneParts {
    pub(crate) commands: Receiver<Slot>,
    /// Tells the door which places its commands got. It has as many slots as the lane, and doors
    /// take receipts before they ask for more.
    pub(crate) receipts: Sender<Receipt>,
}

/// Sessions that were open when the venue went down. Whoever is not back after a grace is gone.
pub(crate) struct Orphans {
    /// The commands that close them.
    pub(crate) sessions: Vec<Session>,
    pub(crate) due: Timestamp,
}

impl Orphans {
    fn is_back(&mut self, opened: &Session) {
        let is_other =
            |orphan: &Session| (orphan.account, orphan.name) != (opened.account, opened.name);
        self.sessions.retain(is_other);
    }

    /// The next session to close, when its grace is over.
    fn next_due(&mut self, now: Timestamp) -> Option<Session> {
        if now >= self.due { self.sessions.pop() } else { None }
    }
}

struct Lane {
    receiver: Receiver<Slot>,
    seat: Seat,
    receipts: Sender<Receipt>,
    /// Receipts of this turn: they follow the events.
    due: Vec<Receipt>,
}

/// The engine thread's station.
pub(crate) struct Core {
    stamper: Stamper,
    lanes: Vec<Lane>,
    checkpoints: Sender<Checkpoint>,
    checkpointed: u64,
    /// The last command whose events are all on the ring.
    applied: Cursor,
    clock: super::clock::Clock,
    health: Arc<Health>,
}

/// Engine and outlet: what a command goes through.
struct Stamper {
    engine: Engine,
    outlet: Outlet,
    reader: CommandReader,
    stamped: [Slot; RECORD_SLOTS],
    orphans: Orphans,
}

impl Core {
    pub(crate) fn new(parts: CoreParts, waiter: &Rc<Waiter>) -> Self {
        let companions = parts.companions.into_iter().map(|plan| plan(waiter)).collect();
        let lane = |LaneParts { commands: receiver, receipts }| {
            let seat = waiter.attend(receiver.published());
            let seat = seat.expect("Invariant: seats for every station");
            Lane { seat, receiver, receipts, due: Vec::with_capacity(LANE_TURN) }
        };
        let stamper = Stamper {
            outlet: Outlet::new(parts.commands, parts.events, companions, waiter),
            engine: parts.engine,
            reader: CommandReader::default(),
            stamped: [[0; SLOT_BYTES]; RECORD_SLOTS],
            orphans: parts.orphans,
        };
        Self {
            checkpointed: stamper.engine.sequence().0,
            stamper,
            lanes: parts.lanes.into_iter().map(lane).collect(),
            checkpoints: parts.checkpoints,
            applied: parts.applied,
            clock: parts.clock,
            health: parts.health,
        }
    }

    /// The engine, when nobody sends any more; whoever shares the thread comes to an end first.
    pub(crate) fn finish(self) -> Engine {
        self.stamper.outlet.finish();
        self.stamper.engine
    }

    fn take_all(&mut self) -> usize {
        let now = (self.clock)();
        let mut taken = self.stamper.fire(now);
        for lane in &mut self.lanes {
            taken += self.stamper.take_lane(&mut lane.receiver, &mut lane.due, now);
        }
        if taken > 0 {
            self.stamper.outlet.publish();
            self.applied.publish(self.stamper.engine.sequence().0);
            self.lanes.iter_mut().for_each(Lane::hand_receipts);
        }
        taken
    }

    /// Tells the journaler the event hash, now and then; it is no loss if the lane is full.
    fn checkpoint(&mut self, after: u64) {
        let sequence = self.stamper.engine.sequence().0;
        if sequence >= self.checkpointed + after {
            let event_hash = self.stamper.engine.event_hash();
            // A reader who has no room for it has had one lately.
            let _ = self.checkpoints.try_publish(&[Checkpoint { sequence, event_hash }]);
            self.checkpointed = sequence;
        }
    }

    /// Nobody will send anything any more, and everything sent is taken.
    fn is_over(&mut self) -> bool {
        self.lanes.iter_mut().all(|lane| {
            // In this order: a batch after the end is the last.
            lane.receiver.is_abandoned() && lane.receiver.batch().is_empty()
        })
    }
}

impl Lane {
    /// A door that is gone wants none.
    fn hand_receipts(&mut self) {
        if !self.due.is_empty() {
            let handed = self.receipts.try_publish_kept(&self.due);
            assert!(
                handed.is_ok() || self.receipts.is_abandoned(),
                "a door asked for more receipts than it takes"
            );
            self.due.clear();
        }
    }
}

impl Station for Core {
    fn turn(&mut self) -> Turn {
        let taken = self.take_all();
        let companions = self.stamper.outlet.turn_companions();
        if taken > 0 || companions == Turn::Worked {
            self.checkpoint(CHECKPOINT_EVERY);
            return Turn::Worked;
        }
        self.checkpoint(1);
        if self.is_over() { Turn::Done } else { Turn::Idle }
    }

    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        goals.extend(self.lanes.iter().map(|lane| (&lane.seat, lane.receiver.position() + 1)));
        self.stamper.outlet.goals(goals);
    }

    fn limit(&self) -> Option<Duration> {
        let now = (self.clock)();
        let orphans = &self.stamper.orphans;
        let orphans = (!orphans.sessions.is_empty()).then_some(orphans.due);
        let deadlines = self.stamper.engine.next_deadline().into_iter().chain(orphans);
        let until = |due: Timestamp| Duration::from_nanos(due.0.saturating_sub(now.0));
        let look = self.health.is_clock_stepped().then_some(CLOCK_LOOK);
        sooner(look, sooner(deadlines.min().map(until), self.stamper.outlet.limit()))
    }
}

impl Stamper {
    /// Everything that time brings about by `now`.
    fn fire(&mut self, now: Timestamp) -> usize {
        let mut fired = 0;
        while let Some(due) = self.engine.next_deadline().filter(|&due| due <= now) {
            self.enter(due, Clock { reserved: 0 }.into());
            fired += 1;
        }
        while let Some(closed) = self.orphans.next_due(now) {
            self.enter(now, closed.into());
            fired += 1;
        }
        fired
    }

    /// Takes up to [`LANE_TURN`] commands off a lane.
    fn take_lane(
        &mut self,
        lane: &mut Receiver<Slot>,
        receipts: &mut Vec<Receipt>,
        now: Timestamp,
    ) -> usize {
        let batch = lane.batch();
        let (mut at, mut taken) = (0, 0);
        while taken < LANE_TURN
            && let Some(first) = batch.get(at)
        {
            let (token, slots) = peek_command(first);
            batch.copy_range(at, slots, &mut self.stamped);
            at += slots;
            taken += 1;
            self.look_ahead(&batch, at);
            self.apply(now, slots);
            if token.0 != NO_RECEIPT {
                let sequence = self.engine.sequence().0;
                receipts.push(Receipt { token: token.0, sequence });
            }
            self.fire(now);
        }
        lane.release(at);
        taken
    }

    #[inline]
    fn look_ahead(&self, batch: &Batch<'_, Slot>, at: usize) {
        let stream = |ahead: usize| batch.get(at + ahead).map_or(StreamId::NONE, peek_stream);
        self.engine.foresee([stream(0), stream(1), stream(2)]);
    }

    /// Enters a command of the venue's own.
    fn enter(&mut self, now: Timestamp, command: Command) {
        let (sequence, origin) = (Sequence(0), Origin::default());
        let command = Sequenced { sequence, time: now, origin, command };
        let slots = write_command(&command, &mut self.stamped);
        self.apply(now, slots);
    }

    /// Stamps what lies in `stamped`, shows it to the journaler and applies it.
    #[inline]
    fn apply(&mut self, now: Timestamp, slots: usize) {
        let sequence = Sequence(self.engine.sequence().0 + 1);
        stamp_command(&mut self.stamped[0], sequence, now.max(self.engine.time()));
        let slots = &self.stamped[..slots];
        self.outlet.command(slots);
        let read = self.reader.read(slots);
        let (stamp, command, _) = read.expect("Invariant: lanes hold commands");
        if !self.orphans.sessions.is_empty()
            && let CommandRef::Session(session) = command
            && session.state == SessionState::Open
        {
            self.orphans.is_back(session);
        }
        self.engine.apply_view(&stamp, command, &mut self.outlet);
    }
}
