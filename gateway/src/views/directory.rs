//! What there is: currencies, instruments, accounts, keys and streams, by id and by name.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{
    AccountId, AccountState, Amend, Cancel, CommandPayload, CurrencyId, Event, GrantKey,
    Instrument, InstrumentFlags, InstrumentId, InstrumentState, KeyId, Name, Reason,
    SessionChanged, StreamId, USER_REF_MAX, rest_symbol,
};

/// A currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Currency {
    /// Its code.
    pub code: Name,
    /// Decimals of its smallest unit.
    pub scale: u8,
}

/// An instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Listing {
    /// Its terms.
    pub terms: Instrument,
    /// What it allows now.
    pub state: InstrumentState,
    /// Whether its kill switch is on.
    pub is_killed: bool,
}

/// An account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name.
    pub name: Name,
    /// Whether its kill switch is on.
    pub is_killed: bool,
}

/// A key and what it may do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Key {
    /// Which.
    pub id: KeyId,
    /// Its grant.
    pub grant: GrantKey,
}

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    currencies: Vec<Currency>,
    instruments: Vec<Listing>,
    accounts: Vec<Member>,
    keys: Vec<Key>,
    streams: Vec<SessionChanged>,
    symbols: HashMap<Name, InstrumentId, FixedState>,
    wire_symbols: HashMap<[u8; 8], InstrumentId, FixedState>,
    rest_symbols: HashMap<Name, InstrumentId, FixedState>,
    account_names: HashMap<Name, AccountId, FixedState>,
    stream_names: HashMap<(AccountId, Name), StreamId, FixedState>,
}

impl Directory {
    /// Learns from an event.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Currency(added) => {
                put(
                    &mut self.currencies,
                    added.currency.index(),
                    Currency { code: added.code, scale: added.scale },
                );
            }
            Event::Instrument(added) => self.add_instrument(added.instrument, added.terms),
            Event::InstrumentState(changed) => {
                if let Some(listing) = self.instruments.get_mut(changed.instrument.index()) {
                    listing.state = changed.state;
                    listing.is_killed = changed.flags.has(InstrumentFlags::KILLED);
                }
            }
            Event::AccountState(changed) if changed.instrument.is_some() => {}
            Event::AccountState(changed) => {
                let is_killed = changed.state == AccountState::Killed;
                let member = Member { name: changed.name, is_killed };
                self.account_names.insert(changed.name, changed.account);
                put(&mut self.accounts, changed.account.index(), member);
            }
            Event::Key(granted) => {
                let key = Key { id: granted.key, grant: granted.grant };
                put(&mut self.keys, granted.key.index(), key);
            }
            Event::Session(changed) => {
                self.stream_names.insert((changed.account, changed.name), changed.stream);
                put(&mut self.streams, changed.stream.index(), *changed);
            }
            Event::Accepted(_)
            | Event::Rejected(_)
            | Event::Executed(_)
            | Event::Amended(_)
            | Event::Canceled(_)
            | Event::Confirmed(_)
            | Event::Restated(_)
            | Event::SessionEnded(_) => self.number(event),
            Event::Day(_) => self.begin_session(),
            Event::Trade(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::Warning(_) => {}
        }
    }

    fn add_instrument(&mut self, id: InstrumentId, terms: Instrument) {
        self.symbols.insert(terms.symbol, id);
        self.wire_symbols.insert(terms.wire_symbol, id);
        // Of two that are written alike the first keeps the name.
        self.rest_symbols.entry(rest_symbol(terms.symbol)).or_insert(id);
        let listing = Listing { terms, state: InstrumentState::Open, is_killed: false };
        put(&mut self.instruments, id.index(), listing);
    }

    /// Numbers begin anew on every stream.
    fn begin_session(&mut self) {
        for stream in &mut self.streams {
            stream.number_before = core::mem::take(&mut stream.number);
            stream.user_ref_high = 0;
        }
    }

    /// A message was told on a stream.
    #[inline]
    fn number(&mut self, event: &Event) {
        if let Some(report) = event.report()
            && let Some(stream) = self.streams.get_mut(report.stream.index())
        {
            stream.number = report.number;
            if uses_number_up(event) {
                stream.user_ref_high = stream.user_ref_high.max(report.user_ref);
            }
        }
    }

    /// Every currency, in order of their ids.
    pub fn currencies(&self) -> &[Currency] {
        &self.currencies
    }

    /// Every instrument, in order of their ids.
    pub fn instruments(&self) -> &[Listing] {
        &self.instruments
    }

    /// A currency.
    pub fn currency(&self, id: CurrencyId) -> Option<&Currency> {
        self.currencies.get(id.index())
    }

    /// An instrument.
    pub fn instrument(&self, id: InstrumentId) -> Option<&Listing> {
        self.instruments.get(id.index())
    }

    /// An account.
    pub fn account(&self, id: AccountId) -> Option<&Member> {
        self.accounts.get(id.index())
    }

    /// A stream as it stands, with the number of its last message.
    pub fn stream(&self, id: StreamId) -> Option<&SessionChanged> {
        self.streams.get(id.index())
    }

    /// Every key, in order of their ids.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The instrument of a symbol.
    pub fn instrument_named(&self, symbol: Name) -> Option<InstrumentId> {
        self.symbols.get(&symbol).copied()
    }

    /// The instrument of a wire symbol, padded with NUL.
    pub fn instrument_on_wire(&self, symbol: &[u8; 8]) -> Option<InstrumentId> {
        self.wire_symbols.get(symbol).copied()
    }

    /// The instrument of a symbol as REST and WebSocket write it.
    pub fn instrument_on_rest(&self, symbol: Name) -> Option<InstrumentId> {
        self.rest_symbols.get(&symbol).copied()
    }

    /// The account of a name.
    pub fn account_named(&self, name: Name) -> Option<AccountId> {
        self.account_names.get(&name).copied()
    }

    /// An account's stream of a name.
    pub fn stream_named(&self, account: AccountId, name: Name) -> Option<StreamId> {
        self.stream_names.get(&(account, name)).copied()
    }
}

/// Whether the number an event names was given by the client; a refusal may name one that never
/// was, and some are the venue's own.
fn uses_number_up(event: &Event) -> bool {
    if event.report().is_some_and(|report| report.user_ref > USER_REF_MAX) {
        return false;
    }
    let Event::Rejected(rejected) = event else { return true };
    let names_other = rejected.command == Cancel::NUMBER || rejected.command == Amend::NUMBER;
    !names_other && rejected.reason != Reason::UserRefGap
}

/// Assigns at a place; ids come in order, so it is there or the next.
fn put<T>(rows: &mut Vec<T>, at: usize, row: T) {
    match rows.get_mut(at) {
        Some(there) => *there = row,
        None => {
            assert_eq!(at, rows.len(), "Invariant: ids are given in order");
            rows.push(row);
        }
    }
}
