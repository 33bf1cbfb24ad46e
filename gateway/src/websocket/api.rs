//! The API of orders and accounts on one connection: who speaks on it, what is asked, and what is
//! still to be answered. A request that changes something is answered when its command has ended,
//! one that looks something up when everything before it has: what is not there then never was.

use std::collections::VecDeque;

use ringside_protocol::wire::json::answer::{self, AccountShown, Fill, Speaker, Welcome};
use ringside_protocol::wire::json::event::{self, Happened, RefusedCommand, Told};
use ringside_protocol::wire::json::info::{RateInterval, RateKind, RateLimit};
use ringside_protocol::wire::json::{
    Access, Asked, CancelOrder, Code, Detail, Listing, LogOn, Method, OrderNamed, PlaceOrder,
    Request, RequestError, RequestId, Scope, Security, Subscribe, parse_ws_api,
};
use ringside_protocol::{
    AccountId, Amend, Cancel, Clock, Command, CommandPayload, Event, EventHeader, InstrumentId,
    KeyId, MassCancel, Name, OnDisconnect, Order, OrderId, OrderRef, Origin, Reason, Rejected,
    Replace, Sequence, Session, SessionState, StreamId, StreamKind, Timestamp,
};

use super::catching::Catching;
use super::{Taken, pipe, shown};
use crate::house::House;
use crate::identity::{self, Holder};
use crate::library::Answer;
use crate::proof::{check_permission, key_error, prove, token_error};
use crate::talk::{Context, Farewell};
use crate::views::orders::OrderRow;

/// Requests of one connection that wait for their answers, at most; the next one waits unread.
const WAITING_MAX: usize = 256;
/// What cannot be answered within this is answered with BUSY.
const ANSWER_WITHIN_NS: u64 = Timestamp::SECOND;
/// The stream of who names none.
const STREAM: &str = "ws";
/// Changes nothing; when it has ended, everything before it is known.
const CLOCK: Clock = Clock { reserved: 0 };

/// The API on one connection.
pub(super) struct Api {
    connected: Timestamp,
    bearer: Option<String>,
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
}

/// A request that waits for its answer.
struct Waiting {
    token: u64,
    id: RequestId,
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
}

impl Api {
    /// On a connection that was just opened, perhaps with a token.
    pub(super) fn new(connected: Timestamp, bearer: Option<String>) -> Self {
        Self {
            connected,
            bearer,
            speaking: None,
            waiting: VecDeque::new(),
            heard: VecDeque::new(),
            subscription: None,
            subscriptions: 0,
            named: 0,
        }
    }

    /// A message of the client.
    pub(super) fn text(
        &mut self,
        text: &str,
        context: &mut Context<'_>,
    ) -> Result<Taken, Farewell> {
        let is_opening = |waiting: &Waiting| matches!(waiting.what, What::LogOn { .. });
        if self.waiting.len() >= WAITING_MAX || self.waiting.iter().any(is_opening) {
            return Ok(Taken::Held);
        }
        Ok(self.request(text, Proof::Wanted, context))
    }

    fn request(&mut self, text: &str, proof: Proof, context: &mut Context<'_>) -> Taken {
        let limit = context.house.limits.message_bytes_max;
        let request = match parse_ws_api(text, limit) {
            Ok(request) => request,
            Err(error) => {
                say_error(context.out, &error);
                return Taken::Done;
            }
        };
        match self.perform(&request, text, proof, context) {
            Ok(taken) => taken,
            Err(error) => {
                say_error(context.out, &error.to(request.id));
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
                self.open(request.id.clone(), opening, then, context).map(Some)
            }
        }
    }

    fn log_on(
        &mut self,
        request: &Request<'_>,
        log_on: &LogOn,
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
            Security::Session { .. } | Security::Named { .. } => self.by_bearer(context)?,
        };
        let name = log_on.stream.or(Name::parse(STREAM).ok()).unwrap_or_default();
        let on = log_on.cancel_on_disconnect.unwrap_or(OnDisconnect::Keep);
        self.open(request.id.clone(), Opening { holder, api_key, name, on }, None, context)
    }

    /// Who the token of the opening request is.
    fn by_bearer(&self, context: &Context<'_>) -> Result<(Holder, String), RequestError> {
        let Some(token) = &self.bearer else { return Err(nobody()) };
        let holder = context.house.tokens.check(token, context.now).map_err(token_error)?;
        let key = context.house.keys.standing(holder, context.now).map_err(key_error)?;
        Ok((key.holder(), identity::keys::api_key(&key.bytes)))
    }

    fn open(
        &mut self,
        id: RequestId,
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
        id: RequestId,
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
        let id = &request.id;
        let Context { house, now, out, .. } = context;
        match &request.method {
            Method::Ping => say(out, id, answer::nothing),
            Method::Time => say(out, id, |out| answer::server_time(out, *now)),
            Method::ExchangeInfo { symbols } => {
                let shown = instruments(house, symbols)?;
                let limits = rate_limits(house);
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
        let id = request.id.clone();
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
            Method::Ticket { stream } => self.ticket(&id, *stream, key, context)?,
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

    fn place(
        &mut self,
        id: RequestId,
        place: &PlaceOrder<'_>,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        let instrument = instrument(context.house, place.symbol)?;
        let listing = shown::listing(&context.house.views.directory, instrument);
        let listing = listing.ok_or_else(|| RequestError::unknown_symbol("symbol"))?;
        let name = match place.id {
            Some(name) => name,
            None => self.own_name(context.now),
        };
        let order = place.order(account, instrument, name, &listing.terms);
        let what = What::Place { id: name, detail: place.detail };
        self.command(id, Origin { key, stream }, order.into(), what, context)
    }

    /// A client order id for who gives none: no two of an account are alike.
    fn own_name(&mut self, now: Timestamp) -> Name {
        self.named += 1;
        let stream = self.speaking.as_ref().map_or(0, |speaking| speaking.stream.0);
        let name = format!("x-{stream:x}-{:x}-{:x}", now.0, self.named);
        Name::parse(&name).expect("Invariant: hexadecimal numbers make a name")
    }

    fn cancel(
        &mut self,
        id: RequestId,
        cancel: &CancelOrder,
        text: &str,
        proof: Proof,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        instrument(context.house, cancel.symbol)?;
        let target = match (cancel.order.id, cancel.order.number) {
            (Some(name), _) => name,
            (None, number) if proof == Proof::Settled => {
                let row = number.and_then(|number| context.house.views.orders.get(number));
                let row = row.filter(|row| row.account == account);
                row.ok_or_else(|| RequestError::because(Asked::Cancel, Reason::UnknownOrder))?.id
            }
            (None, _) => {
                let what = What::Look { text: text.to_owned() };
                return self.command(id, Origin::default(), CLOCK.into(), what, context);
            }
        };
        let command = Cancel { account, target: OrderRef::id(target) };
        let what = What::Cancel { target, id: cancel.id };
        self.command(id, Origin { key, stream }, command.into(), what, context)
    }

    fn cancel_all(
        &mut self,
        id: RequestId,
        symbol: Name,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        let instrument = instrument(context.house, symbol)?;
        let open = context.house.views.orders.open(account);
        let orders = open.filter(|row| row.instrument == instrument).map(|row| row.order);
        let what = What::CancelAll { orders: orders.collect() };
        let command = MassCancel {
            account,
            instrument,
            stream: StreamId::NONE,
            side: 0,
            reserved: [0; 3],
            tag: Name::ABSENT,
            user_ref: 0,
        };
        self.command(id, Origin { key, stream }, command.into(), what, context)
    }

    fn order_status(
        &self,
        id: &RequestId,
        symbol: Name,
        named: &OrderNamed,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let asked = instrument(house, symbol)?;
        let row = find(house, account, named).filter(|row| row.instrument == asked);
        let row = row.ok_or_else(|| RequestError::because(Asked::Find, Reason::UnknownOrder))?;
        let listing = shown::listing(&house.views.directory, row.instrument);
        let listing = listing.ok_or_else(|| RequestError::unknown_symbol("symbol"))?;
        let order = shown::order(row, &listing);
        say(context.out, id, |out| answer::order_status(out, &listing, &order));
        Ok(())
    }

    fn open_orders(
        &self,
        id: &RequestId,
        symbol: Option<Name>,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let wanted = symbol.map(|symbol| instrument(house, symbol)).transpose()?;
        let open = house.views.orders.open(account);
        let open = open.filter(|row| wanted.is_none_or(|wanted| row.instrument == wanted));
        let shown: Vec<_> = open.filter_map(|row| with_listing(house, row)).collect();
        let orders = shown.iter().map(|(listing, order)| (listing, order));
        say(context.out, id, |out| answer::open_orders(out, orders));
        Ok(())
    }

    fn account(
        &self,
        id: &RequestId,
        omit_zero: bool,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let account = speaking.holder.account;
        let views = &context.house.views;
        let member = views.directory.account(account);
        let balances = shown::balances(views, account);
        let shown = AccountShown {
            name: member.map_or(Name::ABSENT, |member| member.name),
            can_trade: member.is_some_and(|member| !member.is_killed),
            maker_fee: Default::default(),
            taker_fee: Default::default(),
            updated: views.time(),
            sequence: views.sequence().0,
            checksum: 0,
            balances: &balances,
        };
        say(context.out, id, |out| answer::account(out, &shown, omit_zero));
        Ok(())
    }

    fn ticket(
        &self,
        id: &RequestId,
        stream: Name,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let mut random = [0; 16];
        if !(context.house.random)(&mut random) {
            return Err(RequestError::new(Code::Busy, "there are no random bytes to be had"));
        }
        let issued = context.house.tickets.issue(random, account, stream, key, context.now);
        let ticket = issued
            .map_err(|error| RequestError::about(Code::BadValue, "stream", error.to_string()))?;
        say(context.out, id, |out| answer::ticket(out, stream, &ticket.password, ticket.expires));
        Ok(())
    }

    fn set_on_disconnect(
        &mut self,
        id: RequestId,
        on: OnDisconnect,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let account = speaking.holder.account;
        let command = session(account, speaking.name, SessionState::Open, on);
        let what = What::Settings { on };
        self.command(id, Origin::default(), command.into(), what, context)
    }

    fn subscribe(
        &mut self,
        id: &RequestId,
        subscribe: &Subscribe,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        if self.subscription.is_some() {
            return Err(RequestError::new(Code::BadValue, "the connection is subscribed already"));
        }
        let catching = match subscribe.resume_after {
            Some(cursor) => {
                let session = context.house.session;
                if cursor.session.as_str() != session.as_str() {
                    let fix =
                        format!("the session is {session} now; begin anew without resumeAfter");
                    return Err(RequestError::about(Code::BadValue, "resumeAfter.session", fix));
                }
                let row = context.house.views.directory.stream(speaking.stream);
                let number = row.map_or(0, |row| u64::from(row.number));
                if cursor.number > number {
                    let fix = format!("the stream's last message has the number {number}");
                    return Err(RequestError::about(Code::BadValue, "resumeAfter.number", fix));
                }
                let is_behind = cursor.number < number;
                is_behind
                    .then(|| Catching::new(speaking.stream, cursor.number, number, context.now))
            }
            None => None,
        };
        self.subscriptions += 1;
        let number = self.subscriptions;
        say(context.out, id, |out| answer::subscribed(out, number));
        context.house.subscribe(speaking.holder.account, context.id);
        self.subscription = Some(Subscription { number, scope: subscribe.scope, catching });
        self.fetch(context);
        Ok(())
    }

    fn unsubscribe(&mut self, context: &mut Context<'_>) {
        if let (Some(_), Some(speaking)) = (self.subscription.take(), &self.speaking) {
            context.house.unsubscribe(speaking.holder.account, context.id);
        }
    }

    fn fetch(&mut self, context: &mut Context<'_>) {
        let catching = self.subscription.as_mut().and_then(|ours| ours.catching.as_mut());
        if let Some(catching) = catching {
            catching.fetch(context);
        }
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

    fn say_welcome(&self, id: &RequestId, context: &mut Context<'_>) {
        let house = &*context.house;
        let session = Name::parse(house.session.as_str()).unwrap_or_default();
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
        let limits = rate_limits(house);
        let welcome = Welcome {
            speaker,
            connected: self.connected,
            now: context.now,
            return_rate_limits: false,
            user_data_stream: self.subscription.is_some(),
            durability: house.durability,
            heartbeat_ms: milliseconds(house.limits.ping_every),
            heartbeat_timeout_ms: milliseconds(house.limits.pong_within),
            message_bytes_max: house.limits.message_bytes_max,
            rate_limits: &limits,
        };
        say(context.out, id, |out| answer::welcome(out, &welcome));
    }

    /// An event of the connection's stream, or of another of its account.
    pub(super) fn hear(&mut self, header: &EventHeader, event: &Event, context: &mut Context<'_>) {
        let Some(speaking) = &self.speaking else { return };
        let (Some(report), stream) = (event.report(), speaking.stream) else { return };
        let is_own = report.stream == stream;
        if is_own && !self.waiting.is_empty() {
            self.heard.push_back((header.sequence, *event));
        }
        let Some(subscription) = &mut self.subscription else { return };
        if !is_own && subscription.scope == Scope::Stream {
            return;
        }
        match &mut subscription.catching {
            Some(catching) if is_own => {
                catching.hear(header, event, context.house.limits.out_bytes_max);
            }
            Some(_) | None => {
                let order = context.house.views.orders.of(event).copied();
                tell(subscription.number, header, event, order.as_ref(), context);
            }
        }
    }

    /// Why a command was refused, if it was.
    fn refusal(&self, sequence: Sequence) -> Option<&Rejected> {
        self.heard.iter().find_map(|(of, event)| match event {
            Event::Rejected(rejected) if *of == sequence => Some(rejected),
            _ => None,
        })
    }

    /// What was executed by now of the order that a command entered.
    fn fills(&self, sequence: Sequence) -> Vec<Fill> {
        let entered = self.heard.iter().find_map(|(of, event)| match event {
            Event::Accepted(accepted) if *of == sequence => Some(accepted.order),
            _ => None,
        });
        let fill = |(_, event): &(Sequence, Event)| match event {
            Event::Executed(executed) if Some(executed.order) == entered => Some(Fill {
                price: executed.price,
                quantity: executed.quantity,
                fee: executed.fee.units(),
                trade: executed.trade,
            }),
            _ => None,
        };
        self.heard.iter().filter_map(fill).collect()
    }

    /// Nobody asks any more what became of this command and those before it.
    fn forget(&mut self, sequence: Sequence) {
        if self.waiting.is_empty() {
            self.heard.clear();
        }
        while self.heard.front().is_some_and(|(of, _)| *of <= sequence) {
            self.heard.pop_front();
        }
    }

    /// A command has ended: whoever waits for it is answered.
    pub(super) fn settled(&mut self, token: u64, sequence: Sequence, context: &mut Context<'_>) {
        let at = self.waiting.iter().position(|waiting| waiting.token == token);
        if let Some(waiting) = at.and_then(|at| self.waiting.remove(at)) {
            let id = waiting.id.clone();
            if let Err(error) = self.answer(waiting, sequence, context) {
                say_error(context.out, &error.to(id));
            }
        }
        self.forget(sequence);
    }

    fn answer(
        &mut self,
        waiting: Waiting,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let Waiting { id, what, .. } = waiting;
        refuse_if(self.refusal(sequence), context)?;
        match what {
            What::LogOn { holder, api_key, name, on, then } => {
                let speaking = Speaking {
                    holder,
                    api_key,
                    name,
                    stream: StreamId::NONE,
                    since: context.now,
                    on_disconnect: on,
                };
                self.logged_on(&id, speaking, then, context)?;
            }
            What::Place { id: name, detail } => {
                let fills = self.fills(sequence);
                let (listing, order) = self.own_order(name, context)?;
                say(context.out, &id, |out| {
                    answer::order_placed(out, &listing, &order, &fills, detail);
                });
            }
            What::Cancel { target, id: own } => {
                let (listing, order) = self.own_order(target, context)?;
                say(context.out, &id, |out| answer::order_canceled(out, &listing, &order, own));
            }
            What::CancelAll { orders } => {
                let house = &*context.house;
                let rows = orders.iter().filter_map(|&order| house.views.orders.get(order));
                let ended = rows.filter(|row| row.canceled.is_some());
                let shown: Vec<_> = ended.filter_map(|row| with_listing(house, row)).collect();
                if shown.is_empty() {
                    return Err(RequestError::because(Asked::Cancel, Reason::UnknownOrder));
                }
                let orders = shown.iter().map(|(listing, order)| (listing, order));
                say(context.out, &id, |out| answer::orders_canceled(out, orders));
            }
            What::Look { text } => {
                self.request(&text, Proof::Settled, context);
            }
            What::Settings { on } => {
                if let Some(speaking) = &mut self.speaking {
                    speaking.on_disconnect = on;
                }
                say(context.out, &id, |out| answer::cancel_on_disconnect(out, on));
            }
        }
        Ok(())
    }

    fn logged_on(
        &mut self,
        id: &RequestId,
        speaking: Speaking,
        then: Option<String>,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let directory = &context.house.views.directory;
        let (account, name) = (speaking.holder.account, speaking.name);
        let stream = directory.stream_named(account, name);
        let row = stream.and_then(|stream| directory.stream(stream)).copied();
        let row = row
            .filter(|row| row.kind == StreamKind::WebSocket && row.state != SessionState::Closed);
        let Some(row) = row else {
            context.house.part(account, name);
            let fix = format!("the stream {name} is one of the binary door; choose another name");
            return Err(RequestError::about(Code::BadValue, "stream", fix));
        };
        context.house.listen(row.stream, context.id);
        self.speaking = Some(Speaking { stream: row.stream, ..speaking });
        match then {
            None => self.say_welcome(id, context),
            Some(text) => {
                self.request(&text, Proof::Given, context);
            }
        }
        Ok(())
    }

    /// An order of the account by its name.
    fn own_order(
        &self,
        name: Name,
        context: &Context<'_>,
    ) -> Result<(Listing, ringside_protocol::wire::json::OrderShown), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let row = house.views.orders.named(account, name);
        let shown = row.and_then(|row| with_listing(house, row));
        shown.ok_or_else(|| RequestError::because(Asked::Find, Reason::UnknownOrder))
    }

    /// The account's balances may have changed.
    pub(super) fn touched(
        &mut self,
        header: &EventHeader,
        account: AccountId,
        context: &mut Context<'_>,
    ) {
        let (Some(subscription), Some(speaking)) = (&self.subscription, &self.speaking) else {
            return;
        };
        if subscription.catching.is_some() || speaking.holder.account != account {
            return;
        }
        let balances = shown::balances(&context.house.views, account);
        let row = context.house.views.directory.stream(speaking.stream);
        let number = row.map_or(0, |row| row.number);
        let told = told(subscription.number, header, number, context.house);
        say_event(context.out, |out| event::account_position(out, &told, &balances));
    }

    /// What was told before came.
    pub(super) fn fetched(
        &mut self,
        answer: Answer,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        let Some(subscription) = &mut self.subscription else { return Ok(()) };
        let Some(catching) = &mut subscription.catching else { return Ok(()) };
        let number = subscription.number;
        let is_done = catching.fetched(answer, context, |header, event, row, context| {
            tell(number, header, event, row, context);
        })?;
        if is_done {
            subscription.catching = None;
        } else {
            self.fetch(context);
        }
        Ok(())
    }

    /// Time passes.
    pub(super) fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let is_late = |waiting: &Waiting| {
            let waited = context.now.0.saturating_sub(waiting.since.0);
            matches!(waiting.what, What::Look { .. }) && waited > ANSWER_WITHIN_NS
        };
        while let Some(at) = self.waiting.iter().position(is_late) {
            if let Some(late) = self.waiting.remove(at) {
                let error = RequestError::new(Code::Busy, "the venue is busy; ask again");
                say_error(context.out, &error.to(late.id));
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
        let told = told(subscription.number, &header, number, house);
        say_event(context.out, |out| event::stream_terminated(out, &told, &error.to_string()));
        self.unsubscribe(context);
    }

    /// The connection is gone.
    pub(super) fn gone(&mut self, context: &mut Context<'_>) {
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

/// Who signed a request, if they may what it asks.
fn nobody() -> RequestError {
    let fix = "log on with session.logon, or sign the request";
    RequestError::new(Code::Unauthorized, fix)
}

fn refuse_if(refused: Option<&Rejected>, context: &Context<'_>) -> Result<(), RequestError> {
    match refused {
        None => Ok(()),
        Some(rejected) => {
            let refusal = shown::refusal(&context.house.views.directory, rejected);
            Err(RequestError::refused(rejected, refusal))
        }
    }
}

const fn session(
    account: AccountId,
    name: Name,
    state: SessionState,
    cancel_on_disconnect: OnDisconnect,
) -> Session {
    Session {
        account,
        name,
        kind: StreamKind::WebSocket,
        state,
        cancel_on_disconnect,
        reserved: 0,
        user_ref: 0,
    }
}

fn instrument(house: &House, symbol: Name) -> Result<InstrumentId, RequestError> {
    let found = house.views.directory.instrument_on_rest(symbol);
    found.ok_or_else(|| RequestError::unknown_symbol("symbol"))
}

fn instruments(
    house: &House,
    symbols: &[Name],
) -> Result<Vec<ringside_protocol::wire::json::info::InstrumentShown>, RequestError> {
    let directory = &house.views.directory;
    let ids: Vec<InstrumentId> = match symbols {
        [] => (0..directory.instruments().len() as u32).map(InstrumentId).collect(),
        symbols => {
            symbols.iter().map(|&symbol| instrument(house, symbol)).collect::<Result<_, _>>()?
        }
    };
    Ok(ids.into_iter().filter_map(|id| shown::instrument(directory, id)).collect())
}

fn find<'h>(house: &'h House, account: AccountId, named: &OrderNamed) -> Option<&'h OrderRow> {
    let orders = &house.views.orders;
    let by_number = named.number.and_then(|number| orders.get(number));
    let row = by_number.or_else(|| named.id.and_then(|id| orders.named(account, id)))?;
    let is_meant = row.account == account && named.id.is_none_or(|id| id == row.id);
    is_meant.then_some(row)
}

fn with_listing(
    house: &House,
    row: &OrderRow,
) -> Option<(Listing, ringside_protocol::wire::json::OrderShown)> {
    let listing = shown::listing(&house.views.directory, row.instrument)?;
    let order = shown::order(row, &listing);
    Some((listing, order))
}

fn rate_limits(house: &House) -> [RateLimit; 1] {
    [RateLimit {
        kind: RateKind::RawRequests,
        interval: RateInterval::Second,
        intervals: 1,
        limit: u64::from(house.limits.messages_per_second),
        count: None,
    }]
}

fn milliseconds(duration: core::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Tells a subscription of an event; `row` is the order as it is with it.
fn tell(
    subscription: u64,
    header: &EventHeader,
    event: &Event,
    row: Option<&OrderRow>,
    context: &mut Context<'_>,
) {
    let number = event.report().map_or(0, |report| report.number);
    let told = told(subscription, header, number, context.house);
    if let Event::Rejected(rejected) = event {
        let directory = &context.house.views.directory;
        let error = RequestError::refused(rejected, shown::refusal(directory, rejected));
        let listing = shown::listing(directory, rejected.instrument);
        let symbol = listing.map_or(Name::ABSENT, |listing| listing.symbol);
        let refused = RefusedCommand {
            command: command_word(rejected.command),
            id: rejected.id,
            order: rejected.order,
        };
        return say_event(context.out, |out| {
            event::command_refused(out, &told, symbol, &refused, &error);
        });
    }
    let Some(happened) = Happened::of(event) else { return };
    let shown = row.and_then(|row| with_listing(context.house, row));
    if let Some((listing, order)) = shown {
        say_event(context.out, |out| {
            event::execution_report(out, &told, &listing, &order, &happened);
        });
    }
}

/// What a refused command is called.
fn command_word(number: u8) -> &'static str {
    match number {
        Order::NUMBER => "order.place",
        Cancel::NUMBER => "order.cancel",
        MassCancel::NUMBER => "openOrders.cancelAll",
        Amend::NUMBER => "order.amend",
        Replace::NUMBER => "order.cancelReplace",
        _ => "command",
    }
}

fn told(subscription: u64, header: &EventHeader, number: u32, house: &House) -> Told {
    Told {
        subscription: Some(subscription),
        session: Name::parse(house.session.as_str()).unwrap_or_default(),
        number: u64::from(number),
        sequence: header.sequence,
        time: header.time,
    }
}

/// Answers a request.
fn say(out: &mut Vec<u8>, id: &RequestId, result: impl FnOnce(&mut Vec<u8>)) {
    say_event(out, |out| answer::answer(out, id, &[], result));
}

fn say_error(out: &mut Vec<u8>, error: &RequestError) {
    say_event(out, |out| error.write_ws(out));
}

fn say_event(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(512);
    write(&mut text);
    pipe::text(out, &text);
}
