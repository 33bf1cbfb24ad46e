//! The day roll: at the boundary of the venue day its session ends and the next begins. Streams
//! number their messages and their orders from 1 again; orders that live on are told anew.
//!
//! ```text
//! what the boundary brings about │ session_ended of each stream │ day │ restated of each order
//! ──────────────── numbers of the session that ends ───────────┘     └── of the one that begins ──
//! ```
//!
//! It happens once a day, in one command: its work grows with streams and resting orders, and is
//! the only one between two boundaries that allocates.

use ringside_protocol::{
    DayBegan, EventKind, Restated, Sequence, SessionEnded, SessionNumber, StreamId, Timestamp,
    USER_REF_MAX,
};

use crate::Engine;
use crate::book::{Book, SlotIndex};
use crate::out::{EventSink, Out};

/// Which of the venue's sessions is running, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct VenueSession {
    /// Which.
    pub number: SessionNumber,
    /// When the session before it began, by the calendar; none: there was none, or it is not known.
    pub before_began: Option<Timestamp>,
    /// The command it began with; 0: the venue's beginning.
    pub since: Sequence,
}

impl Default for VenueSession {
    fn default() -> Self {
        Self { number: SessionNumber::FIRST, before_began: None, since: Sequence(0) }
    }
}

impl<B: Book> Engine<B> {
    /// Which of the venue's sessions is running.
    pub const fn session(&self) -> VenueSession {
        self.session
    }

    /// When the venue day that is running began, by the calendar; none before time has started.
    pub fn day_began(&self) -> Option<Timestamp> {
        self.calendar.day_began()
    }

    /// Time has come to where it is; at a boundary the session rolls.
    #[cold]
    pub(crate) fn pass_time<S: EventSink>(&mut self, out: &mut Out<'_, S>) {
        let began = self.calendar.day_began();
        if self.calendar.advance(self.time) {
            self.end_session(out);
            self.session = VenueSession {
                number: SessionNumber(self.session.number.0 + 1),
                before_began: began,
                since: self.sequence,
            };
            self.begin_session(out);
        }
    }

    /// Every stream is told its last message.
    fn end_session<S: EventSink>(&mut self, out: &mut Out<'_, S>) {
        for id in (0..self.streams.rows.len() as u32).map(StreamId) {
            let report = self.streams.report(id, 0, EventKind::SessionEnded);
            out.emit(SessionEnded { account: self.streams.rows[id.index()].account, report });
        }
    }

    fn begin_session<S: EventSink>(&mut self, out: &mut Out<'_, S>) {
        let began = self.calendar.day_began().unwrap_or(self.time);
        out.emit(DayBegan { began, session: self.session.number, reserved: 0 });
        self.streams.begin_session();
        let mut orders: Vec<SlotIndex> =
            self.pool.iter().filter(|(_, node)| node.stream.is_some()).map(|row| row.0).collect();
        orders.sort_unstable_by_key(|&slot| self.pool[slot].order);
        for slot in orders {
            self.restate(slot, out);
        }
    }

    /// An order lives on: under the venue's next number, where its stream numbers it.
    fn restate<S: EventSink>(&mut self, slot: SlotIndex, out: &mut Out<'_, S>) {
        let node = self.pool[slot];
        let user_ref = match node.user_ref {
            0 => 0,
            _ => self.streams.renumber(node.stream, slot),
        };
        self.pool[slot].user_ref = user_ref;
        let holding = self.holdings.at(node.holding);
        let report = self.streams.report(node.stream, user_ref, EventKind::Restated);
        out.emit(Restated {
            account: holding.account,
            instrument: holding.instrument,
            order: node.order,
            price: node.price,
            cumulative: node.executed,
            leaves: node.leaves,
            report,
            user_ref_before: node.user_ref,
            id: self.pool.cold(slot).id,
            side: node.terms.side,
            time_in_force: node.terms.time_in_force,
            flags: node.terms.flags,
            reserved: 0,
        });
    }
}

const _: () = {
    // The venue has a number for every order that can rest.
    assert!((u32::MAX - USER_REF_MAX) as usize > crate::book::OPEN_ORDERS_MAX);
};
