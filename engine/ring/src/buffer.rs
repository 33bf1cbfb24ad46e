//! The memory of a ring: a power of two of slots on whole cache lines, addressed by positions that
//! never wrap. It knows no cursor; who may touch which slot is its callers' promise.
//!
//! ```text
//! position   …  8     9    10    11    12    13    14    15  …
//! slot        │ 0  │  1  │  2  │  3  │  4  │  5  │  6  │  7  │    slot = position mod capacity
//! offset      0    1×T                                       capacity × T
//! ```
//!
//! The first byte lies on a multiple of [`ALIGN`], so a slot of 128 bytes shares no cache line (and
//! no pair of lines that is fetched together) with its neighbour.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::fmt;
use std::ptr::NonNull;

#[cfg(loom)]
use loom::cell::UnsafeCell;

use crate::sync::{AtomicU64, Ordering};

/// Slots of the smallest ring: an eighth of it is one slot.
pub const CAPACITY_MIN: usize = 8;
/// Slots of the largest ring.
pub const CAPACITY_MAX: usize = 1 << 28;

const WORD_BYTES: usize = size_of::<u64>();

/// Alignment of the first slot, in bytes.
pub const ALIGN: usize = 128;

/// A page of the large kind, in bytes: x86-64's, and that of others with small pages of 4 KiB.
const LARGE_PAGE_BYTES: usize = 2 << 20;
/// From so many bytes on a ring lies on large pages.
const LARGE_FROM_BYTES: usize = LARGE_PAGE_BYTES / 4;

/// What can lie in a ring: plain values that many threads may look at. Implemented for all of them.
pub trait Item: Copy + Send + Sync + 'static {}

impl<T: Copy + Send + Sync + 'static> Item for T {}

/// Items that lagging readers can copy while they change.
///
/// # Safety
///
/// No byte of the type is padding, and any bytes are a value of it.
pub unsafe trait Plain: Item {}

// SAFETY: one byte, and every pattern is a number.
unsafe impl Plain for u8 {}
// SAFETY: eight bytes, and every pattern is a number.
unsafe impl Plain for u64 {}
// SAFETY: an array has no padding between its elements, and these are plain.
unsafe impl<T: Plain, const COUNT: usize> Plain for [T; COUNT] {}

/// A number of slots that no ring can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CapacityError {
    /// What was asked for.
    pub capacity: usize,
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity } = self;
        write!(
            f,
            "a ring has a power of two of slots, from {CAPACITY_MIN} to {CAPACITY_MAX}, \
             not {capacity}"
        )
    }
}

impl std::error::Error for CapacityError {}

/// Whether a ring can have so many slots; for whoever reads configuration.
///
/// # Errors
///
/// [`CapacityError`], which says what is possible.
pub const fn check_capacity(capacity: usize) -> Result<(), CapacityError> {
    let is_in_range = capacity >= CAPACITY_MIN && capacity <= CAPACITY_MAX;
    if is_in_range && capacity.is_power_of_two() { Ok(()) } else { Err(CapacityError { capacity }) }
}

/// Slots that may hold nothing yet.
pub(crate) struct Buffer<T> {
    slots: NonNull<T>,
    capacity: usize,
    /// What loom sees of the slots: who reads and who writes each.
    #[cfg(loom)]
    witnesses: Box<[UnsafeCell<()>]>,
    /// The slots as loom's atomics, for lagging readers.
    #[cfg(loom)]
    words: Box<[AtomicU64]>,
}

// SAFETY: the buffer owns its memory, and `T` may move between threads.
unsafe impl<T: Item> Send for Buffer<T> {}
// SAFETY: slots are reached through `write` and `slices` only, whose callers promise that nobody
// writes a slot while others use it; several may read one, for `T` is Sync.
unsafe impl<T: Item> Sync for Buffer<T> {}

impl<T: Item> Buffer<T> {
    /// Room for `capacity` slots, resident from the start.
    pub(crate) fn new(capacity: usize) -> Self {
        check_capacity(capacity).unwrap_or_else(|error| panic!("{error}"));
        let layout = layout_of::<T>(capacity);
        assert!(layout.size() > 0, "a slot has at least one byte");
        // SAFETY: the layout is not empty, as just asserted.
        let memory = unsafe { alloc(layout) };
        let Some(slots) = NonNull::new(memory.cast::<T>()) else { handle_alloc_error(layout) };
        advise_large_pages(slots.cast(), layout);
        // SAFETY: the allocation has this many bytes. Zeros are no values of `T`, nobody reads
        // them; writing them makes the pages resident before the first command needs them.
        unsafe { memory.write_bytes(0, layout.size()) };
        Self {
            slots,
            capacity,
            #[cfg(loom)]
            witnesses: (0..capacity).map(|_| UnsafeCell::new(())).collect(),
            #[cfg(loom)]
            words: (0..layout.size() / WORD_BYTES).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The slot of a position, and how many slots lie from there to the end of the memory.
    #[inline]
    fn place(&self, position: u64) -> (usize, usize) {
        let at = position as usize & (self.capacity - 1);
        (at, self.capacity - at)
    }

    /// Asks the cache for the slot of a position that is waited for.
    #[inline]
    pub(crate) fn prefetch(&self, position: u64) {
        let (at, _) = self.place(position);
        // SAFETY: `at` is less than `capacity`.
        prefetch(unsafe { self.slots.add(at) });
    }

    /// Puts `items` at `position` and behind it.
    ///
    /// # Safety
    ///
    /// There are at most `capacity` items, and until this returns no other thread uses their slots.
    #[inline]
    pub(crate) unsafe fn write(&self, position: u64, items: &[T]) {
        self.witness_write(position, items.len());
        let (at, to_end) = self.place(position);
        let (head, tail) = items.split_at(items.len().min(to_end));
        // SAFETY: `head` ends at the end of the memory or before; the slots are the caller's alone.
        unsafe { self.slots.add(at).copy_from_nonoverlapping(from(head), head.len()) };
        // SAFETY: `tail` begins at the first slot and, as there are at most `capacity` items, ends
        // at `at` or before; the slots are the caller's alone.
        unsafe { self.slots.copy_from_nonoverlapping(from(tail), tail.len()) };
    }

    /// The `count` items from `position` on: up to the end of the memory, and from its beginning.
    ///
    /// # Safety
    ///
    /// `count` is at most `capacity`, all these slots have been written, and nobody writes them
    /// while the slices live.
    #[inline]
    pub(crate) unsafe fn slices(&self, position: u64, count: usize) -> (&[T], &[T]) {
        self.witness_read(position, count);
        let (at, to_end) = self.place(position);
        let before_end = count.min(to_end);
        // SAFETY: `at + before_end` is at most `capacity`; written and unchanged by the caller's
        // promise.
        let head = unsafe { self.slots.add(at) };
        // SAFETY: as above.
        let head = unsafe { std::slice::from_raw_parts(head.as_ptr(), before_end) };
        let after = count - before_end;
        // SAFETY: `after` is at most `at`, for `count` is at most `capacity`; written and unchanged
        // by the caller's promise.
        let tail = unsafe { std::slice::from_raw_parts(self.slots.as_ptr(), after) };
        (head, tail)
    }
}

/// Slots as words that are read while they are written.
impl<T: Plain> Buffer<T> {
    const WORDS: usize = {
        assert!(size_of::<T>().is_multiple_of(WORD_BYTES), "a lagging reader copies whole words");
        assert!(align_of::<T>() <= ALIGN, "slots lie on words");
        size_of::<T>() / WORD_BYTES
    };

    /// Like [`Buffer::write`], for slots that lagging readers may be copying.
    ///
    /// # Safety
    ///
    /// As for [`Buffer::write`], but others may be in [`Buffer::read_words`].
    #[inline]
    pub(crate) unsafe fn write_words(&self, position: u64, items: &[T]) {
        self.witness_write(position, items.len());
        for (item, position) in items.iter().zip(position..) {
            for at in 0..Self::WORDS {
                // SAFETY: the item has `WORDS` words, all of them initialised, at any alignment.
                let word =
                    unsafe { std::ptr::from_ref(item).cast::<u64>().add(at).read_unaligned() };
                self.word(position, at).store(word, Ordering::Relaxed);
            }
            #[cfg(loom)]
            // SAFETY: loom keeps the words elsewhere; the slots are for who reads slices.
            unsafe {
                self.slots.add(self.place(position).0).write(*item);
            }
        }
    }

    /// Copies the slots from `position` on, which may be changing: what comes is a mixture then.
    ///
    /// # Safety
    ///
    /// All these slots have been written, at most `capacity` of them, and while others copy them
    /// nobody writes them but [`Buffer::write_words`].
    pub(crate) unsafe fn read_words(&self, position: u64, into: &mut [T]) {
        for (item, position) in into.iter_mut().zip(position..) {
            for at in 0..Self::WORDS {
                let word = self.word(position, at).load(Ordering::Relaxed);
                // SAFETY: the item has `WORDS` words at any alignment, and takes any bytes.
                unsafe { std::ptr::from_mut(item).cast::<u64>().add(at).write_unaligned(word) };
            }
        }
    }

    #[cfg(not(loom))]
    #[inline]
    fn word(&self, position: u64, at: usize) -> &AtomicU64 {
        let (slot, _) = self.place(position);
        // SAFETY: a slot has `WORDS` words and begins on a word, as `WORDS` asserts. Rings with
        // lagging readers are written through here only, so no plain write races with it.
        unsafe { AtomicU64::from_ptr(self.slots.add(slot).cast::<u64>().add(at).as_ptr()) }
    }

    #[cfg(loom)]
    fn word(&self, position: u64, at: usize) -> &AtomicU64 {
        &self.words[self.place(position).0 * Self::WORDS + at]
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn prefetch<T>(slot: NonNull<T>) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch reads no value and faults on no address; every x86-64 has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(slot.as_ptr().cast()) };
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline]
fn prefetch<T>(_slot: NonNull<T>) {}

/// What the memory of so many slots is asked for and given back with.
fn layout_of<T>(capacity: usize) -> Layout {
    let slots = Layout::array::<T>(capacity).expect("a ring fits the address space");
    let is_large = slots.size() >= LARGE_FROM_BYTES;
    let align = if is_large { LARGE_PAGE_BYTES } else { ALIGN };
    slots.align_to(align).expect("a ring fits the address space").pad_to_align()
}

/// Asks for large pages: whoever goes round a ring comes back to a small page so late that finding
/// it again takes longer than all the rest of a slot.
#[cfg(all(target_os = "linux", not(miri)))]
fn advise_large_pages(memory: NonNull<u8>, layout: Layout) {
    use rustix::mm::{Advice, madvise};
    if layout.align() == LARGE_PAGE_BYTES {
        // SAFETY: the memory is allocated with this layout, so whole pages of it are nobody else's,
        // and the advice changes none of its bytes.
        let advised =
            unsafe { madvise(memory.as_ptr().cast(), layout.size(), Advice::LinuxHugepage) };
        // Where the system has none, small pages do as well, only more slowly.
        let _ = advised;
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise_large_pages(_memory: NonNull<u8>, _layout: Layout) {}

fn from<T>(items: &[T]) -> NonNull<T> {
    NonNull::from(items).cast()
}

#[cfg(not(loom))]
impl<T> Buffer<T> {
    #[inline]
    pub(crate) fn witness_read(&self, _position: u64, _count: usize) {}

    #[inline]
    fn witness_write(&self, _position: u64, _count: usize) {}
}

/// Loom fails a model in which a read and a write of one slot are not ordered.
#[cfg(loom)]
impl<T> Buffer<T> {
    pub(crate) fn witness_read(&self, position: u64, count: usize) {
        self.witnesses_of(position, count).for_each(|witness| witness.with(|_| ()));
    }

    fn witness_write(&self, position: u64, count: usize) {
        self.witnesses_of(position, count).for_each(|witness| witness.with_mut(|_| ()));
    }

    fn witnesses_of(&self, from: u64, count: usize) -> impl Iterator<Item = &UnsafeCell<()>> {
        let slots = from..from + count as u64;
        slots.map(|position| &self.witnesses[position as usize & (self.capacity - 1)])
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        let layout = layout_of::<T>(self.capacity);
        // SAFETY: allocated in `new` with the same layout; `T` is Copy, so no slot has a drop.
        unsafe { dealloc(self.slots.as_ptr().cast(), layout) };
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    /// Each row: a capacity, and whether it is possible.
    #[test]
    fn a_ring_has_a_power_of_two_of_slots() {
        for (capacity, is_possible) in [
            (0, false),
            (1, false),
            (CAPACITY_MIN / 2, false),
            (CAPACITY_MIN, true),
            (CAPACITY_MIN + 1, false),
            (1_000, false),
            (1_024, true),
            (CAPACITY_MAX, true),
            (CAPACITY_MAX * 2, false),
        ] {
            assert_eq!(check_capacity(capacity).is_ok(), is_possible, "{capacity}");
        }
        let text = CapacityError { capacity: 1_000 }.to_string();
        assert_eq!(text, "a ring has a power of two of slots, from 8 to 268435456, not 1000");
    }

    #[test]
    #[should_panic(expected = "not 12")]
    fn another_number_of_slots_is_a_bug() {
        Buffer::<u64>::new(12);
    }

    /// Each row: slots of 128 bytes, and on a multiple of what the first of them lies.
    #[test]
    fn a_large_ring_lies_on_large_pages() {
        for (capacity, align) in
            [(8, ALIGN), (2_048, ALIGN), (4_096, LARGE_PAGE_BYTES), (32_768, LARGE_PAGE_BYTES)]
        {
            let layout = layout_of::<[u8; 128]>(capacity);
            assert_eq!((layout.align(), layout.size() % align), (align, 0), "{capacity} slots");
            assert!(layout.size() >= capacity * 128, "{capacity} slots");
            let buffer = Buffer::<[u8; 128]>::new(capacity);
            assert_eq!(buffer.slots.addr().get() % align, 0, "{capacity} slots");
        }
    }

    #[test]
    fn slots_lie_on_whole_cache_lines() {
        let buffer = Buffer::<[u8; 128]>::new(8);
        assert_eq!(buffer.slots.as_ptr() as usize % ALIGN, 0);
        assert_eq!(Buffer::<u8>::new(8).slots.as_ptr() as usize % ALIGN, 0);
    }

    /// A position, items written there, and the two slices that are read back.
    type Row = (u64, &'static [u32], &'static [u32], &'static [u32]);

    #[test]
    fn what_straddles_the_end_comes_back_in_two_slices() {
        let rows: &[Row] = &[
            (0, &[], &[], &[]),
            (0, &[1, 2], &[1, 2], &[]),
            (6, &[1, 2], &[1, 2], &[]),
            (6, &[1, 2, 3], &[1, 2], &[3]),
            (15, &[1, 2, 3], &[1], &[2, 3]),
            (8, &[1, 2, 3, 4, 5, 6, 7, 8], &[1, 2, 3, 4, 5, 6, 7, 8], &[]),
            (11, &[1, 2, 3, 4, 5, 6, 7, 8], &[1, 2, 3, 4, 5], &[6, 7, 8]),
        ];
        for &(position, items, head, tail) in rows {
            let buffer = Buffer::new(8);
            // SAFETY: one thread, at most eight items, read after they were written.
            let slices = unsafe {
                buffer.write(position, items);
                buffer.slices(position, items.len())
            };
            assert_eq!(slices, (head, tail), "{position} {items:?}");
        }
    }
}
