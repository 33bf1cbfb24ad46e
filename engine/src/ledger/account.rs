//! Accounts: who they are, what they may do, and their limits.

use std::collections::VecDeque;

use ringside_protocol::{
    AccountFlags, AccountId, InstrumentId, Name, Permissions, SelfTrade, Timestamp,
};
use serde::{Deserialize, Serialize};

/// One account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: Name,
    pub(crate) self_trade: SelfTrade,
    pub(crate) permissions: Permissions,
    pub(crate) flags: AccountFlags,
    /// The account's kill switch.
    pub(crate) killed: bool,
    /// Its holdings, in order of first contact.
    pub(crate) holdings: Vec<u32>,
    /// Its balances, in order of first contact.
    pub(crate) balances: Vec<u32>,
    pub(crate) limits: AccountLimits,
    /// Limits of single instruments, which go before those of the account.
    pub(crate) overrides: Vec<(InstrumentId, SymbolLimits)>,
    /// The day that `daily_value` belongs to.
    pub(crate) day: u64,
    /// Value of the orders accepted that day, units of 10^−12.
    pub(crate) daily_value: i128,
    /// Times of the latest submissions, as many as the rate limit counts.
    pub(crate) submissions: VecDeque<Timestamp>,
}

/// Limits of an account as a whole; absent is unlimited. Values in units of 10^−12.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AccountLimits {
    /// For each instrument that has none of its own.
    pub(crate) each: SymbolLimits,
    pub(crate) max_exposure: Option<i128>,
    pub(crate) max_daily_value: Option<i128>,
    pub(crate) max_orders_per_second: Option<u32>,
}

impl AccountLimits {
    /// Whether any limit looks at more than one instrument.
    pub(crate) const fn is_any_account_wide(&self) -> bool {
        self.max_exposure.is_some()
            || self.max_daily_value.is_some()
            || self.max_orders_per_second.is_some()
    }
}

/// Limits in one instrument; absent is unlimited. Values in units of 10^−12.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SymbolLimits {
    pub(crate) max_order_value: Option<i128>,
    pub(crate) max_position: Option<i128>,
    pub(crate) max_open_orders: Option<u64>,
}

impl SymbolLimits {
    /// These where given, else `each`.
    pub(crate) fn or(&self, each: &Self) -> Self {
        Self {
            max_order_value: self.max_order_value.or(each.max_order_value),
            max_position: self.max_position.or(each.max_position),
            max_open_orders: self.max_open_orders.or(each.max_open_orders),
        }
    }
}

impl Account {
    /// The limits in force in an instrument.
    pub(crate) fn limits_in(&self, instrument: InstrumentId) -> SymbolLimits {
        let own = self.overrides.iter().find(|(of, _)| *of == instrument);
        own.map_or(SymbolLimits::default(), |(_, limits)| *limits).or(&self.limits.each)
    }

    /// The limits that one instrument has of its own, made on first use.
    pub(crate) fn own_limits_mut(&mut self, instrument: InstrumentId) -> &mut SymbolLimits {
        let at = self.overrides.iter().position(|(of, _)| *of == instrument).unwrap_or_else(|| {
            self.overrides.push((instrument, SymbolLimits::default()));
            self.overrides.len() - 1
        });
        &mut self.overrides[at].1
    }
}

/// A key and what it may do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct KeyGrant {
    pub(crate) account: AccountId,
    pub(crate) key: [u8; 32],
    pub(crate) permissions: Permissions,
    /// 0: never.
    pub(crate) expires: Timestamp,
}
