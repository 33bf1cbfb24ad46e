//! The way out: events leave the engine one by one, numbered and hashed, into whatever sink the
//! caller brought.

use ringside_protocol::{Event, EventHeader, EventPayload, Stamp};

use crate::hash::EventHash;

/// Takes the engine's events: a ring, a journal, a counter, a test.
pub trait EventSink {
    /// The next event of the command in hand.
    fn emit(&mut self, header: &EventHeader, event: &Event);

    /// The command in hand has no more events.
    fn end(&mut self) {}
}

impl EventSink for Vec<(EventHeader, Event)> {
    fn emit(&mut self, header: &EventHeader, event: &Event) {
        self.push((*header, *event));
    }
}

/// A sink that only counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counter {
    /// Events so far.
    pub events: u64,
    /// Public prints among them.
    pub trades: u64,
}

impl EventSink for Counter {
    #[inline(always)]
    fn emit(&mut self, _header: &EventHeader, event: &Event) {
        self.events += 1;
        self.trades += u64::from(matches!(event, Event::Trade(_)));
    }
}

/// The events of one command on their way out.
pub(crate) struct Out<'a, S> {
    sink: &'a mut S,
    header: EventHeader,
    hash: EventHash,
}

impl<'a, S: EventSink> Out<'a, S> {
    pub(crate) fn new(stamp: &Stamp, mut hash: EventHash, sink: &'a mut S) -> Self {
        hash.command(stamp.sequence, stamp.time);
        let header =
            EventHeader { sequence: stamp.sequence, time: stamp.time, index: 0, reserved: 0 };
        Self { sink, header, hash }
    }

    /// Emits one event.
    #[inline(always)]
    pub(crate) fn emit<P: EventPayload>(&mut self, payload: P) {
        self.hash.event(P::KIND, payload.as_bytes());
        self.sink.emit(&self.header, &payload.into());
        self.header.index += 1;
    }

    /// Ends the command: how many events it had, and the hash after them.
    pub(crate) fn end(self) -> (u32, EventHash) {
        self.sink.end();
        (self.header.index, self.hash)
    }
}
