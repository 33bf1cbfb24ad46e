//! One price of one side: its queue, first in first out, linked through the nodes.

use super::{Pool, SlotIndex};

/// A price level. Empty levels have no orders and no links.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// Ticks; only meaningful on a level handed out by [`super::Book::level_after`].
    pub price: u64,
    /// Lots of all orders here.
    pub quantity: u64,
    /// How many orders stand here.
    pub orders: u32,
    /// The oldest.
    pub(crate) head: SlotIndex,
    /// The youngest.
    pub(crate) tail: SlotIndex,
}

const _: () = assert!(size_of::<Level>() == 32, "two levels a cache line");

impl Level {
    /// No orders.
    pub(crate) const EMPTY: Self =
        Self { price: 0, quantity: 0, orders: 0, head: SlotIndex::NONE, tail: SlotIndex::NONE };

    /// The oldest order here.
    pub fn front(&self) -> Option<SlotIndex> {
        self.head.some()
    }

    #[inline(always)]
    pub(super) fn push_back(&mut self, pool: &mut Pool, slot: SlotIndex) {
        pool[slot].previous = self.tail;
        pool[slot].next = SlotIndex::NONE;
        self.link(pool, slot);
    }

    /// Links an order between the neighbours that its node still remembers.
    #[inline(always)]
    pub(super) fn link(&mut self, pool: &mut Pool, slot: SlotIndex) {
        let node = pool[slot];
        match node.previous.some() {
            Some(previous) => pool[previous].next = slot,
            None => self.head = slot,
        }
        match node.next.some() {
            Some(next) => pool[next].previous = slot,
            None => self.tail = slot,
        }
        self.orders += 1;
        self.quantity += node.leaves;
    }

    /// Unlinks an order; its node keeps remembering its neighbours.
    #[inline(always)]
    pub(super) fn unlink(&mut self, pool: &mut Pool, slot: SlotIndex) {
        let node = pool[slot];
        match node.previous.some() {
            Some(previous) => pool[previous].next = node.next,
            None => self.head = node.next,
        }
        match node.next.some() {
            Some(next) => pool[next].previous = node.previous,
            None => self.tail = node.previous,
        }
        self.orders -= 1;
        self.quantity -= node.leaves;
    }
}
