//! The sequencer: puts commands in one total order and stamps them. From a stamped command on,
//! everything is deterministic.

use ringside_protocol::{Clock, Command, Origin, Sequence, Sequenced, Timestamp};

use crate::book::Book;
use crate::{Engine, EventSink};

/// Hands out sequences and venue time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sequencer {
    next: Sequence,
    time: Timestamp,
}

impl Default for Sequencer {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequencer {
    /// Before the first command, at time 0.
    pub const fn new() -> Self {
        Self { next: Sequence(1), time: Timestamp(0) }
    }

    /// After the last command that `engine` applied.
    pub fn after<B: Book>(engine: &Engine<B>) -> Self {
        Self { next: Sequence(engine.sequence().0 + 1), time: engine.time() }
    }

    /// Venue time of the last stamp.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Stamps a command: the next sequence, and the later of `now` and the last stamp.
    pub fn stamp(&mut self, now: Timestamp, origin: Origin, command: Command) -> Sequenced {
        self.time = self.time.max(now);
        let sequence = self.next;
        self.next = Sequence(sequence.0 + 1);
        Sequenced { sequence, time: self.time, origin, command }
    }

    /// Stamps a command at `now` and applies it, after one clock command for each deadline that is
    /// due by then: nothing that should have expired meets it.
    pub fn submit<B: Book>(
        &mut self,
        engine: &mut Engine<B>,
        now: Timestamp,
        origin: Origin,
        command: impl Into<Command>,
        sink: &mut impl EventSink,
    ) {
        self.fire_deadlines(engine, now, sink);
        let stamped = self.stamp(now, origin, command.into());
        engine.apply(&stamped, sink);
    }

    /// Lets venue time reach `now`: one clock command for each deadline on the way, then one for
    /// `now` itself unless a deadline fell on it.
    pub fn advance<B: Book>(
        &mut self,
        engine: &mut Engine<B>,
        now: Timestamp,
        sink: &mut impl EventSink,
    ) {
        let reached = self.fire_deadlines(engine, now, sink);
        if reached != Some(now) {
            self.tick(engine, now, sink);
        }
    }

    fn fire_deadlines<B: Book>(
        &mut self,
        engine: &mut Engine<B>,
        now: Timestamp,
        sink: &mut impl EventSink,
    ) -> Option<Timestamp> {
        let mut reached = None;
        while let Some(deadline) = engine.next_deadline().filter(|&deadline| deadline <= now) {
            self.tick(engine, deadline, sink);
            reached = Some(deadline);
        }
        reached
    }

    fn tick<B: Book>(&mut self, engine: &mut Engine<B>, now: Timestamp, sink: &mut impl EventSink) {
        let clock = Clock { reserved: 0 };
        let stamped = self.stamp(now, Origin::default(), clock.into());
        engine.apply(&stamped, sink);
    }
}
