//! The one place that has sockets: it accepts, reads, writes and closes, and hands bytes and events
//! to conversations. One thread runs it; nothing in it blocks but the sleep it is asked for.
//!
//! Sockets are edge-triggered: what is readable stays on a list until a read finds nothing more, so
//! nobody starves and nothing is forgotten. A connection has so many messages a turn and no more.

mod connection;

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use foldhash::fast::FixedState;
use mio::event::{Event as Readiness, Source};
use mio::net::{TcpListener, UnixListener};
use mio::{Events, Interest, Poll, Token};
use ringside_protocol::{Event, EventHeader, OnDisconnect, Timestamp};
use ringside_ring::{Sleep, Wake};

use crate::house::{Counts, House};
use crate::identity::SourceId;
use crate::limits::{CONNECT_SOURCES_MAX, MESSAGES_PER_TURN_MAX};
use crate::soup::Soup;
use crate::talk::{ConnectionId, Context, Farewell, Step, Talk, Venue};

use self::connection::{Connection, Socket, each_socket};

/// Readiness taken from the system at once.
const EVENTS: usize = 1_024;
/// Bytes read from a socket at once.
const READ_BYTES: usize = 64 * 1024;
/// Conversations hear that time passes this often.
const TICK_NS: u64 = 100_000_000;
/// The same while somebody waits for what is not written yet.
const URGENT_TICK_NS: u64 = 10_000_000;

const WAKER: Token = Token(usize::MAX);
const LISTENERS: usize = 1 << 32;

/// Where connections are taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A TCP port.
    Tcp(SocketAddr),
    /// A Unix socket; the file is made, and replaced where nobody listens on it.
    Unix(PathBuf),
}

/// What is spoken on a listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speech {
    /// SoupBinTCP carrying OUCH; what becomes of a stream's orders when its connection is lost.
    Ouch(OnDisconnect),
}

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
struct Ready {
    reads: bool,
    writes: bool,
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

    fn look(&self, limit: Option<Duration>) {
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

    fn take(&self, into: &mut Vec<(Token, Ready)>) {
        into.append(&mut locked(&self.shared.ready));
    }

    fn register(&self, source: &mut impl Source, token: Token, both: bool) -> io::Result<()> {
        let interest = Interest::READABLE;
        let interest = if both { interest | Interest::WRITABLE } else { interest };
        locked(&self.shared.poll).0.registry().register(source, token, interest)
    }

    fn deregister(&self, source: &mut impl Source) {
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

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// The reactor.
pub struct Reactor {
    poller: Poller,
    listeners: Vec<(Listener, Speech)>,
    connections: Vec<Option<Connection>>,
    free: Vec<u32>,
    house: House,
    ready: Vec<(Token, Ready)>,
    /// Connections that have something to read or to take in.
    listed: Vec<ConnectionId>,
    /// Connections that have something to be written.
    dirty: Vec<ConnectionId>,
    next_tick: Timestamp,
    connects: HashMap<SourceId, (u64, u32), FixedState>,
    count: usize,
    scratch: Vec<u8>,
}

impl Reactor {
    /// Nobody is there, and nothing listens.
    pub fn new(poller: Poller, house: House) -> Self {
        Self {
            poller,
            listeners: Vec::new(),
            connections: Vec::new(),
            free: Vec::new(),
            house,
            ready: Vec::with_capacity(EVENTS),
            listed: Vec::new(),
            dirty: Vec::new(),
            next_tick: Timestamp(0),
            connects: HashMap::default(),
            count: 0,
            scratch: vec![0; READ_BYTES],
        }
    }

    /// Takes connections at an address; says which it is, for port 0 becomes one that is free.
    ///
    /// # Errors
    /// When the system does not give the address.
    pub fn listen(&mut self, address: &Address, speech: Speech) -> io::Result<Address> {
        let token = Token(LISTENERS + self.listeners.len());
        let (listener, bound) = match address {
            Address::Tcp(address) => {
                let mut listener = TcpListener::bind(*address)?;
                let bound = listener.local_addr()?;
                self.poller.register(&mut listener, token, false)?;
                (Listener::Tcp(listener), Address::Tcp(bound))
            }
            Address::Unix(path) => {
                clear_way(path)?;
                let mut listener = UnixListener::bind(path)?;
                self.poller.register(&mut listener, token, false)?;
                (Listener::Unix(listener, path.clone()), address.clone())
            }
        };
        self.listeners.push((listener, speech));
        Ok(bound)
    }

    /// What conversations share.
    pub const fn house(&self) -> &House {
        &self.house
    }

    /// The same, to be told things.
    pub const fn house_mut(&mut self) -> &mut House {
        &mut self.house
    }

    /// Connections now.
    pub const fn connections(&self) -> usize {
        self.count
    }

    /// Hears an event and hands it to whoever it is reported to.
    #[inline]
    pub fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) {
        self.house.hear(event);
        let Some(report) = event.report() else { return };
        let mut at = 0;
        while let Some(&id) = self.house.listeners(report.stream).get(at) {
            at += 1;
            self.with(id, now, venue, |talk, context| talk.hear(header, event, context));
        }
    }

    /// A command that somebody asked about is done.
    pub fn settled(&mut self, token: u64, now: Timestamp, venue: &mut dyn Venue) {
        if let Some(id) = self.house.redeem(token) {
            self.with(id, now, venue, |talk, context| talk.settled(token, context));
        }
    }

    /// Reads, understands, tells; true where there may be more to do at once.
    pub fn turn(&mut self, now: Timestamp, venue: &mut dyn Venue) -> bool {
        self.poller.look(Some(Duration::ZERO));
        let mut ready = std::mem::take(&mut self.ready);
        self.poller.take(&mut ready);
        let mut worked = !ready.is_empty();
        for (token, what) in ready.drain(..) {
            self.note(token, what, now);
        }
        self.ready = ready;
        while let Some(answer) = self.house.desk.answer() {
            worked = true;
            let id = answer.ask.connection;
            self.with(id, now, venue, |talk, context| talk.fetched(answer, context));
        }
        worked |= self.read_listed(now, venue);
        self.tick(now, venue);
        self.evict(now, venue);
        self.house.tell_leaving(venue);
        worked
    }

    /// Writes what was told since the last time.
    pub fn flush(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for id in dirty.drain(..) {
            self.write(id, now, venue);
        }
        // Writing may end a connection, and an end may tell others; they are written next time.
        if self.dirty.is_empty() {
            self.dirty = dirty;
        }
    }

    /// When it wants a turn even if nothing happens; none: never.
    pub fn next_turn(&self) -> Option<Timestamp> {
        (self.count > 0).then_some(self.next_tick)
    }

    /// Whether everything told is written.
    pub fn is_flushed(&self) -> bool {
        self.connections.iter().flatten().all(|connection| connection.out.is_empty())
    }

    fn note(&mut self, token: Token, what: Ready, now: Timestamp) {
        if token.0 >= LISTENERS {
            return self.accept(token.0 - LISTENERS, now);
        }
        let id = ConnectionId(token.0 as u32);
        let Some(connection) = self.connections.get_mut(token.0).and_then(Option::as_mut) else {
            return;
        };
        connection.can_read |= what.reads;
        connection.can_write |= what.writes;
        if what.reads {
            self.list(id);
        }
        if what.writes {
            self.soil(id);
        }
    }

    fn list(&mut self, id: ConnectionId) {
        if let Some(connection) = &mut self.connections[id.0 as usize]
            && !connection.is_listed
        {
            connection.is_listed = true;
            self.listed.push(id);
        }
    }

    fn soil(&mut self, id: ConnectionId) {
        if let Some(connection) = &mut self.connections[id.0 as usize]
            && !connection.is_dirty
        {
            connection.is_dirty = true;
            self.dirty.push(id);
        }
    }

    fn accept(&mut self, listener: usize, now: Timestamp) {
        loop {
            let accepted = match &self.listeners[listener].0 {
                Listener::Tcp(listener) => listener.accept().map(|(stream, address)| {
                    // Small messages must not wait for one another.
                    let _ = stream.set_nodelay(true);
                    (Socket::Tcp(stream), SourceId::from(address.ip()))
                }),
                Listener::Unix(listener, _) => {
                    listener.accept().map(|(stream, _)| (Socket::Unix(stream), SourceId::Unix))
                }
            };
            match accepted {
                Ok((socket, source)) => self.welcome(socket, source, listener, now),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The other side has gone again, or there are no descriptors left: the next
                // connection brings the listener back.
                Err(_) => return,
            }
        }
    }

    fn welcome(&mut self, socket: Socket, source: SourceId, listener: usize, now: Timestamp) {
        let is_full = self.count >= self.house.limits.connections_max;
        if is_full || !self.may_connect(source, now) {
            return Counts::add(&self.house.counts.turned_away);
        }
        let limits = &self.house.limits;
        let talk: Box<dyn Talk> = match self.listeners[listener].1 {
            Speech::Ouch(on_disconnect) => {
                Box::new(Soup::new(on_disconnect, limits.messages_per_second, now))
            }
        };
        let mut connection = Connection::new(socket, source, talk);
        let at = self.free.pop().unwrap_or(self.connections.len() as u32);
        let token = Token(at as usize);
        let socket = &mut connection.socket;
        let registered = each_socket!(socket, it => self.poller.register(it, token, true));
        if registered.is_err() {
            self.free.push(at);
            return Counts::add(&self.house.counts.turned_away);
        }
        if at as usize == self.connections.len() {
            self.connections.push(None);
        }
        self.connections[at as usize] = Some(connection);
        self.count += 1;
        self.next_tick = self.next_tick.min(Timestamp(now.0 + TICK_NS));
        Counts::add(&self.house.counts.accepted);
        self.house.counts.connections.store(self.count as u64, Ordering::Relaxed);
        self.list(ConnectionId(at));
    }

    /// Counts an address's connections of this second (GWY-021).
    fn may_connect(&mut self, source: SourceId, now: Timestamp) -> bool {
        let second = now.0 / Timestamp::SECOND;
        if self.connects.len() >= CONNECT_SOURCES_MAX && !self.connects.contains_key(&source) {
            self.connects.retain(|_, (counted, _)| *counted == second);
        }
        let (counted, count) = self.connects.entry(source).or_insert((second, 0));
        if *counted != second {
            (*counted, *count) = (second, 0);
        }
        *count += 1;
        *count <= self.house.limits.connects_per_second
    }

    fn read_listed(&mut self, now: Timestamp, venue: &mut dyn Venue) -> bool {
        let mut listed = std::mem::take(&mut self.listed);
        let mut worked = false;
        for id in listed.drain(..) {
            let Some(connection) = &mut self.connections[id.0 as usize] else { continue };
            connection.is_listed = false;
            worked |= self.read(id, now, venue);
            // Whoever was taken over is not read any more.
            self.evict(now, venue);
        }
        if self.listed.is_empty() {
            self.listed = listed;
        }
        worked
    }

    /// Reads from a connection and hands over what it says, up to a bound.
    fn read(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) -> bool {
        let Some(mut connection) = self.connections[id.0 as usize].take() else { return false };
        if connection.is_ending() {
            connection.discard(&mut self.scratch);
            let (is_closed, has_more) = (connection.closed.is_some(), connection.can_read);
            self.connections[id.0 as usize] = Some(connection);
            if is_closed {
                self.soil(id);
            }
            if has_more {
                self.list(id);
            }
            return has_more;
        }
        connection.fill(&mut self.scratch, self.house.limits.message_bytes_max);
        let (step, worked) = self.understand(id, &mut connection, now, venue);
        // Somebody who said something and went at once is heard to the end.
        let (farewell, is_listed) = match step {
            Step::Over(why) => (Some(why), false),
            Step::Wanting => (connection.closed.clone(), connection.can_read),
            Step::Taken(_) | Step::Held => (None, true),
        };
        if let Some(why) = farewell {
            connection.end(&why, now);
        }
        let is_soiled = connection.is_ending() || !connection.out.is_empty();
        self.connections[id.0 as usize] = Some(connection);
        if is_soiled {
            self.soil(id);
        }
        if is_listed {
            self.list(id);
        }
        worked
    }

    /// Hands messages over until there is none, one is held, or it is somebody else's turn; the
    /// last step, where `Taken(0)` stands for a turn that is over.
    fn understand(
        &mut self,
        id: ConnectionId,
        connection: &mut Connection,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) -> (Step, bool) {
        let mut worked = false;
        for _ in 0..MESSAGES_PER_TURN_MAX {
            let Connection { talk, inbox, read_from, out, source, .. } = connection;
            let house = &mut self.house;
            let mut context = Context { id, now, source: *source, house, venue, out };
            match talk.read(&inbox[*read_from..], &mut context) {
                Step::Taken(bytes) => {
                    *read_from += bytes;
                    worked = true;
                    Counts::add(&self.house.counts.messages);
                }
                other @ (Step::Wanting | Step::Held | Step::Over(_)) => {
                    connection.tidy();
                    return (other, worked);
                }
            }
        }
        connection.tidy();
        (Step::Taken(0), worked)
    }

    /// Lets a conversation do something, and ends it where it says so.
    fn with(
        &mut self,
        id: ConnectionId,
        now: Timestamp,
        venue: &mut dyn Venue,
        act: impl FnOnce(&mut dyn Talk, &mut Context<'_>) -> Result<(), Farewell>,
    ) {
        let Some(slot) = self.connections.get_mut(id.0 as usize) else { return };
        let Some(connection) = slot.as_mut().filter(|it| !it.is_ending()) else { return };
        let Connection { talk, out, source, written, .. } = connection;
        let house = &mut self.house;
        let out_bytes_max = house.limits.out_bytes_max;
        let mut context = Context { id, now, source: *source, house, venue, out };
        let acted = act(&mut **talk, &mut context);
        let is_slow = out.len() - *written > out_bytes_max;
        let is_told = !out.is_empty();
        match acted {
            Err(why) => connection.end(&why, now),
            Ok(()) if is_slow => {
                let why = format!(
                    "too slow: more than {out_bytes_max} bytes were told and not taken; log in \
                     again and go on from where you are"
                );
                connection.cut_off(&why.into(), now);
            }
            Ok(()) => {}
        }
        if is_told || connection.is_ending() {
            self.soil(id);
        }
    }

    fn tick(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        if now < self.next_tick || self.count == 0 {
            return;
        }
        for at in 0..self.connections.len() {
            let id = ConnectionId(at as u32);
            self.with(id, now, venue, |talk, context| talk.tick(context));
            if self.connections[at].as_ref().is_some_and(|it| it.is_overdue(now)) {
                self.close(id, now, venue);
            }
        }
        let pause = if self.house.take_urgent() { URGENT_TICK_NS } else { TICK_NS };
        self.next_tick = Timestamp(now.0 + pause);
    }

    fn evict(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        for (id, why) in self.house.take_evicted() {
            self.with(id, now, venue, |_, _| Err(why));
        }
    }

    fn write(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) {
        let Some(connection) = &mut self.connections[id.0 as usize] else { return };
        connection.is_dirty = false;
        let is_there = connection.drain();
        if !is_there || connection.is_ending() && connection.is_finished() {
            return self.close(id, now, venue);
        }
        if connection.is_ending() && connection.out.is_empty() && connection.shut() {
            self.list(id);
        }
    }

    fn close(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) {
        let Some(mut connection) = self.connections[id.0 as usize].take() else { return };
        each_socket!(&mut connection.socket, it => self.poller.deregister(it));
        let Connection { talk, out, source, .. } = &mut connection;
        let house = &mut self.house;
        talk.gone(&mut Context { id, now, source: *source, house, venue, out });
        self.house.forget(id);
        self.free.push(id.0);
        self.count -= 1;
        if connection.was_cut_off {
            Counts::add(&self.house.counts.cut_off);
        }
        self.house.counts.connections.store(self.count as u64, Ordering::Relaxed);
    }
}

/// Takes away a socket's file that nobody listens on any more.
fn clear_way(path: &Path) -> io::Result<()> {
    if !path.exists() || std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Ok(());
    }
    std::fs::remove_file(path)
}

impl Drop for Reactor {
    fn drop(&mut self) {
        for (listener, _) in &self.listeners {
            if let Listener::Unix(_, path) = listener {
                // Whoever comes next takes it away as well.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}
