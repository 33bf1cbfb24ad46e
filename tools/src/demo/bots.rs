//! What bots have in common: what they see, what they may wish for, how they name their orders.
//! They know neither an engine nor a socket: whoever gives them a view carries their wishes out.

use ringside_protocol::{ClientOrderId, InstrumentId, Name, Scales, Side};

/// What a bot sees when it acts.
pub trait View {
    /// What an instrument is worth, in ticks; only makers look.
    fn fair(&self, id: InstrumentId) -> u64;
    /// The best price of a side, in ticks.
    fn best(&self, id: InstrumentId, side: Side) -> Option<u64>;
    /// The bot's own orders that rest, the oldest first.
    fn resting(&self) -> Vec<Resting>;
    /// Lots of an instrument's base currency that the bot has, held or not.
    fn held_lots(&self, id: InstrumentId) -> u64;
    /// Lots that the bot can buy at `price`, or sell; see [`affordable`].
    fn available_lots(&self, id: InstrumentId, side: Side, price: u64) -> u64;
}

/// An order of the bot that rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resting {
    /// The bot's name of it.
    pub id: ClientOrderId,
    /// In what.
    pub instrument: InstrumentId,
    /// Side of the book.
    pub side: Side,
    /// Ticks.
    pub price: u64,
    /// Lots executed so far; the total is this and the leaves.
    pub executed: u64,
    /// Lots still open.
    pub leaves: u64,
}

/// What a bot wants of the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// A new order.
    Enter(Entry),
    /// Another price and quantity, the executed part included.
    Amend {
        /// Which order.
        id: ClientOrderId,
        /// Lots in all.
        quantity: u64,
        /// Ticks.
        price: u64,
    },
    /// The end of an order.
    Cancel {
        /// Which order.
        id: ClientOrderId,
    },
}

/// A new order as a bot wants it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The bot's name of it.
    pub id: ClientOrderId,
    /// In what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Lots.
    pub quantity: u64,
    /// At which price, and for how long.
    pub style: Style,
}

/// How an order is entered; prices are ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// At any price, at once.
    Market,
    /// At this price or better, at once; the rest is cancelled.
    Immediate(u64),
    /// At this price or better; the rest waits.
    Resting(u64),
    /// At this price, if it does not trade at once.
    PostOnly(u64),
}

/// Somebody who trades.
pub trait Bot {
    /// Says what it wants now.
    fn act(&mut self, view: &dyn View, out: &mut Vec<Wish>);
}

/// Client order ids: a prefix and a number that counts.
#[derive(Clone, Debug)]
pub struct Ids {
    prefix: String,
    last: u64,
}

impl Ids {
    /// Ids that begin with `prefix`, a short name.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), last: 0 }
    }

    /// The next one.
    pub fn fresh(&mut self) -> ClientOrderId {
        self.last += 1;
        Name::parse(&format!("{}{}", self.prefix, self.last)).expect("a prefix and digits")
    }
}

/// Lots that so many free units buy at `price`, a hundredth kept for fees, or sell: units of the
/// quote currency and of the base currency.
pub fn affordable(free: i128, side: Side, price: u64, scales: &Scales) -> u64 {
    let (usable, per_lot) = match side {
        Side::Buy => (free - free / 100, u128::from(price) * u128::from(scales.quote_per_tick_lot)),
        Side::Sell => (free, u128::from(scales.base_per_lot)),
    };
    let lots = u128::try_from(usable).unwrap_or(0) / per_lot.max(1);
    u64::try_from(lots).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::market::LISTINGS;
    use super::*;

    #[test]
    fn what_an_account_can_afford() {
        let scales = LISTINGS[0].scales();
        // 9,900 of 10,000 USDC at 150.00 are 66 SOL; 2.5 SOL are there to sell.
        assert_eq!(affordable(10_000_000_000, Side::Buy, 15_000, &scales), 66_000);
        assert_eq!(affordable(2_500_000_000, Side::Sell, 15_000, &scales), 2_500);
        assert_eq!(affordable(-1, Side::Buy, 15_000, &scales), 0);
    }

    #[test]
    fn ids_count() {
        let mut ids = Ids::new("q");
        assert_eq!((ids.fresh().as_str(), ids.fresh().as_str()), ("q1", "q2"));
    }
}
