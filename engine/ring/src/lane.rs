//! A lane: a ring with one writer and one reader, whose last eighth is kept for what must get
//! through when orders are already turned away. It never blocks; full is an answer.
//!
//! ```text
//!        released                    written                    released + capacity
//!           ├──── to be read ───────────┤──── room ────┤─ kept ─┤
//!                                       try_publish ───┘        │
//!                                       try_publish_kept ───────┘
//! ```

use crate::broadcast::{Full, Publisher, Subscriber, broadcast};
use crate::buffer::Item;
use crate::cursor::Watch;

/// The reading end of a lane.
pub type Receiver<T> = Subscriber<T>;

/// A lane of `capacity` slots.
///
/// # Panics
///
/// If [`crate::check_capacity`] refuses the capacity.
pub fn lane<T: Item>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let mut ring = broadcast(capacity, 0);
    let receiver = ring.subscribe();
    (Sender { ring: ring.publisher(), kept: capacity / 8 }, receiver)
}

/// The writing end of a lane.
pub struct Sender<T> {
    ring: Publisher<T>,
    kept: usize,
}

impl<T: Item> Sender<T> {
    /// Writes and shows the slots of a record, all or none; leaves the kept eighth alone.
    ///
    /// # Errors
    ///
    /// [`Full`]: nothing was written.
    #[inline]
    pub fn try_publish(&mut self, items: &[T]) -> Result<(), Full> {
        if self.ring.has_room(items.len() + self.kept) {
            self.try_publish_kept(items)
        } else {
            Err(Full)
        }
    }

    /// The same, and may use the kept eighth: for cancels, sessions and the clock.
    ///
    /// # Errors
    ///
    /// [`Full`]: nothing was written.
    #[inline]
    pub fn try_publish_kept(&mut self, items: &[T]) -> Result<(), Full> {
        self.ring.write(items)?;
        self.ring.publish();
        Ok(())
    }

    /// The reader's position, to sleep at until there is room.
    pub fn released(&self) -> &Watch {
        &self.ring.gates()[0]
    }

    /// What [`Sender::released`] comes to when [`Sender::try_publish`] has room for `count` slots.
    /// Nobody should sleep for less: the reader may have taken all there is, and sleep too.
    ///
    /// # Panics
    ///
    /// If so many slots never fit.
    pub fn room_at(&self, count: usize) -> u64 {
        let (needed, capacity) = (count + self.kept, self.ring.capacity());
        assert!(needed <= capacity, "{count} slots beside the kept eighth never fit {capacity}");
        (self.ring.written() + needed as u64).saturating_sub(capacity as u64)
    }

    /// How many slots were ever written.
    pub fn written(&self) -> u64 {
        self.ring.written()
    }

    /// Slots the lane has, those that are kept included.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Slots that are kept.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Whether the reader is gone: what is written now, nobody will read.
    pub fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    /// Each row: slots there already, slots of a record, whether it gets in, and with the kept
    /// eighth. The lane has 16 slots, so two are kept.
    #[test]
    fn the_last_eighth_is_kept() {
        for (there, slots, plainly, kept) in [
            (0, 14, true, true),
            (0, 15, false, true),
            (0, 16, false, true),
            (0, 17, false, false),
            (13, 1, true, true),
            (14, 1, false, true),
            (14, 2, false, true),
            (14, 3, false, false),
            (16, 0, false, true),
            (16, 1, false, false),
        ] {
            let publish = |is_kept: bool| {
                let (mut sender, mut receiver) = lane::<usize>(16);
                sender.try_publish_kept(&vec![0; there]).expect("room at the start");
                let record: Vec<usize> = (0..slots).collect();
                let answer = match is_kept {
                    true => sender.try_publish_kept(&record),
                    false => sender.try_publish(&record),
                };
                let found = receiver.batch().skip(there);
                assert_eq!(found.iter().eq(&record), answer.is_ok() || slots == 0);
                answer.is_ok()
            };
            assert_eq!((publish(false), publish(true)), (plainly, kept), "{there} + {slots}");
        }
    }

    #[test]
    fn what_is_released_is_room_again() {
        let (mut sender, mut receiver) = lane::<u32>(8);
        for round in 0..100 {
            let record: Vec<u32> = (0..7).map(|slot| round * 7 + slot).collect();
            assert_eq!(sender.try_publish(&record), Ok(()), "{round}");
            assert_eq!(sender.try_publish(&[0]), Err(Full), "{round}");
            assert!(receiver.batch().iter().eq(&record), "{round}");
            receiver.release(7);
        }
        assert_eq!(
            (sender.written(), receiver.position(), sender.released().get()),
            (700, 700, 700)
        );
        assert_eq!((sender.capacity(), sender.kept()), (8, 1));
    }

    /// Each row: slots there already, slots of a record, and what must be released for it.
    #[test]
    fn room_is_there_at_the_value_that_is_told() {
        let rows: [(usize, usize, usize); 5] =
            [(0, 14, 0), (14, 0, 0), (14, 1, 1), (10, 9, 5), (16, 14, 16)];
        for (there, slots, room_at) in rows {
            let (mut sender, mut receiver) = lane::<u8>(16);
            sender.try_publish_kept(&vec![0; there]).expect("room at the start");
            assert_eq!(sender.room_at(slots), room_at as u64);
            receiver.batch();
            if room_at > 0 {
                receiver.release(room_at - 1);
                assert_eq!(sender.try_publish(&vec![1; slots]), Err(Full));
                receiver.release(1);
            }
            assert_eq!(sender.try_publish(&vec![1; slots]), Ok(()));
        }
    }

    #[test]
    #[should_panic(expected = "15 slots beside the kept eighth never fit 16")]
    fn a_record_that_never_fits_is_a_bug() {
        lane::<u8>(16).0.room_at(15);
    }

    #[test]
    fn each_end_sees_the_other_go() {
        let (mut sender, receiver) = lane::<u32>(8);
        assert!(!sender.is_abandoned());
        drop(receiver);
        assert!(sender.is_abandoned());
        assert_eq!(sender.try_publish(&[1]), Ok(()));

        let (mut sender, mut receiver) = lane::<u32>(8);
        sender.try_publish(&[1]).expect("room");
        assert!(!receiver.is_abandoned());
        drop(sender);
        assert!(receiver.is_abandoned());
        assert!(receiver.batch().iter().eq(&[1]));
    }
}
