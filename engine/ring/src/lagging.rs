//! A reader that the publisher does not wait for: it copies, and then asks whether what it copied
//! was still there. When it was not it is told so, and never given what is torn.
//!
//! ```text
//!      claimed − capacity            published    claimed
//!  lost ───┤ may be read ────────────────┤── being ──┤
//!          (and is lost when the         │  written  │
//!           publisher claims further)
//!
//! publisher                              reader
//! claimed ← end of what it writes        words → copy   (Relaxed)
//! fence   (Release)                      fence          (Acquire)
//! words   ← new slots  (Relaxed)         claimed → is the copy's beginning still in the ring?
//! ```
//!
//! A reader that met one word of a new slot met it behind the publisher's fence; so behind its own
//! fence it finds the claim. Both sides touch the words as atomics, so a copy that comes to nothing
//! is a copy of mixed words and no data race.

use std::fmt;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use crate::buffer::{Buffer, Item, Plain};
use crate::cursor::Watch;
use crate::sync::{AtomicU64, Ordering, fence};

/// How far the publisher may have begun to write.
pub(crate) type Claimed = Arc<CachePadded<AtomicU64>>;

/// The publisher's side: how it writes while somebody may be reading.
pub(crate) struct Overwriting<T> {
    claimed: Claimed,
    write: unsafe fn(&Buffer<T>, u64, &[T]),
}

impl<T: Plain> Overwriting<T> {
    pub(crate) fn new(start: u64) -> Self {
        Self {
            claimed: Arc::new(CachePadded::new(AtomicU64::new(start))),
            write: Buffer::write_words,
        }
    }
}

impl<T: Item> Overwriting<T> {
    pub(crate) fn claimed(&self) -> Claimed {
        Arc::clone(&self.claimed)
    }

    /// Says that these slots are lost, then writes them.
    ///
    /// # Safety
    ///
    /// As for [`Buffer::write`], lagging readers excepted.
    #[inline]
    pub(crate) unsafe fn write(&self, buffer: &Buffer<T>, position: u64, items: &[T]) {
        self.claimed.store(position + items.len() as u64, Ordering::Relaxed);
        // Release: no word below is seen by whoever does not see the claim behind his own fence.
        fence(Ordering::Release);
        // SAFETY: the caller's promise, handed on.
        unsafe { (self.write)(buffer, position, items) };
    }
}

/// What a lagging reader wanted is overwritten, or being overwritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lapped {
    /// Where it wanted to read.
    pub position: u64,
    /// The oldest position that was still in the ring.
    pub oldest: u64,
}

impl fmt::Display for Lapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, oldest } = self;
        write!(f, "slot {position} is overwritten; the ring begins at {oldest} by now")
    }
}

impl std::error::Error for Lapped {}

/// One end that reads without gating.
pub struct LaggingSubscriber<T> {
    buffer: Arc<Buffer<T>>,
    published: Watch,
    claimed: Claimed,
    start: u64,
    position: u64,
}

impl<T: Plain> LaggingSubscriber<T> {
    pub(crate) fn new(buffer: Arc<Buffer<T>>, published: Watch, claimed: Claimed) -> Self {
        let start = published.get();
        Self { buffer, published, claimed, start, position: start }
    }

    /// Copies what is published from its position on to the beginning of `into` and moves behind
    /// it. Says how many slots that were; none when nothing is new.
    ///
    /// # Errors
    ///
    /// [`Lapped`] when the first of them was lost: the position stays, `into` holds nothing of use.
    pub fn read(&mut self, into: &mut [T]) -> Result<usize, Lapped> {
        // Saturating: `resume_at` may have gone ahead.
        let there = self.published.get().saturating_sub(self.position);
        let count = there.min(into.len() as u64).min(self.buffer.capacity() as u64) as usize;
        // SAFETY: at most `capacity` slots, which have been written, if only with the zeros of a
        // new buffer; `Plain` says that whatever words are found make values.
        unsafe { self.buffer.read_words(self.position, &mut into[..count]) };
        // Acquire: a claim whose words were met above is seen below.
        fence(Ordering::Acquire);
        self.check(self.oldest())?;
        self.position += count as u64;
        Ok(count)
    }

    fn check(&self, oldest: u64) -> Result<(), Lapped> {
        if self.position < oldest {
            return Err(Lapped { position: self.position, oldest });
        }
        Ok(())
    }

    /// The oldest position that is still in the ring; it moves on while one looks.
    pub fn oldest(&self) -> u64 {
        // Relaxed: `read` has fenced; elsewhere it is but advice.
        let claimed = self.claimed.load(Ordering::Relaxed);
        claimed.saturating_sub(self.buffer.capacity() as u64).max(self.start)
    }

    /// Reads on at `position`; what lies between was had from elsewhere, or is given up.
    pub fn resume_at(&mut self, position: u64) {
        self.position = position;
    }

    /// Where it reads next.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// End of what is published; to sleep at: `position() + 1` means anything new.
    pub fn published(&self) -> &Watch {
        &self.published
    }

    /// Whether the publisher is gone. What is read *after* this said so is the last there is.
    pub fn is_abandoned(&self) -> bool {
        self.published.is_abandoned()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::broadcast::{Publisher, broadcast};

    fn ring() -> (Publisher<[u64; 2]>, LaggingSubscriber<[u64; 2]>) {
        let mut ring = broadcast(8, 5);
        let lagging = ring.subscribe_lagging();
        (ring.publisher(), lagging)
    }

    fn publish(publisher: &mut Publisher<[u64; 2]>, values: std::ops::Range<u64>) {
        let items: Vec<[u64; 2]> = values.map(|value| [value, !value]).collect();
        publisher.write(&items).expect("nobody gates");
        publisher.publish();
    }

    #[test]
    fn what_is_in_the_ring_is_copied_in_pieces() {
        let (mut publisher, mut lagging) = ring();
        let mut into = [[0; 2]; 3];
        assert_eq!(lagging.read(&mut into), Ok(0));
        publish(&mut publisher, 0..5);
        assert_eq!((lagging.read(&mut into), into), (Ok(3), [[0, !0], [1, !1], [2, !2]]));
        assert_eq!((lagging.read(&mut into), into[1]), (Ok(2), [4, !4]));
        assert_eq!((lagging.read(&mut into), lagging.position()), (Ok(0), 10));
    }

    /// Each row: slots published while the reader stays at 5, and where the ring then begins.
    #[test]
    fn who_is_lapped_is_told_and_may_go_on() {
        for (published, oldest) in [(8, 5), (9, 6), (20, 17)] {
            let (mut publisher, mut lagging) = ring();
            (0..published).for_each(|value| publish(&mut publisher, value..value + 1));
            let mut into = [[0; 2]; 8];
            if oldest > 5 {
                let lapped = Lapped { position: 5, oldest };
                assert_eq!((lagging.read(&mut into), lagging.position()), (Err(lapped), 5));
                assert!(lapped.to_string().contains("slot 5 is overwritten"));
            }
            lagging.resume_at(lagging.oldest());
            assert_eq!((lagging.read(&mut into), into[0][0]), (Ok(8), oldest - 5));
        }
    }

    #[test]
    fn what_is_written_but_not_shown_is_lost_but_not_read() {
        let (mut publisher, mut lagging) = ring();
        publish(&mut publisher, 0..8);
        publisher.write(&[[9, 9]]).expect("nobody gates");
        let mut into = [[0; 2]; 8];
        assert_eq!(lagging.read(&mut into), Err(Lapped { position: 5, oldest: 6 }));
        lagging.resume_at(6);
        assert_eq!((lagging.read(&mut into), into[6][0]), (Ok(7), 7));
        lagging.resume_at(0);
        assert_eq!(lagging.read(&mut into), Err(Lapped { position: 0, oldest: 6 }));
        lagging.resume_at(1_000);
        assert_eq!(lagging.read(&mut into), Ok(0));
        drop(publisher);
        assert!(lagging.is_abandoned() && lagging.published().get() == 13);
    }
}
