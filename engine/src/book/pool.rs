//! The one pool of resting orders. A hot node of one cache line holds what matching touches; a cold
//! record at the same place holds the rest.
//!
//! ```text
//! node   0       8       16       24         32             40
//!        ├───────┼───────┼────────┼──────────┼──────────────┤
//!        order   price   leaves   executed   hold_per_lot
//!        40        44     48         52       56         60      64
//!        ├─────────┼──────┼──────────┼────────┼──────────┼───────┤
//!        holding   next   previous   stream   user_ref   terms
//! ```

use core::ops::{Index, IndexMut};

use ringside_protocol::{
    ClientOrderId, OrderFlags, OrderId, SelfTrade, Side, StreamId, TimeInForce, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Open orders the venue holds at most.
pub const OPEN_ORDERS_MAX: usize = 1 << 26;

/// The place of an order in the pool.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct SlotIndex(pub(crate) u32);

impl SlotIndex {
    /// No order.
    pub const NONE: Self = Self(u32::MAX);

    /// `None` for [`Self::NONE`].
    #[inline(always)]
    pub const fn some(self) -> Option<Self> {
        if self.0 == u32::MAX { None } else { Some(self) }
    }
}

/// The terms of a resting order that matching looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Side of the book.
    pub side: Side,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Its instructions.
    pub flags: OrderFlags,
    /// What it does when it meets its own account as the incoming order.
    pub self_trade: SelfTrade,
}

/// The hot part of a resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(64))]
pub struct Node {
    /// The venue's name of it; 0 marks a free node.
    pub order: OrderId,
    /// Limit price in ticks.
    pub price: u64,
    /// Lots still open.
    pub leaves: u64,
    /// Lots executed so far.
    pub executed: u64,
    /// Held for each open lot: quote for a buy, base for a sell, smallest units.
    pub hold_per_lot: u64,
    /// The holding (account in instrument) it belongs to.
    pub holding: u32,
    /// Behind it in the queue.
    pub next: SlotIndex,
    /// Before it in the queue.
    pub previous: SlotIndex,
    /// The stream that entered it.
    pub stream: StreamId,
    /// The stream's number of it; 0: it has a client order id.
    pub user_ref: u32,
    /// Its terms.
    pub terms: Terms,
}

const _: () = assert!(size_of::<Node>() == 64, "a node is one cache line");

/// The cold part of a resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cold {
    /// The account's name of it.
    pub id: ClientOrderId,
    /// Its tag's number; 0 is none.
    pub tag: u32,
    /// The account's next younger order in the instrument.
    pub younger: SlotIndex,
    /// The account's next older order in the instrument.
    pub older: SlotIndex,
    /// What became of it so far.
    pub history: History,
}

const _: () = assert!(size_of::<Cold>() == 96);

/// What became of a resting order since it came. No later command depends on it; lookups after a
/// restart do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// What was executed before it came to rest at its price: the sum of ticks × lots.
    pub cost: u128,
    /// Lots of that.
    pub executed: u64,
    /// Venue time of its entry.
    pub entered: Timestamp,
    /// Venue time of what happened to it last.
    pub updated: Timestamp,
}

impl History {
    /// As of now, for a node that rests: what executed since then did so at its price.
    pub const fn now(self, node: &Node) -> Self {
        let since = (node.executed - self.executed) as u128;
        Self { cost: self.cost + node.price as u128 * since, executed: node.executed, ..self }
    }
}

/// Every resting order of the venue. Places are reused, last freed first.
#[derive(Default, Debug)]
pub struct Pool {
    nodes: Vec<Node>,
    cold: Vec<Cold>,
    free: Vec<SlotIndex>,
}

impl Pool {
    /// Room for `orders` before it has to grow.
    pub(crate) fn with_capacity(orders: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(orders),
            cold: Vec::with_capacity(orders),
            free: Vec::with_capacity(orders),
        }
    }

    /// Orders in it.
    pub fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// True without orders.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when [`OPEN_ORDERS_MAX`] is reached.
    pub fn is_full(&self) -> bool {
        self.len() >= OPEN_ORDERS_MAX
    }

    /// Puts an order in.
    #[inline(always)]
    pub fn insert(&mut self, node: Node, cold: Cold) -> SlotIndex {
        if let Some(slot) = self.free.pop() {
            self[slot] = node;
            *self.cold_mut(slot) = cold;
            return slot;
        }
        assert!(self.nodes.len() < OPEN_ORDERS_MAX, "Invariant: a full pool refuses before");
        self.nodes.push(node);
        self.cold.push(cold);
        SlotIndex((self.nodes.len() - 1) as u32)
    }

    /// Frees an order's place.
    #[inline(always)]
    pub fn remove(&mut self, slot: SlotIndex) {
        assert!(self[slot].order.0 != 0, "Invariant: a place is freed once");
        self[slot].order = OrderId(0);
        self.free.push(slot);
    }

    /// Every order in it, in order of place.
    pub fn iter(&self) -> impl Iterator<Item = (SlotIndex, &Node)> {
        let live = self.nodes.iter().enumerate().filter(|(_, node)| node.order.0 != 0);
        live.map(|(at, node)| (SlotIndex(at as u32), node))
    }

    /// The cold part.
    #[inline(always)]
    pub fn cold(&self, slot: SlotIndex) -> &Cold {
        &self.cold[slot.0 as usize]
    }

    /// The cold part.
    #[inline(always)]
    pub fn cold_mut(&mut self, slot: SlotIndex) -> &mut Cold {
        &mut self.cold[slot.0 as usize]
    }
}

impl Index<SlotIndex> for Pool {
    type Output = Node;

    #[inline(always)]
    fn index(&self, slot: SlotIndex) -> &Node {
        &self.nodes[slot.0 as usize]
    }
}

impl IndexMut<SlotIndex> for Pool {
    #[inline(always)]
    fn index_mut(&mut self, slot: SlotIndex) -> &mut Node {
        &mut self.nodes[slot.0 as usize]
    }
}
