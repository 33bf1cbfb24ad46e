//! Pre-trade checks, in the order of the house: filters of the instrument, then limits of the
//! account, then funds; every rule of a stage in its place (X-RSK-002).

mod filters;
mod limits;
mod throttle;

pub(crate) use filters::{Given, Own, filter};
pub(crate) use limits::{HoldingLimits, LimitCheck, check_limits, exposure_with, in_value};
pub use throttle::ORDER_RATE_MAX;
pub(crate) use throttle::{note_submission, over_rate};

use ringside_protocol::{CurrencyId, OrderId, OrderStatus, Reason, Unit};

/// Why a command is refused, with the numbers that its sentence names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) limit: i128,
    pub(crate) observed: i128,
    /// What both count, where it is money of no instrument.
    pub(crate) currency: CurrencyId,
}

impl Refusal {
    /// A refusal by a rule with numbers.
    pub(crate) fn with(reason: Reason, limit: impl Into<i128>, observed: impl Into<i128>) -> Self {
        let (limit, observed) = (limit.into(), observed.into());
        Self { reason, limit, observed, currency: CurrencyId::NONE }
    }

    /// The same of a currency.
    pub(crate) fn of(self, currency: CurrencyId) -> Self {
        Self { currency, ..self }
    }

    /// A refusal that points at an order and the state it is in.
    pub(crate) fn of_order(reason: Reason, order: OrderId, status: OrderStatus) -> Self {
        Self::with(reason, status as u8, order.0)
    }

    /// The order it points at; 0 for none.
    pub(crate) fn order(&self) -> OrderId {
        OrderId(if self.reason.unit() == Unit::Order { self.observed as u64 } else { 0 })
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::with(reason, 0, 0)
    }
}

/// `value` as the signed number of a refusal, at most the largest there is.
pub(crate) fn shown(value: u128) -> i128 {
    i128::try_from(value).unwrap_or(i128::MAX)
}
