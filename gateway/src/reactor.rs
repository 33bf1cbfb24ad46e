//! The one place that has sockets: it accepts, reads, writes and closes, and hands bytes and events
//! to conversations. One thread runs it; nothing in it blocks but the sleep it is asked for.
//!
//! Sockets are edge-triggered: what is readable stays on a list until a read finds nothing more, so
//! nobody starves and nothing is forgotten. A connection has so many messages a turn and no more.

mod connection;
mod filing;
mod listener;
mod poller;

use core::fmt;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use foldhash::fast::FixedState;
use mio::Token;
use ringside_protocol::{
    AccountId, Event, EventHeader, OnDisconnect, Sequence, StreamId, Timestamp,
};

use crate::house::{Counts, House};
use crate::identity::SourceId;
use crate::limits::{CONNECT_SOURCES_MAX, Limits, MESSAGES_PER_TURN_MAX};
use crate::questions::Answers;
use crate::soup::Soup;
use crate::talk::{ConnectionId, Context, Farewell, Step, Talk, Venue};
use crate::tape::{Tape, TapeTalk};
use crate::websocket::Web;

use self::connection::{Connection, Socket, each_socket};
use self::listener::Listener;
pub(crate) use self::listener::clear_way;
pub use self::poller::Poller;
use self::poller::Ready;

/// Bytes read from a socket at once.
const READ_BYTES: usize = 64 * 1024;
/// Conversations hear that time passes this often.
const TICK_NS: u64 = 100_000_000;
/// The same while somebody waits for what is not written yet.
const URGENT_TICK_NS: u64 = 10_000_000;

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

/// Makes the conversation of a connection that was just taken.
pub type Conversation = Box<dyn Fn(&Limits, Timestamp) -> Box<dyn Talk> + Send>;

impl Speech {
    /// What it is spoken with.
    pub fn conversation(self) -> Conversation {
        match self {
            Self::Ouch(on_disconnect) => Box::new(move |limits, now| {
                Box::new(Soup::new(on_disconnect, limits.messages_per_second, now))
            }),
            Self::Itch => Box::new(|_, now| Box::new(TapeTalk::new(now))),
            Self::WebSocket => Box::new(|limits, now| Box::new(Web::new(limits, now))),
        }
    }
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
    listeners: Vec<(Listener, Conversation)>,
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
            ready: Vec::new(),
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
    pub fn listen(&mut self, address: &Address, make: Conversation) -> io::Result<Address> {
        let token = Token(LISTENERS + self.listeners.len());
        let (listener, bound) = Listener::bind(address, &self.poller, token)?;
        self.listeners.push((listener, make));
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
        if matches!(event, Event::Day(_)) {
            self.roll(now, venue);
        }
        if is_last {
            self.tell_touched(header, now, venue);
            self.tell_published(now, venue);
        }
    }

    /// A session has ended: whoever was told its last message hears so.
    fn roll(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        self.tell_tape(now, venue);
        for at in 0..self.connections.len() as u32 {
            self.with(ConnectionId(at), now, venue, |talk, context| talk.rolled(context));
        }
    }

    /// Hands the order-by-order feed to whoever hears it.
    fn tell_tape(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        if let Some((packets, listeners)) = self.house.tape.as_mut().and_then(Tape::take_fresh) {
            for id in listeners {
                self.with(id, now, venue, |_, context| {
                    context.out.extend_from_slice(&packets);
                    Ok(())
                });
            }
        }
    }

    /// Hands public market data to whoever hears it.
    fn tell_published(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        self.tell_tape(now, venue);
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
            | Event::Confirmed(_)
            | Event::Restated(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => return,
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

    /// A command that somebody asked about is done; `sequence` is the place it got.
    pub fn settled(
        &mut self,
        token: u64,
        sequence: Sequence,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) {
        if let Some(id) = self.house.redeem(token) {
            self.with(id, now, venue, |talk, context| talk.settled(token, sequence, context));
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
            worked |= self.read_listed(now, venue);
            worked |= self.answer_others(now);
        }
        self.tick(now, venue);
        self.evict(now, venue);
        self.house.tell_leaving(now, venue);
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

    /// Says good-bye to everybody: the venue stops. What they held is theirs when it comes back.
    pub fn part(&mut self, why: &Farewell, now: Timestamp) {
        for at in 0..self.connections.len() {
            if let Some(connection) = &mut self.connections[at] {
                connection.end(why, now);
                self.soil(ConnectionId(at as u32));
            }
        }
    }

    /// When it wants a turn even if nothing happens; none: never.
    pub fn next_turn(&self) -> Option<Timestamp> {
        (self.count > 0).then_some(self.next_tick)
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
            match self.listeners[listener].0.accept() {
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
        let talk = (self.listeners[listener].1)(limits, now);
        let mut connection = Connection::new(socket, source, talk);
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
        let told_max = self.house.limits.out_bytes_max / 2;
        let mut worked = false;
        for _ in 0..MESSAGES_PER_TURN_MAX {
            // Who does not take the answers is not asked for more questions.
            if connection.out.len() - connection.written > told_max {
                connection.tidy();
                return (Step::Held, worked);
            }
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
            // Perhaps nobody has tried to hand it over yet.
            Ok(()) if is_slow && !connection.is_drained_to(out_bytes_max) => {
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
        let House { market, views, .. } = &mut self.house;
        market.tick(now, views);
        self.tell_published(now, venue);
        for at in 0..self.connections.len() {
            let id = ConnectionId(at as u32);
            self.with(id, now, venue, |talk, context| talk.tick(context));
            if self.connections[at].as_ref().is_some_and(|it| it.is_overdue(now)) {
                self.close(id, now, venue);
            }
        }
        self.note_held();
        let pause = if self.house.take_urgent() { URGENT_TICK_NS } else { TICK_NS };
        self.next_tick = Timestamp(now.0 + pause);
    }

    fn note_held(&self) {
        let (held, awaited, leaving) = self.house.held();
        let held = (held + awaited + leaving) as u64;
        self.house.counts.held.store(held, Ordering::Relaxed);
    }

    fn evict(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        for (id, why) in self.house.take_evicted() {
            self.with(id, now, venue, |_, _| Err(why));
        }
    }

    fn write(&mut self, id: ConnectionId, now: Timestamp, venue: &mut dyn Venue) {
        let Some(connection) = &mut self.connections[id.0 as usize] else { return };
        connection.is_dirty = false;
        // Counted when it is cut off, however long the good-bye takes.
        if core::mem::take(&mut connection.was_cut_off) {
            Counts::add(&self.house.counts.cut_off);
        }
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
        self.gone_from(connection.source);
        let Connection { talk, out, source, .. } = &mut connection;
        let house = &mut self.house;
        talk.gone(&mut Context { id, now, source: *source, house, venue, out });
        self.house.forget(id);
        self.free.push(id.0);
        self.count -= 1;
        self.house.counts.connections.store(self.count as u64, Ordering::Relaxed);
        self.note_held();
    }
}
