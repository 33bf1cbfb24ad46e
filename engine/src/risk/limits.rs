//! Limits of the account, as they stand for one holding: rule by rule, in the order of the reasons.

use ringside_protocol::{Reason, Scales, Side, UNITS_MAX};

use super::{Refusal, shown};
use crate::instruments::InstrumentTerms;
use crate::ledger::{Account, SymbolLimits};
use crate::orders::Incoming;
use crate::portfolio::Holding;

/// Limits in the units of one instrument; the largest number is unlimited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct HoldingLimits {
    /// Value of one order, units of 10^−12 quote.
    max_order_value: i128,
    /// The same in ticks × lots, rounded down, at most 64 bits.
    sure_value: u64,
    /// Lots; at most 63 bits, which positions stay within.
    max_position: u64,
    /// Open orders.
    max_open_orders: u64,
    /// Whether the account has a limit that looks at more than this holding.
    account_wide: bool,
}

impl Default for HoldingLimits {
    fn default() -> Self {
        Self {
            max_order_value: i128::MAX,
            sure_value: u64::MAX,
            max_position: UNITS_MAX,
            max_open_orders: u64::MAX,
            account_wide: false,
        }
    }
}

impl HoldingLimits {
    /// The limits in force, in the instrument's units; a position limit is cut to whole lots.
    pub(crate) fn resolve(
        limits: &SymbolLimits,
        terms: &InstrumentTerms,
        account_wide: bool,
    ) -> Self {
        let lots = |value: i128| value / i128::from(terms.scales.value_per_lot);
        let max_position = limits.max_position.map_or(UNITS_MAX, |value| {
            u64::try_from(lots(value)).unwrap_or(UNITS_MAX).min(UNITS_MAX)
        });
        let open_orders = limits.max_open_orders.unwrap_or(u64::MAX);
        Self {
            max_order_value: limits.max_order_value.unwrap_or(i128::MAX),
            sure_value: limits.max_order_value.map_or(u64::MAX, |value| {
                let value = value.unsigned_abs() / value_per_tick_lot(&terms.scales);
                u64::try_from(value).unwrap_or(u64::MAX)
            }),
            max_position,
            max_open_orders: open_orders.min(u64::from(terms.max_open_orders)),
            account_wide,
        }
    }

    /// Whether the account has a limit that looks at more than this holding.
    #[inline(always)]
    pub(crate) const fn is_account_wide(&self) -> bool {
        self.account_wide
    }

    /// Whether no limit can be broken: a few comparisons for what nearly every order is. Where it
    /// says no, the list of rules decides, and names the reason.
    #[inline(always)]
    pub(crate) fn surely_admits(&self, holding: &Holding, order: &Incoming) -> bool {
        let open = holding.open(order.side).saturating_add(order.leaves);
        let (worst, limit) = match order.side {
            Side::Buy => (open.saturating_add(holding.position.unsigned_abs()), self.max_position),
            Side::Sell => (open, UNITS_MAX),
        };
        !self.account_wide
            && worst <= limit
            && order.value <= u128::from(self.sure_value)
            && (!order.rests() || u64::from(holding.open_orders) < self.max_open_orders)
    }
}

/// A new or amended order against the limits of its account.
pub(crate) struct LimitCheck<'a> {
    pub(crate) account: &'a Account,
    pub(crate) holding: &'a Holding,
    pub(crate) terms: &'a InstrumentTerms,
    pub(crate) order: &'a Incoming,
    /// The venue day.
    pub(crate) day: u64,
}

/// The rules, in the order of the reasons. The rate and the exposure are checked beside them, for
/// they look at more than the holding.
#[cold]
pub(crate) fn check_limits(check: &LimitCheck<'_>) -> Result<(), Refusal> {
    check_range(check)?;
    check_open_orders(check)?;
    check_order_value(check)?;
    check_position(check)
}

/// Positions and open quantities stay within 63 bits.
fn check_range(check: &LimitCheck<'_>) -> Result<(), Refusal> {
    let open = i128::from(check.holding.open(check.order.side)) + i128::from(check.order.leaves);
    let position = match check.order.side {
        Side::Buy => i128::from(check.holding.position),
        Side::Sell => 0,
    };
    if position + open > i128::from(i64::MAX) {
        return Err(Reason::Overflow.into());
    }
    Ok(())
}

fn check_open_orders(check: &LimitCheck<'_>) -> Result<(), Refusal> {
    let limit = check.holding.limits.max_open_orders;
    let open = u64::from(check.holding.open_orders) + 1;
    if check.order.rests() && open > limit {
        return Err(Refusal::with(Reason::OpenOrders, limit, open));
    }
    Ok(())
}

fn check_order_value(check: &LimitCheck<'_>) -> Result<(), Refusal> {
    let limit = check.holding.limits.max_order_value;
    if limit == i128::MAX {
        return Ok(());
    }
    let value = in_value(check.order.value, &check.terms.scales);
    if value > limit { Err(Refusal::with(Reason::OrderValue, limit, value)) } else { Ok(()) }
}

/// Worst case: every open buy fills, this one too (RSK-001, RSK-005). On spot a sale can only make a
/// position smaller.
fn check_position(check: &LimitCheck<'_>) -> Result<(), Refusal> {
    let limit = check.holding.limits.max_position;
    if check.order.side == Side::Sell {
        return Ok(());
    }
    let worst = i128::from(check.holding.position)
        + i128::from(check.holding.open_buy)
        + i128::from(check.order.leaves);
    if worst > i128::from(limit) {
        return Err(Refusal::with(Reason::PositionLimit, limit, worst));
    }
    Ok(())
}

impl LimitCheck<'_> {
    /// The day's order value with this order (RSK-007).
    pub(crate) fn daily(&self) -> Result<(), Refusal> {
        let Some(limit) = self.account.limits.max_daily_value else { return Ok(()) };
        let so_far = if self.account.day == self.day { self.account.daily_value } else { 0 };
        let value = so_far.checked_add(self.order.daily_value).ok_or(Reason::Overflow)?;
        if value > limit { Err(Refusal::with(Reason::DailyValue, limit, value)) } else { Ok(()) }
    }
}

/// Worst-case exposure of one holding, units of 10^−12 quote: its position at the mark, else the last
/// trade, and its open orders at their prices (RSK-004).
pub(crate) fn exposure_with(holding: &Holding, terms: &InstrumentTerms) -> i128 {
    let price = u128::from(terms.value_price().unwrap_or(0));
    let position = u128::from(holding.position.unsigned_abs()) * price;
    in_value(position.saturating_add(holding.open_value), &terms.scales)
}

/// Ticks × lots in units of 10^−12 quote, at most the largest number there is.
pub(crate) fn in_value(ticks_lots: u128, scales: &Scales) -> i128 {
    shown(ticks_lots.saturating_mul(value_per_tick_lot(scales)))
}

/// Units of 10^−12 quote in one tick × one lot, at least 1.
fn value_per_tick_lot(scales: &Scales) -> u128 {
    u128::from(scales.quote_per_tick_lot) * u128::from(scales.value_per_quote)
}
