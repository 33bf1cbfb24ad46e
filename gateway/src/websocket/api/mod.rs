//! The API of orders and accounts on one connection: who speaks on it, what is asked, and what is
//! still to be answered. A request that changes something is answered when its command has ended,
//! one that looks something up when everything before it has: what is not there then never was.

mod answering;
mod orders;
mod reply;
mod shared;
mod telling;

use std::collections::VecDeque;

use ringside_protocol::wire::json::answer::{self, BalanceShown, Speaker, Welcome};
use ringside_protocol::wire::json::event::{self};
use ringside_protocol::wire::json::info::RateLimit;
use ringside_protocol::wire::json::{
    Access, Code, Detail, LogOn, Method, Request, RequestError, Scope, Security, parse_ws_api,
};
use ringside_protocol::{
    Clock, Command, Event, EventHeader, KeyId, Name, OnDisconnect, OrderId, Origin, Sequence,
    SessionState, StreamId, Timestamp,
};

use super::catching::Catching;
use super::{Taken, shown};
use crate::identity::{self, Holder, Ticket};
use crate::proof::{check_permission, key_error, prove, token_error};
use crate::talk::{Context, Farewell};

use self::reply::Reply;
use self::shared::{
    instrument, instruments, milliseconds, nobody, rate_limit, say, say_event, session, told,
};

/// Requests of one connection that wait for their answers, at most; the next one waits unread.
const WAITING_MAX: usize = 256;
/// What cannot be answered within this is answered with BUSY.
const ANSWER_WITHIN_NS: u64 = Timestamp::SECOND;
/// The stream of who names none.
const STREAM: &str = "ws";
/// Changes nothing; when it has ended, everything before it is known.
const CLOCK: Clock = Clock { reserved: 0 };

/// The API on one connection.
pub(in crate::websocket) struct Api {
    connected: Timestamp,
    bearer: Option<String>,
    /// Whether answers have rate limits where the request does not say.
    shows_limits: bool,
    /// How much of the connection's limit is used.
    spent: u64,
    speaking: Option<Speaking>,
    waiting: VecDeque<Waiting>,
    /// What became of the stream's commands while an answer is waited for.
    heard: VecDeque<(Sequence, Event)>,
    subscription: Option<Subscription>,
    subscriptions: u64,
    named: u64,
}

/// Who speaks.
#[derive(Clone, Debug)]
struct Speaking {
    holder: Holder,
    api_key: String,
    name: Name,
    stream: StreamId,
    since: Timestamp,
    on_disconnect: OnDisconnect,
}

struct Subscription {
    number: u64,
    scope: Scope,
    /// What was told before is told first.
    catching: Option<Catching>,
    /// The account's balances as the client knows them.
    balances: Vec<BalanceShown>,
}

/// A request that waits for its answer.
struct Waiting {
    token: u64,
    id: Reply,
    since: Timestamp,
    what: What,
}

enum What {
    /// The session opens; then this request, if one came before it.
    LogOn {
        holder: Holder,
        api_key: String,
        name: Name,
        on: OnDisconnect,
        then: Option<String>,
    },
    Place {
        id: Name,
        detail: Detail,
    },
    Cancel {
        target: Name,
        id: Option<Name>,
    },
    CancelAll {
        orders: Vec<OrderId>,
    },
    /// Everything before it is known now.
    Look {
        text: String,
    },
    Settings {
        on: OnDisconnect,
    },
    /// It is on file.
    Ticket {
        stream: Name,
        ticket: Ticket,
    },
}

impl Api {
    /// On a connection that was just opened, perhaps with a token; answers show rate limits unless
    /// requests say otherwise.
    pub(in crate::websocket) fn new(
        connected: Timestamp,
        bearer: Option<String>,
        shows_limits: bool,
    ) -> Self {
        Self {
            connected,
            bearer,
            shows_limits,
            spent: 0,
            speaking: None,
            waiting: VecDeque::new(),
            heard: VecDeque::new(),
            subscription: None,
            subscriptions: 0,
            named: 0,
        }
    }

    /// A message of the client, who has used up so much of his limit with it.
    pub(in crate::websocket) fn text(
        &mut self,
        text: &str,
        spent: u64,
        context: &mut Context<'_>,
    ) -> Result<Taken, Farewell> {
        let is_opening = |waiting: &Waiting| matches!(waiting.what, What::LogOn { .. });
        if self.waiting.len() >= WAITING_MAX || self.waiting.iter().any(is_opening) {
            return Ok(Taken::Held);
        }
        self.spent = spent;
        Ok(self.request(text, Proof::Wanted, context))
    }

    fn reply(&self, request: &Request<'_>, context: &Context<'_>) -> Reply {
        let limits = self.limits(request.return_rate_limits, context);
        Reply { id: request.id.clone(), limits }
    }

    fn limits(&self, asked: Option<bool>, context: &Context<'_>) -> Option<RateLimit> {
        let limit = RateLimit { count: Some(self.spent), ..rate_limit(context.house) };
        asked.unwrap_or(self.shows_limits).then_some(limit)
    }

    fn request(&mut self, text: &str, proof: Proof, context: &mut Context<'_>) -> Taken {
        let limit = context.house.limits.message_bytes_max;
        let request = match parse_ws_api(text, limit) {
            Ok(request) => request,
            Err(error) => {
                let limits = self.limits(None, context);
                Reply { id: error.id.clone(), limits }.refuse(context.out, error);
                return Taken::Done;
            }
        };
        match self.perform(&request, text, proof, context) {
            Ok(taken) => taken,
            Err(error) => {
                self.reply(&request, context).refuse(context.out, error);
                Taken::Done
            }
        }
    }

    fn perform(
        &mut self,
        request: &Request<'_>,
        text: &str,
        proof: Proof,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let access = request.method.access();
        if let Method::LogOn(log_on) = &request.method {
            return self.log_on(request, log_on, context);
        }
        if access == Access::Public {
            self.tell(request, context)?;
            return Ok(Taken::Done);
        }
        if let Some(taken) = self.identify(request, text, proof, access, context)? {
            return Ok(taken);
        }
        let key = self.key(access, context)?;
        self.act(request, text, proof, key, context)
    }

    /// Who asks; where nobody has logged on, whoever signed the request does so by it.
    fn identify(
        &mut self,
        request: &Request<'_>,
        text: &str,
        proof: Proof,
        access: Access,
        context: &mut Context<'_>,
    ) -> Result<Option<Taken>, RequestError> {
        let signed = match &request.security {
            _ if proof != Proof::Wanted => return Ok(None),
            Security::Signed(signed) => signed,
            Security::Session { .. } | Security::Named { .. } if self.speaking.is_some() => {
                return Ok(None);
            }
            Security::Session { .. } | Security::Named { .. } => return Err(nobody()),
        };
        let (holder, api_key) = prove(signed, access, context.house, context.now)?;
        match &mut self.speaking {
            Some(speaking) if speaking.holder.account == holder.account => {
                speaking.holder = holder;
                Ok(None)
            }
            Some(_) => Err(RequestError::new(
                Code::Key,
                "the connection is logged on for another account; use another connection",
            )),
            None => {
                let name = Name::parse(STREAM).unwrap_or_default();
                let opening = Opening { holder, api_key, name, on: OnDisconnect::Keep };
                let then = Some(text.to_owned());
                self.open(self.reply(request, context), opening, then, context).map(Some)
            }
        }
    }

    fn log_on(
        &mut self,
        request: &Request<'_>,
        log_on: &LogOn<'_>,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        if self.speaking.is_some() {
            return Err(RequestError::new(
                Code::Unauthorized,
                "somebody is logged on already; log out first",
            ));
        }
        let (holder, api_key) = match &request.security {
            Security::Signed(signed) => prove(signed, Access::Read, context.house, context.now)?,
            Security::Session { .. } | Security::Named { .. } => {
                self.by_bearer(log_on.token.as_deref(), context)?
            }
        };
        let name = log_on.stream.or(Name::parse(STREAM).ok()).unwrap_or_default();
        let on = log_on.cancel_on_disconnect.unwrap_or(OnDisconnect::Keep);
        let reply = self.reply(request, context);
        self.open(reply, Opening { holder, api_key, name, on }, None, context)
    }

    /// Who a token stands for: the one given, or that of the opening request.
    fn by_bearer(
        &self,
        given: Option<&str>,
        context: &Context<'_>,
    ) -> Result<(Holder, String), RequestError> {
        let Some(token) = given.or(self.bearer.as_deref()) else { return Err(nobody()) };
        let holder = context.house.tokens.check(token, context.now).map_err(token_error)?;
        let key = context.house.keys.standing(holder, context.now).map_err(key_error)?;
        Ok((key.holder(), identity::keys::api_key(&key.bytes)))
    }

    fn open(
        &mut self,
        id: Reply,
        opening: Opening,
        then: Option<String>,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let Opening { holder, api_key, name, on } = opening;
        let session = session(holder.account, name, SessionState::Open, on);
        let what = What::LogOn { holder, api_key, name, on, then };
        let taken = self.command(id, Origin::default(), session.into(), what, context)?;
        // From now on: whoever leaves the stream meanwhile must not close it.
        context.house.join(holder.account, name);
        Ok(taken)
    }

    /// Sends a command whose end is waited for.
    fn command(
        &mut self,
        id: Reply,
        origin: Origin,
        command: Command,
        what: What,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let token = context.house.token(context.id);
        if let Err(busy) = context.venue.offer(origin, command, token) {
            context.house.redeem(token);
            return Err(RequestError::new(Code::Busy, busy.to_string()));
        }
        self.waiting.push_back(Waiting { token, id, since: context.now, what });
        Ok(Taken::Done)
    }

    /// The key that acts now, if it may.
    fn key(&self, access: Access, context: &Context<'_>) -> Result<KeyId, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let key = context.house.keys.standing(speaking.holder, context.now).map_err(key_error)?;
        check_permission(key, access)?;
        Ok(key.id)
    }

    /// What anybody may ask.
    fn tell(
        &mut self,
        request: &Request<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let id = &self.reply(request, context);
        let Context { house, now, out, .. } = context;
        match &request.method {
            Method::Ping => say(out, id, answer::nothing),
            Method::Time => say(out, id, |out| answer::server_time(out, *now)),
            Method::ExchangeInfo { symbols } => {
                let shown = instruments(house, symbols)?;
                let limits = [rate_limit(house)];
                say(out, id, |out| {
                    ringside_protocol::wire::json::info::exchange_info(out, *now, &limits, &shown);
                });
            }
            Method::Depth { symbol, levels } => {
                let instrument = instrument(house, *symbol)?;
                let listing = shown::listing(&house.views.directory, instrument);
                let listing = listing.ok_or_else(|| RequestError::unknown_symbol("symbol"))?;
                let mut depth = ringside_protocol::depth::Depth::default();
                let levels = usize::try_from(*levels).unwrap_or(usize::MAX);
                let views = &house.views;
                views.books.depth(instrument, levels, &views.directory, &mut depth);
                let last_update = views.books.last_update(instrument).0;
                say(out, id, |out| answer::depth(out, &listing, last_update, &depth));
            }
            Method::SessionStatus => self.say_welcome(id, context),
            Method::LogOut => {
                self.leave(context);
                self.say_welcome(id, context);
            }
            Method::Unsubscribe { subscription } => {
                let is_ours = self
                    .subscription
                    .as_ref()
                    .is_some_and(|ours| subscription.is_none_or(|number| number == ours.number));
                if is_ours {
                    self.unsubscribe(context);
                }
                say(context.out, id, answer::nothing);
            }
            Method::Subscriptions => {
                let numbers: Vec<u64> = self.subscription.iter().map(|ours| ours.number).collect();
                say(out, id, |out| answer::subscriptions(out, &numbers));
            }
            Method::LogOn(_)
            | Method::Ticket { .. }
            | Method::CancelOnDisconnect(_)
            | Method::Place(_)
            | Method::Test(_)
            | Method::Cancel(_)
            | Method::OrderStatus { .. }
            | Method::OpenOrders { .. }
            | Method::CancelAll { .. }
            | Method::Account { .. }
            | Method::Subscribe(_) => unreachable!("these are not for anybody"),
        }
        Ok(())
    }

    /// What only somebody may ask.
    fn act(
        &mut self,
        request: &Request<'_>,
        text: &str,
        proof: Proof,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let id = self.reply(request, context);
        match &request.method {
            Method::Place(place) => return self.place(id, place, key, context),
            Method::Test(place) => {
                instrument(context.house, place.symbol)?;
                say(context.out, &id, answer::nothing);
            }
            Method::Cancel(cancel) => return self.cancel(id, cancel, text, proof, key, context),
            Method::CancelAll { symbol } => return self.cancel_all(id, *symbol, key, context),
            Method::OrderStatus { .. } | Method::OpenOrders { .. } | Method::Account { .. }
                if proof != Proof::Settled =>
            {
                let what = What::Look { text: text.to_owned() };
                return self.command(id, Origin::default(), CLOCK.into(), what, context);
            }
            Method::OrderStatus { symbol, order } => {
                self.order_status(&id, *symbol, order, context)?
            }
            Method::OpenOrders { symbol } => self.open_orders(&id, *symbol, context)?,
            Method::Account { omit_zero_balances } => {
                self.account(&id, *omit_zero_balances, context)?;
            }
            Method::Ticket { stream } => self.ticket(id, *stream, key, context)?,
            Method::CancelOnDisconnect(on) => return self.set_on_disconnect(id, *on, context),
            Method::Subscribe(subscribe) => self.subscribe(&id, subscribe, context)?,
            Method::Ping
            | Method::Time
            | Method::ExchangeInfo { .. }
            | Method::Depth { .. }
            | Method::LogOn(_)
            | Method::SessionStatus
            | Method::LogOut
            | Method::Unsubscribe { .. }
            | Method::Subscriptions => unreachable!("these are for anybody"),
        }
        Ok(Taken::Done)
    }

    /// Nobody speaks on the connection any more.
    fn leave(&mut self, context: &mut Context<'_>) {
        self.unsubscribe(context);
        let Some(speaking) = self.speaking.take() else { return };
        let (account, name) = (speaking.holder.account, speaking.name);
        context.house.unlisten(speaking.stream, context.id);
        if context.house.part(account, name) {
            let on = speaking.on_disconnect;
            context.house.leave(session(account, name, SessionState::Closed, on));
        }
    }

    fn say_welcome(&self, id: &Reply, context: &mut Context<'_>) {
        let house = &*context.house;
        let session = house.sessions.running().name();
        let speaker = self.speaking.as_ref().map(|speaking| {
            let row = house.views.directory.stream(speaking.stream);
            let account = house.views.directory.account(speaking.holder.account);
            Speaker {
                api_key: &speaking.api_key,
                since: speaking.since,
                account: account.map_or(Name::ABSENT, |member| member.name),
                stream: speaking.name,
                session,
                next_number: row.map_or(0, |row| u64::from(row.number)) + 1,
                cancel_on_disconnect: speaking.on_disconnect,
            }
        });
        let limits = [rate_limit(house)];
        let welcome = Welcome {
            speaker,
            connected: self.connected,
            now: context.now,
            return_rate_limits: self.shows_limits,
            user_data_stream: self.subscription.is_some(),
            durability: house.durability,
            heartbeat_ms: milliseconds(house.limits.ping_every),
            heartbeat_timeout_ms: milliseconds(house.limits.pong_within),
            message_bytes_max: house.limits.message_bytes_max,
            rate_limits: &limits,
        };
        say(context.out, id, |out| answer::welcome(out, &welcome));
    }

    /// Time passes.
    pub(in crate::websocket) fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let is_late = |waiting: &Waiting| {
            let waited = context.now.0.saturating_sub(waiting.since.0);
            matches!(waiting.what, What::Look { .. }) && waited > ANSWER_WITHIN_NS
        };
        while let Some(at) = self.waiting.iter().position(is_late) {
            if let Some(late) = self.waiting.remove(at) {
                let error = RequestError::new(Code::Busy, "the venue is busy; ask again");
                late.id.refuse(context.out, error);
            }
        }
        self.check_key(context);
        let catching = self.subscription.as_mut().and_then(|ours| ours.catching.as_mut());
        if let Some(catching) = catching {
            catching.check(context)?;
        }
        self.fetch(context);
        Ok(())
    }

    /// Whose key is no longer good hears nothing more; what is asked with it is refused anyway.
    fn check_key(&mut self, context: &mut Context<'_>) {
        let (Some(subscription), Some(speaking)) = (&self.subscription, &self.speaking) else {
            return;
        };
        let house = &*context.house;
        let Err(error) = house.keys.standing(speaking.holder, context.now) else { return };
        let row = house.views.directory.stream(speaking.stream);
        let (sequence, time) = (house.views.sequence(), context.now);
        let header = EventHeader { sequence, time, index: 0, reserved: 0 };
        let number = row.map_or(0, |row| row.number);
        let told = told(subscription.number, &header, number, house.sessions.running());
        say_event(context.out, |out| event::stream_terminated(out, &told, &error.to_string()));
        self.unsubscribe(context);
    }

    /// The connection is gone.
    pub(in crate::websocket) fn gone(&mut self, context: &mut Context<'_>) {
        self.leave(context);
        // A session that opens for nobody is closed again.
        for waiting in self.waiting.drain(..) {
            if let What::LogOn { holder, name, on, .. } = waiting.what
                && context.house.part(holder.account, name)
            {
                let closed = session(holder.account, name, SessionState::Closed, on);
                context.house.leave(closed);
            }
        }
    }
}

/// What is known of who makes a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Proof {
    /// Nothing yet.
    Wanted,
    /// It was proved when the request came.
    Given,
    /// That, and everything before the request is known.
    Settled,
}

/// A session that is about to be opened.
struct Opening {
    holder: Holder,
    api_key: String,
    name: Name,
    on: OnDisconnect,
}
