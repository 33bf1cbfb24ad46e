//! A broadcast: one publisher, many subscribers, and each sees every slot. The publisher never
//! overruns a subscriber that gates (lagging.rs has those that do not), never blocks and never
//! allocates; full is an answer.
//!
//! ```text
//!        slowest gate              published            written        slowest gate + capacity
//!             ├─── to be read by some ──┤── not yet shown ──┤────────── room ──────────┤
//! ```
//!
//! Positions count slots from the start given and never wrap. Each cursor lies on cache lines of
//! its own. A subscriber's batch is one Acquire load, whatever its length; a publisher looks at the
//! gates only when the room it knows of is short.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::batch::Batch;
use crate::buffer::{Buffer, Item, Plain};
use crate::cursor::{Crowded, Cursor, Seat, Watch};
use crate::lagging::{LaggingSubscriber, Overwriting};
use crate::wait::{Waiter, Woken};

/// Subscribers one ring can have.
pub const SUBSCRIBERS_MAX: usize = 16;
/// The highest first position: so many more can follow that none ever overflows.
pub const START_MAX: u64 = 1 << 62;

/// A ring whose subscribers are still being named; [`Broadcast::publisher`] ends that.
pub struct Broadcast<T> {
    buffer: Arc<Buffer<T>>,
    published: Cursor,
    gates: Vec<Watch>,
    overwriting: Option<Overwriting<T>>,
    lagging: usize,
}

/// A ring of `capacity` slots whose first position is `start`.
///
/// # Panics
///
/// If [`crate::check_capacity`] refuses the capacity, or `start` is above [`START_MAX`].
pub fn broadcast<T: Item>(capacity: usize, start: u64) -> Broadcast<T> {
    assert!(start <= START_MAX, "a ring starts at {START_MAX} at most, not at {start}");
    Broadcast {
        buffer: Arc::new(Buffer::new(capacity)),
        published: Cursor::new(start),
        gates: Vec::new(),
        overwriting: None,
        lagging: 0,
    }
}

impl<T: Item> Broadcast<T> {
    /// A subscriber that gates: the publisher waits for it.
    ///
    /// # Panics
    ///
    /// If there are [`SUBSCRIBERS_MAX`] already.
    pub fn subscribe(&mut self) -> Subscriber<T> {
        self.check_another();
        let start = self.published.get();
        let position = Cursor::new(start);
        self.gates.push(position.watch());
        let published = self.published.watch();
        Subscriber { buffer: Arc::clone(&self.buffer), published, position, seen: start }
    }

    /// A subscriber that does not gate: it may be lapped, and is told so. With one of them the
    /// publisher writes word by word.
    ///
    /// # Panics
    ///
    /// If there are [`SUBSCRIBERS_MAX`] already.
    pub fn subscribe_lagging(&mut self) -> LaggingSubscriber<T>
    where
        T: Plain,
    {
        self.check_another();
        self.lagging += 1;
        let start = self.published.get();
        let overwriting = self.overwriting.get_or_insert_with(|| Overwriting::new(start));
        let (buffer, published) = (Arc::clone(&self.buffer), self.published.watch());
        LaggingSubscriber::new(buffer, published, overwriting.claimed())
    }

    fn check_another(&self) {
        let there = self.gates.len() + self.lagging;
        assert!(there < SUBSCRIBERS_MAX, "a ring has {SUBSCRIBERS_MAX} subscribers at most");
    }

    /// What [`Publisher::published`] will be, for whoever is built before it.
    pub fn published(&self) -> Watch {
        self.published.watch()
    }

    /// The publisher; from here on nobody can subscribe.
    pub fn publisher(self) -> Publisher<T> {
        let start = self.published.get();
        Publisher {
            buffer: self.buffer,
            published: self.published,
            written: start,
            gates: self.gates.into(),
            gate: start,
            overwriting: self.overwriting,
            seats: Vec::new(),
        }
    }
}

/// There is no room for that many slots now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring has no room now; try again when a reader has released slots")
    }
}

impl std::error::Error for Full {}

/// The one end that writes.
pub struct Publisher<T> {
    buffer: Arc<Buffer<T>>,
    published: Cursor,
    /// End of what is written; at least `published`, at most `gate + capacity`.
    written: u64,
    gates: Box<[Watch]>,
    /// The slowest gate when it was last looked at; gates only move on, so room is never less.
    gate: u64,
    /// There when somebody lags.
    overwriting: Option<Overwriting<T>>,
    /// Taken at the gates, in their order, by [`Publisher::attend`].
    seats: Vec<Seat>,
}

impl<T: Item> Publisher<T> {
    /// Writes slots behind those written before, all or none, and shows them to nobody yet.
    ///
    /// # Errors
    ///
    /// [`Full`]: nothing was written.
    #[inline]
    pub fn write(&mut self, items: &[T]) -> Result<(), Full> {
        if !self.has_room(items.len()) {
            return Err(Full);
        }
        // SAFETY: there is room: every gate has passed these slots, so no subscriber holds them,
        // and no more than `capacity` items fit. There is one publisher, borrowed mutably. Where
        // somebody lags, every slot is written by `overwriting`.
        unsafe {
            match &self.overwriting {
                None => self.buffer.write(self.written, items),
                Some(overwriting) => overwriting.write(&self.buffer, self.written, items),
            }
        }
        self.written += items.len() as u64;
        Ok(())
    }

    /// Shows all that is written, at once.
    #[inline]
    pub fn publish(&mut self) {
        self.published.publish(self.written);
    }

    /// Whether `count` slots could be written now.
    #[inline]
    pub fn has_room(&mut self, count: usize) -> bool {
        count <= self.known_room() || count <= self.room()
    }

    /// Slots that can be written now, after a look at every gate.
    pub fn room(&mut self) -> usize {
        let slowest = self.gates.iter().map(Watch::get).min();
        self.gate = slowest.unwrap_or(self.written);
        self.known_room()
    }

    #[inline]
    fn known_room(&self) -> usize {
        self.buffer.capacity() - (self.written - self.gate) as usize
    }

    /// End of what is written, shown or not: the position of the next slot.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// End of what is shown, for whoever wants to sleep until there is more.
    pub fn published(&self) -> Watch {
        self.published.watch()
    }

    /// The positions of the subscribers, in the order of their subscribing.
    pub fn gates(&self) -> &[Watch] {
        &self.gates
    }

    /// Slots the ring has.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether a subscriber is gone. Its position gates for ever: better stopped than unread.
    pub fn is_abandoned(&self) -> bool {
        self.gates.iter().any(Watch::is_abandoned)
    }

    /// Takes this thread's seats at all gates, to sleep for room; done once.
    ///
    /// # Errors
    ///
    /// [`Crowded`] when a subscriber's position has no seat left.
    pub fn attend(&mut self, waiter: &Waiter) -> Result<(), Crowded> {
        self.seats.clear();
        for gate in &self.gates {
            self.seats.push(waiter.attend(gate)?);
        }
        Ok(())
    }

    /// Waits once for the first gate that stands in the way of `count` slots; callers loop, and
    /// publish before, for who has seen nothing releases nothing.
    ///
    /// # Panics
    ///
    /// If `count` is more than the ring has, or [`Publisher::attend`] was not called.
    pub fn sleep_for_room(&self, count: usize, waiter: &Waiter, limit: Option<Duration>) -> Woken {
        let capacity = self.buffer.capacity();
        assert!(count <= capacity, "{count} slots never fit a ring of {capacity}");
        assert!(self.seats.len() == self.gates.len(), "attend takes the seats before a sleep");
        let goal = (self.written + count as u64).saturating_sub(capacity as u64);
        match self.seats.iter().find(|seat| seat.get() < goal) {
            Some(seat) => waiter.sleep_until(&[(seat, goal)], limit),
            None => Woken::Reached,
        }
    }
}

/// One end that reads. What it has not released yet is not overwritten.
pub struct Subscriber<T> {
    buffer: Arc<Buffer<T>>,
    published: Watch,
    position: Cursor,
    /// End of what was last found published.
    seen: u64,
}

impl<T: Item> Subscriber<T> {
    /// Everything published and not released yet, oldest first.
    #[inline]
    pub fn batch(&mut self) -> Batch<'_, T> {
        self.batch_of(usize::MAX)
    }

    /// The same, at most `most` slots of it.
    #[inline]
    pub fn batch_of(&mut self, most: usize) -> Batch<'_, T> {
        self.seen = self.published.get();
        let position = self.position.get();
        let count = ((self.seen - position) as usize).min(most);
        if count == 0 {
            // Whoever looks again finds the slot on its way together with the cursor; one after
            // the other cost a quarter of a hop.
            self.buffer.prefetch(position);
        }
        // SAFETY: the slots lie between this subscriber's position and the published cursor, so
        // they were written before it, at most `capacity` of them; the publisher does not touch
        // them before `position` moves on, which takes this subscriber mutably, and the batch
        // borrows it.
        let (head, tail) = unsafe { self.buffer.slices(position, count) };
        Batch { head, tail }
    }

    /// Gives the first `count` slots back to the publisher.
    ///
    /// # Panics
    ///
    /// If the last batch had fewer to give.
    #[inline]
    pub fn release(&mut self, count: usize) {
        let (position, there) = (self.position.get(), self.seen - self.position.get());
        assert!(count as u64 <= there, "{count} slots are released of the {there} that were seen");
        // Loom only: the slots were in use until here.
        self.buffer.witness_read(position, count);
        self.position.publish(position + count as u64);
    }

    /// Where it reads next.
    #[inline]
    pub fn position(&self) -> u64 {
        self.position.get()
    }

    /// End of what is published; to sleep at: `position() + 1` means anything new.
    pub fn published(&self) -> &Watch {
        &self.published
    }

    /// Whether the publisher is gone. A batch taken *after* this said so is the last one.
    pub fn is_abandoned(&self) -> bool {
        self.published.is_abandoned()
    }

    /// Slots the ring has.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::wait::Wait;

    fn ring_of_two(start: u64) -> (Publisher<u64>, [Subscriber<u64>; 2]) {
        let mut ring = broadcast(8, start);
        let subscribers = [ring.subscribe(), ring.subscribe()];
        (ring.publisher(), subscribers)
    }

    fn read(subscriber: &mut Subscriber<u64>) -> Vec<u64> {
        subscriber.batch().iter().copied().collect()
    }

    #[test]
    fn what_is_written_is_seen_when_published() {
        let (mut publisher, [mut one, mut other]) = ring_of_two(1_000_003);
        publisher.write(&[1, 2]).expect("room");
        publisher.write(&[3]).expect("room");
        assert!(one.batch().is_empty() && one.published().get() == 1_000_003);
        publisher.publish();
        assert_eq!((read(&mut one), read(&mut other)), (vec![1, 2, 3], vec![1, 2, 3]));
        assert_eq!((publisher.written(), publisher.published().get()), (1_000_006, 1_000_006));
    }

    #[test]
    fn a_batch_ends_where_it_is_told_to() {
        let (mut publisher, [mut one, _other]) = ring_of_two(6);
        publisher.write(&[1, 2, 3, 4]).expect("room");
        publisher.publish();
        assert_eq!(one.batch_of(3), Batch { head: &[1, 2], tail: &[3] });
        one.release(1);
        assert_eq!(one.batch_of(1), Batch { head: &[2], tail: &[] });
        assert_eq!(one.batch(), Batch { head: &[2], tail: &[3, 4] });
    }

    #[test]
    fn the_slowest_gate_is_the_room() {
        let (mut publisher, [mut one, mut other]) = ring_of_two(0);
        assert_eq!(publisher.write(&[0; 9]), Err(Full));
        publisher.write(&[7; 8]).expect("room");
        publisher.publish();
        for (by_one, by_other, room) in [(0, 0, 0), (5, 0, 0), (0, 2, 2), (1, 6, 6), (2, 0, 8)] {
            one.batch();
            one.release(by_one);
            other.batch();
            other.release(by_other);
            let found = (publisher.room(), publisher.has_room(room), publisher.has_room(room + 1));
            assert_eq!(found, (room, true, false));
        }
    }

    #[test]
    fn full_writes_nothing() {
        let (mut publisher, [mut one, _other]) = ring_of_two(0);
        publisher.write(&[1, 2, 3, 4, 5, 6]).expect("room");
        assert_eq!(publisher.write(&[7, 8, 9]), Err(Full));
        publisher.write(&[10, 11]).expect("room");
        publisher.publish();
        assert_eq!(read(&mut one), [1, 2, 3, 4, 5, 6, 10, 11]);
        assert!(Full.to_string().contains("no room"));
    }

    #[test]
    #[should_panic(expected = "3 slots are released of the 2 that were seen")]
    fn what_was_not_seen_cannot_be_released() {
        let (mut publisher, [mut one, _other]) = ring_of_two(0);
        publisher.write(&[1, 2]).expect("room");
        publisher.publish();
        one.batch();
        publisher.write(&[3]).expect("room");
        publisher.publish();
        one.release(3);
    }

    #[test]
    fn a_subscriber_that_is_gone_gates_for_ever_and_shows() {
        let (mut publisher, [mut one, other]) = ring_of_two(0);
        publisher.write(&[1; 8]).expect("room");
        publisher.publish();
        assert!(!publisher.is_abandoned());
        drop(other);
        one.batch();
        one.release(8);
        assert!(publisher.is_abandoned() && !publisher.has_room(1));
        publisher.attend(&Waiter::new(Wait::Park)).expect("seats");
    }

    /// Each row: slots asked for, who has released how much, and what a wait for them says.
    #[test]
    fn a_publisher_sleeps_for_the_gates_in_its_way() {
        for (count, by_one, by_other, woken) in [
            (0, 0, 0, Woken::Reached),
            (2, 0, 0, Woken::Reached),
            (3, 0, 0, Woken::NotYet),
            (3, 1, 0, Woken::NotYet),
            (3, 0, 1, Woken::NotYet),
            (3, 1, 1, Woken::Reached),
        ] {
            let (mut publisher, [mut one, mut other]) = ring_of_two(0);
            let waiter = Waiter::new(Wait::Park);
            publisher.attend(&waiter).expect("seats");
            publisher.write(&[1; 6]).expect("room");
            publisher.publish();
            one.batch();
            one.release(by_one);
            other.batch();
            other.release(by_other);
            let found = publisher.sleep_for_room(count, &waiter, Some(Duration::from_micros(10)));
            assert_eq!(found, woken, "{count} {by_one} {by_other}");
            drop((one, other));
        }
    }

    #[test]
    fn without_subscribers_there_is_always_room() {
        let mut publisher = broadcast::<u64>(8, 0).publisher();
        for _ in 0..10 {
            publisher.write(&[1; 8]).expect("nobody gates");
            publisher.publish();
        }
        assert_eq!(publisher.published().get(), 80);
    }

    #[test]
    #[should_panic(expected = "a ring starts at")]
    fn a_start_that_could_overflow_is_a_bug() {
        broadcast::<u8>(8, START_MAX);
        broadcast::<u8>(8, START_MAX + 1);
    }

    #[test]
    #[should_panic(expected = "a ring has 16 subscribers at most")]
    fn one_subscriber_too_many_is_a_bug() {
        let mut ring = broadcast::<u8>(8, 0);
        (0..=SUBSCRIBERS_MAX).for_each(|_| drop(ring.subscribe()));
    }
}
