//! What accounts have: money and positions, by assignment from events that carry the results. It
//! never adds up; an event costs a binary search among what its account has.

use ringside_protocol::{
    AccountId, Amount, CurrencyId, Event, InstrumentId, OrderId, Position, Posting, Side,
};

use super::directory::Directory;
use super::orders::Orders;

/// An account's money in one currency, smallest units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balance {
    /// Which currency.
    pub currency: CurrencyId,
    /// All of it, holds included.
    pub total: i128,
    /// What of it is reserved for open orders.
    pub held: i128,
}

impl Balance {
    /// Free to use.
    pub const fn available(&self) -> i128 {
        self.total - self.held
    }
}

/// An account's position in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PositionRow {
    /// In what.
    pub instrument: InstrumentId,
    /// Lots; negative is short, 0 is closed.
    pub quantity: i64,
    /// What the open lots cost, smallest quote units.
    pub cost: i128,
    /// P&L realised so far, fees apart, smallest quote units.
    pub realised: i128,
}

/// Both sorted by what they are in.
#[derive(Clone, Debug, Default)]
struct OfAccount {
    balances: Vec<Balance>,
    positions: Vec<PositionRow>,
}

/// What every account has.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    accounts: Vec<OfAccount>,
    fees: OfAccount,
    outside: OfAccount,
}

impl Accounts {
    /// Learns from an event, after the orders and the directory have.
    pub fn hear(&mut self, event: &Event, directory: &Directory, orders: &Orders) {
        match event {
            Event::Accepted(event) => {
                let held = Held { account: event.account, units: event.held };
                self.hold(held, event.instrument, event.side, directory);
            }
            Event::Amended(event) => {
                let held = Held { account: event.account, units: event.held };
                self.hold(held, event.instrument, event.side, directory);
            }
            Event::Canceled(event) => {
                if let Some(side) = side_of(orders, event.order) {
                    let held = Held { account: event.account, units: event.held };
                    self.hold(held, event.instrument, side, directory);
                }
            }
            Event::Posting(event) => self.post(event),
            Event::Position(event) => self.position(event),
            Event::Rejected(_)
            | Event::Executed(_)
            | Event::Trade(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Restated(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => {}
        }
    }

    /// Takes over a balance of an engine that was there before.
    pub fn seed_balance(&mut self, account: AccountId, balance: Balance) {
        *self.balance_mut(account, balance.currency) = balance;
    }

    /// Takes over a position of an engine that was there before.
    pub fn seed_position(&mut self, account: AccountId, position: PositionRow) {
        *self.position_mut(account, position.instrument) = position;
    }

    /// A buy holds the quote currency, a sell the base currency.
    fn hold(&mut self, held: Held, id: InstrumentId, side: Side, directory: &Directory) {
        let Some(listing) = directory.instrument(id) else { return };
        let currency = match side {
            Side::Buy => listing.terms.quote,
            Side::Sell => listing.terms.base,
        };
        // Where nothing is ever held there may be no balance either.
        if held.units.units() != 0 || self.balance(held.account, currency).is_some() {
            self.balance_mut(held.account, currency).held = held.units.units();
        }
    }

    fn post(&mut self, event: &Posting) {
        let debit = self.balance_mut(event.debit, event.currency);
        (debit.total, debit.held) = (event.debit_total.units(), event.debit_held.units());
        let credit = self.balance_mut(event.credit, event.currency);
        (credit.total, credit.held) = (event.credit_total.units(), event.credit_held.units());
    }

    fn position(&mut self, event: &Position) {
        let row = self.position_mut(event.account, event.instrument);
        row.quantity = event.quantity;
        row.cost = event.cost.units();
        row.realised = event.realised.units();
    }

    fn balance_mut(&mut self, account: AccountId, currency: CurrencyId) -> &mut Balance {
        let rows = &mut self.of_mut(account).balances;
        let none = Balance { currency, total: 0, held: 0 };
        find_or_insert(rows, |row| row.currency.cmp(&currency), none)
    }

    fn position_mut(&mut self, account: AccountId, instrument: InstrumentId) -> &mut PositionRow {
        let rows = &mut self.of_mut(account).positions;
        let none = PositionRow { instrument, quantity: 0, cost: 0, realised: 0 };
        find_or_insert(rows, |row| row.instrument.cmp(&instrument), none)
    }

    fn of_mut(&mut self, account: AccountId) -> &mut OfAccount {
        match account {
            AccountId::FEES => &mut self.fees,
            AccountId::OUTSIDE => &mut self.outside,
            account => {
                if self.accounts.len() <= account.index() {
                    self.accounts.resize_with(account.index() + 1, OfAccount::default);
                }
                &mut self.accounts[account.index()]
            }
        }
    }

    fn of(&self, account: AccountId) -> Option<&OfAccount> {
        match account {
            AccountId::FEES => Some(&self.fees),
            AccountId::OUTSIDE => Some(&self.outside),
            account => self.accounts.get(account.index()),
        }
    }

    /// Every currency that an account ever had, in order of their ids. The venue's fees and the
    /// outside have accounts too: [`AccountId::FEES`], [`AccountId::OUTSIDE`].
    pub fn balances(&self, account: AccountId) -> &[Balance] {
        self.of(account).map_or(&[], |of| &of.balances)
    }

    /// An account's money in a currency; `None` where it never had any.
    pub fn balance(&self, account: AccountId, currency: CurrencyId) -> Option<&Balance> {
        let rows = self.balances(account);
        rows.binary_search_by(|row| row.currency.cmp(&currency)).ok().map(|at| &rows[at])
    }

    /// Every instrument that an account ever had a position in, in order of their ids; closed ones
    /// have quantity 0 and keep what they realised.
    pub fn positions(&self, account: AccountId) -> &[PositionRow] {
        self.of(account).map_or(&[], |of| &of.positions)
    }

    /// An account's position in an instrument; `None` where it never had one.
    pub fn position_in(&self, account: AccountId, id: InstrumentId) -> Option<&PositionRow> {
        let rows = self.positions(account);
        rows.binary_search_by(|row| row.instrument.cmp(&id)).ok().map(|at| &rows[at])
    }
}

/// An account's resulting hold.
struct Held {
    account: AccountId,
    units: Amount,
}

fn side_of(orders: &Orders, order: OrderId) -> Option<Side> {
    orders.get(order).map(|row| row.side)
}

fn find_or_insert<T>(
    rows: &mut Vec<T>,
    compare: impl FnMut(&T) -> core::cmp::Ordering,
    none: T,
) -> &mut T {
    let at = match rows.binary_search_by(compare) {
        Ok(at) => at,
        Err(at) => {
            rows.insert(at, none);
            at
        }
    };
    &mut rows[at]
}
