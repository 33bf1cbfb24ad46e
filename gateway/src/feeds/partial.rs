//! The feed of tops: the best few levels of a book whenever they change. The top itself is
//! [`Books::depth`]; here is only decided whether a diff reached it, so that what changed deep in
//! a book wakes nobody who looks at its top.

use ringside_protocol::Side;
use ringside_protocol::depth::DepthLevel;

use super::depth::DepthDiff;
use super::subscriptions::Levels;
use crate::views::books::Books;

/// Whether a diff, the last of its book, changed any of the best levels.
pub fn reaches_top(diff: &DepthDiff<'_>, books: &Books, levels: Levels) -> bool {
    let is_reached = |side: Side, changed: &[DepthLevel]| {
        let last = books.levels(diff.instrument, side).nth(levels as usize - 1);
        // What left the top was better than what is last in it now, or nothing is.
        changed.iter().any(|level| last.is_none_or(|last| is_as_good(side, level, &last)))
    };
    is_reached(Side::Buy, diff.bids) || is_reached(Side::Sell, diff.asks)
}

const fn is_as_good(side: Side, level: &DepthLevel, last: &DepthLevel) -> bool {
    match side {
        Side::Buy => level.price >= last.price,
        Side::Sell => level.price <= last.price,
    }
}
