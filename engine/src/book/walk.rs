//! Looking at a book without touching it: its levels in order, and what of an order could execute.

use core::ops::ControlFlow;

use ringside_protocol::Side;

use super::{Book, Level, Pool, SlotIndex};

/// The levels of a side, best first.
pub(crate) fn levels<'a, B: Book>(
    book: &'a B,
    pool: &'a Pool,
    side: Side,
) -> impl Iterator<Item = Level> + 'a {
    let first = book.level_after(pool, side, None);
    core::iter::successors(first, move |level| book.level_after(pool, side, Some(level.price)))
}

/// The orders of a level, oldest first.
pub(crate) fn queue<'a, B: Book>(
    book: &'a B,
    pool: &'a Pool,
    level: &Level,
) -> impl Iterator<Item = SlotIndex> + 'a {
    core::iter::successors(level.front(), move |&slot| book.behind(pool, slot))
}

/// What an incoming order does at orders of its own holding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AtOwn {
    /// It passes them.
    Passes,
    /// It ends.
    Ends,
    /// It shrinks by their leaves.
    Shrinks,
}

/// An incoming order, as it looks for what it could execute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    /// Its side.
    pub(crate) side: Side,
    /// Its limit in ticks.
    pub(crate) limit: u64,
    /// Lots it wants.
    pub(crate) wanted: u64,
    /// Its holding and what it does at orders of it; `None` where there are none, or they count.
    pub(crate) own: Option<(u32, AtOwn)>,
}

impl Search {
    /// Walks the other side as the order would and reports each price where it would get
    /// something and how much, in order. Says how many lots it would still want.
    pub(crate) fn walk<B: Book>(
        &self,
        book: &B,
        pool: &Pool,
        mut gets: impl FnMut(u64, u64),
    ) -> u64 {
        let mut wanted = self.wanted;
        for level in levels(book, pool, self.side.opposite()) {
            if wanted == 0 || !self.side.reaches(self.limit, level.price) {
                break;
            }
            let before = wanted;
            let (shrunk, flow) = match self.own {
                None => {
                    wanted -= wanted.min(level.quantity);
                    (0, ControlFlow::Continue(()))
                }
                Some(own) => walk_level(book, pool, &level, own, &mut wanted),
            };
            let got = before - wanted - shrunk;
            if got > 0 {
                gets(level.price, got);
            }
            if flow.is_break() {
                break;
            }
        }
        wanted
    }

    /// Lots that the order could execute now.
    pub(crate) fn executable<B: Book>(&self, book: &B, pool: &Pool) -> u64 {
        let mut lots = 0;
        self.walk(book, pool, |_, got| lots += got);
        lots
    }
}

/// Lots by which the order shrank at its own orders, and whether it ended.
fn walk_level<B: Book>(
    book: &B,
    pool: &Pool,
    level: &Level,
    (holding, at_own): (u32, AtOwn),
    wanted: &mut u64,
) -> (u64, ControlFlow<()>) {
    let mut shrunk = 0;
    for slot in queue(book, pool, level) {
        let lots = pool[slot].leaves.min(*wanted);
        if pool[slot].holding != holding {
            *wanted -= lots;
            continue;
        }
        match at_own {
            AtOwn::Passes => {}
            AtOwn::Ends => return (shrunk, ControlFlow::Break(())),
            AtOwn::Shrinks => {
                *wanted -= lots;
                shrunk += lots;
            }
        }
    }
    (shrunk, ControlFlow::Continue(()))
}
