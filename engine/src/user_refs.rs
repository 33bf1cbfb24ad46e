//! A stream's own order numbers to places in the pool: an array from the oldest living number, in
//! pages that go when their last order ends. Numbers rise, so most look-ups are on the newest page,
//! which is at hand; a page is one cache line.

use std::collections::VecDeque;

use crate::book::SlotIndex;

/// Numbers on one page.
const PAGE: u32 = 16;

/// The living orders of one stream by their numbers.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct UserRefs {
    /// The page number of `newest`.
    newest_at: u32,
    /// The page number of `older[0]`.
    older_from: u32,
    newest: Option<Box<Page>>,
    /// The pages before the newest; `None` where nothing lives.
    older: Older,
}

/// Boxed, for most streams have none: it keeps a stream's hot part in one cache line.
type Older = Option<Box<VecDeque<Option<Box<Page>>>>>;

#[derive(Clone, PartialEq, Debug)]
#[repr(align(64))]
struct Page([SlotIndex; PAGE as usize]);

impl Page {
    const EMPTY: Self = Self([SlotIndex::NONE; PAGE as usize]);

    #[inline]
    fn is_empty(&self) -> bool {
        self.0 == Self::EMPTY.0
    }
}

impl UserRefs {
    /// The living order of this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<SlotIndex> {
        let page = match &self.newest {
            Some(newest) if number / PAGE == self.newest_at => newest,
            Some(_) | None => self.older_page(number / PAGE)?,
        };
        page.0[(number % PAGE) as usize].some()
    }

    /// An order lives under this number, higher than every number before.
    #[inline]
    pub(crate) fn insert(&mut self, number: u32, slot: SlotIndex) {
        if self.newest.is_none() || number / PAGE != self.newest_at {
            self.open_page(number / PAGE);
        }
        let newest = self.newest.as_mut().expect("a page was opened");
        let place = &mut newest.0[(number % PAGE) as usize];
        assert!(place.some().is_none(), "Invariant: a number names one order");
        *place = slot;
    }

    /// The order of this number has ended.
    #[inline]
    pub(crate) fn remove(&mut self, number: u32) {
        match &mut self.newest {
            Some(newest) if number / PAGE == self.newest_at => {
                newest.0[(number % PAGE) as usize] = SlotIndex::NONE;
            }
            Some(_) | None => self.remove_older(number),
        }
    }

    fn older_page(&self, page: u32) -> Option<&Page> {
        let at = page.checked_sub(self.older_from)?;
        self.older.as_ref()?.get(at as usize)?.as_deref()
    }

    /// Begins a page; the one before goes with the older ones, or is used again if nothing lives on
    /// it.
    #[cold]
    fn open_page(&mut self, page: u32) {
        let fresh = match self.newest.take() {
            Some(before) if before.is_empty() => before,
            Some(before) => {
                self.shelve(before);
                Box::new(Page::EMPTY)
            }
            None => Box::new(Page::EMPTY),
        };
        self.newest_at = page;
        self.newest = Some(fresh);
    }

    fn shelve(&mut self, page: Box<Page>) {
        let older = self.older.get_or_insert_default();
        if older.is_empty() {
            self.older_from = self.newest_at;
        }
        older.resize((self.newest_at - self.older_from) as usize, None);
        older.push_back(Some(page));
    }

    fn remove_older(&mut self, number: u32) {
        let older = self.older.as_mut().expect("Invariant: a living number has a page");
        let at = (number / PAGE - self.older_from) as usize;
        let page = older[at].as_mut().expect("Invariant: a living number has a page");
        page.0[(number % PAGE) as usize] = SlotIndex::NONE;
        if page.is_empty() {
            older[at] = None;
        }
        while let Some(None) = older.front() {
            older.pop_front();
            self.older_from += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_while_they_live() {
        let mut refs = UserRefs::default();
        let numbers = [1, 2, 70, 200, 64_000];
        assert_eq!(refs.get(1), None);
        numbers.iter().for_each(|&number| refs.insert(number, SlotIndex(number)));
        for number in numbers {
            assert_eq!(refs.get(number), Some(SlotIndex(number)));
        }
        assert_eq!((refs.get(3), refs.get(201), refs.get(128_000)), (None, None, None));
        refs.remove(70);
        assert_eq!((refs.get(70), refs.get(1)), (None, Some(SlotIndex(1))));
        refs.remove(1);
        refs.remove(2);
        assert_eq!(refs.older_from, 200 / PAGE, "pages end with their orders");
        refs.remove(64_000);
        refs.remove(200);
        assert_eq!(refs.older.as_ref().map(|older| older.len()), Some(0));
        refs.insert(64_001, SlotIndex(7));
        assert_eq!(refs.get(64_001), Some(SlotIndex(7)));
    }

    #[test]
    fn a_steady_stream_needs_one_page() {
        let mut refs = UserRefs::default();
        for number in 1..10_000 {
            refs.insert(number, SlotIndex(0));
            refs.remove(number);
        }
        assert_eq!(refs.older, None);
    }
}
