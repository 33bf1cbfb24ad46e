//! The life of orders: how one enters, changes and ends. Every way in runs the same list of checks
//! (`admit`), then the same execution (`execute`).

mod admit;
mod amend;
mod cancel;
mod enter;
mod execute;
mod identity;

pub(crate) use cancel::Scope;
pub(crate) use identity::{Claim, Naming};

use ringside_protocol::{
    Order, OrderFlags, OrderId, OrderType, Origin, SelfTrade, Side, TimeInForce, Timestamp,
};

use crate::book::SlotIndex;

/// An order on its way in: as its door gave it, then as the checks complete it, then as it meets
/// the book. There is one of it, handed on by reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub(crate) name: Naming,
    pub(crate) order: OrderId,
    pub(crate) holding: u32,
    pub(crate) side: Side,
    pub(crate) kind: OrderType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) flags: OrderFlags,
    pub(crate) self_trade: SelfTrade,
    /// Limit price in ticks; 0 for a market order.
    pub(crate) price: u64,
    /// Total lots.
    pub(crate) quantity: u64,
    /// Lots still open.
    pub(crate) leaves: u64,
    /// Lots executed so far.
    pub(crate) executed: u64,
    /// What they cost: the sum of ticks × lots.
    pub(crate) cost: u128,
    /// Venue time of its entry; of a new one, now.
    pub(crate) entered: Option<Timestamp>,
    /// Value of the total, ticks × lots. That of a market order is what the other side of the book
    /// gives for it; what exceeds the book is valued at its last price, and nothing at an empty
    /// one.
    pub(crate) value: u128,
    /// The value before an amend: only what it gains counts for the day.
    pub(crate) value_before: u128,
    /// Value that counts towards the day, units of 10^−12 quote.
    pub(crate) daily_value: i128,
    /// Held for each lot; 0 for a market buy, which holds at the price of each trade.
    pub(crate) hold_per_lot: u64,
    /// What is held for it now.
    pub(crate) held: u128,
    pub(crate) tag: u32,
    /// Where it lay in the pool before, if it was amended.
    pub(crate) slot: Option<SlotIndex>,
}

impl Incoming {
    /// A new order, before any check.
    #[inline(always)]
    pub(crate) fn new(order: &Order, origin: Origin) -> Self {
        Self {
            name: Naming::of(order, origin),
            order: OrderId(0),
            holding: u32::MAX,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            flags: order.flags,
            self_trade: SelfTrade::RejectTaker,
            price: 0,
            quantity: 0,
            leaves: 0,
            executed: 0,
            cost: 0,
            entered: None,
            value: 0,
            value_before: 0,
            daily_value: 0,
            hold_per_lot: 0,
            held: 0,
            tag: 0,
            slot: None,
        }
    }

    /// Place of the instrument and its book.
    #[inline(always)]
    pub(crate) const fn instrument(&self) -> usize {
        self.name.instrument.index()
    }

    /// The worst price it may trade at.
    #[inline(always)]
    pub(crate) const fn limit(&self) -> u64 {
        match (self.kind, self.side) {
            (OrderType::Limit, _) => self.price,
            // Any price.
            (OrderType::Market, Side::Buy) => u64::MAX,
            (OrderType::Market, Side::Sell) => 0,
        }
    }

    /// Whether it would trade with an order resting at this price.
    #[inline(always)]
    pub(crate) const fn reaches(&self, resting: u64) -> bool {
        self.side.reaches(self.limit(), resting)
    }

    /// Whether what is left of it may rest.
    #[inline(always)]
    pub(crate) const fn rests(&self) -> bool {
        matches!((self.kind, self.time_in_force), (OrderType::Limit, TimeInForce::Gtc))
    }
}
