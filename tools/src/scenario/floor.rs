//! The engine as the language sees it: names, terms and answers.

use ringside_engine::Engine;
use ringside_protocol::wire::json::writer::Writer;
use ringside_protocol::{AccountId, CurrencyId, InstrumentId, Name, StreamId, Terms};

use super::answers;
use super::directory::{Directory, Money, NameKind};
use super::memory::Memory;
use super::query::Query;

/// An engine, and the client order ids that its events told of.
#[derive(Clone, Copy)]
pub struct Floor<'v> {
    /// The venue.
    pub engine: &'v Engine,
    /// Client order ids.
    pub memory: &'v Memory,
}

impl Directory for Floor<'_> {
    fn account(&self, name: Name) -> Option<AccountId> {
        self.engine.account_named(name)
    }

    fn instrument(&self, symbol: Name) -> Option<InstrumentId> {
        self.engine.instrument_named(symbol)
    }

    fn currency(&self, code: Name) -> Option<CurrencyId> {
        self.engine.currency_named(code)
    }

    fn stream(&self, account: AccountId, name: Name) -> Option<StreamId> {
        self.engine.stream_named(account, name)
    }

    fn order_instrument(&self, account: AccountId, id: Name) -> Option<InstrumentId> {
        self.memory.instrument(account, id)
    }

    fn names(&self, kind: NameKind, limit: usize) -> Vec<Name> {
        let (accounts, instruments, currencies) = self.engine.counts();
        let ids = |count: usize| 0..count.min(limit) as u32;
        match kind {
            NameKind::Account => {
                ids(accounts).map(|id| self.engine.account_name(AccountId(id))).collect()
            }
            NameKind::Instrument => {
                let symbol = |id| self.engine.instrument_symbol(InstrumentId(id));
                ids(instruments).map(symbol).collect()
            }
            NameKind::Currency => {
                ids(currencies).map(|id| self.engine.currency_code(CurrencyId(id))).collect()
            }
            NameKind::Session => Vec::new(),
        }
    }

    fn account_name(&self, account: AccountId) -> Name {
        self.engine.account_name(account)
    }

    fn terms(&self, instrument: InstrumentId) -> Terms {
        let terms = self.engine.instrument_terms(instrument);
        Terms {
            symbol: terms.symbol,
            tick: terms.tick,
            lot: terms.lot,
            base_scale: self.engine.currency_scale(terms.base),
            quote_scale: self.engine.currency_scale(terms.quote),
            quote_per_tick_lot: terms.scales.quote_per_tick_lot,
        }
    }

    fn money(&self, currency: CurrencyId) -> Money {
        let scale = self.engine.currency_scale(currency);
        Money { code: self.engine.currency_code(currency), scale }
    }
}

impl Floor<'_> {
    /// Writes the answer to a query as the members of an object.
    pub fn answer(&self, query: Query, json: &mut Writer<'_>) {
        match query {
            Query::Depth { instrument, levels } => {
                answers::depth(json, &self.engine.depth(instrument, levels), self);
            }
            Query::DepthByOrder { instrument, levels } => {
                let depth = self.engine.depth_by_order(instrument, levels);
                answers::depth_by_order(json, &depth, &|order| self.memory.order(order).id, self);
            }
            Query::Portfolio(account) => self.portfolio(account, json),
            Query::Orders(account) => {
                answers::orders(json, account, &self.engine.orders(account), self);
            }
            Query::TrialBalance => {
                answers::trial_balance(json, &self.engine.trial_balance(), self);
            }
            Query::Hash => {
                answers::hash(json, self.engine.sequence(), &self.engine.state_hash());
            }
            Query::Stats => self.stats(json),
        }
    }

    fn portfolio(&self, account: AccountId, json: &mut Writer<'_>) {
        let limits = self.engine.limits(account);
        answers::portfolio(json, &self.engine.portfolio(account), &limits, self);
    }

    fn stats(&self, json: &mut Writer<'_>) {
        let (_, instruments, _) = self.engine.counts();
        let ids = (0..instruments as u32).map(InstrumentId);
        let turnovers: Vec<_> = ids.map(|id| (id, self.engine.turnover(id))).collect();
        answers::stats(json, &self.engine.stats(), &turnovers, self);
    }
}
