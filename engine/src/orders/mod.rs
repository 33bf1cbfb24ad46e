//! The life of orders: how one enters, changes and ends. Every way in runs the same list of checks
//! (`admit`), then the same execution (`execute`).

mod admit;
mod amend;
mod cancel;
mod enter;
mod execute;
mod identity;

pub(crate) use cancel::Scope;
pub(crate) use identity::Naming;

use ringside_protocol::{
    ClientOrderId, OrderFlags, OrderId, OrderType, SelfTrade, Side, StreamId, TimeInForce,
};

use crate::book::SlotIndex;

/// An order that has passed every check and is about to meet the book.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub(crate) order: OrderId,
    pub(crate) holding: u32,
    /// Place of the instrument and its book.
    pub(crate) instrument: usize,
    pub(crate) side: Side,
    pub(crate) kind: OrderType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) flags: OrderFlags,
    pub(crate) self_trade: SelfTrade,
    /// Limit price in ticks; 0 for a market order.
    pub(crate) price: u64,
    /// Lots still open.
    pub(crate) leaves: u64,
    /// Lots executed so far.
    pub(crate) executed: u64,
    /// Held for each lot; 0 for a market buy, which holds at the price of each trade.
    pub(crate) hold_per_lot: u64,
    /// What is held for it now.
    pub(crate) held: u128,
    pub(crate) stream: StreamId,
    pub(crate) user_ref: u32,
    pub(crate) id: ClientOrderId,
    pub(crate) tag: u32,
    /// Where it lay in the pool before, if it was amended.
    pub(crate) slot: Option<SlotIndex>,
}

impl Incoming {
    /// The worst price it may trade at.
    #[inline]
    pub(crate) const fn limit(&self) -> u64 {
        match (self.kind, self.side) {
            (OrderType::Limit, _) => self.price,
            (OrderType::Market, side) => crate::risk::market_limit(side),
        }
    }

    /// Whether what is left of it may rest.
    #[inline]
    pub(crate) const fn rests(&self) -> bool {
        matches!((self.kind, self.time_in_force), (OrderType::Limit, TimeInForce::Gtc))
    }
}
