//! The state retold as the events that doors learn it from: a door that starts beside a recovered
//! engine hears what there is before it hears what happens.

use ringside_protocol::{
    AccountId, AccountState, ClientOrderId, CurrencyAdded, CurrencyId, Event, GrantKey,
    InstrumentAdded, InstrumentId, KeyGranted, KeyId, OrderFlags, OrderId, Side, StreamId,
    TimeInForce,
};

use crate::Engine;
use crate::book::{Book, History, SlotIndex, standing};

/// An order that rests, with everything that doors show of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RestingOrder {
    /// The venue's name of it.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// In which instrument.
    pub instrument: InstrumentId,
    /// The stream that entered it, if one did.
    pub stream: StreamId,
    /// The stream's number of it; 0: it is named by `id`.
    pub user_ref: u32,
    /// The account's name of it.
    pub id: ClientOrderId,
    /// Side of the book.
    pub side: Side,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Its instructions.
    pub flags: OrderFlags,
    /// Limit price in ticks.
    pub price: u64,
    /// Lots executed so far.
    pub executed: u64,
    /// Lots still open.
    pub leaves: u64,
    /// What became of it so far.
    pub history: History,
}

impl<B: Book> Engine<B> {
    /// Every resting order: book by book, bids then asks, best level first, in queue order.
    pub fn resting(&self) -> Vec<RestingOrder> {
        let sides = |book| Side::ALL.iter().flat_map(move |&side| self.standing(book, side));
        self.books.iter().flat_map(sides).map(|slot| self.resting_order(slot)).collect()
    }

    fn standing(&self, book: &B, side: Side) -> Vec<SlotIndex> {
        standing(book, &self.pool, side)
    }

    fn resting_order(&self, slot: SlotIndex) -> RestingOrder {
        let (node, cold) = (&self.pool[slot], self.pool.cold(slot));
        let holding = self.holdings.at(node.holding);
        RestingOrder {
            order: node.order,
            account: holding.account,
            instrument: holding.instrument,
            stream: node.stream,
            user_ref: node.user_ref,
            id: cold.id,
            side: node.terms.side,
            time_in_force: node.terms.time_in_force,
            flags: node.terms.flags,
            price: node.price,
            executed: node.executed,
            leaves: node.leaves,
            history: cold.history.now(node),
        }
    }

    /// Every currency, instrument, account, key and stream as the event that would tell of it now,
    /// each kind in order of creation.
    pub fn retell(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let (accounts, instruments, currencies) = self.counts();
        events.extend(ids(currencies).map(|id| self.retold_currency(CurrencyId(id))));
        for id in ids(instruments).map(InstrumentId) {
            let terms = self.instruments[id.index()].creation();
            events.push(InstrumentAdded { instrument: id, reserved: 0, terms }.into());
            events.push(self.instrument_state(id).into());
        }
        for id in ids(accounts).map(AccountId) {
            let killed = self.accounts[id.index()].killed;
            let state = if killed { AccountState::Killed } else { AccountState::Normal };
            events.push(self.account_state(id, InstrumentId::NONE, state).into());
        }
        events.extend(ids(self.keys.len()).map(|id| self.retold_key(KeyId(id))));
        let streams = ids(self.streams.rows.len()).map(StreamId);
        events.extend(streams.map(|id| Event::from(self.session_changed(id))));
        events
    }

    fn retold_currency(&self, currency: CurrencyId) -> Event {
        let terms = &self.currencies[currency.index()];
        CurrencyAdded { currency, code: terms.code, scale: terms.scale, reserved: [0; 7] }.into()
    }

    fn retold_key(&self, key: KeyId) -> Event {
        let row = &self.keys[key.index()];
        let grant = GrantKey {
            account: row.account,
            permissions: row.permissions,
            reserved: [0; 3],
            key: row.key,
            expires: row.expires,
        };
        KeyGranted { key, reserved: 0, grant }.into()
    }
}

fn ids(count: usize) -> core::ops::Range<u32> {
    0..count as u32
}
