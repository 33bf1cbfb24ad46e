//! Models that loom runs through every order of their steps: `RUSTFLAGS="--cfg loom" cargo test -p
//! ringside-ring --release --test loom` (X-TST-002). Loom also watches every slot: a read and a
//! write that nothing orders fail the model, and a wake-up that gets lost is a deadlock.
#![cfg(loom)]

use loom::thread;
use ringside_ring::{
    Broadcast, Cursor, Full, Goal, LaggingSubscriber, Lapped, Publisher, Subscriber, Wait, Waiter,
    Watch, Woken, broadcast, lane,
};

/// Every order of the steps of `run`; none is left out.
fn model(run: impl Fn() + Send + Sync + 'static) {
    loom::model::Builder::new().check(run);
}

/// Every order in which threads that could have gone on are interrupted three times at most: for
/// models of which all orders would take hours.
fn large_model(run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(run);
}

/// Reads until `count` slots have come, and gives them back at once.
fn read(subscriber: &mut Subscriber<u64>, count: usize) -> Vec<u64> {
    let mut found = Vec::new();
    while found.len() < count {
        let batch = subscriber.batch();
        found.extend(batch.iter());
        let taken = batch.len();
        subscriber.release(taken);
        if taken == 0 {
            thread::yield_now();
        }
    }
    found
}

fn publish(publisher: &mut Publisher<u64>, items: &[u64]) {
    while publisher.write(items) == Err(Full) {
        thread::yield_now();
    }
    publisher.publish();
}

/// Sleeps, parked, until one of the cursors has come so far or is abandoned.
fn sleep(waiter: &Waiter, goals: &[Goal<'_>]) -> Woken {
    loop {
        match waiter.sleep_until(goals, None) {
            Woken::NotYet => {}
            found @ (Woken::Reached | Woken::Abandoned) => return found,
        }
    }
}

fn sleeper(watch: Watch, value: u64) -> thread::JoinHandle<Woken> {
    thread::spawn(move || {
        let waiter = Waiter::new(Wait::Park);
        let seat = waiter.attend(&watch).expect("a seat");
        sleep(&waiter, &[(&seat, value)])
    })
}

#[test]
fn what_is_published_is_seen_whole_and_in_order() {
    model(|| {
        let (mut sender, mut receiver) = lane::<u64>(8);
        let writer = thread::spawn(move || {
            sender.try_publish(&[1, 2]).expect("room");
            sender.try_publish(&[3]).expect("room");
        });
        let first = receiver.batch().len();
        assert!([0, 2, 3].contains(&first), "a record is seen whole or not at all");
        assert_eq!(read(&mut receiver, 3), [1, 2, 3]);
        writer.join().expect("no panic");
    });
}

/// A ring at its end: the slots go on at the beginning of the memory, where others were.
fn full_ring_of(gates: usize) -> (Publisher<u64>, Vec<Subscriber<u64>>) {
    let mut ring: Broadcast<u64> = broadcast(8, 6);
    let subscribers = (0..gates).map(|_| ring.subscribe()).collect();
    let mut publisher = ring.publisher();
    publish(&mut publisher, &[1, 2, 3, 4, 5, 6, 7, 8]);
    (publisher, subscribers)
}

#[test]
fn a_gate_keeps_the_publisher_off() {
    model(|| {
        let (mut publisher, mut subscribers) = full_ring_of(1);
        let mut subscriber = subscribers.remove(0);
        let writer = thread::spawn(move || publish(&mut publisher, &[9, 10]));
        assert!(subscriber.batch_of(3).iter().eq(&[1, 2, 3]));
        subscriber.release(3);
        assert_eq!(read(&mut subscriber, 7), [4, 5, 6, 7, 8, 9, 10]);
        writer.join().expect("no panic");
    });
}

#[test]
fn the_slower_of_two_gates_keeps_the_publisher_off() {
    model(|| {
        let (mut publisher, subscribers) = full_ring_of(2);
        let readers = subscribers.into_iter().map(|mut subscriber| {
            thread::spawn(move || {
                assert!(subscriber.batch_of(2).iter().eq(&[1, 2]));
                subscriber.release(1);
                subscriber
            })
        });
        let readers: Vec<_> = readers.collect();
        let is_early = publisher.write(&[9]).is_ok();
        for reader in readers {
            let mut subscriber = reader.join().expect("no panic");
            assert!(subscriber.batch().iter().eq(&[2, 3, 4, 5, 6, 7, 8]));
        }
        assert!(is_early || publisher.write(&[9]).is_ok());
    });
}

#[test]
fn a_lane_is_full_for_orders_before_it_is_for_cancels() {
    model(|| {
        let (mut sender, mut receiver) = lane::<u64>(8);
        sender.try_publish(&[1, 2, 3, 4, 5, 6, 7]).expect("all but the kept eighth");
        let reader = thread::spawn(move || {
            receiver.batch();
            receiver.release(1);
            receiver
        });
        let order = sender.try_publish(&[8]);
        let cancel = sender.try_publish_kept(&[9]);
        assert_eq!(cancel, Ok(()), "the kept eighth is free, or the order left it free");
        let mut receiver = reader.join().expect("no panic");
        let expected: &[u64] =
            if order.is_ok() { &[2, 3, 4, 5, 6, 7, 8, 9] } else { &[2, 3, 4, 5, 6, 7, 9] };
        assert!(receiver.batch().iter().eq(expected));
    });
}

#[test]
fn a_sleeper_is_woken() {
    model(|| {
        let mut cursor = Cursor::new(0);
        let sleeper = sleeper(cursor.watch(), 2);
        cursor.publish(1);
        cursor.publish(2);
        assert_eq!(sleeper.join().expect("no panic"), Woken::Reached);
    });
}

#[test]
fn two_sleepers_are_woken_each_at_its_value() {
    large_model(|| {
        let mut cursor = Cursor::new(0);
        let sleepers = [sleeper(cursor.watch(), 1), sleeper(cursor.watch(), 2)];
        cursor.publish(1);
        cursor.publish(2);
        for sleeper in sleepers {
            assert_eq!(sleeper.join().expect("no panic"), Woken::Reached);
        }
    });
}

#[test]
fn who_sleeps_again_is_woken_again() {
    large_model(|| {
        let mut cursor = Cursor::new(0);
        let watch = cursor.watch();
        let sleeper = thread::spawn(move || {
            let waiter = Waiter::new(Wait::Park);
            let seat = waiter.attend(&watch).expect("a seat");
            [1, 2].map(|value| sleep(&waiter, &[(&seat, value)]))
        });
        cursor.publish(1);
        cursor.publish(2);
        assert_eq!(sleeper.join().expect("no panic"), [Woken::Reached; 2]);
    });
}

#[test]
fn either_of_two_cursors_wakes() {
    model(|| {
        let (mut published, durable) = (Cursor::new(0), Cursor::new(0));
        let watches = [published.watch(), durable.watch()];
        let sleeper = thread::spawn(move || {
            let waiter = Waiter::new(Wait::Park);
            let seats = watches.map(|watch| waiter.attend(&watch).expect("a seat"));
            sleep(&waiter, &[(&seats[1], 5), (&seats[0], 1)])
        });
        published.publish(1);
        assert_eq!(sleeper.join().expect("no panic"), Woken::Reached);
        drop(durable);
    });
}

#[test]
fn the_end_of_a_cursor_wakes() {
    model(|| {
        let mut cursor = Cursor::new(0);
        let watch = cursor.watch();
        let sleeper = sleeper(cursor.watch(), 2);
        cursor.publish(1);
        drop(cursor);
        assert_eq!(sleeper.join().expect("no panic"), Woken::Abandoned);
        assert_eq!(watch.get(), 1);
    });
}

#[test]
fn what_is_sent_before_the_end_is_not_lost() {
    model(|| {
        let (mut sender, mut receiver) = lane::<u64>(8);
        let writer = thread::spawn(move || sender.try_publish(&[7]).expect("room"));
        while !receiver.is_abandoned() {
            thread::yield_now();
        }
        assert!(receiver.batch().iter().eq(&[7]));
        writer.join().expect("no panic");
    });
}

#[test]
fn a_publisher_that_sleeps_for_room_is_woken() {
    model(|| {
        let (mut publisher, mut subscribers) = full_ring_of(1);
        let mut subscriber = subscribers.remove(0);
        let writer = thread::spawn(move || {
            let waiter = Waiter::new(Wait::Park);
            publisher.attend(&waiter).expect("a seat");
            while publisher.write(&[9, 10]) == Err(Full) {
                publisher.sleep_for_room(2, &waiter, None);
            }
        });
        for _ in 0..2 {
            subscriber.batch();
            subscriber.release(1);
        }
        writer.join().expect("no panic");
    });
}

/// Reads what the lagging reader is given and says what that was.
fn read_lagging(lagging: &mut LaggingSubscriber<[u64; 2]>) -> Result<Vec<[u64; 2]>, Lapped> {
    let mut into = [[0; 2]; 2];
    lagging.read(&mut into).map(|count| into[..count].to_vec())
}

#[test]
fn who_is_lapped_never_reads_what_is_torn() {
    model(|| {
        let mut ring = broadcast::<[u64; 2]>(8, 0);
        let mut lagging = ring.subscribe_lagging();
        let mut publisher = ring.publisher();
        let first: Vec<[u64; 2]> = (0..8).map(|value| [value, !value]).collect();
        publisher.write(&first).expect("nobody gates");
        publisher.publish();
        let writer = thread::spawn(move || {
            publisher.write(&[[8, !8]]).expect("nobody gates");
            publisher.publish();
        });
        match read_lagging(&mut lagging) {
            Ok(found) => assert_eq!(found, [[0, !0], [1, !1]]),
            Err(lapped) => assert_eq!(lapped, Lapped { position: 0, oldest: 1 }),
        }
        writer.join().expect("no panic");
        lagging.resume_at(7);
        assert_eq!(read_lagging(&mut lagging), Ok(vec![[7, !7], [8, !8]]));
    });
}
