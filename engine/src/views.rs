//! Answers to queries: plain copies of the state between commands.

use ringside_protocol::depth::{Depth, DepthByOrder, DepthLevel, checksum};
use ringside_protocol::{
    AccountId, AccountState, CurrencyId, InstrumentId, Name, OrderStatus, OrderType, Sequence,
    Session, SessionState, Side, StreamId, Timestamp, decimal,
};

use crate::Engine;
use crate::book::{Book, SlotIndex, by_level, by_order};
use crate::instruments::InstrumentTerms;
use crate::ledger::{AccountLimits, SymbolLimits};
use crate::orders::Scope;
use crate::portfolio::Holding;
use crate::query::{
    BalanceView, CurrencyBalance, LimitsView, LotView, OrderView, Portfolio, PositionView, Stats,
    SymbolLimitsView, Turnover,
};
use crate::streams::Stream;

impl<B: Book> Engine<B> {
    /// The last command applied; 0 before any.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Venue time: the stamp of the last command.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// The next time at which something happens by itself; a clock command is due then.
    pub const fn next_deadline(&self) -> Option<Timestamp> {
        self.calendar.next_deadline()
    }

    /// The rolling hash of all events so far.
    pub const fn event_hash(&self) -> u64 {
        self.event_hash.value()
    }

    /// The highest UserRefNum that a stream has seen; 0 where there is no such stream.
    pub fn user_ref_high(&self, stream: StreamId) -> u32 {
        self.streams.get(stream).map_or(0, |stream| stream.user_ref_high)
    }

    /// Every open session, by stream, as the command that closes it. What a recovery sends when
    /// nobody came back, so that cancel-on-disconnect works across a crash.
    pub fn open_sessions(&self) -> Vec<Session> {
        let is_open = |stream: &&Stream| stream.session.is_there();
        let closing = |stream: &Stream| Session {
            account: stream.account,
            name: stream.name,
            kind: stream.kind,
            state: SessionState::Closed,
            cancel_on_disconnect: stream.on_disconnect,
            reserved: 0,
            user_ref: 0,
        };
        self.streams.rows.iter().filter(is_open).map(closing).collect()
    }

    /// The account of this name.
    pub fn account_named(&self, name: Name) -> Option<AccountId> {
        self.names.accounts.get(&name).copied()
    }

    /// The instrument of this symbol.
    pub fn instrument_named(&self, symbol: Name) -> Option<InstrumentId> {
        self.names.instruments.get(&symbol).copied()
    }

    /// The currency of this code.
    pub fn currency_named(&self, code: Name) -> Option<CurrencyId> {
        self.names.currencies.get(&code).copied()
    }

    /// An account's stream of this name.
    pub fn stream_named(&self, account: AccountId, name: Name) -> Option<StreamId> {
        self.streams.named(account, name)
    }

    /// An account's name.
    ///
    /// # Panics
    /// On an id this engine did not give; so do the other look-ups by id.
    pub fn account_name(&self, id: AccountId) -> Name {
        self.accounts[id.index()].name
    }

    /// An instrument's symbol.
    pub fn instrument_symbol(&self, id: InstrumentId) -> Name {
        self.instruments[id.index()].symbol
    }

    /// A currency's code.
    pub fn currency_code(&self, id: CurrencyId) -> Name {
        self.currencies[id.index()].code
    }

    /// A currency's decimals.
    pub fn currency_scale(&self, id: CurrencyId) -> u8 {
        self.currencies[id.index()].scale
    }

    /// An instrument's terms and state.
    pub fn instrument_terms(&self, id: InstrumentId) -> &InstrumentTerms {
        &self.instruments[id.index()]
    }

    /// How many accounts, instruments and currencies there are; their ids count from 0.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.accounts.len(), self.instruments.len(), self.currencies.len())
    }

    /// The best price of a side in ticks.
    pub fn best(&self, id: InstrumentId, side: Side) -> Option<u64> {
        self.books[id.index()].best(side)
    }

    /// The best `levels` levels of a book (L2).
    pub fn depth(&self, id: InstrumentId, levels: usize) -> Depth {
        let book = &self.books[id.index()];
        let (mut bids, mut asks) =
            (by_level(book, &self.pool, Side::Buy), by_level(book, &self.pool, Side::Sell));
        let checksum = self.checksum(id, &bids, &asks);
        bids.truncate(levels);
        asks.truncate(levels);
        Depth { instrument: id, sequence: self.sequence, bids, asks, checksum }
    }

    /// The orders of the best `levels` levels of a book (L3).
    pub fn depth_by_order(&self, id: InstrumentId, levels: usize) -> DepthByOrder {
        let book = &self.books[id.index()];
        let side = |side| {
            by_order(book, &self.pool, side, levels, |place| self.holdings.at(place).account)
        };
        DepthByOrder {
            instrument: id,
            sequence: self.sequence,
            bids: side(Side::Buy),
            asks: side(Side::Sell),
            checksum: self.depth(id, 0).checksum,
        }
    }

    fn checksum(&self, id: InstrumentId, bids: &[DepthLevel], asks: &[DepthLevel]) -> u32 {
        let terms = &self.instruments[id.index()];
        let (tick, lot) = (decimal::step(terms.tick), decimal::step(terms.lot));
        checksum(asks.iter(), bids.iter(), tick, lot)
    }

    /// An account's money, positions and state.
    pub fn portfolio(&self, account: AccountId) -> Portfolio {
        let row = &self.accounts[account.index()];
        let balance = |&place: &u32| {
            let row = self.balances.row(place);
            BalanceView {
                currency: row.currency,
                available: row.balance.available,
                held: row.balance.held,
            }
        };
        let holdings = row.holdings.iter().map(|&place| self.holdings.at(place));
        let mut positions: Vec<_> =
            holdings.filter(|holding| holding.position != 0).map(|h| self.position(h)).collect();
        positions.sort_by_key(|position| position.instrument);
        Portfolio {
            account,
            sequence: self.sequence,
            state: if row.killed { AccountState::Killed } else { AccountState::Normal },
            balances: row.balances.iter().map(balance).collect(),
            positions,
        }
    }

    fn position(&self, holding: &Holding) -> PositionView {
        let terms = &self.instruments[holding.instrument.index()];
        let value_at = |price: u64| {
            let each = i128::from(price) * i128::from(terms.scales.quote_per_tick_lot);
            each.saturating_mul(i128::from(holding.position))
        };
        PositionView {
            instrument: holding.instrument,
            quantity: holding.position,
            cost: holding.cost,
            realised: holding.realised,
            unrealised: terms.value_price().map(|price| value_at(price) - holding.cost),
            lots: self
                .lots
                .iter(&holding.lots)
                .map(|lot| LotView { quantity: lot.quantity, price: lot.price, trade: lot.trade })
                .collect(),
        }
    }

    /// The limits set for an account.
    pub fn limits(&self, account: AccountId) -> LimitsView {
        let row = &self.accounts[account.index()];
        let AccountLimits { each, max_exposure, max_daily_value, max_orders_per_second } =
            row.limits;
        let view = |limits: &SymbolLimits| SymbolLimitsView {
            max_order_value: limits.max_order_value,
            max_position: limits.max_position,
            max_open_orders: limits.max_open_orders,
        };
        LimitsView {
            each: view(&each),
            max_exposure,
            max_daily_value,
            max_orders_per_second,
            by_instrument: row.overrides.iter().map(|(id, own)| (*id, view(own))).collect(),
        }
    }

    /// The orders of an account that live, in order of entry.
    pub fn orders(&self, account: AccountId) -> Vec<OrderView> {
        let scope = Scope { account: Some(account), ..Scope::default() };
        self.orders_in(&scope).into_iter().map(|slot| self.order_view(slot)).collect()
    }

    fn order_view(&self, slot: SlotIndex) -> OrderView {
        let node = &self.pool[slot];
        OrderView {
            order: node.order,
            id: self.pool.cold(slot).id,
            instrument: self.holdings.at(node.holding).instrument,
            side: node.terms.side,
            kind: OrderType::Limit,
            price: node.price,
            executed: node.executed,
            leaves: node.leaves,
            status: OrderStatus::resting(node.executed),
        }
    }

    /// What the venue holds of each currency and where it came from.
    pub fn trial_balance(&self) -> Vec<CurrencyBalance> {
        let row = |(at, treasury): (usize, &crate::ledger::Treasury)| CurrencyBalance {
            currency: CurrencyId(at as u32),
            deposits: treasury.deposits,
            withdrawals: treasury.withdrawals,
            accounts: 0,
            fees: treasury.fees,
        };
        let mut rows: Vec<_> = self.treasury.iter().enumerate().map(row).collect();
        for balance in self.balances.rows() {
            rows[balance.currency.index()].accounts += balance.balance.total();
        }
        rows
    }

    /// Counters since the first command.
    pub fn stats(&self) -> Stats {
        Stats { resting: self.pool.len() as u64, ..self.stats }
    }

    /// What was traded in an instrument since the first command.
    pub fn turnover(&self, id: InstrumentId) -> Turnover {
        self.instruments[id.index()].turnover
    }
}
