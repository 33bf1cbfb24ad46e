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

    /// Stamps the clock command of the next deadline, if that is due by `now`: nothing that should
    /// have ended by then may meet what comes. Apply it and ask again, for it may have set another
    /// deadline.
    ///
    /// Whoever must see a command between its stamp and its execution, to publish or record it,
    /// asks this until there is none, then stamps its own; [`Self::submit`] is the same for those
    /// who need not.
    ///
    /// ```
    /// # use ringside_engine::{Engine, Sequencer};
    /// # use ringside_protocol::*;
    /// # let (mut engine, mut sequencer) = (Engine::new(), Sequencer::new());
    /// # let (mut events, mut journal) = (Vec::new(), Vec::new());
    /// # let (now, origin) = (Timestamp(7), Origin::default());
    /// # let code = Name::parse("USDC").unwrap();
    /// # let command = Currency { code, scale: 6, reserved: [0; 3] };
    /// while let Some(clock) = sequencer.due(&engine, now) {
    ///     journal.push(clock);
    ///     engine.apply(&clock, &mut events);
    /// }
    /// let stamped = sequencer.stamp(now, origin, command.into());
    /// journal.push(stamped);
    /// engine.apply(&stamped, &mut events);
    /// ```
    #[inline]
    pub fn due<B: Book>(&mut self, engine: &Engine<B>, now: Timestamp) -> Option<Sequenced> {
        let deadline = engine.next_deadline().filter(|&deadline| deadline <= now)?;
        Some(self.tick(deadline))
    }

    /// Stamps a clock command: venue time reaches `now`.
    pub fn tick(&mut self, now: Timestamp) -> Sequenced {
        self.stamp(now, Origin::default(), Clock { reserved: 0 }.into())
    }

    /// Stamps a command: the next sequence, and the later of `now` and the last stamp.
    pub fn stamp(&mut self, now: Timestamp, origin: Origin, command: Command) -> Sequenced {
        self.time = self.time.max(now);
        let sequence = self.next;
        self.next = Sequence(sequence.0 + 1);
        Sequenced { sequence, time: self.time, origin, command }
    }

    /// Stamps a command at `now` and applies it, after one clock command for each deadline that is
    /// due by then.
    pub fn submit<B: Book>(
        &mut self,
        engine: &mut Engine<B>,
        now: Timestamp,
        origin: Origin,
        command: impl Into<Command>,
        sink: &mut impl EventSink,
    ) {
        while let Some(clock) = self.due(engine, now) {
            engine.apply(&clock, sink);
        }
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
        let mut reached = None;
        while let Some(clock) = self.due(engine, now) {
            reached = Some(clock.time);
            engine.apply(&clock, sink);
        }
        if reached != Some(now) {
            engine.apply(&self.tick(now), sink);
        }
    }
}
