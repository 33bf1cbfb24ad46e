//! The names of a running venue, as its events tell of them; what the scenario language asks for to
//! turn names and decimals into ids and integers. Knows no money and no book.

use ringside_engine::Engine;
use ringside_gateway::views::directory::Directory as Seen;
use ringside_protocol::{
    AccountId, CurrencyId, Event, EventHeader, InstrumentId, Name, Scales, StreamId, Terms,
};

use crate::scenario::directory::{Directory, Money, NameKind};
use crate::scenario::memory::{Known, Memory, Told};

/// What there is, and the client order ids of living orders.
#[derive(Debug, Default)]
pub struct Names {
    seen: Seen,
    orders: Memory,
}

impl Names {
    /// As they stand in an engine that has not started yet.
    pub fn of(engine: &Engine) -> Self {
        let mut names = Self::default();
        engine.retell().iter().for_each(|event| names.seen.hear(event));
        let (accounts, _, _) = engine.counts();
        for account in (0..accounts as u32).map(AccountId) {
            for order in engine.orders(account) {
                let known = Known { id: order.id, side: order.side };
                names.orders.recall(account, order.order, known, order.instrument);
            }
        }
        names
    }

    /// Learns from an event, and adds to it what its order was called at that moment.
    pub fn hear(&mut self, header: &EventHeader, event: &Event) -> Told {
        self.seen.hear(event);
        self.orders.tell(*header, *event)
    }

    fn scale(&self, currency: CurrencyId) -> u8 {
        self.seen.currency(currency).map_or(0, |currency| currency.scale)
    }
}

impl Directory for Names {
    fn account(&self, name: Name) -> Option<AccountId> {
        self.seen.account_named(name)
    }

    fn instrument(&self, symbol: Name) -> Option<InstrumentId> {
        self.seen.instrument_named(symbol)
    }

    fn currency(&self, code: Name) -> Option<CurrencyId> {
        let at = self.seen.currencies().iter().position(|currency| currency.code == code)?;
        Some(CurrencyId(at as u32))
    }

    fn stream(&self, account: AccountId, name: Name) -> Option<StreamId> {
        self.seen.stream_named(account, name)
    }

    fn order_instrument(&self, account: AccountId, id: Name) -> Option<InstrumentId> {
        self.orders.instrument(account, id)
    }

    fn names(&self, kind: NameKind, limit: usize) -> Vec<Name> {
        match kind {
            NameKind::Account => {
                let members = (0..).map_while(|id| self.seen.account(AccountId(id)));
                members.take(limit).map(|member| member.name).collect()
            }
            NameKind::Instrument => {
                let listings = self.seen.instruments().iter().take(limit);
                listings.map(|listing| listing.terms.symbol).collect()
            }
            NameKind::Currency => {
                self.seen.currencies().iter().take(limit).map(|currency| currency.code).collect()
            }
            NameKind::Session => Vec::new(),
        }
    }

    fn account_name(&self, account: AccountId) -> Name {
        self.seen.account(account).map_or(Name::ABSENT, |member| member.name)
    }

    fn terms(&self, instrument: InstrumentId) -> Terms {
        let listing = self.seen.instrument(instrument);
        let terms = listing.expect("Invariant: an instrument is told of before it is named").terms;
        let (base_scale, quote_scale) = (self.scale(terms.base), self.scale(terms.quote));
        let scales = Scales::new(terms.tick, terms.lot, base_scale, quote_scale);
        let scales = scales.expect("Invariant: an instrument that is there has scales");
        Terms {
            symbol: terms.symbol,
            tick: terms.tick,
            lot: terms.lot,
            base_scale,
            quote_scale,
            quote_per_tick_lot: scales.quote_per_tick_lot,
        }
    }

    fn money(&self, currency: CurrencyId) -> Money {
        let currency = self.seen.currency(currency);
        let currency = currency.expect("Invariant: a currency is told of before it is named");
        Money { code: currency.code, scale: currency.scale }
    }
}
