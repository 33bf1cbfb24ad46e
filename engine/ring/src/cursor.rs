//! A cursor: a number that only grows, written by one thread, read and slept on by others. It knows
//! no ring; it never blocks its writer, and never reads a clock.
//!
//! ```text
//! line 0    value      written by the one writer, read by all
//! line 1    nearest    the least number anybody sleeps for; u64::MAX: all are awake
//! line 2…   is_abandoned, places: [wake_at, whom to wake] × SLEEPERS_MAX
//! ```
//!
//! Nobody misses a wake-up, because each side first writes and then looks, with a fence between
//! (fence.rs: the writer's half of it is free):
//!
//! ```text
//! writer                              sleeper
//! value ← v      (Release)            wake_at ← w
//! light fence                         nearest ← min(nearest, w)   (AcqRel)
//! nearest ≤ v?   wake                 heavy fence
//!                                     value ≥ w?                  (Acquire) do not sleep
//! ```
//!
//! The two fences have one order. If the writer's is first, its value was there before, and the
//! sleeper finds it; if the sleeper's is first, the writer finds `nearest`. While all are awake the
//! writer pays one store and one load.

use std::fmt;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use crate::fence;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::wait::Wake;

/// Sleepers one cursor can have at a time.
pub const SLEEPERS_MAX: usize = 8;

/// The `wake_at` of who is awake.
const AWAKE: u64 = u64::MAX;

/// The writing end of a cursor. There is one, so there is one writer; dropping it wakes all.
pub struct Cursor {
    shared: Arc<Shared>,
    value: u64,
}

impl Cursor {
    /// A cursor that stands at `start`.
    pub fn new(start: u64) -> Self {
        Self { shared: Arc::new(Shared::new(start)), value: start }
    }

    /// Shows `value` to everybody, with all that this thread wrote before, and wakes who slept for
    /// it or for less.
    ///
    /// # Panics
    ///
    /// If `value` is less than the one before: a cursor never goes back.
    #[inline]
    pub fn publish(&mut self, value: u64) {
        assert!(value >= self.value, "a cursor at {} never goes back to {value}", self.value);
        self.value = value;
        // Release: who reads this value reads what was written before it.
        self.shared.value.store(value, Ordering::Release);
        fence::light();
        self.shared.wake_due(value);
    }

    /// Where it stands; without an atomic, for only this end moves it.
    #[inline]
    pub fn get(&self) -> u64 {
        self.value
    }

    /// A reading end.
    pub fn watch(&self) -> Watch {
        Watch { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        // Release: who sees the end sees the last value too.
        self.shared.is_abandoned.store(true, Ordering::Release);
        // And whoever registers without seeing it is seen below.
        fence::light();
        self.shared.wake_due(AWAKE - 1);
    }
}

/// The reading end of a cursor; as many as one likes.
#[derive(Clone)]
pub struct Watch {
    shared: Arc<Shared>,
}

impl Watch {
    /// Where the cursor stands. What its writer wrote before is visible from here on.
    #[inline]
    pub fn get(&self) -> u64 {
        self.shared.get()
    }

    /// Whether the writing end is gone. A value read *after* this said so is the last one.
    pub fn is_abandoned(&self) -> bool {
        self.shared.is_abandoned()
    }

    /// A place to sleep at this cursor, until the seat is dropped.
    ///
    /// # Errors
    ///
    /// [`Crowded`] when all [`SLEEPERS_MAX`] are taken.
    pub fn seat(&self, wake: Arc<dyn Wake>) -> Result<Seat, Crowded> {
        let place = self.shared.places.iter().position(|place| place.take(&wake));
        let place = place.ok_or(Crowded)?;
        Ok(Seat { shared: Arc::clone(&self.shared), place, wake })
    }
}

/// One sleeper's place at a cursor: what it waits for, and how it is woken.
pub struct Seat {
    shared: Arc<Shared>,
    place: usize,
    wake: Arc<dyn Wake>,
}

impl Seat {
    /// Where the cursor stands.
    #[inline]
    pub fn get(&self) -> u64 {
        self.shared.get()
    }

    /// Whether the writing end is gone. A value read *after* this said so is the last one.
    pub fn is_abandoned(&self) -> bool {
        self.shared.is_abandoned()
    }

    /// Whether it wakes by `wake`.
    pub(crate) fn wakes_by(&self, wake: &Arc<dyn Wake>) -> bool {
        Arc::ptr_eq(&self.wake, wake)
    }

    /// From now on the writer wakes this seat at `value`. Before sleeping, a heavy fence and a
    /// look at the cursor are due.
    pub(crate) fn register(&self, value: u64) {
        // Relaxed: the next line carries it to the writer.
        self.shared.places[self.place].wake_at.store(value, Ordering::Relaxed);
        // Release: a writer whose swap takes this minimum away finds `wake_at` in its round.
        self.shared.nearest.fetch_min(value, Ordering::AcqRel);
    }

    /// Awake again. `nearest` may stay too low, which costs the writer one idle round.
    pub(crate) fn unregister(&self) {
        // Relaxed: a writer that still finds the old value wakes somebody who is awake.
        self.shared.places[self.place].wake_at.store(AWAKE, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.unregister();
        self.shared.places[self.place].leave();
    }
}

/// All seats of a cursor are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crowded;

impl fmt::Display for Crowded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a cursor has {SLEEPERS_MAX} seats for sleepers and all are taken; drop one")
    }
}

impl std::error::Error for Crowded {}

struct Shared {
    value: CachePadded<AtomicU64>,
    nearest: CachePadded<AtomicU64>,
    is_abandoned: AtomicBool,
    places: [Place; SLEEPERS_MAX],
}

impl Shared {
    fn new(start: u64) -> Self {
        fence::prepare();
        Self {
            value: CachePadded::new(AtomicU64::new(start)),
            nearest: CachePadded::new(AtomicU64::new(AWAKE)),
            is_abandoned: AtomicBool::new(false),
            places: std::array::from_fn(|_| Place::default()),
        }
    }

    #[inline]
    fn get(&self) -> u64 {
        // Acquire: pairs with the store in `publish`.
        self.value.load(Ordering::Acquire)
    }

    fn is_abandoned(&self) -> bool {
        // Acquire: the last value was published before.
        self.is_abandoned.load(Ordering::Acquire)
    }

    /// Wakes who sleeps for `value` or less.
    #[inline]
    fn wake_due(&self, value: u64) {
        // Relaxed: the fence before it is the writer's half of the handshake on top of this file. A
        // minimum that is too low costs one idle round.
        if self.nearest.load(Ordering::Relaxed) <= value {
            self.wake_round(value);
        }
    }

    /// Takes the minimum away, wakes who is due and puts the others' minimum back. A sleeper that
    /// registers meanwhile either is seen in the round or comes after the swap and stays.
    #[cold]
    fn wake_round(&self, value: u64) {
        // Acquire: every `wake_at` whose minimum is taken away here is visible below.
        self.nearest.swap(AWAKE, Ordering::AcqRel);
        for place in &self.places {
            let wake_at = place.wake_at.load(Ordering::Relaxed);
            if wake_at <= value {
                place.wake();
            } else {
                self.nearest.fetch_min(wake_at, Ordering::AcqRel);
            }
        }
    }
}

/// The lock is held for a few instructions when somebody comes, goes or is woken; a publisher that
/// wakes nobody never touches it.
struct Place {
    wake_at: AtomicU64,
    wake: Mutex<Option<Arc<dyn Wake>>>,
}

impl Default for Place {
    fn default() -> Self {
        Self { wake_at: AtomicU64::new(AWAKE), wake: Mutex::new(None) }
    }
}

impl Place {
    fn take(&self, wake: &Arc<dyn Wake>) -> bool {
        let mut there = self.wake.lock().expect("no waker panics");
        let is_free = there.is_none();
        if is_free {
            *there = Some(Arc::clone(wake));
        }
        is_free
    }

    fn leave(&self) {
        *self.wake.lock().expect("no waker panics") = None;
    }

    fn wake(&self) {
        if let Some(wake) = &*self.wake.lock().expect("no waker panics") {
            wake.wake();
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Bell {
        fn rings(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn seat(cursor: &Cursor) -> (Arc<Bell>, Seat) {
        let bell = Arc::new(Bell::default());
        let seat = cursor.watch().seat(bell.clone()).expect("a free seat");
        (bell, seat)
    }

    #[test]
    fn a_reader_sees_what_was_published() {
        let mut cursor = Cursor::new(7);
        let watch = cursor.watch();
        assert_eq!((cursor.get(), watch.get()), (7, 7));
        cursor.publish(9);
        assert_eq!((cursor.get(), watch.get()), (9, 9));
    }

    #[test]
    #[should_panic(expected = "a cursor at 5 never goes back to 4")]
    fn a_cursor_never_goes_back() {
        Cursor::new(5).publish(4);
    }

    /// Each row: what the two sleepers wait for, what is published, how often each bell rang. One
    /// that has not taken note of its wake-up is called again when another is due.
    #[test]
    fn a_sleeper_is_woken_at_its_value() {
        let rows: &[([u64; 2], &[u64], [usize; 2])] = &[
            ([5, 5], &[4], [0, 0]),
            ([5, 5], &[5], [1, 1]),
            ([5, 9], &[5], [1, 0]),
            ([5, 9], &[5, 6, 7, 8], [1, 0]),
            ([5, 9], &[5, 6, 9, 10], [2, 1]),
            ([9, 5], &[20, 21], [1, 1]),
            ([AWAKE, 5], &[5], [0, 1]),
        ];
        for (wake_at, published, rings) in rows {
            let mut cursor = Cursor::new(0);
            let sleepers = [seat(&cursor), seat(&cursor)];
            sleepers.iter().zip(wake_at).for_each(|((_, seat), &value)| seat.register(value));
            published.iter().for_each(|&value| cursor.publish(value));
            let rang = [sleepers[0].0.rings(), sleepers[1].0.rings()];
            assert_eq!(rang, *rings, "{wake_at:?} {published:?}");
        }
    }

    #[test]
    fn who_is_awake_again_is_left_alone() {
        let mut cursor = Cursor::new(0);
        let (bell, seat) = seat(&cursor);
        seat.register(3);
        seat.unregister();
        cursor.publish(3);
        assert_eq!(bell.rings(), 0);
        seat.register(4);
        cursor.publish(4);
        assert_eq!(bell.rings(), 1);
    }

    #[test]
    fn the_last_seat_is_the_last_until_one_is_left() {
        let cursor = Cursor::new(0);
        let mut seats: Vec<_> = (0..SLEEPERS_MAX).map(|_| seat(&cursor)).collect();
        let another = || cursor.watch().seat(Arc::new(Bell::default()));
        assert_eq!(another().err(), Some(Crowded));
        seats.pop();
        assert!(another().is_ok());
        assert!(Crowded.to_string().contains("8 seats"));
    }

    #[test]
    fn an_abandoned_cursor_wakes_everybody() {
        let mut cursor = Cursor::new(0);
        let watch = cursor.watch();
        let (bell, seat) = seat(&cursor);
        seat.register(1_000_000);
        cursor.publish(1);
        assert!(!watch.is_abandoned());
        drop(cursor);
        assert!(watch.is_abandoned() && seat.is_abandoned());
        assert_eq!((bell.rings(), seat.get()), (1, 1));
    }
}
