//! A stream's own order numbers to places in the pool: an array from the oldest living number, in
//! pages that go back for reuse when their last order ends. Numbers rise, so a look-up is two reads.

use std::collections::VecDeque;

use crate::book::SlotIndex;

/// Numbers on one page.
const PAGE: u32 = 64;

/// The living orders of one stream by their numbers.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct UserRefs {
    /// The page number of `pages[0]`.
    first: u32,
    /// `None` where nothing lives.
    pages: VecDeque<Option<Box<Page>>>,
    /// Pages for reuse, at most one: a stream that trades steadily never allocates.
    spare: Option<Box<Page>>,
}

#[derive(Clone, PartialEq, Debug)]
struct Page {
    living: u32,
    slots: [SlotIndex; PAGE as usize],
}

impl Page {
    const EMPTY: Self = Self { living: 0, slots: [SlotIndex::NONE; PAGE as usize] };
}

impl UserRefs {
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<SlotIndex> {
        let at = (number / PAGE).checked_sub(self.first)?;
        let page = self.pages.get(at as usize)?.as_ref()?;
        page.slots[(number % PAGE) as usize].some()
    }

    #[inline]
    pub(crate) fn insert(&mut self, number: u32, slot: SlotIndex) {
        let page = match self.page(number) {
            Some(page) => page,
            None => self.open_page(number / PAGE),
        };
        let place = &mut page.slots[(number % PAGE) as usize];
        assert!(place.some().is_none(), "Invariant: a number names one order");
        *place = slot;
        page.living += 1;
    }

    #[inline]
    pub(crate) fn remove(&mut self, number: u32) {
        let page = self.page(number).expect("Invariant: a living number has a page");
        page.slots[(number % PAGE) as usize] = SlotIndex::NONE;
        page.living -= 1;
        if page.living == 0 {
            self.close_page(number / PAGE);
        }
    }

    #[inline]
    fn page(&mut self, number: u32) -> Option<&mut Page> {
        let at = (number / PAGE).checked_sub(self.first)?;
        self.pages.get_mut(at as usize)?.as_deref_mut()
    }

    #[cold]
    fn open_page(&mut self, page: u32) -> &mut Page {
        if self.pages.is_empty() {
            self.first = page;
        }
        // Numbers may come a little out of order; a page before the first is put there.
        while page < self.first {
            self.pages.push_front(None);
            self.first -= 1;
        }
        let at = (page - self.first) as usize;
        if at >= self.pages.len() {
            self.pages.resize(at + 1, None);
        }
        self.drop_empty_front(at);
        let at = (page - self.first) as usize;
        let spare = &mut self.spare;
        self.pages[at].get_or_insert_with(|| spare.take().unwrap_or(Box::new(Page::EMPTY)))
    }

    /// A page whose last order ended goes, unless it is the newest: the next number is likely on it.
    fn close_page(&mut self, page: u32) {
        let at = (page - self.first) as usize;
        if at + 1 < self.pages.len() {
            self.spare = self.pages[at].take();
            self.drop_empty_front(self.pages.len() - 1);
        }
    }

    /// Drops pages at the front on which nothing lives, up to the one at `end`.
    fn drop_empty_front(&mut self, end: usize) {
        for _ in 0..end {
            match self.pages.front() {
                Some(Some(page)) if page.living > 0 => break,
                Some(_) => {
                    self.spare = self.pages.pop_front().flatten().or(self.spare.take());
                    self.first += 1;
                }
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_while_they_live() {
        let mut refs = UserRefs::default();
        assert_eq!(refs.get(1), None);
        for number in [200, 70, 1, 64_000] {
            refs.insert(number, SlotIndex(number));
        }
        for number in [200, 70, 1, 64_000] {
            assert_eq!(refs.get(number), Some(SlotIndex(number)));
        }
        assert_eq!((refs.get(2), refs.get(128_000)), (None, None));
        refs.remove(1);
        refs.remove(70);
        assert_eq!((refs.get(1), refs.first), (None, 200 / PAGE), "pages end with their orders");
        refs.remove(64_000);
        refs.remove(200);
        assert_eq!(refs.pages.len(), 1, "the newest page waits for the next number");
        refs.insert(64_001, SlotIndex(7));
        assert_eq!(refs.get(64_001), Some(SlotIndex(7)));
    }

    #[test]
    fn a_steady_stream_needs_one_page() {
        let mut refs = UserRefs::default();
        for number in 1..10_000 {
            refs.insert(number, SlotIndex(0));
            refs.remove(number);
            assert_eq!(refs.pages.len(), 1);
        }
    }
}
