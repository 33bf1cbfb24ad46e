//! Money: what every account has and holds of every currency, and every movement of it.

mod account;
mod balance;
mod fees;

pub(crate) use account::{Account, AccountLimits, KeyGrant, SymbolLimits};
pub(crate) use balance::{BalanceRow, Balances, Treasury};
pub(crate) use fees::{fee, hold_per_lot};
