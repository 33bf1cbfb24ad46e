//! The book as others see it: by level (L2) and by order (L3), and the checksum over its top.

use crate::{AccountId, InstrumentId, OrderId, Sequence};

/// Levels a side that the checksum covers.
pub const CHECKSUM_LEVELS: usize = 10;

/// One price of one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthLevel {
    /// Ticks.
    pub price: u64,
    /// Lots of all orders at it that are shown.
    pub quantity: u64,
    /// How many orders stand at it.
    pub orders: u32,
}

/// One resting order, as the L3 view shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthOrder {
    /// Ticks.
    pub price: u64,
    /// Lots still open.
    pub leaves: u64,
    /// The venue's name of it.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
}

/// The levels of one instrument's book, best first (L2).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Depth {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// The last command it includes.
    pub sequence: Sequence,
    /// Buy levels, highest first.
    pub bids: Vec<DepthLevel>,
    /// Sell levels, lowest first.
    pub asks: Vec<DepthLevel>,
    /// [`checksum`] of the whole book's top, however few levels are listed.
    pub checksum: u32,
}

/// The orders of one instrument's book, best level first, each level in queue order (L3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DepthByOrder {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// The last command it includes.
    pub sequence: Sequence,
    /// Buy orders.
    pub bids: Vec<DepthOrder>,
    /// Sell orders.
    pub asks: Vec<DepthOrder>,
    /// [`checksum`] of the whole book's top, however few levels are listed.
    pub checksum: u32,
}

/// CRC-32 (IEEE 802.3) of the book's top, in the manner of Kraken's book checksum:
///
/// 1. take the best [`CHECKSUM_LEVELS`] asks, lowest first, then as many bids, highest first;
/// 2. write each level as its price and then its quantity, both as decimals with the instrument's
///    places, without the point and without leading zeros (100.05 with two places is `10005`);
/// 3. the checksum is the CRC-32 of those digits, one after another.
///
/// `price_step` and `quantity_step` are one tick and one lot in units of their last decimal place
/// ([`crate::decimal::step`]), so that ticks and lots give those digits by multiplication.
pub fn checksum<'a>(
    asks: impl Iterator<Item = &'a DepthLevel>,
    bids: impl Iterator<Item = &'a DepthLevel>,
    price_step: u64,
    quantity_step: u64,
) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for level in asks.take(CHECKSUM_LEVELS).chain(bids.take(CHECKSUM_LEVELS)) {
        let price = u128::from(level.price) * u128::from(price_step);
        let quantity = u128::from(level.quantity) * u128::from(quantity_step);
        crc.update(format!("{price}{quantity}").as_bytes());
    }
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_crc_of_the_digits() {
        // 10005 6000, 10000 500, 9990 1; then in steps of five: 50025 6000, 50000 500, 49950 1.
        let level = |price, quantity| DepthLevel { price, quantity, orders: 1 };
        let (asks, bids) = ([level(10_005, 6_000)], [level(10_000, 500), level(9_990, 1)]);
        let found = checksum(asks.iter(), bids.iter(), 1, 1);
        assert_eq!(found, crc32fast::hash(b"1000560001000050099901"));
        let nickels = checksum(asks.iter(), bids.iter(), 5, 1);
        assert_eq!(nickels, crc32fast::hash(b"50025600050000500499501"));
        let deep: Vec<_> = (1..=11).map(|price| level(price, 1)).collect();
        assert_eq!(
            checksum(deep.iter(), [].iter(), 1, 1),
            checksum(deep[..10].iter(), [].iter(), 1, 1),
            "only the top {CHECKSUM_LEVELS} count"
        );
    }
}
