//! How a thread waits until a cursor has come far enough: it registers at one or more cursors,
//! looks once more, waits and says what it found. It reads no clock and decides nothing: callers
//! loop.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::cursor::{Crowded, Seat, Watch};
use crate::fence;
use crate::sync::{current, park, park_timeout, spin_loop, yield_now};

/// Looks at its goals before [`Waiter::sleep_until`] returns, where it spins or yields.
pub const LOOKS_MAX: usize = 256;

/// Whom to call when a sleeper's time has come. It must not block, panic or touch the cursor.
pub trait Wake: Send + Sync {
    /// Called by the thread that publishes.
    fn wake(&self);
}

impl Wake for std::thread::Thread {
    fn wake(&self) {
        self.unpark();
    }
}

#[cfg(loom)]
impl Wake for loom::thread::Thread {
    fn wake(&self) {
        self.unpark();
    }
}

impl<W: Wake + ?Sized> Wake for Arc<W> {
    fn wake(&self) {
        (**self).wake();
    }
}

/// How a thread sleeps that has more to wait for than cursors: a reactor in its poll.
pub trait Sleep {
    /// Sleeps until somebody calls the [`Wake`] that belongs to it, something of its own happens,
    /// or the limit is over; it may return for no reason.
    fn sleep(&self, limit: Option<Duration>);
}

/// Sleeps by parking the thread.
struct Parking;

impl Sleep for Parking {
    fn sleep(&self, limit: Option<Duration>) {
        match limit {
            Some(limit) => park_timeout(limit),
            None => park(),
        }
    }
}

/// What a thread does while it waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Wait {
    /// Sleeps until it is woken: an idle thread uses no CPU, a wake-up costs microseconds.
    #[default]
    Park,
    /// Lets other threads run between looks: for as many threads as cores or more.
    Yield,
    /// Looks again at once: for a thread that has a core to itself.
    Spin,
}

/// What a wait ended with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// At least one cursor has come as far as was asked.
    Reached,
    /// The writer of a cursor that had not come so far is gone; another may have come meanwhile.
    Abandoned,
    /// Neither: the time was up, somebody woke the thread for another reason, or for none.
    NotYet,
}

/// A cursor, by the seat taken at it, and the value that is waited for.
pub type Goal<'a> = (&'a Seat, u64);

/// Registers all goals, then looks once more. While the guard lives, the first cursor to reach its
/// value wakes its seat; whoever sleeps in a way of his own (a reactor in its poll) sleeps now.
///
/// # Errors
///
/// There is nothing to sleep for: what [`look`] found.
pub fn arm<'a>(goals: &'a [Goal<'a>]) -> Result<Armed<'a>, Woken> {
    goals.iter().for_each(|(seat, value)| seat.register(*value));
    let armed = Armed { goals };
    // The sleeper's half of the handshake in cursor.rs, once for all goals.
    fence::heavy();
    match look(goals) {
        Woken::NotYet => Ok(armed),
        found @ (Woken::Reached | Woken::Abandoned) => Err(found),
    }
}

/// What there is to say about the goals now.
pub fn look(goals: &[Goal<'_>]) -> Woken {
    let mut found = Woken::NotYet;
    for (seat, value) in goals {
        // In this order, so that the value of an abandoned cursor is its last.
        let is_abandoned = seat.is_abandoned();
        if seat.get() >= *value {
            return Woken::Reached;
        }
        if is_abandoned {
            found = Woken::Abandoned;
        }
    }
    found
}

/// The goals are registered; dropping this takes them back.
#[must_use = "dropping it takes the registration back"]
pub struct Armed<'a> {
    goals: &'a [Goal<'a>],
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.goals.iter().for_each(|(seat, _)| seat.unregister());
    }
}

/// One thread's way to wait. It stays on the thread that made it, for that one it parks and wakes.
pub struct Waiter {
    wait: Wait,
    wake: Arc<dyn Wake>,
    sleep: Box<dyn Sleep>,
    stays: PhantomData<*const ()>,
}

impl Waiter {
    /// Waits on this thread in this way.
    pub fn new(wait: Wait) -> Self {
        Self::with(wait, Arc::new(current()), Box::new(Parking))
    }

    /// Where it would park, it sleeps as `sleep` does, and is woken by `wake`.
    pub fn with(wait: Wait, wake: Arc<dyn Wake>, sleep: Box<dyn Sleep>) -> Self {
        Self { wait, wake, sleep, stays: PhantomData }
    }

    /// Takes a seat at a cursor; done once, before the first sleep.
    ///
    /// # Errors
    ///
    /// [`Crowded`] when the cursor has no seat left.
    pub fn attend(&self, cursor: &Watch) -> Result<Seat, Crowded> {
        cursor.seat(Arc::clone(&self.wake))
    }

    /// Waits until one of the goals is reached, or `limit` is over, or something else woke the
    /// thread. Spinning and yielding end after [`LOOKS_MAX`] looks whatever the limit.
    ///
    /// # Panics
    ///
    /// If a seat was taken by another waiter: it would wake the wrong thread.
    pub fn sleep_until(&self, goals: &[Goal<'_>], limit: Option<Duration>) -> Woken {
        match self.wait {
            Wait::Park => self.park_until(goals, limit),
            Wait::Yield => look_while(goals, yield_now),
            Wait::Spin => look_while(goals, spin_loop),
        }
    }

    fn park_until(&self, goals: &[Goal<'_>], limit: Option<Duration>) -> Woken {
        let is_own = |(seat, _): &Goal<'_>| seat.wakes_by(&self.wake);
        assert!(goals.iter().all(is_own), "a seat belongs to the waiter that took it");
        let _armed = match arm(goals) {
            Ok(armed) => armed,
            Err(found) => return found,
        };
        self.sleep.sleep(limit);
        look(goals)
    }
}

fn look_while(goals: &[Goal<'_>], between: fn()) -> Woken {
    for _ in 1..LOOKS_MAX {
        match look(goals) {
            Woken::NotYet => between(),
            found @ (Woken::Reached | Woken::Abandoned) => return found,
        }
    }
    look(goals)
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::cursor::Cursor;

    const WAYS: [Wait; 3] = [Wait::Park, Wait::Yield, Wait::Spin];

    #[test]
    fn what_is_there_already_is_not_waited_for() {
        for wait in WAYS {
            let (near, far) = (Cursor::new(5), Cursor::new(0));
            let waiter = Waiter::new(wait);
            let near_seat = waiter.attend(&near.watch()).expect("a seat");
            let far_seat = waiter.attend(&far.watch()).expect("a seat");
            let goals = [(&far_seat, 1), (&near_seat, 5)];
            assert_eq!(waiter.sleep_until(&goals, None), Woken::Reached, "{wait:?}");
        }
    }

    #[test]
    fn a_limit_ends_the_wait() {
        for wait in WAYS {
            let cursor = Cursor::new(0);
            let waiter = Waiter::new(wait);
            let seat = waiter.attend(&cursor.watch()).expect("a seat");
            let limit = Some(Duration::from_micros(10));
            assert_eq!(waiter.sleep_until(&[(&seat, 1)], limit), Woken::NotYet, "{wait:?}");
        }
    }

    /// Sleeps until one of the cursors has come to `value` or is abandoned.
    fn sleep(waiter: &Waiter, seats: &[Seat; 2], value: u64) -> Woken {
        loop {
            match waiter.sleep_until(&[(&seats[0], value), (&seats[1], value)], None) {
                Woken::NotYet => {}
                found @ (Woken::Reached | Woken::Abandoned) => return found,
            }
        }
    }

    /// Whichever cursor moves, the thread that sleeps for both wakes; and again when one is gone.
    #[test]
    fn any_of_several_cursors_wakes() {
        for (wait, first) in WAYS.into_iter().flat_map(|wait| [(wait, 0), (wait, 1)]) {
            let mut cursors = vec![Cursor::new(0), Cursor::new(0)];
            let watches = [cursors[0].watch(), cursors[1].watch()];
            let (tell, told) = mpsc::channel();
            let sleeper = thread::spawn(move || {
                let waiter = Waiter::new(wait);
                let seats = watches.map(|watch| waiter.attend(&watch).expect("a seat"));
                for value in [3, 9] {
                    tell.send(sleep(&waiter, &seats, value)).expect("somebody listens");
                }
            });
            cursors[first].publish(3);
            assert_eq!(told.recv(), Ok(Woken::Reached), "{wait:?} {first}");
            cursors.remove(1 - first);
            assert_eq!(told.recv(), Ok(Woken::Abandoned), "{wait:?} {first}");
            sleeper.join().expect("no panic");
        }
    }

    #[test]
    #[should_panic(expected = "a seat belongs to the waiter that took it")]
    fn a_seat_of_another_waiter_is_refused() {
        let cursor = Cursor::new(0);
        let (one, other) = (Waiter::new(Wait::Park), Waiter::new(Wait::Park));
        let seat = one.attend(&cursor.watch()).expect("a seat");
        other.sleep_until(&[(&seat, 1)], Some(Duration::ZERO));
    }

    /// A sleeper of its own kind: it is woken through its own flag and counts its sleeps.
    #[derive(Default)]
    struct Bell(std::sync::Mutex<(bool, u32)>, std::sync::Condvar);

    impl Wake for Bell {
        fn wake(&self) {
            self.0.lock().expect("no panic").0 = true;
            self.1.notify_one();
        }
    }

    impl Sleep for Arc<Bell> {
        fn sleep(&self, limit: Option<Duration>) {
            assert_eq!(limit, None);
            let mut state = self.0.lock().expect("no panic");
            while !state.0 {
                state = self.1.wait(state).expect("no panic");
            }
            *state = (false, state.1 + 1);
        }
    }

    #[test]
    fn a_thread_sleeps_and_wakes_in_a_way_of_its_own() {
        let bell = Arc::new(Bell::default());
        let mut cursor = Cursor::new(0);
        let watch = cursor.watch();
        let (tell, told) = mpsc::channel();
        let sleepers = Arc::clone(&bell);
        let sleeper = thread::spawn(move || {
            let wake: Arc<dyn Wake> = Arc::new(Arc::clone(&sleepers));
            let waiter = Waiter::with(Wait::Park, wake, Box::new(Arc::clone(&sleepers)));
            let seat = waiter.attend(&watch).expect("a seat");
            tell.send(()).expect("somebody listens");
            while waiter.sleep_until(&[(&seat, 2)], None) != Woken::Reached {}
        });
        told.recv().expect("the sleeper is there");
        cursor.publish(1);
        cursor.publish(2);
        sleeper.join().expect("no panic");
        assert!(bell.0.lock().expect("no panic").1 <= 1, "woken at its value, not before");
    }

    #[test]
    fn looks_are_bounded() {
        thread_local!(static TURNS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });
        let cursor = Cursor::new(0);
        let waiter = Waiter::new(Wait::Spin);
        let seat = waiter.attend(&cursor.watch()).expect("a seat");
        let woken = look_while(&[(&seat, 1)], || TURNS.with(|turns| turns.set(turns.get() + 1)));
        assert_eq!((woken, TURNS.with(|turns| turns.get())), (Woken::NotYet, LOOKS_MAX - 1));
    }
}
