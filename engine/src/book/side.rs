//! One side of a ladder: price levels by key, where a lower key is a better price.
//!
//! Levels near the best price lie in a window, an array indexed by `key − base` with a bitmap of
//! those in use; the few far away lie in a tree. The window starts small and grows with the book.
//! When an order comes outside, the window is moved under it, but only after as many inserts as pay
//! for the move, so no sequence of orders makes the average insert expensive.
//!
//! ```text
//!  key  better ◄───────────────────────────────────────────────► worse
//!              tree │  base … best … window … base + len  │ tree
//! ```

use std::collections::BTreeMap;

use super::bitmap::Bitmap;
use super::{Level, Pool, SlotIndex};

/// Levels of the smallest window.
pub(crate) const WINDOW_MIN: usize = 256;
/// Levels of the largest window.
pub(crate) const WINDOW_MAX: usize = 1 << 16;
/// Levels of the window that one insert pays to move.
const MOVED_PER_INSERT: usize = 16;

const NO_KEY: u64 = u64::MAX;

/// The levels of one side.
#[derive(Debug)]
pub(super) struct LadderSide {
    /// The key of the window's first level.
    base: u64,
    window: Vec<Level>,
    used: Bitmap,
    far: BTreeMap<u64, Level>,
    /// The lowest key with orders, or `NO_KEY`.
    best: u64,
    /// Inserts since the window last moved.
    inserts: usize,
    /// Lots of all orders.
    lots: u64,
}

impl Default for LadderSide {
    fn default() -> Self {
        Self {
            base: 0,
            window: Vec::new(),
            used: Bitmap::default(),
            far: BTreeMap::new(),
            best: NO_KEY,
            inserts: 0,
            lots: 0,
        }
    }
}

impl LadderSide {
    #[inline(always)]
    pub(super) fn insert(&mut self, pool: &mut Pool, key: u64, slot: SlotIndex) {
        self.inserts += 1;
        self.lots += pool[slot].leaves;
        if self.place(key).is_none() && self.move_is_paid() {
            self.move_window(key);
        }
        self.open_level(key).push_back(pool, slot);
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, pool: &mut Pool, key: u64, slot: SlotIndex) {
        self.lots -= pool[slot].leaves;
        let level = self.level_mut(key).expect("Invariant: an order's level exists");
        level.unlink(pool, slot);
        if level.orders == 0 {
            self.close_level(key);
        }
    }

    pub(super) fn restore(&mut self, pool: &mut Pool, key: u64, slot: SlotIndex) {
        self.lots += pool[slot].leaves;
        self.open_level(key).link(pool, slot);
    }

    #[inline(always)]
    pub(super) fn reduce(&mut self, key: u64, lots: u64) {
        self.lots -= lots;
        self.level_mut(key).expect("Invariant: an order's level exists").quantity -= lots;
    }

    pub(super) const fn lots(&self) -> u64 {
        self.lots
    }

    #[inline(always)]
    pub(super) fn best(&self) -> Option<u64> {
        if self.best == NO_KEY { None } else { Some(self.best) }
    }

    #[inline(always)]
    pub(super) fn front(&self) -> Option<SlotIndex> {
        self.level(self.best()?)?.front()
    }

    #[inline(always)]
    pub(super) fn level(&self, key: u64) -> Option<&Level> {
        match self.place(key) {
            Some(at) => Some(&self.window[at]).filter(|level| level.orders > 0),
            None => self.far.get(&key),
        }
    }

    /// The lowest key with orders that is at least `from`.
    pub(super) fn key_from(&self, from: u64) -> Option<u64> {
        let far = match self.far.is_empty() {
            true => NO_KEY,
            false => self.far.range(from..).next().map_or(NO_KEY, |(&key, _)| key),
        };
        let at = from.saturating_sub(self.base);
        let near = usize::try_from(at).ok().and_then(|at| self.used.next(at));
        let key = near.map_or(NO_KEY, |at| self.base + at as u64).min(far);
        if key == NO_KEY { None } else { Some(key) }
    }

    #[inline(always)]
    fn place(&self, key: u64) -> Option<usize> {
        let at = key.wrapping_sub(self.base);
        if at < self.window.len() as u64 { Some(at as usize) } else { None }
    }

    #[inline(always)]
    fn level_mut(&mut self, key: u64) -> Option<&mut Level> {
        match self.place(key) {
            Some(at) => Some(&mut self.window[at]),
            None => self.far.get_mut(&key),
        }
    }

    #[inline(always)]
    fn open_level(&mut self, key: u64) -> &mut Level {
        self.best = self.best.min(key);
        match self.place(key) {
            Some(at) => {
                self.used.insert(at);
                &mut self.window[at]
            }
            None => self.far.entry(key).or_insert(Level::EMPTY),
        }
    }

    #[inline(always)]
    fn close_level(&mut self, key: u64) {
        match self.place(key) {
            Some(at) => self.used.remove(at),
            None => {
                self.far.remove(&key);
            }
        }
        if key == self.best {
            self.best = self.key_from(key).unwrap_or(NO_KEY);
        }
    }

    fn move_is_paid(&self) -> bool {
        self.inserts * MOVED_PER_INSERT >= self.window.len()
    }

    /// Puts the window where it holds `key` and the best level, a quarter of it before the better of
    /// the two, and grows it to hold all its levels twice over. Where even the largest window cannot
    /// hold both, it stays, and `key` goes to the tree.
    fn move_window(&mut self, key: u64) {
        self.inserts = 0;
        let first = key.min(self.best);
        let last = self.used.last().map_or(key, |at| key.max(self.base + at as u64));
        let wanted = (last - first).saturating_add(1).saturating_mul(2);
        let len = usize::try_from(wanted)
            .map_or(WINDOW_MAX, |wanted| wanted.clamp(WINDOW_MIN, WINDOW_MAX).next_power_of_two())
            .max(self.window.len());
        let base = first.saturating_sub(len as u64 / 4);
        if key - base >= len as u64 {
            return;
        }
        self.window.resize(len, Level::EMPTY);
        self.used.grow(len);
        self.shift_to(base);
        self.pull_from_far();
    }

    /// Moves every level in use to its place over the new base, or to the tree.
    fn shift_to(&mut self, base: u64) {
        let old = core::mem::replace(&mut self.base, base);
        if base > old {
            let mut from = 0;
            while let Some(at) = self.used.next(from) {
                self.resettle(at, old + at as u64);
                from = at + 1;
            }
        } else if base < old {
            // From the far end, so that no level lands on one that has yet to move.
            for at in (0..self.window.len()).rev() {
                if self.used.contains(at) {
                    self.resettle(at, old + at as u64);
                }
            }
        }
    }

    fn resettle(&mut self, at: usize, key: u64) {
        let level = core::mem::replace(&mut self.window[at], Level::EMPTY);
        self.used.remove(at);
        match self.place(key) {
            Some(place) => {
                self.window[place] = level;
                self.used.insert(place);
            }
            None => {
                self.far.insert(key, level);
            }
        }
    }

    fn pull_from_far(&mut self) {
        let end = self.base.saturating_add(self.window.len() as u64);
        while let Some((&key, &level)) = self.far.range(self.base..end).next() {
            self.far.remove(&key);
            let at = (key - self.base) as usize;
            self.window[at] = level;
            self.used.insert(at);
        }
    }
}
