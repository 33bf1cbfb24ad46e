//! Which sockets are ready, asked of the system; the reactor's thread sleeps here and is woken
//! here.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mio::event::{Event as Readiness, Source};
use mio::{Events, Interest, Poll, Token};
use ringside_ring::{Sleep, Wake};

/// Readiness taken from the system at once.
const EVENTS: usize = 1_024;

const WAKER: Token = Token(usize::MAX);

/// The reactor's eye on its sockets. The thread sleeps in it and is woken through it.
#[derive(Clone)]
pub struct Poller {
    shared: Arc<Eye>,
}

struct Eye {
    poll: Mutex<(Poll, Events)>,
    ready: Mutex<Vec<(Token, Ready)>>,
    waker: mio::Waker,
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ready {
    pub(super) reads: bool,
    pub(super) writes: bool,
}

impl Poller {
    /// A new one.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        let poll = Mutex::new((poll, Events::with_capacity(EVENTS)));
        Ok(Self { shared: Arc::new(Eye { poll, ready: Mutex::default(), waker }) })
    }

    pub(super) fn look(&self, limit: Option<Duration>) {
        let mut poll = locked(&self.shared.poll);
        let (poll, events) = &mut *poll;
        match poll.poll(events, limit) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            Err(error) => panic!("the system does not say which sockets are ready: {error}"),
        }
        let noted = events.iter().filter(|event| event.token() != WAKER).map(noted);
        locked(&self.shared.ready).extend(noted);
    }

    pub(super) fn take(&self, into: &mut Vec<(Token, Ready)>) {
        into.append(&mut locked(&self.shared.ready));
    }

    pub(super) fn register(
        &self,
        source: &mut impl Source,
        token: Token,
        both: bool,
    ) -> io::Result<()> {
        let interest = Interest::READABLE;
        let interest = if both { interest | Interest::WRITABLE } else { interest };
        locked(&self.shared.poll).0.registry().register(source, token, interest)
    }

    pub(super) fn deregister(&self, source: &mut impl Source) {
        // It is about to be closed, which takes it off as well.
        let _ = locked(&self.shared.poll).0.registry().deregister(source);
    }
}

fn noted(event: &Readiness) -> (Token, Ready) {
    let reads = event.is_readable() || event.is_read_closed() || event.is_error();
    (event.token(), Ready { reads, writes: event.is_writable() })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("Invariant: nobody panics with the poller")
}

impl Sleep for Poller {
    fn sleep(&self, limit: Option<Duration>) {
        self.look(limit);
    }
}

impl Wake for Poller {
    fn wake(&self) {
        // Where the system refuses, the sleeper looks again within its limit.
        let _ = self.shared.waker.wake();
    }
}
