//! A batch: what a reader finds published, where it lies. It copies nothing unless asked to.
//!
//! ```text
//!            position                         position + len
//! ring  …    ├──────── head ────────┤├── tail ──┤            … in the order of publishing
//! memory     ├── tail ──┤   …        ├──────── head ────────┤  end
//! ```

/// Published slots in order: first `head`, then `tail`, which is empty unless they wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch<'a, T> {
    /// The slots up to the end of the ring's memory.
    pub head: &'a [T],
    /// Those that go on at its beginning.
    pub tail: &'a [T],
}

impl<'a, T> Batch<'a, T> {
    /// How many slots there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether nothing is published.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// The slot at `at`, counted from the beginning of the batch.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&'a T> {
        self.head.get(at).or_else(|| self.tail.get(at.checked_sub(self.head.len())?))
    }

    /// All slots in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.head.iter().chain(self.tail)
    }

    /// The batch without its first `count` slots; empty when there are no more.
    #[inline]
    #[must_use]
    pub fn skip(&self, count: usize) -> Self {
        let in_head = count.min(self.head.len());
        let in_tail = (count - in_head).min(self.tail.len());
        let (head, tail) = (&self.head[in_head..], &self.tail[in_tail..]);
        if head.is_empty() { Self { head: tail, tail: head } } else { Self { head, tail } }
    }

    /// The batch up to its slot `count`; all of it when there are no more.
    #[inline]
    #[must_use]
    pub fn take(&self, count: usize) -> Self {
        let in_head = count.min(self.head.len());
        let in_tail = (count - in_head).min(self.tail.len());
        Self { head: &self.head[..in_head], tail: &self.tail[..in_tail] }
    }
}

impl<'a, T: Copy> Batch<'a, T> {
    /// Copies `count` slots from `at` on to the beginning of `into`: a record that wraps, in one
    /// piece.
    ///
    /// # Panics
    ///
    /// If the batch or `into` is shorter than that.
    pub fn copy_range(&self, at: usize, count: usize, into: &mut [T]) {
        let range = self.range(at, count);
        let (first, rest) = into[..count].split_at_mut(range.head.len());
        first.copy_from_slice(range.head);
        rest.copy_from_slice(range.tail);
    }

    /// `count` slots from `at` on as one slice: where they lie, or, if they wrap, copied into
    /// `scratch`.
    ///
    /// # Panics
    ///
    /// If the batch is shorter than that, or `scratch` where it is needed.
    #[inline]
    pub fn contiguous<'s>(&self, at: usize, count: usize, scratch: &'s mut [T]) -> &'s [T]
    where
        'a: 's,
    {
        let range = self.range(at, count);
        if range.tail.is_empty() {
            return range.head;
        }
        self.copy_range(at, count, scratch);
        &scratch[..count]
    }

    fn range(&self, at: usize, count: usize) -> Self {
        let range = self.skip(at).take(count);
        let there = self.len();
        assert!(range.len() == count, "{count} slots from {at} on are asked of a batch of {there}");
        range
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    const WRAPPED: Batch<'_, u8> = Batch { head: &[0, 1, 2], tail: &[3, 4] };

    #[test]
    fn a_batch_is_one_row_of_slots() {
        assert_eq!((WRAPPED.len(), WRAPPED.is_empty()), (5, false));
        let found: Vec<Option<u8>> = (0..6).map(|at| WRAPPED.get(at).copied()).collect();
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(3), Some(4), None]);
        assert!(WRAPPED.iter().eq(&[0, 1, 2, 3, 4]));
        assert!(Batch::<u8> { head: &[], tail: &[] }.is_empty());
    }

    /// Each row: from where, how many, what is there, whether it lies in one piece.
    #[test]
    fn any_range_comes_in_one_piece() {
        let rows: &[(usize, usize, &[u8], bool)] = &[
            (0, 0, &[], true),
            (0, 3, &[0, 1, 2], true),
            (2, 1, &[2], true),
            (2, 2, &[2, 3], false),
            (0, 5, &[0, 1, 2, 3, 4], false),
            (3, 2, &[3, 4], true),
            (5, 0, &[], true),
        ];
        for &(at, count, expected, is_whole) in rows {
            let (mut copy, mut scratch) = ([9; 5], [9; 5]);
            WRAPPED.copy_range(at, count, &mut copy);
            assert_eq!(&copy[..count], expected, "{at} {count}");
            assert_eq!(WRAPPED.contiguous(at, count, &mut scratch), expected, "{at} {count}");
            assert_eq!(scratch == [9; 5], is_whole, "{at} {count}");
        }
    }

    #[test]
    fn parts_are_batches() {
        for split in 0..=6 {
            let (before, after) = (WRAPPED.take(split), WRAPPED.skip(split));
            assert!(before.iter().chain(after.iter()).eq(WRAPPED.iter()), "{split}");
            assert_eq!(after.is_empty(), split >= 5, "{split}");
        }
    }

    #[test]
    #[should_panic(expected = "3 slots from 3 on are asked of a batch of 5")]
    fn more_than_there_is_is_a_bug() {
        WRAPPED.copy_range(3, 3, &mut [0; 8]);
    }
}
