//! What all conversations share: what there is, who is who, who holds which stream, and what is
//! still to be told to the venue.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;
use ringside_protocol::wire::soup::SessionId;
use ringside_protocol::{
    AccountId, Event, EventHeader, Name, Origin, Session, StreamId, Timestamp,
};

use crate::filing::Filing;
use crate::identity::{Keys, Lockout, Replays, Secrets, Tickets, Tokens};
use crate::library::Desk;
use crate::limits::Limits;
use crate::market::Market;
use crate::sessions::Sessions;
use crate::talk::{ConnectionId, Farewell, Venue};
use crate::tape::Tape;
use crate::views::Views;

/// Counters that anybody may read at any time (never reset).
#[derive(Debug, Default)]
pub struct Counts {
    /// Connections now.
    pub connections: AtomicU64,
    /// Connections taken since the start.
    pub accepted: AtomicU64,
    /// Connections turned away: too many, or too fast from one address.
    pub turned_away: AtomicU64,
    /// Connections the venue ended, for a reason.
    pub cut_off: AtomicU64,
    /// Streams held, subscriptions, answers waited for, sessions about to end; as of the last tick.
    pub held: AtomicU64,
    /// Messages read.
    pub messages: AtomicU64,
    /// Commands that found the venue busy.
    pub busy: AtomicU64,
    /// Events heard.
    pub events: AtomicU64,
    /// How often instruments and currencies have changed: what was known of them holds until then.
    pub directory: AtomicU64,
    /// Orders that rest in books, as of the last command that was heard to its end.
    pub resting: AtomicU64,
}

impl Counts {
    /// One more.
    #[inline]
    pub fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the house is opened with.
pub struct Opening {
    /// Bounds of connections.
    pub limits: Limits,
    /// The sessions that streams are numbered in.
    pub sessions: Sessions,
    /// How safe an answer is: the word of the durability mode.
    pub durability: &'static str,
    /// Who may log in to streams by ticket.
    pub tickets: Tickets,
    /// What keys with a shared secret sign with.
    pub secrets: Secrets,
    /// Who may log on by a bearer token.
    pub tokens: Tokens,
    /// Signed requests that were taken.
    pub replays: Replays,
    /// Random bytes for tickets.
    pub random: Random,
    /// What was told before.
    pub desk: Desk,
    /// Counters.
    pub counts: Arc<Counts>,
}

/// Fills a buffer with random bytes; false where there are none to be had.
pub type Random = fn(&mut [u8]) -> bool;

/// What all conversations share.
pub struct House {
    /// What is known of the venue.
    pub views: Views,
    /// Who may sign.
    pub keys: Keys,
    /// Who may log in by ticket.
    pub tickets: Tickets,
    /// What keys with a shared secret sign with.
    pub secrets: Secrets,
    /// Who may log on by a bearer token.
    pub tokens: Tokens,
    /// Public market data.
    pub market: Market,
    /// The order-by-order feed, where there is a door for it.
    pub tape: Option<Tape>,
    /// Signed requests that were taken.
    pub replays: Replays,
    /// Who guesses.
    pub lockout: Lockout,
    /// Bounds of connections.
    pub limits: Limits,
    /// The sessions that streams are numbered in.
    pub sessions: Sessions,
    /// How safe an answer is.
    pub durability: &'static str,
    /// Random bytes for tickets.
    pub random: Random,
    /// What was told before.
    pub desk: Desk,
    /// Counters.
    pub counts: Arc<Counts>,
    /// Streams that several connections may be on, and how many are.
    joined: HashMap<(AccountId, Name), usize, FixedState>,
    /// By account, who wants to hear what becomes of it.
    subscribers: HashMap<AccountId, Vec<ConnectionId>, FixedState>,
    holders: HashMap<(AccountId, Name), ConnectionId, FixedState>,
    /// By stream, who hears it.
    routes: Vec<Vec<ConnectionId>>,
    evicted: Vec<(ConnectionId, Farewell)>,
    leaving: VecDeque<Session>,
    /// Sessions that the day's end left without a connection, and when they end too.
    awaited: VecDeque<(Timestamp, Session)>,
    receipts: HashMap<u64, ConnectionId, FixedState>,
    last_token: u64,
    /// By their tokens, answers that give out a ticket.
    ticketed: Filing<u64>,
    is_urgent: bool,
}

impl House {
    /// Nobody is there yet.
    pub fn open(opening: Opening) -> Self {
        let Opening {
            limits,
            sessions,
            durability,
            tickets,
            secrets,
            tokens,
            replays,
            random,
            desk,
            counts,
        } = opening;
        Self {
            views: Views::default(),
            keys: Keys::new(),
            tickets,
            secrets,
            tokens,
            market: Market::default(),
            tape: None,
            replays,
            lockout: Lockout::new(),
            limits,
            sessions,
            durability,
            random,
            desk,
            counts,
            joined: HashMap::default(),
            subscribers: HashMap::default(),
            holders: HashMap::default(),
            routes: Vec::new(),
            evicted: Vec::new(),
            leaving: VecDeque::new(),
            awaited: VecDeque::new(),
            receipts: HashMap::default(),
            last_token: 0,
            ticketed: Filing::default(),
            is_urgent: false,
        }
    }

    /// Learns from an event.
    #[inline]
    pub fn hear(&mut self, header: &EventHeader, event: &Event, is_last: bool) {
        self.views.hear(header, event, is_last);
        self.market.hear(header, event, is_last, &self.views);
        if let Some(tape) = &mut self.tape {
            tape.hear(header, event, is_last, &self.views.directory);
        }
        self.hear_key(event);
        if let Event::Day(day) = event {
            self.sessions.hear(day);
        }
        self.count(event, is_last);
    }

    /// Learns what there was when the doors were made: events that retell it, without a place.
    pub fn learn(&mut self, event: &Event) {
        self.views.directory.hear(event);
        self.hear_key(event);
    }

    fn count(&self, event: &Event, is_last: bool) {
        // Written here only: no other thread's count is lost.
        let heard = self.counts.events.load(Ordering::Relaxed);
        self.counts.events.store(heard + 1, Ordering::Relaxed);
        let is_of_directory =
            matches!(event, Event::Currency(_) | Event::Instrument(_) | Event::InstrumentState(_));
        if is_of_directory {
            Counts::add(&self.counts.directory);
        }
        if is_last {
            self.count_resting();
        }
    }

    /// Counts the orders that rest; also when what there was before the start is known.
    pub fn count_resting(&self) {
        let resting = self.views.orders.resting_count() as u64;
        self.counts.resting.store(resting, Ordering::Relaxed);
    }

    fn hear_key(&mut self, event: &Event) {
        if let Event::Key(granted) = event {
            let grant = &granted.grant;
            let (account, key, expires) = (grant.account, grant.key, grant.expires);
            self.keys.grant(granted.key, account, key, grant.permissions, expires);
        }
    }

    /// A stream is this connection's from now on; whoever held it is asked to go, and what he has
    /// sent and nobody has read is not read.
    pub fn take_stream(&mut self, account: AccountId, name: Name, id: ConnectionId) {
        let before = self.holders.insert((account, name), id);
        if let Some(before) = before.filter(|&before| before != id) {
            let why = format!("another login has taken over the stream {name}");
            self.evicted.push((before, why.into()));
        }
    }

    /// Whether a stream is this connection's.
    pub fn holds(&self, account: AccountId, name: Name, id: ConnectionId) -> bool {
        self.holders.get(&(account, name)) == Some(&id)
    }

    /// Gives a stream back, if it is this connection's; says whether it was.
    pub fn release_stream(&mut self, account: AccountId, name: Name, id: ConnectionId) -> bool {
        let is_holder = self.holds(account, name, id);
        if is_holder {
            self.holders.remove(&(account, name));
        }
        is_holder
    }

    /// One more connection is on a stream that several may share.
    pub fn join(&mut self, account: AccountId, name: Name) {
        *self.joined.entry((account, name)).or_default() += 1;
    }

    /// One less; says whether it was the last.
    pub fn part(&mut self, account: AccountId, name: Name) -> bool {
        let Some(count) = self.joined.get_mut(&(account, name)) else { return false };
        *count -= 1;
        let was_last = *count == 0;
        if was_last {
            self.joined.remove(&(account, name));
        }
        was_last
    }

    /// From now on a connection hears what becomes of an account.
    pub fn subscribe(&mut self, account: AccountId, id: ConnectionId) {
        let subscribers = self.subscribers.entry(account).or_default();
        if !subscribers.contains(&id) {
            subscribers.push(id);
        }
    }

    /// From now on it does not.
    pub fn unsubscribe(&mut self, account: AccountId, id: ConnectionId) {
        if let Some(subscribers) = self.subscribers.get_mut(&account) {
            subscribers.retain(|&subscriber| subscriber != id);
            if subscribers.is_empty() {
                self.subscribers.remove(&account);
            }
        }
    }

    /// Who hears what becomes of an account.
    #[inline]
    pub fn subscribers(&self, account: AccountId) -> &[ConnectionId] {
        self.subscribers.get(&account).map_or(&[], Vec::as_slice)
    }

    /// From now on a connection hears a stream.
    pub fn listen(&mut self, stream: StreamId, id: ConnectionId) {
        if self.routes.len() <= stream.index() {
            self.routes.resize_with(stream.index() + 1, Vec::new);
        }
        self.routes[stream.index()].push(id);
    }

    /// From now on it does not.
    pub fn unlisten(&mut self, stream: StreamId, id: ConnectionId) {
        if let Some(listeners) = self.routes.get_mut(stream.index()) {
            listeners.retain(|&listener| listener != id);
        }
    }

    /// Who hears a stream.
    #[inline]
    pub fn listeners(&self, stream: StreamId) -> &[ConnectionId] {
        self.routes.get(stream.index()).map_or(&[], Vec::as_slice)
    }

    /// A token by which a connection is told what becomes of a command.
    pub fn token(&mut self, id: ConnectionId) -> u64 {
        self.last_token += 1;
        self.receipts.insert(self.last_token, id);
        self.last_token
    }

    /// Whose token this was, if anybody still waits for it.
    pub fn redeem(&mut self, token: u64) -> Option<ConnectionId> {
        self.receipts.remove(&token)
    }

    /// A token by which a connection is told that the ticket it was given is on file.
    pub fn token_when_filed(&mut self, id: ConnectionId) -> u64 {
        let token = self.token(id);
        self.ticketed.hold(token);
        token
    }

    /// Answers that wait for the file of tickets.
    pub(crate) const fn ticketed(&mut self) -> &mut Filing<u64> {
        &mut self.ticketed
    }

    /// A connection is gone: nothing is told to it any more.
    pub fn forget(&mut self, id: ConnectionId) {
        self.receipts.retain(|_, waiting| *waiting != id);
    }

    /// Connections that must go because others came.
    pub fn take_evicted(&mut self) -> Vec<(ConnectionId, Farewell)> {
        std::mem::take(&mut self.evicted)
    }

    /// A session ends: it is never lost, however full the venue is.
    pub fn leave(&mut self, session: Session) {
        self.leaving.push_back(session);
    }

    /// The day has ended a session's connection: it ends too if nobody logs in again within the
    /// grace.
    pub fn leave_later(&mut self, session: Session, now: Timestamp) {
        let grace = u64::try_from(self.limits.session_grace.as_nanos()).unwrap_or(u64::MAX);
        self.awaited.push_back((Timestamp(now.0.saturating_add(grace)), session));
    }

    /// Tells the venue of sessions that ended, as many as it takes; those that were opened again
    /// meanwhile did not end.
    pub fn tell_leaving(&mut self, now: Timestamp, venue: &mut dyn Venue) {
        let over = self.awaited.iter().take_while(|(due, _)| *due <= now).count();
        self.leaving.extend(self.awaited.drain(..over).map(|(_, session)| session));
        while let Some(session) = self.leaving.front() {
            let stream = (session.account, session.name);
            let is_back = self.holders.contains_key(&stream) || self.joined.contains_key(&stream);
            if !is_back && venue.offer(Origin::default(), (*session).into(), 0).is_err() {
                return;
            }
            self.leaving.pop_front();
        }
    }

    /// Somebody wants to hear soon that time has passed.
    pub const fn hurry(&mut self) {
        self.is_urgent = true;
    }

    /// Whether somebody did since the last time.
    pub(crate) const fn take_urgent(&mut self) -> bool {
        core::mem::replace(&mut self.is_urgent, false)
    }

    /// How many streams are held, tokens waited for, and sessions about to end: nothing is left
    /// when nobody is there.
    pub fn held(&self) -> (usize, usize, usize) {
        let listeners: usize = self.routes.iter().map(Vec::len).sum();
        let subscribers: usize = self.subscribers.values().map(Vec::len).sum();
        (
            self.holders.len() + self.joined.len() + listeners + subscribers,
            self.receipts.len(),
            self.leaving.len() + self.awaited.len(),
        )
    }

    /// What a client is told after it was let in (GWY-001, X-JRN-004).
    pub fn welcome(&self, session: SessionId, stream: Name, number: u32, now: Timestamp) -> String {
        let limits = &self.limits;
        format!(
            "{{\"session\":\"{session}\",\"stream\":\"{stream}\",\"number\":{number},\"time\":{},\
             \"durability\":\"{}\",\"heartbeat_ms\":{},\"silence_ms_max\":{},\
             \"messages_per_second\":{},\"message_bytes_max\":{}}}",
            now.0,
            self.durability,
            limits.server_heartbeat.as_millis(),
            limits.client_silence_max.as_millis(),
            limits.messages_per_second,
            limits.message_bytes_max,
        )
    }
}
