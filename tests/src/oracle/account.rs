//! An account: its money, its lots, the ids it has used, and what limits it.

use ringside_protocol::{
    AccountId, CurrencyId, InstrumentId, LimitSet, Name, OnDisconnect, OrderId, OrderStatus,
    Permissions, SelfTrade, Session, SessionState, TradeId,
};

/// One participant.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: Name,
    pub(super) self_trade: SelfTrade,
    pub(super) permissions: Permissions,
    /// One a currency, in the order of currencies.
    pub(super) balances: Vec<Balance>,
    /// Open lots of all instruments, oldest first.
    pub(super) lots: Vec<Lot>,
    /// P&L realised so far, one an instrument that was sold.
    pub(super) realised: Vec<(InstrumentId, i128)>,
    /// Every client order id ever used.
    pub(super) ids: Vec<UsedId>,
    pub(super) limits: Vec<LimitRow>,
}

/// Money of one currency.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Balance {
    pub(super) touched: bool,
    pub(super) available: i128,
    pub(super) held: i128,
}

/// Something bought and not yet sold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub(super) instrument: InstrumentId,
    pub(super) order: OrderId,
    pub(super) trade: TradeId,
    pub(super) price: u64,
    pub(super) quantity: u64,
}

/// A client order id and what became of its order.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsedId {
    pub(super) id: Name,
    pub(super) order: OrderId,
    pub(super) status: OrderStatus,
}

/// One limit that was set.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitRow {
    pub(super) which: LimitSet,
    pub(super) instrument: InstrumentId,
    pub(super) value: i128,
}

/// A key that was granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) key: [u8; 32],
    pub(super) account: AccountId,
    pub(super) permissions: Permissions,
    pub(super) expires: u64,
}

/// A stream that was opened once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) account: AccountId,
    pub(super) name: Name,
    pub(super) state: SessionState,
    pub(super) on_disconnect: OnDisconnect,
}

impl Stream {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            account: session.account,
            name: session.name,
            state: SessionState::Open,
            on_disconnect: session.cancel_on_disconnect,
        }
    }
}

impl Account {
    pub(super) fn new(command: &ringside_protocol::Account) -> Self {
        Self {
            name: command.name,
            self_trade: command.self_trade,
            permissions: command.permissions,
            balances: Vec::new(),
            lots: Vec::new(),
            realised: Vec::new(),
            ids: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The balance of a currency.
    pub(super) fn balance(&mut self, currency: CurrencyId) -> &mut Balance {
        if self.balances.len() <= currency.index() {
            self.balances.resize(currency.index() + 1, Balance::default());
        }
        &mut self.balances[currency.index()]
    }

    /// What is free of a currency.
    pub(super) fn available(&self, currency: CurrencyId) -> i128 {
        self.balances.get(currency.index()).map_or(0, |balance| balance.available)
    }

    /// Lots bought through the venue and not sold.
    pub(super) fn position(&self, instrument: InstrumentId) -> u64 {
        self.lots.iter().filter(|lot| lot.instrument == instrument).map(|lot| lot.quantity).sum()
    }

    /// The limit that counts in an instrument: its own, else the one for each.
    pub(super) fn limit(&self, which: LimitSet, instrument: InstrumentId) -> Option<i128> {
        let of = |instrument| {
            self.limits.iter().find(|row| row.which == which && row.instrument == instrument)
        };
        of(instrument).or_else(|| of(InstrumentId::NONE)).map(|row| row.value)
    }

    /// What is known of an id.
    pub(super) fn used(&self, id: Name) -> Option<UsedId> {
        self.ids.iter().copied().find(|used| used.id == id)
    }

    /// The id an order went by last.
    pub(super) fn latest_id(&self, order: OrderId) -> Option<Name> {
        self.ids.iter().rev().find(|used| used.order == order).map(|used| used.id)
    }

    /// An order reached another state.
    pub(super) fn note(&mut self, order: OrderId, status: OrderStatus) {
        for used in self.ids.iter_mut().filter(|used| used.order == order) {
            used.status = status;
        }
    }
}
