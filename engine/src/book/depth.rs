//! Depth views of a book: by level and by order.

use ringside_protocol::depth::{DepthLevel, DepthOrder};
use ringside_protocol::{AccountId, Side};

use super::{Book, Pool, SlotIndex, levels, queue};

/// The levels of a side, best first.
pub(crate) fn by_level<B: Book>(book: &B, pool: &Pool, side: Side) -> Vec<DepthLevel> {
    levels(book, pool, side)
        .map(|level| DepthLevel {
            price: level.price,
            quantity: level.quantity,
            orders: level.orders,
        })
        .collect()
}

/// Every order of a side, best first, each level in queue order.
pub(crate) fn standing<B: Book>(book: &B, pool: &Pool, side: Side) -> Vec<SlotIndex> {
    levels(book, pool, side)
        .flat_map(|level| queue(book, pool, &level).collect::<Vec<_>>())
        .collect()
}

/// The orders of the best `count` levels of a side, best first, each level in queue order.
pub(crate) fn by_order<B: Book>(
    book: &B,
    pool: &Pool,
    side: Side,
    count: usize,
    account_of: impl Fn(u32) -> AccountId,
) -> Vec<DepthOrder> {
    levels(book, pool, side)
        .take(count)
        .flat_map(|level| queue(book, pool, &level).collect::<Vec<_>>())
        .map(|slot| {
            let node = &pool[slot];
            DepthOrder {
                price: node.price,
                leaves: node.leaves,
                order: node.order,
                account: account_of(node.holding),
            }
        })
        .collect()
}
