//! The one place that has sockets: it accepts, reads, writes and closes, and hands bytes and events
//! to conversations. One thread runs it; nothing in it blocks but the sleep it is asked for.
//!
//! Sockets are edge-triggered: what is readable stays on a list until a read finds nothing more, so
//! nobody starves and nothing is forgotten. A connection has so many messages a turn and no more.

use core::fmt;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use foldhash::fast::FixedState;
use mio::event::{Event as Readiness, Source};
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Token};
use ringside_protocol::{AccountId, Event, EventHeader, OnDisconnect, StreamId, Timestamp};
use ringside_ring::{Sleep, Wake};

use crate::house::{Counts, House};
use crate::identity::SourceId;
use crate::limits::{CONNECT_SOURCES_MAX, MESSAGES_PER_TURN_MAX};
use crate::questions::Answers;
use crate::soup::Soup;
use crate::talk::{ConnectionId, Context, Farewell, Step, Talk, Venue};
use crate::tape::{Tape, TapeTalk};
use crate::websocket::Web;

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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// What is spoken on a listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speech {
    /// SoupBinTCP carrying OUCH; what becomes of a stream's orders when its connection is lost.
    Ouch(OnDisconnect),
    /// SoupBinTCP carrying ITCH: the public feed.
    Itch,
    /// WebSocket: the JSON dialect's API and its public streams.
    WebSocket,
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

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

macro_rules! each_socket {
    ($socket:expr, $it:ident => $does:expr) => {
        match $socket {
            Socket::Tcp($it) => $does,
            Socket::Unix($it) => $does,
        }
    };
}

struct Connection {
    socket: Socket,
    source: SourceId,
    talk: Box<dyn Talk>,
    /// What was read and not yet understood, from `read_from` on.
    inbox: Vec<u8>,
    read_from: usize,
    /// What is told and not yet written, from `written` on.
    out: Vec<u8>,
    written: usize,
    can_read: bool,
    can_write: bool,
    is_listed: bool,
    is_dirty: bool,
    /// It ends when everything told is written.
    ending: Option<Farewell>,
}

/// How often an address was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    minute: u64,
    /// Connections that came in that minute.
    came: u32,
    /// Connections now.
    here: u32,
}

/// The reactor.
pub struct Reactor {
    poller: Poller,
    listeners: Vec<(Listener, Speech)>,
    connections: Vec<Option<Connection>>,
    free: Vec<u32>,
    house: House,
    /// What other threads ask.
    answers: Option<Answers>,
    ready: Vec<(Token, Ready)>,
    /// Connections that have something to read or to take in.
    listed: Vec<ConnectionId>,
    /// Connections that have something to be written.
    dirty: Vec<ConnectionId>,
    next_tick: Timestamp,
    sources: HashMap<SourceId, Seen, FixedState>,
    count: usize,
    scratch: Vec<u8>,
    /// Accounts that the command in hand touched and somebody hears of.
    touched: Vec<AccountId>,
    /// The last event heard was not the last of its command: views are not to be shown.
    is_mid_command: bool,
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
            answers: None,
            ready: Vec::with_capacity(EVENTS),
            listed: Vec::new(),
            dirty: Vec::new(),
            next_tick: Timestamp(0),
            sources: HashMap::default(),
            count: 0,
            scratch: vec![0; READ_BYTES],
            touched: Vec::new(),
            is_mid_command: false,
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

    /// From now on answers what other threads ask.
    pub fn answer(&mut self, answers: Answers) {
        self.answers = Some(answers);
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
        is_last: bool,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) {
        self.is_mid_command = !is_last;
        self.house.hear(header, event, is_last);
        self.note_touched(event);
        if let Some(report) = event.report() {
            self.tell_stream(report.stream, header, event, now, venue);
        }
        if is_last {
            self.tell_touched(header, now, venue);
            self.tell_published(now, venue);
        }
    }

    /// Hands public market data to whoever hears it.
    fn tell_published(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        if let Some((packets, listeners)) = self.house.tape.as_mut().and_then(Tape::take_fresh) {
            for id in listeners {
                self.with(id, now, venue, |_, context| {
                    context.out.extend_from_slice(&packets);
                    Ok(())
                });
            }
        }
        for published in self.house.market.take_published() {
            let heard = self.house.market.subscriptions.subscribers(published.topic);
            let subscribers: Vec<ConnectionId> = heard.map(|id| ConnectionId(id as u32)).collect();
            for id in subscribers {
                self.with(id, now, venue, |talk, context| {
                    talk.published(&published, context.out);
                    Ok(())
                });
            }
        }
    }

    /// Hands an event to those who are on its stream, and to others who hear its account.
    fn tell_stream(
        &mut self,
        stream: StreamId,
        header: &EventHeader,
        event: &Event,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) {
        let mut at = 0;
        while let Some(&id) = self.house.listeners(stream).get(at) {
            at += 1;
            self.with(id, now, venue, |talk, context| talk.hear(header, event, context));
        }
        let Some(account) = event.account() else { return };
        let mut at = 0;
        while let Some(&id) = self.house.subscribers(account).get(at) {
            at += 1;
            if !self.house.listeners(stream).contains(&id) {
                self.with(id, now, venue, |talk, context| talk.hear(header, event, context));
            }
        }
    }

    fn note_touched(&mut self, event: &Event) {
        let accounts = match event {
            Event::Posting(posting) => [Some(posting.debit), Some(posting.credit)],
            Event::Accepted(event) => [Some(event.account), None],
            Event::Amended(event) => [Some(event.account), None],
            Event::Canceled(event) => [Some(event.account), None],
            Event::Rejected(_)
            | Event::Executed(_)
            | Event::Trade(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_) => return,
        };
        for account in accounts.into_iter().flatten() {
            if !self.house.subscribers(account).is_empty() && !self.touched.contains(&account) {
                self.touched.push(account);
            }
        }
    }

    fn tell_touched(&mut self, header: &EventHeader, now: Timestamp, venue: &mut dyn Venue) {
        let mut touched = std::mem::take(&mut self.touched);
        for account in touched.drain(..) {
            let mut at = 0;
            while let Some(&id) = self.house.subscribers(account).get(at) {
                at += 1;
                self.with(id, now, venue, |talk, context| talk.touched(header, account, context));
            }
        }
        self.touched = touched;
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
        if !self.is_mid_command {
            if let Some(answers) = &mut self.answers {
                worked |= answers.turn(&mut self.house, now);
            }
            worked |= self.read_listed(now, venue);
            worked |= self.answer_others(now);
        }
        self.tick(now, venue);
        self.evict(now, venue);
        self.house.tell_leaving(venue);
        worked
    }

    fn answer_others(&mut self, now: Timestamp) -> bool {
        self.answers.as_mut().is_some_and(|answers| answers.turn(&mut self.house, now))
    }

    /// Writes what was told since the last time.
    pub fn flush(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        if let Some(answers) = &mut self.answers {
            answers.tell();
        }
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
            Speech::Itch => Box::new(TapeTalk::new(now)),
            Speech::WebSocket => Box::new(Web::new(limits, now)),
        };
        let mut connection = Connection {
            socket,
            source,
            talk,
            inbox: Vec::new(),
            read_from: 0,
            out: Vec::new(),
            written: 0,
            can_read: true,
            can_write: true,
            is_listed: false,
            is_dirty: false,
            ending: None,
        };
        let at = self.free.pop().unwrap_or(self.connections.len() as u32);
        let token = Token(at as usize);
        let socket = &mut connection.socket;
        let registered = each_socket!(socket, it => self.poller.register(it, token, true));
        if registered.is_err() {
            self.free.push(at);
            self.gone_from(source);
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

    /// Counts an address's connections, at once and of this minute (GWY-021).
    fn may_connect(&mut self, source: SourceId, now: Timestamp) -> bool {
        let minute = now.0 / (60 * Timestamp::SECOND);
        if self.sources.len() >= CONNECT_SOURCES_MAX && !self.sources.contains_key(&source) {
            self.sources.retain(|_, seen| seen.minute == minute || seen.here > 0);
        }
        let limits = &self.house.limits;
        let seen = self.sources.entry(source).or_default();
        if seen.minute != minute {
            (seen.minute, seen.came) = (minute, 0);
        }
        seen.came += 1;
        let may = seen.came <= limits.connects_per_minute
            && seen.here < limits.connections_per_address_max;
        seen.here += u32::from(may);
        may
    }

    /// One of an address's connections has ended.
    fn gone_from(&mut self, source: SourceId) {
        if let Some(seen) = self.sources.get_mut(&source) {
            seen.here = seen.here.saturating_sub(1);
        }
    }

    fn read_listed(&mut self, now: Timestamp, venue: &mut dyn Venue) -> bool {
        let mut listed = std::mem::take(&mut self.listed);
        let mut worked = false;
        for id in listed.drain(..) {
            let Some(connection) = &mut self.connections[id.0 as usize] else { continue };
            connection.is_listed = false;
            worked |= self.read(id, now, venue);
        }
        if self.listed.is_empty() {
            self.listed = listed;
        }
        worked
    }

    /// Reads from a connection and hands over what it says, up to a bound.
    fn read(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) -> bool {
        let Some(mut connection) = self.connections[id.0 as usize].take() else { return false };
        let read = connection.fill(&mut self.scratch, self.house.limits.message_bytes_max);
        let (outcome, worked) = self.understand(id, &mut connection, now, venue);
        let has_more = connection.can_read || outcome == Some(Step::Taken(0));
        let is_held = outcome == Some(Step::Held);
        let is_told = !connection.out.is_empty();
        let farewell = match (outcome, read) {
            (Some(Step::Over(why)), _) => Some(why),
            (_, Err(why)) => Some(why),
            (Some(Step::Taken(_) | Step::Wanting | Step::Held) | None, Ok(())) => None,
        };
        if let Some(why) = farewell {
            connection.end(why);
        }
        let is_ending = connection.ending.is_some();
        self.connections[id.0 as usize] = Some(connection);
        if is_ending || is_told {
            self.soil(id);
        }
        if !is_ending && has_more || is_held {
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
    ) -> (Option<Step>, bool) {
        if connection.ending.is_some() {
            return (None, false);
        }
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
                    return (Some(other), worked);
                }
            }
        }
        connection.tidy();
        (Some(Step::Taken(0)), worked)
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
        let Some(connection) = slot.as_mut().filter(|it| it.ending.is_none()) else { return };
        let Connection { talk, out, source, written, .. } = connection;
        let house = &mut self.house;
        let out_bytes_max = house.limits.out_bytes_max;
        let mut context = Context { id, now, source: *source, house, venue, out };
        let acted = act(&mut **talk, &mut context);
        let is_slow = out.len() - *written > out_bytes_max;
        let is_told = !out.is_empty();
        match acted {
            Err(why) => connection.end(why),
            Ok(()) if is_slow => connection.cut_off(format!(
                "too slow: more than {out_bytes_max} bytes were told and not taken; log in again \
                 and go on from where you are"
            )),
            Ok(()) => {}
        }
        if is_told || connection.ending.is_some() {
            self.soil(id);
        }
    }

    fn tick(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        if now < self.next_tick || self.count == 0 {
            return;
        }
        let House { market, views, .. } = &mut self.house;
        market.tick(now, views);
        self.tell_published(now, venue);
        for at in 0..self.connections.len() {
            let id = ConnectionId(at as u32);
            self.with(id, now, venue, |talk, context| talk.tick(context));
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
        let is_done = connection.out.is_empty() || !is_there;
        if connection.ending.is_some() && is_done || !is_there {
            self.close(id, now, venue);
        }
    }

    fn close(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) {
        let Some(mut connection) = self.connections[id.0 as usize].take() else { return };
        each_socket!(&mut connection.socket, it => self.poller.deregister(it));
        self.gone_from(connection.source);
        let Connection { talk, out, source, .. } = &mut connection;
        let house = &mut self.house;
        talk.gone(&mut Context { id, now, source: *source, house, venue, out });
        self.house.forget(id);
        self.free.push(id.0);
        self.count -= 1;
        if connection.ending.is_some() {
            Counts::add(&self.house.counts.cut_off);
        }
        self.house.counts.connections.store(self.count as u64, Ordering::Relaxed);
    }
}

impl Connection {
    /// Reads what there is, up to a message and a piece.
    fn fill(&mut self, scratch: &mut [u8], message_bytes_max: usize) -> Result<(), Farewell> {
        let enough = message_bytes_max + READ_BYTES;
        while self.can_read && self.inbox.len() - self.read_from < enough {
            match each_socket!(&mut self.socket, it => it.read(scratch)) {
                Ok(0) => {
                    self.can_read = false;
                    return Err("the other side has closed the connection".into());
                }
                Ok(count) => self.inbox.extend_from_slice(&scratch[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_read = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.can_read = false;
                    return Err(format!("the connection broke: {error}").into());
                }
            }
        }
        Ok(())
    }

    /// Forgets what was understood.
    fn tidy(&mut self) {
        if self.read_from == self.inbox.len() {
            self.inbox.clear();
            self.read_from = 0;
        } else if self.read_from > READ_BYTES {
            self.inbox.drain(..self.read_from);
            self.read_from = 0;
        }
    }

    /// Writes what the socket takes; false where there is nobody to take it.
    fn drain(&mut self) -> bool {
        while self.can_write && self.written < self.out.len() {
            let rest = &self.out[self.written..];
            match each_socket!(&mut self.socket, it => it.write(rest)) {
                Ok(0) => return false,
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_write = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
        } else if self.written > READ_BYTES {
            self.out.drain(..self.written);
            self.written = 0;
        }
        true
    }

    /// Ends it when what was told is written.
    fn end(&mut self, why: Farewell) {
        if self.ending.is_none() {
            self.talk.farewell(&why, &mut self.out);
            self.ending = Some(why);
        }
    }

    /// Ends it at once: what was told is not taken anyway.
    fn cut_off(&mut self, why: String) {
        self.out.clear();
        self.written = 0;
        self.end(why.into());
    }
}

/// Takes away a socket's file that nobody listens on any more.
pub(crate) fn clear_way(path: &Path) -> io::Result<()> {
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
