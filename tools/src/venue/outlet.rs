//! The engine thread's two ways out: stamped commands to the journaler, events to everybody else.
//! When one is full the engine waits for room, after it has shown everything written so far; in the
//! fused topology it lets its companions, who share the thread, take their turns meanwhile. They
//! send and hear; they never enter the engine.

use std::rc::Rc;
use std::time::Duration;

use ringside_engine::EventSink;
use ringside_protocol::{Event, EventHeader, SLOT_BYTES, Slot, mark_last, write_event};
use ringside_ring::{Goal, Publisher, Waiter, Woken};

use super::door::RECORD_SLOTS;
use super::station::{Station, Turn, sooner};

/// How long an engine with companions waits before it lets them look again.
const ROOM_LOOK: Duration = Duration::from_micros(100);

/// Which way is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Commands,
    Events,
}

/// The way out of the engine thread.
pub(crate) struct Outlet {
    commands: Publisher<Slot>,
    events: Publisher<Slot>,
    /// The last event, until it is known whether another follows.
    held: [Slot; RECORD_SLOTS],
    held_slots: usize,
    companions: Vec<Box<dyn Station>>,
    waiter: Rc<Waiter>,
}

impl Outlet {
    pub(crate) fn new(
        mut commands: Publisher<Slot>,
        mut events: Publisher<Slot>,
        companions: Vec<Box<dyn Station>>,
        waiter: &Rc<Waiter>,
    ) -> Self {
        for ring in [&mut commands, &mut events] {
            ring.attend(waiter).expect("Invariant: seats for every station");
        }
        Self {
            commands,
            events,
            held: [[0; SLOT_BYTES]; RECORD_SLOTS],
            held_slots: 0,
            companions,
            waiter: Rc::clone(waiter),
        }
    }

    /// Writes a stamped command for the journaler; it goes before its first event.
    #[inline]
    pub(crate) fn command(&mut self, slots: &[Slot]) {
        if self.commands.write(slots).is_err() {
            self.make_room(Way::Commands, slots.len());
            self.commands.write(slots).expect("Invariant: room was made");
        }
    }

    /// Shows everything written.
    #[inline]
    pub(crate) fn publish(&mut self) {
        self.commands.publish();
        self.events.publish();
    }

    /// One turn of every companion.
    pub(crate) fn turn_companions(&mut self) -> Turn {
        turn_all(&mut self.companions)
    }

    pub(crate) fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        self.companions.iter().for_each(|companion| companion.goals(goals));
    }

    pub(crate) fn limit(&self) -> Option<Duration> {
        let limits = self.companions.iter().map(|companion| companion.limit());
        limits.fold(None, sooner)
    }

    /// Ends both rings and lets the companions come to their ends: they see that nothing more will
    /// come.
    pub(crate) fn finish(self) {
        let Self { commands, events, mut companions, waiter, .. } = self;
        drop((commands, events));
        while let Turn::Worked | Turn::Idle = turn_all(&mut companions) {
            let mut goals = Vec::new();
            companions.iter().for_each(|companion| companion.goals(&mut goals));
            let limit = companions.iter().map(|companion| companion.limit()).fold(None, sooner);
            waiter.sleep_until(&goals, limit);
        }
    }

    #[inline]
    fn flush_held(&mut self) {
        let slots = &self.held[..self.held_slots];
        if self.events.write(slots).is_err() {
            self.make_room(Way::Events, self.held_slots);
            let slots = &self.held[..self.held_slots];
            self.events.write(slots).expect("Invariant: room was made");
        }
        self.held_slots = 0;
    }

    #[cold]
    fn make_room(&mut self, way: Way, slots: usize) {
        self.publish();
        loop {
            let turn = self.turn_companions();
            let ring = match way {
                Way::Commands => &mut self.commands,
                Way::Events => &mut self.events,
            };
            if ring.has_room(slots) {
                return;
            }
            let limit = (turn != Turn::Done).then_some(ROOM_LOOK);
            if turn != Turn::Worked {
                let woken = ring.sleep_for_room(slots, &self.waiter, limit);
                assert!(woken != Woken::Abandoned, "a reader of the rings has died");
            }
        }
    }
}

/// One turn of each; those that are done are let go.
fn turn_all(companions: &mut Vec<Box<dyn Station>>) -> Turn {
    let mut turn = Turn::Idle;
    companions.retain_mut(|companion| match companion.turn() {
        Turn::Worked => {
            turn = Turn::Worked;
            true
        }
        Turn::Idle => true,
        Turn::Done => false,
    });
    if companions.is_empty() { Turn::Done } else { turn }
}

impl EventSink for Outlet {
    #[inline]
    fn emit(&mut self, header: &EventHeader, event: &Event) {
        if self.held_slots > 0 {
            self.flush_held();
        }
        self.held_slots = write_event(header, event, &mut self.held);
    }

    #[inline]
    fn end(&mut self) {
        if self.held_slots > 0 {
            mark_last(&mut self.held[0]);
            self.flush_held();
        }
    }
}
