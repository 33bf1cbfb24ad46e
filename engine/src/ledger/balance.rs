//! Balances: available and held, per account and currency, and what the venue itself took in.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{AccountId, CurrencyId};
use serde::{Deserialize, Serialize};

/// One account's money in one currency, smallest units. Never negative, either part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Balance {
    /// Free to use.
    pub(crate) available: i128,
    /// Reserved for open orders.
    pub(crate) held: i128,
}

impl Balance {
    /// Available and held.
    #[inline(always)]
    pub(crate) const fn total(&self) -> i128 {
        self.available + self.held
    }

    /// Moves from available to held; back where `units` is negative.
    #[inline(always)]
    pub(crate) fn hold(&mut self, units: i128) {
        self.available -= units;
        self.held += units;
        self.check();
    }

    /// Adds to available; takes where `units` is negative.
    #[inline(always)]
    pub(crate) fn credit(&mut self, units: i128) {
        self.available += units;
        self.check();
    }

    #[inline(always)]
    fn check(&self) {
        assert!(self.available >= 0, "Invariant: available is never negative");
        assert!(self.held >= 0, "Invariant: held is never negative");
    }
}

/// Every balance, found by account and currency.
#[derive(Default, Debug)]
pub(crate) struct Balances {
    rows: Vec<BalanceRow>,
    places: HashMap<(AccountId, CurrencyId), u32, FixedState>,
}

/// A balance and whose it is, in one cache line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[repr(align(64))]
pub(crate) struct BalanceRow {
    pub(crate) account: AccountId,
    pub(crate) currency: CurrencyId,
    pub(crate) balance: Balance,
    /// Whether there ever was any of it.
    pub(crate) ever_held: bool,
}

impl Balances {
    /// The place of a balance, made on first contact.
    pub(crate) fn place(&mut self, account: AccountId, currency: CurrencyId) -> u32 {
        let next = self.rows.len() as u32;
        let place = *self.places.entry((account, currency)).or_insert(next);
        if place == next {
            let balance = Balance::default();
            self.rows.push(BalanceRow { account, currency, balance, ever_held: false });
        }
        place
    }

    /// The place of a balance, if there was any contact.
    pub(crate) fn find(&self, account: AccountId, currency: CurrencyId) -> Option<u32> {
        self.places.get(&(account, currency)).copied()
    }

    /// Adds to available; says whether it is the first ever of it.
    #[inline(always)]
    pub(crate) fn credit(&mut self, place: u32, units: i128) -> bool {
        let row = &mut self.rows[place as usize];
        row.balance.credit(units);
        !core::mem::replace(&mut row.ever_held, true)
    }

    #[inline(always)]
    pub(crate) fn at(&self, place: u32) -> &Balance {
        &self.rows[place as usize].balance
    }

    /// Sets a balance as an image has it.
    pub(crate) fn set(&mut self, place: u32, row: BalanceRow) {
        self.rows[place as usize] = row;
    }

    /// A balance and whose it is.
    #[inline(always)]
    pub(crate) fn row(&self, place: u32) -> &BalanceRow {
        &self.rows[place as usize]
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, place: u32) -> &mut Balance {
        &mut self.rows[place as usize].balance
    }

    /// Every balance, in order of first contact.
    pub(crate) fn rows(&self) -> &[BalanceRow] {
        &self.rows
    }
}

/// What the venue took in and gave out of one currency, smallest units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Treasury {
    pub(crate) deposits: i128,
    pub(crate) withdrawals: i128,
    /// Fees less rebates; negative where rebates exceed fees.
    pub(crate) fees: i128,
}
