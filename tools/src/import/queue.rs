//! The book as the recording alone has it: which orders stand at a price, in order of entry, and
//! what is left of each. Nothing is matched here; it remembers what the rows say.

use std::collections::{BTreeMap, HashMap};

use ringside_protocol::{Name, Side};

use super::flow::recorded;

/// An order that the recording has in the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    /// The name it was last entered under.
    pub(super) id: Name,
    pub(super) side: Side,
    pub(super) price: u64,
    /// Lots it was last entered or amended to, executions included.
    pub(super) total: u64,
    /// Lots left.
    pub(super) left: u64,
    /// How often it was entered.
    pub(super) entries: u32,
}

/// The orders of one recorded book.
#[derive(Default)]
pub(super) struct Queues {
    orders: HashMap<Name, Standing>,
    levels: BTreeMap<(Side, u64), Vec<Name>>,
}

impl Queues {
    /// A new order, or an old one entered again, at the end of its price's queue.
    pub(super) fn enter(&mut self, id: Name, side: Side, price: u64, quantity: u64, entries: u32) {
        let standing = Standing { id, side, price, total: quantity, left: quantity, entries };
        self.levels.entry((side, price)).or_default().push(recorded(id));
        self.orders.insert(recorded(id), standing);
    }

    /// The order ends.
    pub(super) fn remove(&mut self, id: Name) -> Option<Standing> {
        let standing = self.orders.remove(&id)?;
        let place = (standing.side, standing.price);
        let level = self.levels.get_mut(&place)?;
        level.retain(|&other| other != id);
        if level.is_empty() {
            self.levels.remove(&place);
        }
        Some(standing)
    }

    /// Lots leave the order by its owner's will; it ends where none is left.
    pub(super) fn reduce(&mut self, id: Name, by: u64) -> Option<Standing> {
        let standing = self.orders.get_mut(&id)?;
        standing.left = standing.left.saturating_sub(by);
        standing.total = standing.total.saturating_sub(by);
        if standing.left == 0 { self.remove(id) } else { Some(*standing) }
    }

    /// The order gets a new price and new lots left; it goes to the end of the new price's queue.
    pub(super) fn change(&mut self, id: Name, price: u64, left: u64) -> Option<Standing> {
        let old = self.remove(id)?;
        let executed = old.total - old.left;
        self.enter(old.id, old.side, price, left, old.entries);
        let standing = self.orders.get_mut(&id)?;
        standing.total = executed.saturating_add(left);
        Some(*standing)
    }

    /// Lots of the order are executed; it ends where none is left.
    pub(super) fn execute(&mut self, id: Name, quantity: u64) {
        let Some(standing) = self.orders.get_mut(&id) else {
            return;
        };
        standing.left = standing.left.saturating_sub(quantity);
        if standing.left == 0 {
            self.remove(id);
        }
    }

    /// The orders at a price, first in the queue first.
    pub(super) fn at(&self, side: Side, price: u64) -> impl Iterator<Item = &Standing> {
        let level = self.levels.get(&(side, price)).into_iter().flatten();
        level.filter_map(|id| self.orders.get(id))
    }

    /// Every order, level by level.
    pub(super) fn all(&self) -> impl Iterator<Item = &Standing> {
        self.levels.values().flatten().filter_map(|id| self.orders.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::numbered;
    use super::*;

    #[test]
    fn rows_move_what_is_left() {
        let (a, b) = (numbered(1), numbered(2));
        let mut queues = Queues::default();
        queues.enter(a, Side::Buy, 100, 10, 1);
        queues.enter(b, Side::Buy, 100, 20, 1);
        queues.execute(a, 4);
        queues.reduce(b, 5);
        let left: Vec<_> = queues.at(Side::Buy, 100).map(|o| (o.id, o.total, o.left)).collect();
        assert_eq!(left, [(a, 10, 6), (b, 15, 15)]);
        queues.execute(a, 6);
        assert_eq!(queues.at(Side::Buy, 100).count(), 1);
        assert_eq!(queues.reduce(b, 99).map(|order| order.left), Some(0));
        assert_eq!((queues.all().count(), queues.levels.len()), (0, 0));
    }
}
