//! The book of one instrument: who stands first, on either side, at every price.
//!
//! A book knows price-time priority and nothing else: no accounts, no money, no rules. Orders lie
//! in the engine's one [`Pool`]; a book links them. Two books stand behind one trait: [`Ladder`],
//! which trades, and [`NaiveBook`], the oracle that tests hold it against (X-ENG-021).

mod bitmap;
mod depth;
mod ladder;
mod level;
mod naive;
mod pool;
mod side;
mod walk;

pub(crate) use depth::{by_level, by_order, standing};
pub use ladder::Ladder;
pub use level::Level;
pub use naive::NaiveBook;
pub use pool::{Cold, History, Node, OPEN_ORDERS_MAX, Pool, SlotIndex, Terms};
pub(crate) use walk::{AtOwn, Search, levels, queue};

use ringside_protocol::Side;

/// Price-time priority over orders that lie in a [`Pool`].
///
/// An order's side and price are those of its node and do not change while it is in the book.
pub trait Book: Default {
    /// The best price of a side: the highest bid, the lowest ask.
    fn best(&self, side: Side) -> Option<u64>;

    /// Lots of all orders of a side.
    fn lots(&self, side: Side) -> u64;

    /// The oldest order at the best price of a side.
    fn front(&self, side: Side) -> Option<SlotIndex>;

    /// Puts an order at the back of the queue at its price.
    fn insert(&mut self, pool: &mut Pool, slot: SlotIndex);

    /// Takes an order out, with what its node says is left of it.
    fn remove(&mut self, pool: &mut Pool, slot: SlotIndex);

    /// Puts an order back where it was. Only right after its [`Self::remove`], with nothing changed
    /// in between.
    fn restore(&mut self, pool: &mut Pool, slot: SlotIndex);

    /// Takes `lots`, fewer than are left, off an order where it stands.
    fn reduce(&mut self, pool: &mut Pool, slot: SlotIndex, lots: u64);

    /// The next level after `price` going away from the best, or the best level.
    fn level_after(&self, pool: &Pool, side: Side, price: Option<u64>) -> Option<Level>;

    /// The order behind this one in the queue of its price.
    fn behind(&self, pool: &Pool, slot: SlotIndex) -> Option<SlotIndex>;
}
