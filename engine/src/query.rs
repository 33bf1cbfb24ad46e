//! What the engine can be asked between commands: plain copies of its state, for scenario queries,
//! snapshots of views and tests. Nothing here changes anything.

use ringside_protocol::{
    AccountId, AccountState, CurrencyId, InstrumentId, Name, OrderId, OrderStatus, OrderType,
    Sequence, Side, TradeId,
};

/// One account's money, positions and limits.
#[derive(Clone, PartialEq, Debug)]
pub struct Portfolio {
    /// Whose.
    pub account: AccountId,
    /// The last command it includes.
    pub sequence: Sequence,
    /// What the account may do.
    pub state: AccountState,
    /// Every currency the account ever held, in order of first contact.
    pub balances: Vec<BalanceView>,
    /// Every open position, in order of first contact.
    pub positions: Vec<PositionView>,
}

/// One account's money in one currency, smallest units. Total is available + held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BalanceView {
    /// Which.
    pub currency: CurrencyId,
    /// Free to use.
    pub available: i128,
    /// Reserved for open orders.
    pub held: i128,
}

/// One account's open position in one instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct PositionView {
    /// In what.
    pub instrument: InstrumentId,
    /// Lots bought through the venue and not sold; negative is short.
    pub quantity: i64,
    /// What the open lots cost, smallest quote units.
    pub cost: i128,
    /// P&L realised so far, fees apart, smallest quote units.
    pub realised: i128,
    /// P&L of the open lots at the mark, else the last trade; `None` without either.
    pub unrealised: Option<i128>,
    /// The open lots, oldest first.
    pub lots: Vec<LotView>,
}

/// One open lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LotView {
    /// Lots still open.
    pub quantity: u64,
    /// Ticks paid.
    pub price: u64,
    /// The trade that bought it.
    pub trade: TradeId,
}

/// One order that lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderView {
    /// The venue's name of it.
    pub order: OrderId,
    /// The account's name of it; absent where its stream numbers it.
    pub id: Name,
    /// In what.
    pub instrument: InstrumentId,
    /// Side of the book.
    pub side: Side,
    /// How it is priced.
    pub kind: OrderType,
    /// Ticks.
    pub price: u64,
    /// Lots executed so far; the total is this and the leaves.
    pub executed: u64,
    /// Lots still open.
    pub leaves: u64,
    /// Where it is in its life.
    pub status: OrderStatus,
}

/// What the venue holds of one currency and where it came from, smallest units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrencyBalance {
    /// Which.
    pub currency: CurrencyId,
    /// Deposits and grants.
    pub deposits: i128,
    /// Withdrawals.
    pub withdrawals: i128,
    /// All accounts, holds included.
    pub accounts: i128,
    /// Fees taken less rebates given.
    pub fees: i128,
}

impl CurrencyBalance {
    /// What is held less what should be: zero, always (LED-034).
    pub const fn difference(&self) -> i128 {
        self.accounts + self.fees - (self.deposits - self.withdrawals)
    }
}

/// Counters since the first command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Stats {
    /// Commands applied.
    pub commands: u64,
    /// Events emitted.
    pub events: u64,
    /// Trades.
    pub trades: u64,
    /// Commands refused.
    pub rejected: u64,
    /// Orders resting now.
    pub resting: u64,
}

/// What was traded in one instrument since the first command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Turnover {
    /// Lots.
    pub volume: u128,
    /// Smallest quote units.
    pub notional: u128,
}

/// The limits of an account; absent is unlimited. Values and positions in units of 10^−12.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LimitsView {
    /// For each instrument that has none of its own.
    pub each: SymbolLimitsView,
    /// Worst-case value of all positions and open orders.
    pub max_exposure: Option<i128>,
    /// Value of the orders accepted in one venue day.
    pub max_daily_value: Option<i128>,
    /// Orders and amends in a sliding second.
    pub max_orders_per_second: Option<u32>,
    /// Instruments with limits of their own, in the order they were first given.
    pub by_instrument: Vec<(InstrumentId, SymbolLimitsView)>,
}

/// Limits in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SymbolLimitsView {
    /// Value of one order.
    pub max_order_value: Option<i128>,
    /// Worst-case absolute position.
    pub max_position: Option<i128>,
    /// Open orders.
    pub max_open_orders: Option<u64>,
}
