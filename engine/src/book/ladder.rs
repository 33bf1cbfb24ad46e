//! The book that trades: two ladder sides, kept by keys so that both run the same code.

use ringside_protocol::Side;

use super::side::LadderSide;
use super::{Book, Level, Pool, SlotIndex};

/// A book with O(1) insert, cancel and best price near the touch, however deep it is.
#[derive(Default, Debug)]
pub struct Ladder {
    bids: LadderSide,
    asks: LadderSide,
}

impl Ladder {
    #[inline(always)]
    fn side(&self, side: Side) -> &LadderSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    #[inline(always)]
    fn side_of(&mut self, pool: &Pool, slot: SlotIndex) -> (&mut LadderSide, u64) {
        let node = &pool[slot];
        let key = key(node.terms.side, node.price);
        match node.terms.side {
            Side::Buy => (&mut self.bids, key),
            Side::Sell => (&mut self.asks, key),
        }
    }
}

/// Lower is better: asks by price, bids by distance from the highest price. Its own inverse.
#[inline(always)]
const fn key(side: Side, price: u64) -> u64 {
    match side {
        Side::Buy => ringside_protocol::UNITS_MAX - price,
        Side::Sell => price,
    }
}

impl Book for Ladder {
    #[inline(always)]
    fn best(&self, side: Side) -> Option<u64> {
        self.side(side).best().map(|best| key(side, best))
    }

    fn lots(&self, side: Side) -> u64 {
        self.side(side).lots()
    }

    #[inline(always)]
    fn front(&self, side: Side) -> Option<SlotIndex> {
        self.side(side).front()
    }

    #[inline(always)]
    fn insert(&mut self, pool: &mut Pool, slot: SlotIndex) {
        let (side, key) = self.side_of(pool, slot);
        side.insert(pool, key, slot);
    }

    #[inline(always)]
    fn remove(&mut self, pool: &mut Pool, slot: SlotIndex) {
        let (side, key) = self.side_of(pool, slot);
        side.remove(pool, key, slot);
    }

    fn restore(&mut self, pool: &mut Pool, slot: SlotIndex) {
        let (side, key) = self.side_of(pool, slot);
        side.restore(pool, key, slot);
    }

    #[inline(always)]
    fn reduce(&mut self, pool: &mut Pool, slot: SlotIndex, lots: u64) {
        let (side, key) = self.side_of(pool, slot);
        side.reduce(key, lots);
        pool[slot].leaves -= lots;
    }

    fn level_after(&self, _pool: &Pool, side: Side, price: Option<u64>) -> Option<Level> {
        let levels = self.side(side);
        let found = match price {
            Some(price) => levels.key_from(key(side, price) + 1)?,
            None => levels.best()?,
        };
        levels.level(found).map(|level| Level { price: key(side, found), ..*level })
    }

    #[inline(always)]
    fn behind(&self, pool: &Pool, slot: SlotIndex) -> Option<SlotIndex> {
        pool[slot].next.some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_own_inverse_and_lower_is_better() {
        for side in [Side::Buy, Side::Sell] {
            for price in [1, 2, ringside_protocol::UNITS_MAX] {
                assert_eq!(key(side, key(side, price)), price);
            }
        }
        assert!(key(Side::Buy, 101) < key(Side::Buy, 100));
        assert!(key(Side::Sell, 100) < key(Side::Sell, 101));
    }
}
