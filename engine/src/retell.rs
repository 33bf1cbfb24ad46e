//! The state retold as the events that doors learn it from: a door that starts beside a recovered
//! engine hears what there is before it hears what happens.

use ringside_protocol::{
    AccountId, AccountState, CurrencyAdded, CurrencyId, Event, GrantKey, InstrumentAdded,
    InstrumentId, KeyGranted, KeyId, StreamId,
};

use crate::Engine;
use crate::book::Book;

impl<B: Book> Engine<B> {
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
