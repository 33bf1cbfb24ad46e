//! The oracle: a book that is obviously right. Every question is answered by looking at every
//! order.

use ringside_protocol::Side;

use super::{Book, Level, Pool, SlotIndex};

/// A list of orders with the number of their arrival, and nothing else.
#[derive(Default, Debug)]
pub struct NaiveBook {
    orders: Vec<Entry>,
    arrivals: u64,
    removed: Option<Entry>,
    lots: [u64; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    side: Side,
    price: u64,
    arrival: u64,
    slot: SlotIndex,
}

impl NaiveBook {
    /// The orders of a side, best first, oldest first.
    fn sorted(&self, side: Side) -> Vec<Entry> {
        let mut orders: Vec<_> = self.orders.iter().copied().filter(|o| o.side == side).collect();
        orders.sort_by_key(|order| match side {
            Side::Buy => (u64::MAX - order.price, order.arrival),
            Side::Sell => (order.price, order.arrival),
        });
        orders
    }
}

impl Book for NaiveBook {
    fn best(&self, side: Side) -> Option<u64> {
        self.sorted(side).first().map(|order| order.price)
    }

    fn lots(&self, side: Side) -> u64 {
        self.lots[side as usize]
    }

    fn front(&self, side: Side) -> Option<SlotIndex> {
        self.sorted(side).first().map(|order| order.slot)
    }

    fn insert(&mut self, pool: &mut Pool, slot: SlotIndex) {
        self.arrivals += 1;
        self.lots[pool[slot].terms.side as usize] += pool[slot].leaves;
        self.orders.push(Entry {
            side: pool[slot].terms.side,
            price: pool[slot].price,
            arrival: self.arrivals,
            slot,
        });
    }

    fn remove(&mut self, pool: &mut Pool, slot: SlotIndex) {
        self.lots[pool[slot].terms.side as usize] -= pool[slot].leaves;
        let at = self.orders.iter().position(|order| order.slot == slot);
        self.removed = Some(self.orders.remove(at.expect("Invariant: the order is in the book")));
    }

    fn restore(&mut self, pool: &mut Pool, slot: SlotIndex) {
        self.lots[pool[slot].terms.side as usize] += pool[slot].leaves;
        let removed = self.removed.take().expect("Invariant: it was just removed");
        assert_eq!(removed.slot, slot);
        self.orders.push(removed);
    }

    fn reduce(&mut self, pool: &mut Pool, slot: SlotIndex, lots: u64) {
        pool[slot].leaves -= lots;
        self.lots[pool[slot].terms.side as usize] -= lots;
    }

    fn level_after(&self, pool: &Pool, side: Side, price: Option<u64>) -> Option<Level> {
        let orders = self.sorted(side);
        let is_after = |order: &&Entry| match (side, price) {
            (_, None) => true,
            (Side::Buy, Some(price)) => order.price < price,
            (Side::Sell, Some(price)) => order.price > price,
        };
        let price = orders.iter().find(is_after)?.price;
        let mut level = Level { price, ..Level::EMPTY };
        for order in orders.iter().filter(|order| order.price == price) {
            level.head = level.head.some().unwrap_or(order.slot);
            level.tail = order.slot;
            level.orders += 1;
            level.quantity += pool[order.slot].leaves;
        }
        Some(level)
    }

    fn behind(&self, pool: &Pool, slot: SlotIndex) -> Option<SlotIndex> {
        let orders = self.sorted(pool[slot].terms.side);
        let at = orders.iter().position(|order| order.slot == slot)?;
        let next = orders.get(at + 1)?;
        (next.price == orders[at].price).then_some(next.slot)
    }
}
