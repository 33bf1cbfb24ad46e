//! FIFO lots: every buy makes one, sales consume the oldest first (LED-014). All lots lie in one
//! pool; a position is a queue through it.

use ringside_protocol::{OrderId, TradeId};
use serde::{Deserialize, Serialize};

const NONE: u32 = u32::MAX;

/// What one execution bought and has not sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Lot {
    /// Lots still open.
    pub(crate) quantity: u64,
    /// Ticks paid.
    pub(crate) price: u64,
    /// The order that bought it.
    pub(crate) order: OrderId,
    /// The trade that bought it.
    pub(crate) trade: TradeId,
    /// The part of the buy's fee that belongs to what is still open, smallest quote units.
    pub(crate) fee: i128,
}

impl Lot {
    /// Takes `quantity`, at most all of it, out of the lot, with its part of the fee: rounded
    /// towards zero but for the last part, so that the parts add up to the fee.
    pub(crate) fn take(&mut self, quantity: u64) -> i128 {
        let fee = share(self.fee, quantity, self.quantity);
        self.quantity -= quantity;
        self.fee -= fee;
        fee
    }
}

/// `whole × part / of`, rounded towards zero.
pub(crate) fn share(whole: i128, part: u64, of: u64) -> i128 {
    if part == of {
        return whole;
    }
    match whole.checked_mul(i128::from(part)) {
        Some(product) => product / i128::from(of),
        // Beyond 2^64 units of fee: divide first, and lose less than one part.
        None => whole / i128::from(of) * i128::from(part),
    }
}

/// The open lots of one position, oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Queue {
    head: u32,
    tail: u32,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self { head: NONE, tail: NONE };
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    lot: Lot,
    next: u32,
}

/// Every open lot of the venue.
#[derive(Default, Debug)]
pub(crate) struct Lots {
    entries: Vec<Entry>,
    free: Vec<u32>,
}

impl Lots {
    pub(crate) fn with_capacity(lots: usize) -> Self {
        Self { entries: Vec::with_capacity(lots), free: Vec::with_capacity(lots) }
    }

    /// A new youngest lot.
    #[inline(always)]
    pub(crate) fn push(&mut self, queue: &mut Queue, lot: Lot) {
        let entry = Entry { lot, next: NONE };
        let place = match self.free.pop() {
            Some(place) => {
                self.entries[place as usize] = entry;
                place
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        match queue.tail {
            NONE => queue.head = place,
            tail => self.entries[tail as usize].next = place,
        }
        queue.tail = place;
    }

    /// The oldest lot.
    pub(crate) fn front_mut(&mut self, queue: &Queue) -> Option<&mut Lot> {
        self.entries.get_mut(queue.head as usize).map(|entry| &mut entry.lot)
    }

    /// Drops the oldest lot.
    pub(crate) fn pop(&mut self, queue: &mut Queue) {
        let place = queue.head;
        queue.head = self.entries[place as usize].next;
        if queue.head == NONE {
            queue.tail = NONE;
        }
        self.free.push(place);
    }

    /// The lots of a queue, oldest first.
    pub(crate) fn iter(&self, queue: &Queue) -> impl Iterator<Item = &Lot> {
        let first = self.entries.get(queue.head as usize);
        core::iter::successors(first, |entry| self.entries.get(entry.next as usize))
            .map(|entry| &entry.lot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(quantity: u64, fee: i128) -> Lot {
        Lot { quantity, price: 100, order: OrderId(1), trade: TradeId(1), fee }
    }

    #[test]
    fn the_oldest_goes_first_and_places_are_reused() {
        let mut lots = Lots::default();
        let (mut ours, mut theirs) = (Queue::EMPTY, Queue::EMPTY);
        for quantity in 1..=3 {
            lots.push(&mut ours, lot(quantity, 0));
            lots.push(&mut theirs, lot(quantity * 10, 0));
        }
        lots.pop(&mut ours);
        lots.push(&mut theirs, lot(40, 0));
        let quantities = |queue| lots.iter(queue).map(|lot| lot.quantity).collect::<Vec<_>>();
        assert_eq!(quantities(&ours), [2, 3]);
        assert_eq!(quantities(&theirs), [10, 20, 30, 40]);
        assert_eq!(lots.entries.len(), 6);
    }

    #[test]
    fn the_parts_of_a_fee_add_up_to_it() {
        for whole in [10, -10, 0, 1] {
            let mut lot = lot(7, whole);
            let parts = lot.take(2) + lot.take(4) + lot.take(1);
            assert_eq!((parts, lot.fee, lot.quantity), (whole, 0, 0));
        }
        assert_eq!(share(i128::MAX, 3, 7), i128::MAX / 7 * 3);
    }
}
