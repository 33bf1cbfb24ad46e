//! Streams: who is told, under which number, and which of a stream's own order numbers live.
//!
//! A stream's latest numbers are at hand in its row, one cache line; a number that is pushed out by
//! a later one while its order still lives goes to a map shared by all streams, made large enough
//! at the start. So the usual cancel reads one line, and nothing is allocated while trading.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{
    AccountId, EventKind, InstrumentId, Name, OnDisconnect, Report, SessionState, StreamId,
    StreamKind, USER_REF_MAX,
};
use serde::{Deserialize, Serialize};

use crate::book::SlotIndex;

/// How far ahead of the highest number seen a UserRefNum may be.
pub const USER_REF_AHEAD_MAX: u32 = 65_536;

/// Living numbers at hand in a stream's row; a power of two.
const AT_HAND: usize = 4;

/// One stream. All but the name is in one cache line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[repr(C, align(64))]
pub(crate) struct Stream {
    pub(crate) account: AccountId,
    /// Messages sent so far in this session.
    pub(crate) number: u32,
    /// The highest UserRefNum of the client's seen in this session.
    pub(crate) user_ref_high: u32,
    pub(crate) kind: StreamKind,
    pub(crate) session: SessionState,
    pub(crate) on_disconnect: OnDisconnect,
    /// The instrument of the last order, and the account's holding in it: the next is likely there.
    #[serde(skip)]
    recent: (InstrumentId, u32),
    /// Living orders by their numbers, each at its number modulo [`AT_HAND`].
    #[serde(skip)]
    at_hand: [Living; AT_HAND],
    /// Messages sent in the session before. Stands in images with [`Self::restated`].
    #[serde(skip)]
    pub(crate) number_before: u32,
    /// Orders that the venue has given numbers in this session: those behind [`USER_REF_MAX`].
    #[serde(skip)]
    pub(crate) restated: u32,
    pub(crate) name: Name,
}

const _: () = assert!(core::mem::offset_of!(Stream, name) <= 64);

/// An order by its stream's number; 0 is none.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Living {
    number: u32,
    slot: SlotIndex,
}

impl Default for Living {
    fn default() -> Self {
        Self { number: 0, slot: SlotIndex::NONE }
    }
}

impl Stream {
    /// A stream whose session has just been opened for the first time.
    pub(crate) fn new(
        account: AccountId,
        name: Name,
        kind: StreamKind,
        on_disconnect: OnDisconnect,
    ) -> Self {
        Self {
            account,
            number: 0,
            user_ref_high: 0,
            kind,
            session: SessionState::Open,
            on_disconnect,
            recent: Default::default(),
            at_hand: Default::default(),
            number_before: 0,
            restated: 0,
            name,
        }
    }

    /// The stream without what is there for speed only, and what stands elsewhere in an image.
    pub(crate) fn image(&self) -> Self {
        Self {
            recent: Default::default(),
            at_hand: Default::default(),
            number_before: 0,
            restated: 0,
            ..self.clone()
        }
    }

    /// Whether an order of this number was entered in this session, or told anew in it.
    #[inline(always)]
    pub(crate) const fn has_used(&self, user_ref: u32) -> bool {
        match user_ref.checked_sub(USER_REF_MAX + 1) {
            None => user_ref <= self.user_ref_high,
            Some(place) => place < self.restated,
        }
    }

    /// The account's holding in this instrument, if the last order was there too.
    #[inline(always)]
    pub(crate) fn recent_holding(&self, instrument: InstrumentId) -> Option<u32> {
        (instrument.is_some() && self.recent.0 == instrument).then_some(self.recent.1)
    }

    /// The holding of the last order, wherever it was.
    #[inline(always)]
    pub(crate) fn recent_place(&self) -> Option<u32> {
        self.recent.0.is_some().then_some(self.recent.1)
    }

    /// Remembers the holding of the last order.
    pub(crate) fn set_recent_holding(&mut self, instrument: InstrumentId, holding: u32) {
        self.recent = (instrument, holding);
    }
}

/// Every stream, in order of creation.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) rows: Vec<Stream>,
    names: HashMap<(AccountId, Name), StreamId, FixedState>,
    /// Living orders that are no longer at hand, by stream and number.
    older: HashMap<u64, SlotIndex, FixedState>,
}

impl Streams {
    /// Room for `orders` before it has to grow.
    pub(crate) fn with_capacity(orders: usize) -> Self {
        let older = HashMap::with_capacity_and_hasher(orders, FixedState::default());
        Self { rows: Vec::new(), names: HashMap::default(), older }
    }

    #[inline(always)]
    pub(crate) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.rows.get(id.index())
    }

    /// A new stream; its account has none of that name.
    pub(crate) fn add(&mut self, stream: Stream) {
        let id = StreamId(self.rows.len() as u32);
        let before = self.names.insert((stream.account, stream.name), id);
        assert!(before.is_none(), "Invariant: one stream of a name in an account");
        self.rows.push(stream);
    }

    pub(crate) fn named(&self, account: AccountId, name: Name) -> Option<StreamId> {
        self.names.get(&(account, name)).copied()
    }

    /// Numbers begin anew, and no order has one.
    pub(crate) fn begin_session(&mut self) {
        self.older.clear();
        for row in &mut self.rows {
            row.number_before = core::mem::take(&mut row.number);
            (row.user_ref_high, row.restated) = (0, 0);
            row.at_hand = Default::default();
        }
    }

    /// A living order of an earlier session gets the next number of the venue's own.
    pub(crate) fn renumber(&mut self, stream: StreamId, slot: SlotIndex) -> u32 {
        let row = &mut self.rows[stream.index()];
        row.restated += 1;
        let number = USER_REF_MAX + row.restated;
        self.set_live(stream, number, slot);
        number
    }

    /// Numbers an event about one of a stream's orders.
    #[inline(always)]
    pub(crate) fn report(&mut self, stream: StreamId, user_ref: u32, kind: EventKind) -> Report {
        let Some(row) = self.rows.get_mut(stream.index()) else {
            return Report { stream: StreamId::NONE, number: 0, user_ref };
        };
        row.number += row.kind.messages(kind);
        Report { stream, number: row.number, user_ref }
    }

    /// The living order of a stream's number.
    #[inline(always)]
    pub(crate) fn live(&self, stream: StreamId, number: u32) -> Option<SlotIndex> {
        let living = self.get(stream)?.at_hand[number as usize % AT_HAND];
        if living.number == number {
            return living.slot.some();
        }
        self.older.get(&key(stream, number)).copied()
    }

    /// An order lives under a stream's number.
    #[inline(always)]
    pub(crate) fn set_live(&mut self, stream: StreamId, number: u32, slot: SlotIndex) {
        let place = &mut self.rows[stream.index()].at_hand[number as usize % AT_HAND];
        let before = core::mem::replace(place, Living { number, slot });
        if before.number != 0 {
            self.older.insert(key(stream, before.number), before.slot);
        }
    }

    /// [`Self::set_live`] for an image, in any order of numbers: the highest stay at hand. False
    /// where an order of that number lives.
    pub(crate) fn restore_live(&mut self, stream: StreamId, number: u32, slot: SlotIndex) -> bool {
        let at_hand = self.rows[stream.index()].at_hand[number as usize % AT_HAND].number;
        if number > at_hand {
            self.set_live(stream, number, slot);
            return true;
        }
        number < at_hand && self.older.insert(key(stream, number), slot).is_none()
    }

    /// The order of a stream's number has ended.
    #[inline(always)]
    pub(crate) fn set_finished(&mut self, stream: StreamId, number: u32) {
        let place = &mut self.rows[stream.index()].at_hand[number as usize % AT_HAND];
        if place.number == number {
            *place = Living::default();
        } else {
            self.older.remove(&key(stream, number));
        }
    }
}

/// Stream and number in one word.
const fn key(stream: StreamId, number: u32) -> u64 {
    (stream.0 as u64) << 32 | number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams() -> Streams {
        let mut streams = Streams::with_capacity(0);
        for account in 0..2 {
            let (account, name) = (AccountId(account), Name::ABSENT);
            let (kind, keep) = (StreamKind::Ouch, OnDisconnect::Keep);
            streams.add(Stream::new(account, name, kind, keep));
        }
        streams
    }

    #[test]
    fn numbers_come_back_in_any_order_and_once() {
        let (mut streams, ours) = (streams(), StreamId(0));
        let numbers = [9, 5, 13, 1, 2, 17, 3];
        for number in numbers {
            assert!(streams.restore_live(ours, number, SlotIndex(number)));
        }
        for number in numbers {
            assert_eq!(streams.live(ours, number), Some(SlotIndex(number)));
            assert!(!streams.restore_live(ours, number, SlotIndex(0)), "{number} lives");
        }
        assert_eq!(streams.older.len(), 4, "17, 2 and 3 are at hand");
    }

    #[test]
    fn numbers_are_found_while_they_live() {
        let mut streams = streams();
        let (ours, theirs) = (StreamId(0), StreamId(1));
        let numbers = [1, 2, 5, 6, 9, 70, 200, 64_000, u32::MAX];
        for number in numbers {
            streams.set_live(ours, number, SlotIndex(number / 2));
            streams.set_live(theirs, number, SlotIndex(7));
        }
        for number in numbers {
            assert_eq!(streams.live(ours, number), Some(SlotIndex(number / 2)));
        }
        assert_eq!(streams.live(ours, 3), None);
        assert_eq!(streams.live(StreamId::NONE, 1), None);
        for number in numbers {
            streams.set_finished(ours, number);
            assert_eq!(streams.live(ours, number), None);
            assert_eq!(streams.live(theirs, number), Some(SlotIndex(7)), "each has its own");
        }
        assert_eq!(streams.older.len(), numbers.len() - AT_HAND, "nothing is left behind");
    }
}
