//! Real threads, every value checked: lanes and broadcasts under load, with every way to wait. The
//! rings are small, so that they wrap and fill all the time.

use std::hint::spin_loop;
use std::thread;

use ringside_ring::{
    Batch, Full, LaggingSubscriber, Publisher, Receiver, Sender, Subscriber, Wait, Waiter, Woken,
    broadcast, lane,
};

/// Slots sent in each test: few under Miri, which takes a second for what takes a microsecond here.
const SLOTS: u64 = if cfg!(miri) { 200 } else { 50_000 };

/// A slot that is wrong in every word when one of them is torn.
type Slot = [u64; 4];

fn slot(position: u64) -> Slot {
    [position, !position, position.rotate_left(17), position ^ 0x5555]
}

/// A record of one to five slots; together they cross the end of a ring at every place.
fn record(first: u64) -> Vec<Slot> {
    let slots = 1 + first % 5;
    (first..SLOTS.min(first + slots)).map(slot).collect()
}

/// Checks a batch that begins at `first` and says how much there was.
fn check(batch: &Batch<'_, Slot>, first: u64) -> usize {
    for (found, position) in batch.iter().zip(first..) {
        assert_eq!(*found, slot(position));
    }
    batch.len()
}

fn send(mut sender: Sender<Slot>, wait: Wait) {
    let waiter = Waiter::new(wait);
    let seat = waiter.attend(sender.released()).expect("a seat");
    let mut sent = 0;
    while sent < SLOTS {
        let record = record(sent);
        while sender.try_publish(&record) == Err(Full) {
            waiter.sleep_until(&[(&seat, sender.room_at(record.len()))], None);
        }
        sent += record.len() as u64;
    }
}

fn receive(mut receiver: Receiver<Slot>, wait: Wait) {
    let waiter = Waiter::new(wait);
    let seat = waiter.attend(receiver.published()).expect("a seat");
    while receive_batch(&mut receiver) {
        waiter.sleep_until(&[(&seat, receiver.position() + 1)], None);
    }
    assert_eq!(receiver.position(), SLOTS);
}

/// Takes what is there; says whether there can be more.
fn receive_batch(receiver: &mut Receiver<Slot>) -> bool {
    let (is_last, position) = (receiver.is_abandoned(), receiver.position());
    let taken = check(&receiver.batch(), position);
    receiver.release(taken);
    !is_last
}

#[test]
fn a_lane_loses_nothing() {
    for wait in [Wait::Park, Wait::Yield, Wait::Spin] {
        let (sender, receiver) = lane(16);
        thread::scope(|scope| {
            scope.spawn(move || send(sender, wait));
            scope.spawn(move || receive(receiver, wait));
        });
    }
}

/// Publishes in batches of several records, and always before it sleeps.
fn publish_all(mut publisher: Publisher<Slot>, wait: Wait) {
    let waiter = Waiter::new(wait);
    publisher.attend(&waiter).expect("seats");
    while publisher.written() < SLOTS {
        let record = record(publisher.written());
        while publisher.write(&record) == Err(Full) {
            publisher.publish();
            publisher.sleep_for_room(record.len(), &waiter, None);
        }
        if publisher.written().is_multiple_of(3) {
            publisher.publish();
        }
    }
    publisher.publish();
}

#[test]
fn a_broadcast_shows_everything_to_everybody() {
    for wait in [Wait::Park, Wait::Yield] {
        let mut ring = broadcast(16, 0);
        let subscribers = [ring.subscribe(), ring.subscribe(), ring.subscribe()];
        let publisher = ring.publisher();
        thread::scope(|scope| {
            scope.spawn(move || publish_all(publisher, wait));
            for subscriber in subscribers {
                scope.spawn(move || receive(subscriber, wait));
            }
        });
    }
}

/// Sleeps until a quarter of the ring waits, or all that will ever come.
fn receive_lazily(mut subscriber: Subscriber<Slot>) {
    let waiter = Waiter::new(Wait::Park);
    let seat = waiter.attend(subscriber.published()).expect("a seat");
    while receive_batch(&mut subscriber) {
        let quarter = subscriber.position() + subscriber.capacity() as u64 / 4;
        let woken = waiter.sleep_until(&[(&seat, quarter)], None);
        assert!(woken != Woken::Reached || seat.get() >= quarter);
    }
    assert_eq!(subscriber.position(), SLOTS);
}

#[test]
fn a_lazy_reader_is_woken_in_time() {
    let mut ring = broadcast(64, 0);
    let subscriber = ring.subscribe();
    let publisher = ring.publisher();
    thread::scope(|scope| {
        scope.spawn(move || publish_all(publisher, Wait::Park));
        scope.spawn(move || receive_lazily(subscriber));
    });
}

/// Reads what it gets, skips what it is too slow for; says how much it read.
fn read_lagging(mut lagging: LaggingSubscriber<Slot>) -> u64 {
    let (mut into, mut read) = ([[0; 4]; 8], 0);
    loop {
        let (is_last, position) = (lagging.is_abandoned(), lagging.position());
        match lagging.read(&mut into) {
            Ok(0) if is_last => return read,
            Ok(count) => {
                check(&Batch { head: &into[..count], tail: &[] }, position);
                read += count as u64;
                thread::yield_now();
            }
            Err(lapped) => {
                assert!(lapped.oldest > position);
                lagging.resume_at(lapped.oldest);
            }
        }
    }
}

#[test]
fn who_lags_reads_nothing_torn_and_holds_up_nobody() {
    let mut ring = broadcast(16, 0);
    let (gating, lagging) = (ring.subscribe(), ring.subscribe_lagging());
    let publisher = ring.publisher();
    thread::scope(|scope| {
        scope.spawn(move || publish_all(publisher, Wait::Yield));
        scope.spawn(move || receive(gating, Wait::Yield));
        let read = scope.spawn(move || read_lagging(lagging)).join().expect("no panic");
        assert!((1..=SLOTS).contains(&read), "{read} of {SLOTS} slots were read");
    });
}

/// Looks for an answer; half a minute of them, long past any wake-up that comes at all.
const LOOKS: u64 = 1 << 30;
/// Times a reader falls asleep.
const SLEEPS: u64 = if cfg!(miri) { SLOTS } else { 10 * SLOTS };
/// Slots of a record. Its writer must first take them back from the reader's core, line by line; as
/// long as that takes, nobody sees what it publishes behind them.
const HEAVY: usize = 2;

/// Sends one record after the other, each when the one before was read; panics where the reader
/// sleeps on, and wakes it by that.
fn send_in_step(mut sender: Sender<[u64; 16]>) {
    for sent in 1..=SLEEPS {
        sender.try_publish(&[[sent; 16]; HEAVY]).expect("room");
        let is_read = (0..LOOKS).any(|_| {
            spin_loop();
            sender.released().get() == sender.written()
        });
        assert!(is_read, "nobody woke the reader of record {sent}");
        // Now a little earlier, now a little later than the reader falls asleep.
        (0..sent % 16).for_each(|_| spin_loop());
    }
}

/// Whoever falls asleep just when something comes is woken, every time.
#[test]
fn nobody_sleeps_on() {
    let (sender, mut receiver) = lane(16);
    thread::scope(|scope| {
        scope.spawn(move || send_in_step(sender));
        let waiter = Waiter::new(Wait::Park);
        let seat = waiter.attend(receiver.published()).expect("a seat");
        for read in 1..=SLEEPS {
            while receiver.batch().len() < HEAVY && !receiver.is_abandoned() {
                waiter.sleep_until(&[(&seat, receiver.position() + 1)], None);
            }
            assert!(receiver.batch().iter().all(|slot| *slot == [read; 16]), "{read}");
            receiver.release(HEAVY);
        }
    });
}
